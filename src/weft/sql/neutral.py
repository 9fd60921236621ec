"""Numbers instead of the names that a query gives to its sources.

The names mean nothing, so they are kept out of the fingerprint and put back into the SQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from weft.sql.sources import Sources, enclosing


def neutral_names(sources: Sources) -> list[str]:
    """Rename sources to `<mark>a0`, `<mark>a1`, … in place; return what they were called."""
    numbers: dict[int, int] = {}
    names: list[str] = []
    renamed: list[tuple[exp.Identifier, int]] = []
    for identifier, alias in _occurrences(sources):
        if id(alias) not in numbers:
            numbers[id(alias)] = len(names)
            names.append(alias.name)
        renamed.append((identifier, numbers[id(alias)]))
    for identifier, number in renamed:
        identifier.set("this", f"{sources.setting.mark}a{number}")
    return names


def _occurrences(sources: Sources) -> Iterator[tuple[exp.Identifier, exp.TableAlias]]:
    """Every identifier that names a source, with the alias by which the source got its name."""
    for scope, column in sources.own_columns():
        alias = _alias_seen(scope, column.table)
        if alias is not None:
            yield column.args["table"], alias
    for scope in sources.scopes:
        for node, source in scope.selected_sources.values():
            alias = _alias_of(node)
            if alias is not None:
                yield alias.this, alias
            cte = source.expression.parent if isinstance(source, Scope) else None
            if isinstance(cte, exp.CTE) and isinstance(node, exp.Table):
                yield cte.args["alias"].this, cte.args["alias"]
                yield node.this, cte.args["alias"]


def _alias_seen(scope: Scope, name: str) -> exp.TableAlias | None:
    for each in enclosing(scope):
        if name in each.selected_sources:
            return _alias_of(each.selected_sources[name][0])
    return None


def _alias_of(node: exp.Expr) -> exp.TableAlias | None:
    """The alias of a source; that of a subquery stands around it."""
    each: exp.Expr | None = node
    while each is not None:
        alias = each.args.get("alias")
        if isinstance(alias, exp.TableAlias) and alias.this is not None:
            return alias
        each = None if isinstance(each, exp.Table) else each.parent
    return None
