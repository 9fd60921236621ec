"""From checks to the SQL that measures them: one scan for all that can share it.

Text is only made of a dialect's quoting, its literals, and words that stand in this file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.contract.formats import INTEGER_RANGES, STRING_PATTERNS
from weft.mesh.check import FINDS_REPEATED, Check, CheckKind, Measure
from weft.sql.dialect import Dialect

_COMPARED = {
    "minimum": "<",
    "maximum": ">",
    "exclusiveMinimum": "<=",
    "exclusiveMaximum": ">=",
}
_SIZED = {"minLength": "<", "maxLength": ">", "minItems": "<", "maxItems": ">"}
_TIMES = ("date", "time", "timestamp")
_NUMBERS = ("integer", "number")

# Statements, whose holes take quoted names, literals, and what is made of these here.
_SCAN = "SELECT {columns} FROM {relation}"
_FAILING = "SELECT * FROM {relation} WHERE {condition}"
_REPEATED = "SELECT {what} FROM {relation} WHERE {present} GROUP BY {key} HAVING count(*) > 1"
_DUPLICATES = "SELECT a.* FROM {relation} AS a JOIN ( {repeated} ) AS b ON {same}"
_SURPLUS = "(SELECT coalesce(sum(surplus), 0) FROM ( {repeated} ) AS a)"
_BEFORE = "(SELECT count(*) FROM {kept} WHERE {present} AND {row} IN ({added}))"
_KEYS = "SELECT {key} FROM {relation} WHERE {present}"
_SCALAR = "(SELECT {value} FROM {relation})"
_ORPHANS = (
    "FROM {relation} AS a WHERE {present} AND NOT EXISTS (SELECT 1 FROM {refers} AS b WHERE {same})"
)


@dataclass(frozen=True)
class _Target:
    """What is measured: the relation's name as SQL and the dialect to write in."""

    relation: str
    dialect: Dialect

    def quoted(self, check: Check) -> list[str]:
        return [self.dialect.quote(name) for name in check.columns]


@dataclass(frozen=True)
class Increment:
    """What a relation has more than an earlier one: the names of its `new` and its `kept` rows.

    `count` names a relation of one row, whose column `rows` is how many rows are kept: who kept
    them knows. `passed` are the ids of checks by which no row of the earlier one failed, hence none
    of those that are kept.
    """

    new: str
    kept: str
    count: str
    passed: frozenset[str]


def fused_scan(
    relation: str,
    checks: Sequence[Check],
    dialect: Dialect,
    rendered: Mapping[str, str],
    refers: Mapping[str, str],
    increment: Increment | None = None,
) -> tuple[str, tuple[Measure, ...]]:
    """Return one SELECT that counts rows and failing rows, and how each check is measured by it.

    `relation` is the name of the audited relation as SQL. `rendered` gives the statement of each
    SQL rule and `refers` the name of the relation that a relationship points to, both by check
    id. The first column is the number of rows. Checks of columns and types are not measured by
    SQL and are left out. With an `increment` only its new rows are scanned where that gives the
    same counts.
    """
    target = _Target(relation, dialect)
    scanned = increment.new if increment else relation
    total = f"count(*) + {_scalar('rows', increment.count)}" if increment else "count(*)"
    columns = [total]
    places = {total: 0}
    measures = []
    for check in checks:
        if check.kind in (CheckKind.COLUMNS, CheckKind.TYPE):
            continue
        if check.kind is CheckKind.SQL:
            measures.append(Measure(check, statement=rendered[check.id]))
            continue
        if check.kind is CheckKind.ROW_COUNT:
            measures.append(Measure(check, column=0))
            continue
        if increment is None:
            count, rows = _measured(target, check, refers)
        elif check.id in increment.passed:
            count, rows = _measured_new(target, check, refers, increment)
        else:
            count, rows = _measured_aside(target, check, refers)
        if count not in places:
            places[count] = len(columns)
            columns.append(count)
        measures.append(Measure(check, column=places[count], rows=rows))
    return _SCAN.format(columns=", ".join(columns), relation=scanned), tuple(measures)


def _scalar(value: str, relation: str) -> str:
    return _SCALAR.format(value=value, relation=relation)


def _measured_aside(target: _Target, check: Check, refers: Mapping[str, str]) -> tuple[str, str]:
    """Count in all rows, by a statement within one that scans others."""
    count, rows = _measured(target, check, refers)
    return count if count.startswith("(") else _scalar(count, target.relation), rows


def _measured_new(
    target: _Target, check: Check, refers: Mapping[str, str], increment: Increment
) -> tuple[str, str]:
    """Count by new rows what fails in all, where none of the kept rows fails by itself."""
    new = _Target(increment.new, target.dialect)
    count, rows = _measured(new, check, refers)
    if check.kind not in FINDS_REPEATED:
        return count, rows
    names = target.quoted(check)
    key = ", ".join(names)
    present = _present(names)
    before = _BEFORE.format(
        row=key if len(names) == 1 else f"({key})",
        kept=increment.kept,
        present=present,
        added=_KEYS.format(key=key, relation=increment.new, present=present),
    )
    # What is found twice may be a new row and a kept one, so that all rows are looked through.
    return f"{count} + {before}", _duplicates(target, check)[1]


def _measured(target: _Target, check: Check, refers: Mapping[str, str]) -> tuple[str, str]:
    """Return the expression that counts, and the SELECT of the failing rows."""
    if check.kind in FINDS_REPEATED:
        return _duplicates(target, check)
    if check.kind is CheckKind.RELATIONSHIP:
        return _orphans(target, check, refers[check.id])
    condition = _CONDITIONS[check.kind](target, check)
    rows = _FAILING.format(relation=target.relation, condition=condition)
    if check.kind in (CheckKind.REQUIRED, CheckKind.NULL_VALUES) and len(check.columns) == 1:
        return f"count(*) - count({target.quoted(check)[0]})", rows
    return target.dialect.snippets.count_where(condition), rows


def _present(names: Sequence[str]) -> str:
    return " AND ".join(f"{name} IS NOT NULL" for name in names)


def _duplicates(target: _Target, check: Check) -> tuple[str, str]:
    """Count the rows beyond the first of each key; a key with a null is nobody's duplicate."""
    names = target.quoted(check)
    key = ", ".join(names)
    present = _present(names)
    same = " AND ".join(f"a.{name} = b.{name}" for name in names)

    def repeated(what: str) -> str:
        return _REPEATED.format(what=what, relation=target.relation, present=present, key=key)

    rows = _DUPLICATES.format(relation=target.relation, repeated=repeated(key), same=same)
    if len(names) == 1:
        return f"count({key}) - count(DISTINCT {key})", rows
    return _SURPLUS.format(repeated=repeated("count(*) - 1 AS surplus")), rows


def _orphans(target: _Target, check: Check, refers: str) -> tuple[str, str]:
    """Count rows whose key is complete and is not found; a null in the key passes."""
    quote = target.dialect.quote
    pairs = list(zip(check.columns, check.arguments["to_columns"], strict=True))
    present = " AND ".join(f"a.{quote(column)} IS NOT NULL" for column, _ in pairs)
    same = " AND ".join(f"b.{quote(to)} = a.{quote(column)}" for column, to in pairs)
    tail = _ORPHANS.format(relation=target.relation, present=present, refers=refers, same=same)
    return f"(SELECT count(*) {tail})", f"SELECT a.* {tail}"


def _null(target: _Target, check: Check) -> str:
    return " OR ".join(f"{name} IS NULL" for name in target.quoted(check))


def _missing(target: _Target, check: Check) -> str:
    """A null is always missing; numbers are compared by value, everything else as text."""
    dialect = target.dialect
    listed = [each for each in check.arguments["missing"] if each is not None]
    found = []
    for name, logical_type in _typed(target, check):
        found.append(f"{name} IS NULL")
        numbers = [each for each in listed if _is_by_value(each, logical_type)]
        texts = [_text(each) for each in listed if not _is_by_value(each, logical_type)]
        if numbers:
            found.append(f"{name} IN ({_literals(dialect, numbers)})")
        if texts:
            found.append(f"{dialect.snippets.text(name)} IN ({_literals(dialect, texts)})")
    return " OR ".join(found)


def _typed(target: _Target, check: Check) -> Iterator[tuple[str, str]]:
    """The quoted columns of a check with their logical types."""
    return zip(target.quoted(check), check.arguments["types"], strict=True)


def _is_by_value(listed: Any, logical_type: str) -> bool:
    is_number = isinstance(listed, int | float) and not isinstance(listed, bool)
    return is_number and logical_type in _NUMBERS


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _enum(target: _Target, check: Check) -> str:
    return _outside(target.dialect, target.quoted(check)[0], check.arguments["values"])


def _outside(dialect: Dialect, name: str, values: Sequence[Any]) -> str:
    return f"{name} NOT IN ({_literals(dialect, values)})"


def _invalid(target: _Target, check: Check) -> str:
    dialect, values = target.dialect, check.arguments["values"]
    found = [
        _outside(dialect, name, list(map(str, values)) if logical_type == "string" else values)
        for name, logical_type in _typed(target, check)
        if values
    ]
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
        bound = _bound(dialect, check.arguments["type"], value)
        condition = f"{name} {_COMPARED[option]} {bound}"
        # What is no number satisfies no order, and comparisons take it for the greatest number.
        if check.arguments["type"] == "number" and option.lower().endswith("minimum"):
            return f"{condition} OR {name} = {dialect.literal(math.nan)}"
        return condition
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
    CheckKind.ENUM: _enum,
    CheckKind.INVALID_VALUES: _invalid,
    CheckKind.OPTION: _option,
}
