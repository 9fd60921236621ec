"""Rules for dates and times: their parts, what lies between them, and how they are shown."""

from __future__ import annotations

import re

from sqlglot import exp

from weft.sql.functions import function_name
from weft.sql.rewriting import MOMENTS, Refused, Rule, Types, cast, exact, kinds, known, number

_UNITS: dict[type[exp.Expr], str] = {
    exp.Year: "YEAR",
    exp.Quarter: "QUARTER",
    exp.Month: "MONTH",
    exp.Week: "WEEK",
    exp.WeekOfYear: "WEEK",
    exp.Day: "DAY",
    exp.DayOfMonth: "DAY",
    exp.DayOfWeek: "DOW",
    exp.DayOfWeekIso: "ISODOW",
    exp.DayOfYear: "DOY",
    exp.Hour: "HOUR",
    exp.Minute: "MINUTE",
    exp.Second: "SECOND",
}


_PARTS = frozenset([*_UNITS.values(), "ISOYEAR"])


_TRUNCATED = frozenset(["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"])


_SECONDS = {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}


_ELAPSED = {
    "to_years": "YEAR",
    "to_months": "MONTH",
    "to_weeks": "WEEK",
    "to_days": "DAY",
    "to_hours": "HOUR",
    "to_minutes": "MINUTE",
    "to_seconds": "SECOND",
}


_PRINTED = re.compile(r"(?:%[YmdHMSj]|[-/:. ])*")


def _moment(node: exp.Expr, types: Types) -> exp.Expr:
    """A date without a time would be taken for one in a time zone."""
    if types.family(node) not in ("", *MOMENTS):
        raise Refused(f"it is given {types.native(node)}")
    return cast(node, "TIMESTAMP") if types.family(node) == "date" else node.copy()


def _part(node: exp.Expr, types: Types) -> exp.Expr:
    unit = _UNITS.get(type(node)) or node.name.upper()
    value = node.expression if isinstance(node, exp.Extract) else node.this
    if unit not in _PARTS:
        raise Refused(f"{unit.lower()} is not the same everywhere")
    return _part_of(unit, _moment(value, types))


def _part_of(unit: str, moment: exp.Expr) -> exp.Cast:
    found: exp.Expr = exp.Extract(this=exp.Var(this=unit), expression=moment)
    return cast(exp.Floor(this=found) if unit == "SECOND" else found, "BIGINT")


def _truncate(node: exp.Expr, types: Types) -> exp.Expr:
    if node.text("unit").upper() not in _TRUNCATED or node.args.get("zone"):
        raise Refused("it is cut at something that is not the same everywhere")
    node.set("this", _moment(node.this, types))
    return node


def _difference(node: exp.Expr, types: Types) -> exp.Expr:
    """How many borders of a unit lie between two moments."""
    unit = (node.text("unit") or "DAY").upper()
    for side in (node.this, node.expression):
        _moment(side, types)
    last, first = cast(node.this, "TIMESTAMP"), cast(node.expression, "TIMESTAMP")
    if unit == "DAY":
        days = exp.Sub(this=cast(last, "DATE"), expression=cast(first, "DATE"))
        return cast(exp.Paren(this=days), "BIGINT")
    if unit in ("YEAR", "MONTH"):
        years = exp.Sub(this=_part_of("YEAR", last), expression=_part_of("YEAR", first))
        if unit == "YEAR":
            return exp.Paren(this=years)
        months = exp.Mul(this=exp.Paren(this=years), expression=number(12))
        more = exp.Add(this=months, expression=_part_of("MONTH", last.copy()))
        return exp.Paren(this=exp.Sub(this=more, expression=_part_of("MONTH", first.copy())))
    if unit not in _SECONDS:
        raise Refused(f"differences in {unit.lower()} are not the same everywhere")
    passed = exp.Sub(this=_epoch(unit, last), expression=_epoch(unit, first))
    return cast(exact(exp.Div, exp.Paren(this=passed), number(_SECONDS[unit])), "BIGINT")


def _epoch(unit: str, moment: exp.Expr) -> exp.Extract:
    cut = exp.TimestampTrunc(this=moment, unit=exp.Var(this=unit))
    return exp.Extract(this=exp.Var(this="EPOCH"), expression=cut)


def _printed(node: exp.Expr, types: Types) -> exp.Expr:
    form = node.args["format"]
    if not isinstance(form, exp.Literal) or not _PRINTED.fullmatch(form.name):
        raise Refused(
            "only %Y %m %d %H %M %S %j between - / : . and spaces are the same everywhere"
        )
    known(node.this, types, MOMENTS)
    return node


def _interval(node: exp.Expr, types: Types) -> exp.Expr:
    unit = node.text("unit").upper().removesuffix("S")
    if not isinstance(node.this, exp.Literal) or unit not in ("", *_TRUNCATED - {"QUARTER"}):
        raise Refused("only a number of years, months, weeks, days and parts of days is written so")
    return node


def _elapsed(node: exp.Expr, types: Types) -> exp.Expr:
    """So many years, days or minutes, where a function makes an interval of a number."""
    unit = _ELAPSED.get(function_name(node), "")
    arguments = node.expressions or [node.this]
    if not unit or len(arguments) != 1:
        raise Refused(f"`{function_name(node)}` is not known to mean the same in every warehouse")
    known(arguments[0], types, ("integer",))
    one = exp.Interval(this=exp.Literal.string("1"), unit=exp.Var(this=unit))
    return exp.Paren(this=exp.Mul(this=exp.Paren(this=arguments[0].copy()), expression=one))


def _date(node: exp.Expr, types: Types) -> exp.Expr:
    parts = [cast(node.args[key], "INT") for key in ("year", "month", "day")]
    return exp.Anonymous(this="make_date", expressions=parts)


TIMES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_UNITS, _part),
    **dict.fromkeys(kinds("TimestampTrunc DateTrunc"), _truncate),
    **dict.fromkeys(kinds("Anonymous ToDays"), _elapsed),
    exp.Extract: _part,
    exp.DateDiff: _difference,
    exp.DateFromParts: _date,
    exp.Interval: _interval,
    exp.TimeToStr: _printed,
}
"""The rules by the kind of node."""
