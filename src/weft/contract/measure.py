"""From checks to the SQL that measures them: one scan for all that can share it.

Text is only made of a dialect's quoting, its literals, and words that stand in this file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.contract.formats import INTEGER_RANGES, STRING_PATTERNS
from weft.mesh.check import Check, CheckKind, Measure
from weft.sql.dialect import Dialect

_COMPARED = {
    "minimum": "<",
    "maximum": ">",
    "exclusiveMinimum": "<=",
    "exclusiveMaximum": ">=",
}
_SIZED = {"minLength": "<", "maxLength": ">", "minItems": "<", "maxItems": ">"}
_TIMES = ("date", "time", "timestamp")


@dataclass(frozen=True)
class _Target:
    """What is measured: the relation's name as SQL and the dialect to write in."""

    relation: str
    dialect: Dialect

    def select(self, what: str, *rest: str) -> str:
        return " ".join(("SELECT", what, "FROM", self.relation, *rest))

    def quoted(self, check: Check) -> list[str]:
        return [self.dialect.quote(name) for name in check.columns]


def fused_scan(
    relation: str,
    checks: Sequence[Check],
    dialect: Dialect,
    rendered: Mapping[str, str],
    refers: Mapping[str, str],
) -> tuple[str, tuple[Measure, ...]]:
    """Return one SELECT that counts rows and failing rows, and how each check is measured by it.

    `relation` is the name of the audited relation as SQL. `rendered` gives the statement of each
    SQL rule and `refers` the name of the relation that a relationship points to, both by check
    id. The first column is the number of rows. Checks of columns and types are not measured by
    SQL and are left out.
    """
    target = _Target(relation, dialect)
    columns = ["count(*)"]
    places = {"count(*)": 0}
    measures = []
    for check in checks:
        if check.kind in (CheckKind.COLUMNS, CheckKind.TYPE):
            continue
        if check.kind is CheckKind.SQL:
            measures.append(Measure(check, statement=rendered[check.id]))
            continue
        count, rows = _measured(target, check, refers)
        if count not in places:
            places[count] = len(columns)
            columns.append(count)
        measures.append(Measure(check, column=places[count], rows=rows))
    return target.select(", ".join(columns)), tuple(measures)


def _measured(target: _Target, check: Check, refers: Mapping[str, str]) -> tuple[str, str]:
    """Return the expression that counts, and the SELECT of the failing rows."""
    if check.kind is CheckKind.ROW_COUNT:
        return "count(*)", ""
    if check.kind in (CheckKind.UNIQUE, CheckKind.DUPLICATE_VALUES):
        return _duplicates(target, check)
    if check.kind is CheckKind.RELATIONSHIP:
        return _orphans(target, check, refers[check.id])
    condition = _CONDITIONS[check.kind](target, check)
    rows = target.select("*", "WHERE", condition)
    if check.kind in (CheckKind.REQUIRED, CheckKind.NULL_VALUES) and len(check.columns) == 1:
        return f"count(*) - count({target.quoted(check)[0]})", rows
    return target.dialect.snippets.count_where(condition), rows


def _duplicates(target: _Target, check: Check) -> tuple[str, str]:
    """Count the rows beyond the first of each key; a key with a null is nobody's duplicate."""
    names = target.quoted(check)
    listed = ", ".join(names)
    present = " AND ".join(f"{name} IS NOT NULL" for name in names)
    keys = ("WHERE", present, "GROUP BY", listed, "HAVING count(*) > 1")
    same = " AND ".join(f"a.{name} = b.{name}" for name in names)
    repeated = target.select(listed, *keys)
    rows = " ".join(
        ("SELECT a.* FROM", target.relation, "AS a JOIN (", repeated, ") AS b ON", same)
    )
    if len(names) == 1:
        return f"count({listed}) - count(DISTINCT {listed})", rows
    groups = target.select("count(*) - 1 AS surplus", *keys)
    return " ".join(("(SELECT coalesce(sum(surplus), 0) FROM (", groups, ") AS a)")), rows


def _orphans(target: _Target, check: Check, refers: str) -> tuple[str, str]:
    """Count rows whose key is complete and is not found; a null in the key passes."""
    quote = target.dialect.quote
    pairs = list(zip(check.columns, check.arguments["to_columns"], strict=True))
    present = " AND ".join(f"a.{quote(column)} IS NOT NULL" for column, _ in pairs)
    same = " AND ".join(f"b.{quote(to)} = a.{quote(column)}" for column, to in pairs)
    found = " ".join(("EXISTS (SELECT 1 FROM", refers, "AS b WHERE", same)) + ")"
    tail = " ".join(("FROM", target.relation, "AS a WHERE", present, "AND NOT", found))
    return f"(SELECT count(*) {tail})", f"SELECT a.* {tail}"


def _null(target: _Target, check: Check) -> str:
    return " OR ".join(f"{name} IS NULL" for name in target.quoted(check))


def _missing(target: _Target, check: Check) -> str:
    """A null is always missing; the listed values are compared as text."""
    listed = [
        target.dialect.literal(str(value))
        for value in check.arguments["missing"]
        if value is not None
    ]
    text = target.dialect.snippets.text
    among = f" IN ({', '.join(listed)})"
    return " OR ".join(
        f"{name} IS NULL" + (f" OR {text(name)}{among}" if listed else "")
        for name in target.quoted(check)
    )


def _outside(target: _Target, check: Check) -> str:
    return " OR ".join(
        f"{name} NOT IN ({_literals(target.dialect, check.arguments['values'])})"
        for name in target.quoted(check)
    )


def _invalid(target: _Target, check: Check) -> str:
    dialect = target.dialect
    found = [_outside(target, check)] if check.arguments["values"] else []
    if check.arguments["pattern"]:
        pattern = dialect.literal(check.arguments["pattern"])
        text = dialect.snippets.text
        found += [
            f"NOT {dialect.snippets.matches(text(name), pattern)}" for name in target.quoted(check)
        ]
    return " OR ".join(found) or "FALSE"


def _literals(dialect: Dialect, values: Sequence[Any]) -> str:
    return ", ".join(dialect.literal(value) for value in values)


def _option(target: _Target, check: Check) -> str:
    dialect, name = target.dialect, target.quoted(check)[0]
    option, value = check.arguments["option"], check.arguments["value"]
    snippets = dialect.snippets
    if option in _COMPARED:
        return f"{name} {_COMPARED[option]} {_bound(dialect, check.arguments['type'], value)}"
    if option in _SIZED:
        measured = snippets.length(name) if option.endswith("Length") else snippets.items(name)
        return f"{measured} {_SIZED[option]} {dialect.literal(value)}"
    if option == "multipleOf":
        return _not_multiple(dialect, name, value)
    if option == "uniqueItems":
        return snippets.repeats(name)
    if option == "pattern":
        return f"NOT {snippets.matches(name, dialect.literal(value))}"
    if check.arguments["type"] == "integer":
        low, high = INTEGER_RANGES[value]
        return f"{name} < {dialect.literal(low)} OR {name} > {dialect.literal(high)}"
    pattern = dialect.literal(STRING_PATTERNS[value])
    return f"NOT {snippets.matches(snippets.text(name), pattern)}"


def _bound(dialect: Dialect, logical_type: str, value: Any) -> str:
    if logical_type in _TIMES:
        return f"CAST({dialect.literal(str(value))} AS {dialect.types.logical[logical_type]})"
    return dialect.literal(value)


def _not_multiple(dialect: Dialect, name: str, value: Any) -> str:
    """Whole numbers divide exactly; of others the quotient must be whole but for rounding."""
    if isinstance(value, int):
        return f"{dialect.snippets.remainder(name, dialect.literal(value))} <> 0"
    quotient = f"{dialect.snippets.double(name)} / {dialect.literal(value)}"
    tolerance = dialect.literal(math.ldexp(1, -30))
    return f"abs({quotient} - round({quotient})) > {tolerance}"


_CONDITIONS: dict[CheckKind, Callable[[_Target, Check], str]] = {
    CheckKind.REQUIRED: _null,
    CheckKind.NULL_VALUES: _null,
    CheckKind.MISSING_VALUES: _missing,
    CheckKind.ENUM: _outside,
    CheckKind.INVALID_VALUES: _invalid,
    CheckKind.OPTION: _option,
}
