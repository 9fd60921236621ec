"""The columns that EXCLUDE, REPLACE and RENAME of a star name, which its expansion passes over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from weft.mesh.nearest import did_you_mean
from weft.sql.problem import Problem, place_of
from weft.sql.sources import Sources


@dataclass(frozen=True)
class ChangedStar:
    """A star as it was written: its SELECT, the table before its dot, and the columns it names."""

    select: exp.Expr
    table: str
    named: tuple[exp.Expr, ...]


def changed_stars(tree: exp.Query) -> list[ChangedStar]:
    """Return the stars of a query that leave out, replace or rename columns."""
    return [
        ChangedStar(select, each.text("table"), named)
        for select in tree.find_all(exp.Select)
        for each in select.expressions
        if each.is_star and (named := _named(each.find(exp.Star)))
    ]


def unknown_in_stars(stars: Sequence[ChangedStar], sources: Sources) -> list[Problem]:
    """Return the columns that no relation of their star has; the query is expanded by now."""
    scopes = {id(scope.expression): scope for scope in sources.scopes}
    found: list[Problem] = []
    for star in stars:
        scope = scopes.get(id(star.select))
        if scope is None:
            continue
        tables = (star.table,) if star.table else tuple(scope.selected_sources)
        columns = [sources.columns(scope, table) for table in tables]
        if not all(columns):
            continue
        known = {name for each in columns for name in each}
        found += [
            place_of(each).problem(
                sources.setting.text,
                "W320",
                f"unknown column `{each.name}`",
                did_you_mean(each.name, known, "the star has no such column"),
            )
            for each in star.named
            if each.name not in known
        ]
    return found


def _named(star: exp.Expr | None) -> tuple[exp.Expr, ...]:
    if star is None:
        return ()
    left_out = star.args.get("except_") or []
    replaced = [each.args["alias"] for each in star.args.get("replace") or []]
    renamed = [each.this for each in star.args.get("rename") or []]
    return (*left_out, *replaced, *renamed)
