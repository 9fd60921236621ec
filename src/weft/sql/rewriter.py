"""A resolved query on its way to another dialect: its tree, its types, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from weft.sql.dialect import Dialect
from weft.sql.functions import function_name
from weft.sql.infer import infer
from weft.sql.problem import Place, place_of
from weft.sql.rewrites import RULES
from weft.sql.rewriting import Refused
from weft.sql.sources import Sources, first_select
from weft.sql.types import canonical_type, family_of, translated_type


class Rewriter:
    """Applies the rules to a tree, innermost nodes first."""

    def __init__(self, sources: Sources, target: Dialect) -> None:
        self._refused: dict[Place, str] = {}
        self._tree = sources.tree
        self._source = sources.setting.dialect
        self._target = target
        # Nodes are known by identity, so each is kept with its type.
        self._types: dict[int, tuple[str, exp.Expr]] = {}
        self._infer(sources)
        for scope in sources.scopes:
            if scope.is_derived_table and scope.external_columns:
                place = place_of(scope.external_columns[0])
                self._refused[place] = "a subquery in FROM reads what stands beside it"

    def rewrite(self) -> tuple[tuple[Place, str], ...]:
        """Change the tree in place; return the places of what was refused, with the reasons."""
        for query in list(self._tree.find_all(exp.Query)):
            self._attempt(query, self._expand)
        outputs = [each for select in leaves(self._tree) for each in select.expressions]
        for node in reversed(list(self._tree.walk())):
            self._attempt(node, self._apply)
        for each in outputs:
            self._attempt(each, self._cast_output)
        return tuple(sorted(self._refused.items(), key=lambda each: each[0].start))

    def native(self, node: exp.Expr) -> str:
        """The source dialect's type of an expression, "" where it is not certain."""
        return self._types.get(id(node), ("", node))[0]

    def family(self, node: exp.Expr) -> str:
        """The family of that type, "" where it is not certain."""
        native = self.native(node)
        return family_of(native, self._source) if native else ""

    def translated(self, native: str) -> exp.DataType:
        """The target's type that holds the values of a source type. Raises Refused."""
        stored = self._source.types.stored_as.get(native, native)
        found = translated_type(stored, self._source, self._target)
        if not found:
            raise Refused(f"there is no type like {native}")
        return exp.DataType.build(found, dialect=self._target.sqlglot)

    def _infer(self, sources: Sources) -> None:
        sources.types()
        columns = {
            id(column): sources.column_type(scope, column)
            for scope, column in sources.own_columns()
        }

        def column_type(column: exp.Column) -> str:
            native = columns.get(id(column), "")
            return canonical_type(native, self._source) if native else ""

        for node in self._tree.walk():
            if isinstance(node, exp.Condition | exp.Alias):
                self._types[id(node)] = (infer(node, column_type, self._source), node)

    def _attempt(self, node: exp.Expr, change: Callable[[exp.Expr], None]) -> None:
        try:
            change(node)
        except Refused as refused:
            # What stands around it is seen later, and says more.
            self._refused[place_of(node)] = str(refused)

    def _copied(self, node: exp.Expr) -> exp.Expr:
        """A copy whose parts have the same types."""
        copied = node.copy()
        for old, new in zip(node.walk(), copied.walk(), strict=True):
            self._types[id(new)] = (self.native(old), new)
        return copied

    def _expand(self, query: exp.Expr) -> None:
        """Write out what ALL stands for, and what the names of outputs stand for in an order."""
        order = query.args.get("order")
        if isinstance(query, exp.Select):
            _expand_group(query, self._copied)
        if order is not None and order.expressions[0].this.name.upper() == "ALL":
            first, outputs = order.expressions[0], first_select(query).expressions
            order.set("expressions", [_ordered_like(first, each) for each in outputs])
        distinct = query.args.get("distinct")
        on = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
        keys = [each.this for each in order.expressions] if order is not None else []
        for key in [*keys, *(on.expressions if on is not None else ())]:
            self._expand_key(key, query, not distinct or on is not None)

    def _expand_key(self, key: exp.Expr, query: exp.Expr, may_differ: bool) -> None:
        """Put outputs in the place of their names, but for a bare name that may stay.

        With DISTINCT and beside UNION the keys have to be outputs (`may_differ` is false).
        """
        for column in list(key.find_all(exp.Column)):
            value = _meant(column, query)
            if value is column or (column is key and self.family(value) != "string"):
                continue
            if isinstance(query, exp.Select) and may_differ:
                column.replace(self._copied(value))
            elif query.args.get("limit") is not None:
                raise Refused("which rows come first depends on the language of the warehouse")

    def _apply(self, node: exp.Expr) -> None:
        longest = self._target.longest_name
        if longest and isinstance(node, exp.Identifier) and len(node.name.encode()) > longest:
            raise Refused(f"a name has at most {longest} bytes")
        rule = RULES.get(type(node))
        if rule is None:
            name = function_name(node) or type(node).__name__
            raise Refused(f"`{name}` is not known to mean the same in every warehouse")
        changed = rule(node, self)
        if changed is not node:
            self._types[id(changed)] = (self.native(node), changed)
            node.replace(changed)

    def _cast_output(self, output: exp.Expr) -> None:
        """Give a computed column the type that it has in its own dialect."""
        value, native = output.this, self.native(output)
        if native and not isinstance(value, exp.Column | exp.Cast | exp.Null):
            value.replace(exp.Cast(this=value.copy(), to=self.translated(native)))


def leaves(query: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs that give a query's rows: those on both sides of a UNION."""
    if isinstance(query, exp.Select):
        yield query
    elif isinstance(query, exp.SetOperation | exp.Subquery):
        yield from leaves(query.this)
        if isinstance(query, exp.SetOperation):
            yield from leaves(query.expression)


def _expand_group(select: exp.Select, copied: Callable[[exp.Expr], exp.Expr]) -> None:
    group = select.args.get("group")
    if group is None or not group.args.get("all"):
        return
    values = [each.this for each in select.expressions]
    if any(each.find(exp.Window) for each in values):
        raise Refused("GROUP BY ALL stands beside a window; name the columns")
    keys = [copied(each) for each in values if not each.find(exp.AggFunc)]
    select.set("group", exp.Group(expressions=keys) if keys else None)


def _ordered_like(first: exp.Expr, output: exp.Expr) -> exp.Expr:
    ordered = first.copy()
    ordered.set("this", exp.column(output.alias_or_name, quoted=True))
    return ordered


def _meant(key: exp.Expr, query: exp.Expr) -> exp.Expr:
    """What a key of ORDER BY is: an output where it names one, else itself."""
    if not isinstance(key, exp.Column) or key.args.get("table"):
        return key
    outputs = first_select(query).expressions
    found = next((each for each in outputs if each.alias_or_name == key.name), None)
    return key if found is None else found.unalias()
