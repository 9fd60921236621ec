"""From the SQL of one dialect to that of another: the same rows, or a problem that says why not.

What is not known to mean the same is refused. The rules for single constructs stand in
`rewrites.py`; here is what concerns a SELECT as a whole, and the proof by the target's own gate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import ErrorLevel, UnsupportedError, exp

from weft.sql.dialect import Dialect
from weft.sql.gate import survey
from weft.sql.problem import NOWHERE, Place, Problem
from weft.sql.qualified import Known, Setting, choose_mark
from weft.sql.query import ParsedSelect
from weft.sql.reading import first_line, read
from weft.sql.rewriter import Rewriter
from weft.sql.scopes import resolve_scoped

CODE = "W330"

Parts = tuple[str | int, ...]


def is_translated(source: Dialect, target: Dialect) -> bool:
    """Whether anything written in one dialect is written in another."""
    return target.strict and not source.strict


def transpile_select(
    parsed: ParsedSelect, source: Dialect, target: Dialect, known: Mapping[str, Known]
) -> tuple[Parts | None, tuple[Problem, ...]]:
    """Write a query in another dialect, cut where it names a relation as `Query.parts` is.

    `parsed` compiles in its own dialect with these relations. Exactly one of the results is there.
    """
    if not is_translated(source, target):
        return None, (_problem(NOWHERE, parsed.text, target, "nothing is translated this way"),)
    setting = Setting(parsed.text, source, parsed.names, known, choose_mark(parsed.text))
    sources, problems = resolve_scoped(parsed.tree, setting)
    if sources is None:
        return None, tuple(problems)
    refused = Rewriter(sources, target).rewrite()
    if refused:
        return None, tuple(_problem(place, parsed.text, target, note) for place, note in refused)
    return _written(sources.tree, setting, target)


def _problem(place: Place, text: str, target: Dialect, note: str) -> Problem:
    message = f"this cannot be said in the SQL of {target.name}"
    help = "write it in another way, or set the domain's `dialect` to that of its warehouse"
    return place.problem(text, CODE, message, note, help)


def _written(
    tree: exp.Query, setting: Setting, target: Dialect
) -> tuple[Parts | None, tuple[Problem, ...]]:
    """Write the tree, read it as the target does, and cut it at its relations."""
    try:
        sql = tree.sql(
            dialect=target.sqlglot,
            identify=True,
            comments=False,
            unsupported_level=ErrorLevel.RAISE,
        )
    except UnsupportedError as error:
        return None, (_problem(NOWHERE, setting.text, target, first_line(error)),)
    again, problems = read(sql, target)
    if again is not None:
        problems = tuple(survey(again, sql, target, (1,)).problems)
    if problems:
        return None, (_problem(NOWHERE, setting.text, target, problems[0].message),)
    opening, closing = map(re.escape, target.quote(" ").split(" "))
    pieces = re.split(f"{opening}{setting.mark}r([0-9]+){closing}", sql)
    return tuple(int(each) if n % 2 else each for n, each in enumerate(pieces)), ()
