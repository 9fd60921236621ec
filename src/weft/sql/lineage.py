"""Where the columns of a query come from, one query at a time and only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from weft.sql.dialect import Dialect
from weft.sql.qualified import Known, Setting, choose_mark
from weft.sql.query import ParsedSelect
from weft.sql.scopes import resolve_scoped
from weft.sql.sources import Sources, output_names

Origin = tuple[str, str]
"""A column by the name of its relation in FROM and its own name."""

_FILTERS = ("where", "group", "having", "qualify", "joins")


@dataclass(frozen=True)
class Lineage:
    """The columns that each output is computed from, and those that decide about rows."""

    columns: dict[str, tuple[Origin, ...]] = field(default_factory=dict)
    filters: tuple[Origin, ...] = ()


def column_lineage(parsed: ParsedSelect, dialect: Dialect, known: Mapping[str, Known]) -> Lineage:
    """Trace every output of a query; `known` has all of `parsed.names`.

    A query that does not compile has an empty lineage.
    """
    setting = Setting(parsed.text, dialect, parsed.names, known, choose_mark(parsed.text))
    sources, _ = resolve_scoped(parsed.tree, setting)
    if sources is None:
        return Lineage()
    trace = _Trace(sources)
    root = sources.scopes[-1]
    names = output_names(sources.tree)
    return Lineage(
        columns={name: tuple(sorted(trace.output(root, n))) for n, name in enumerate(names)},
        filters=tuple(sorted(trace.filters())),
    )


Origins = frozenset[Origin]

_NOTHING: Origins = frozenset()


class _Trace:
    """Follows columns through the scopes of one query."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.home = {id(column): scope for scope, column in sources.own_columns()}
        self.queries = {id(scope.expression): scope for scope in sources.scopes}
        self.done: dict[tuple[int, int], Origins] = {}

    def output(self, scope: Scope, place: int) -> Origins:
        """Trace one output of a scope. A recursive query is followed once."""
        key = (id(scope), place)
        if key not in self.done:
            self.done[key] = _NOTHING
            self.done[key] = self._output(scope, place)
        return self.done[key]

    def filters(self) -> Origins:
        """Trace what stands in WHERE, JOIN, GROUP BY, HAVING and QUALIFY, at any depth."""
        nodes = [
            node
            for scope in self.sources.scopes
            for key in _FILTERS
            for node in _listed(scope.expression.args.get(key))
        ]
        return _union(
            self._column(column)
            for node in nodes
            for column in _columns(node.args.get("on") if isinstance(node, exp.Join) else node)
        )

    def _output(self, scope: Scope, place: int) -> Origins:
        if scope.set_operation_scopes:
            return _union(self._side(scope, side, place) for side in scope.set_operation_scopes)
        expressions = scope.expression.expressions
        if not isinstance(scope.expression, exp.Select):
            return _union(self._column(column) for column in _columns(scope.expression))
        return self._expression(expressions[place]) if place < len(expressions) else _NOTHING

    def _side(self, scope: Scope, side: Scope, place: int) -> Origins:
        if scope.expression.args.get("by_name"):
            name = output_names(scope.expression)[place]
            return self.output(side, output_names(side.expression).index(name))
        return self.output(side, place)

    def _expression(self, node: exp.Expr) -> Origins:
        """Trace what a value is computed from; of a subquery in it, its outputs."""
        found = []
        for each in node.walk(prune=lambda inner: id(inner) in self.queries):
            if id(each) in self.queries:
                scope = self.queries[id(each)]
                found += [self.output(scope, n) for n in range(len(output_names(each)))]
            elif isinstance(each, exp.Column):
                found.append(self._column(each))
        return _union(found)

    def _column(self, column: exp.Column) -> Origins:
        scope = self.home.get(id(column))
        if scope is None:
            return _NOTHING
        source = self.sources.find(scope, column.table)
        if isinstance(source, Scope):
            return self._from_scope(source, column)
        relation = self.sources.relation(source)
        if source is None or not relation:
            return _NOTHING
        return frozenset([(relation, self.sources.original(source, column.name))])

    def _from_scope(self, source: Scope, column: exp.Column) -> Origins:
        if not isinstance(source.expression, exp.Query):
            return self.output(source, 0)
        around = source.expression.parent
        renamed = around.alias_column_names if around is not None else []
        names = renamed or output_names(source.expression)
        return self.output(source, names.index(column.name)) if column.name in names else _NOTHING


def _union(found: Iterable[Origins]) -> Origins:
    return frozenset().union(*found)


def _listed(value: object) -> list[exp.Expr]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, exp.Expr)]


def _columns(node: exp.Expr | None) -> Iterator[exp.Column]:
    return node.find_all(exp.Column) if node is not None else iter(())
