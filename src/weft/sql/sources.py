"""The scopes of a query that the optimizer has resolved: which source each column comes from."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from weft.sql.infer import infer
from weft.sql.qualified import Setting

Source = exp.Table | Scope


def first_select(tree: exp.Expr) -> exp.Expr:
    """Return the SELECT that names the outputs of a query: the leftmost of a UNION."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    return tree


def output_names(tree: exp.Expr) -> list[str]:
    """Return the names of a query's columns, in order."""
    return [each.alias_or_name for each in first_select(tree).expressions]


def enclosing(scope: Scope) -> Iterator[Scope]:
    """Yield a scope and those around it, innermost first."""
    each: Scope | None = scope
    while each is not None:
        yield each
        each = each.parent


class Sources:
    """The scopes of one query, inner ones first, and what the names in them stand for."""

    def __init__(self, setting: Setting, tree: exp.Query, scopes: list[Scope]) -> None:
        self.setting = setting
        self.tree = tree
        self.scopes = scopes
        self._types: dict[int, dict[str, str]] = {}
        self._relations = {setting.relation(name): name for name in setting.names}

    def find(self, scope: Scope, name: str) -> Source | None:
        """Find what a name before a column's dot stands for, here or further out."""
        for each in enclosing(scope):
            if name in each.sources:
                found: Source = each.sources[name]
                return found
        return None

    def relation(self, source: Source | None) -> str:
        """Return the name in FROM of a source that is a relation, "" when it is something else."""
        return self._relations.get(source.name, "") if isinstance(source, exp.Table) else ""

    def columns(self, scope: Scope, name: str) -> list[str]:
        """Return the columns of a source; none when they cannot be known."""
        source = self.find(scope, name)
        if isinstance(source, exp.Table):
            known = self.relation(source)
            own = [each.name for each in self.setting.known[known].columns] if known else []
            aliases = source.alias_column_names
            return [*aliases, *own[len(aliases) :]]
        if source is None:
            return []
        expression = source.expression
        if isinstance(expression, exp.Query):
            return [each for each in expression.named_selects if each != "*"]
        return list(expression.alias_column_names)

    def original(self, table: exp.Table, column: str) -> str:
        """Return the relation's own name of a column, where FROM gave it another."""
        aliases = table.alias_column_names
        if column not in aliases:
            return column
        return self.setting.known[self.relation(table)].columns[aliases.index(column)].name

    def own_columns(self) -> Iterator[tuple[Scope, exp.Column]]:
        """Yield every resolved column with the innermost scope that it stands in."""
        seen: set[int] = set()
        for scope in self.scopes:
            for column in scope.columns:
                if column.table and id(column) not in seen:
                    seen.add(id(column))
                    yield scope, column

    def types(self) -> dict[str, str]:
        """Return the types of the query's outputs, as far as they are certain."""
        for scope in self.scopes:
            self._types[id(scope)] = self._types_of(scope)
        return self._types[id(self.scopes[-1])]

    def _types_of(self, scope: Scope) -> dict[str, str]:
        expression = scope.expression
        if isinstance(expression, exp.Select):
            return {
                each.alias_or_name: infer(
                    each, lambda column: self.column_type(scope, column), self.setting.dialect
                )
                for each in expression.expressions
            }
        if len(scope.set_operation_scopes) != 2 or expression.args.get("by_name"):
            return {}
        left, right = (self._types.get(id(each), {}) for each in scope.set_operation_scopes)
        pairs = zip(left.items(), right.values(), strict=False)
        return {name: one if one == other else "" for (name, one), other in pairs}

    def column_type(self, scope: Scope, column: exp.Column) -> str:
        """Return the type of a column that stands in a scope, "" where it is not certain."""
        source = self.find(scope, column.table) if column.table else None
        if isinstance(source, Scope):
            return self._types.get(id(source), {}).get(column.name, "")
        relation = self.relation(source)
        if source is None or not relation:
            return ""
        wanted = self.original(source, column.name)
        known = self.setting.known[relation].columns
        return next((each.type for each in known if each.name == wanted), "")
