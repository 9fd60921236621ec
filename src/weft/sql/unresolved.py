"""What the optimizer left unresolved in a query, as problems with their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from weft.mesh.nearest import did_you_mean
from weft.sql.problem import Problem, place_of
from weft.sql.qualified import Setting
from weft.sql.sources import Sources, enclosing, first_select, output_names


def unnamed_outputs(tree: exp.Query, setting: Setting) -> list[Problem]:
    """Return the outputs of a query that have no name, before anything is resolved."""
    return [
        place_of(each).problem(
            setting.text,
            "W322",
            "a column of the result has no name",
            "every warehouse would name it differently",
            "name it with AS",
        )
        for each in first_select(tree).expressions
        if not isinstance(each, exp.Alias | exp.Column | exp.Star | exp.Dot)
    ]


def unresolved(sources: Sources) -> list[Problem]:
    """Return everything that cannot be resolved, in order of the text."""
    found: dict[int, Problem | None] = {}
    for scope in sources.scopes:
        # A column of an outer query is seen again there, and what is said last holds.
        for column in scope.columns:
            found[id(column)] = _column_problem(sources, scope, column)
    problems = [each for each in found.values() if each is not None]
    problems += [*_whole_rows(sources), *_uneven(sources)]
    problems = problems or list(_repeated(sources))
    return sorted(dict.fromkeys(problems), key=lambda each: (each.line, each.column))


def _column_problem(sources: Sources, scope: Scope, column: exp.Column) -> Problem | None:
    if column.table:
        return _qualified_problem(sources, scope, column)
    holders = [
        name for name in scope.selected_sources if column.name in sources.columns(scope, name)
    ]
    place, text = place_of(column), sources.setting.text
    if len(holders) > 1:
        return place.problem(
            text,
            "W321",
            f"column `{column.name}` is ambiguous",
            f"it could be of {_listed(holders)}",
            f"write `{holders[0]}.{column.name}`",
        )
    expression = scope.expression
    if isinstance(expression, exp.SetOperation) and column.name in output_names(expression):
        return None
    every = {
        each
        for near in enclosing(scope)
        for name in near.selected_sources
        for each in sources.columns(near, name)
    }
    note = did_you_mean(column.name, every, "no relation of this query has it")
    return place.problem(text, "W320", f"unknown column `{column.name}`", note)


def _qualified_problem(sources: Sources, scope: Scope, column: exp.Column) -> Problem | None:
    place, text = place_of(column), sources.setting.text
    if sources.find(scope, column.table) is None:
        visible = {name for each in enclosing(scope) for name in each.selected_sources}
        note = did_you_mean(column.table, visible, f"it reads {_listed(visible)}")
        return place.problem(text, "W324", f"`{column.table}` is not in FROM", note)
    columns = sources.columns(scope, column.table)
    if isinstance(column.this, exp.Star) or not columns or column.name in columns:
        return None
    note = did_you_mean(column.name, columns, f"`{column.table}` has no such column")
    return place.problem(text, "W320", f"unknown column `{column.name}`", note)


def _whole_rows(sources: Sources) -> Iterator[Problem]:
    """A relation's name as a value is a row of all its columns, whatever these will be."""
    for scope in sources.scopes:
        for each in scope.table_columns:
            yield place_of(each).problem(
                sources.setting.text,
                "W312",
                f"`{each.name}` stands for all columns at once",
                "a column added upstream would change the value",
                "name the columns",
            )


def _uneven(sources: Sources) -> Iterator[Problem]:
    """Both sides of a UNION need the same columns: by number, or by name where that is asked."""
    for scope in sources.scopes:
        if len(scope.set_operation_scopes) != 2:
            continue
        left, right = (output_names(each.expression) for each in scope.set_operation_scopes)
        by_name = scope.expression.args.get("by_name")
        if set(left) == set(right) if by_name else len(left) == len(right):
            continue
        note = f"{len(left)} on the left, {len(right)} on the right"
        yield place_of(scope.set_operation_scopes[1].expression).problem(
            sources.setting.text,
            "W326",
            "the two sides do not have the same columns",
            "BY NAME needs the same names on both" if by_name else note,
        )


def _repeated(sources: Sources) -> Iterator[Problem]:
    fold = sources.setting.dialect.fold
    text = sources.setting.text
    seen: set[str] = set()
    for each in first_select(sources.tree).expressions:
        if each.is_star:
            star = each.find(exp.Star)
            emptied = star is not None and bool(star.args.get("except_"))
            note = "nothing is left of this star" if emptied else "this star cannot be expanded"
            yield place_of(each).problem(text, "W325", "the query cannot be resolved", note)
            continue
        name = fold(each.alias_or_name, True)
        if name in seen:
            yield place_of(each).problem(
                text,
                "W323",
                f"column `{each.alias_or_name}` stands twice in the result",
                "every column needs a name of its own",
                "name it with AS, or take it out with EXCLUDE",
            )
        seen.add(name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"
