"""Conditions on rows, as CHECK constraints have them, as promises of a contract.

What a contract can say of a column is said there; the rest becomes a rule in SQL, or is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlglot import ErrorLevel, UnsupportedError, exp, parse_one
from sqlglot.errors import SqlglotError

from weft.contract.patterns import pattern_problem
from weft.mesh.found import FoundCondition
from weft.mesh.manifest import RULE_TABLE, Column, Read, ReadKind
from weft.project.adopting.names import fitting_name
from weft.project.adopting.types import Around
from weft.sql.query import Known, compile_select, parse_rule
from weft.sql.transpile import transpile_select

NONE_MAY_FAIL = {"mustBe": 0}
"""How a rule says that there must be no such row."""

_BOUNDS = {
    exp.GTE: "minimum",
    exp.LTE: "maximum",
    exp.GT: "exclusiveMinimum",
    exp.LT: "exclusiveMaximum",
}
_LENGTHS: dict[type[exp.Expr], tuple[str, int]] = {
    exp.GTE: ("minLength", 0),
    exp.LTE: ("maxLength", 0),
    exp.GT: ("minLength", 1),
    exp.LT: ("maxLength", -1),
}
_SWAPPED = {exp.GTE: exp.LTE, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.LT: exp.GT, exp.EQ: exp.EQ}
_TEXTS = (
    *(exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR, exp.DataType.Type.CHAR),
    *(exp.DataType.Type.BPCHAR, exp.DataType.Type.USERDEFINED),
)
_NUMBERS = ("integer", "number")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


@dataclass(frozen=True)
class Promised:
    """What a condition means: keys of a column, or a rule of the object, or why it is neither."""

    column: str = ""
    keys: tuple[tuple[str, Any], ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    rule: Mapping[str, Any] | None = None
    problem: str = ""


def promised(
    condition: FoundCondition,
    kinds: Mapping[str, str],
    columns: Sequence[Column],
    around: Around,
) -> tuple[Promised, ...]:
    """Say a condition in a contract whose columns have these logical types.

    `columns` are the same as SQL sees them. One that is several joined by AND is said piece by
    piece, as far as that goes.
    """
    try:
        parsed = parse_one(condition.sql, dialect=around.holder.sqlglot)
        tree = _plain(parsed, condition.column)
        pieces = list(_pieces(tree))
    except (SqlglotError, RecursionError):
        return (Promised(problem="it cannot be read"),)
    unknown = [each.name for each in tree.find_all(exp.Column) if each.name not in kinds]
    if unknown:
        return (Promised(problem=f"column `{unknown[0]}` is left out"),)
    found = [_of_column(each, kinds) for each in pieces]
    rest = [piece for piece, said in zip(pieces, found, strict=True) if said is None]
    said = [each for each in found if each is not None]
    if rest:
        said.append(_rule(condition.name, exp.and_(*rest), columns, around))
    return tuple(said)


def rule_of(
    name: str,
    query: str,
    relations: Mapping[str, Sequence[Column]],
    around: Around,
    limit: Mapping[str, Any] = NONE_MAY_FAIL,
) -> Promised:
    """A rule in SQL that counts rows, with their limit; a problem where it does not compile.

    `relations` are what it may read by name, RULE_TABLE among them.
    """
    parsed, problems = parse_rule(query, around.own, None)
    if parsed is not None:
        strange = [each for each in parsed.names if each not in relations]
        if strange:
            return Promised(problem=f"`{strange[0]}` is nothing that it may read")
        known = {
            each: Known(Read(ReadKind.MODEL, each), tuple(relations[each])) for each in parsed.names
        }
        compiled, problems = compile_select(parsed, around.own, known)
        if compiled is not None and around.home is not around.own:
            _, problems = transpile_select(parsed, around.own, around.home, known)
    if problems:
        return Promised(problem=problems[0].message)
    rule = {"id": fitting_name(name), "name": name, "type": "sql", "query": query}
    return Promised(rule={**rule, **limit})


def _rule(name: str, condition: exp.Expr, columns: Sequence[Column], around: Around) -> Promised:
    own, holder = around.own, around.holder
    try:
        broken = exp.not_(exp.paren(condition)).sql(own.sqlglot, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError:
        return Promised(problem=f"{own.name} does not know what it says")
    if own is not holder and not _is_common(condition):
        return Promised(
            problem=f"it is written for {holder.name}, and may mean another in {own.name}"
        )
    query = " ".join(("SELECT count(*) FROM ${table} WHERE", broken))
    return rule_of(name, query, {RULE_TABLE: columns}, around)


def _is_common(condition: exp.Expr) -> bool:
    """Whether a condition compares columns and values, which means the same everywhere."""
    common = (
        *(exp.Column, exp.Identifier, exp.Literal, exp.Paren, exp.Connector, exp.Not, exp.Is),
        *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Null, exp.Neg, exp.In),
        *(exp.Between, exp.Boolean),
    )
    return all(isinstance(each, common) for each in condition.walk())


def _plain(tree: exp.Expr, column: str) -> exp.Expr:
    """A condition without what a catalogue adds to it: brackets, and casts of texts to texts."""

    def simpler(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and column and node.name.upper() == "VALUE":
            return exp.column(exp.to_identifier(column, quoted=True))
        if isinstance(node, exp.Cast):
            return _uncast(node, column)
        if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
            items = node.expression.this.unnest()
            if isinstance(items, exp.Array):
                return exp.In(this=node.this, expressions=items.expressions)
        return node

    # From the inside out, so that what is inside of a cast is simple already.
    for node in list(tree.find_all(exp.Cast, exp.EQ, exp.Column, bfs=True))[::-1]:
        simple = simpler(node)
        if simple is not node:
            if node is tree:
                tree = simple
            node.replace(simple)
    return tree


def _is_text(cast: exp.Cast) -> bool:
    kind = cast.to
    if kind.is_type(exp.DataType.Type.ARRAY):
        return isinstance(cast.this.unnest(), exp.Array)
    return kind.this in _TEXTS


def _uncast(cast: exp.Cast, column: str) -> exp.Expr:
    """What is cast, where it is of that type anyway, as the value of a domain is of its own.

    A server writes `-1` as `'-1'`.
    """
    inside: exp.Expr = cast.this.unnest()
    is_value = bool(column) and isinstance(inside, exp.Column) and inside.name == column
    if is_value or _is_text(cast):
        return inside
    if not cast.to.is_type(*exp.DataType.NUMERIC_TYPES):
        return cast
    if isinstance(inside, exp.Literal) and _NUMBER.fullmatch(str(inside.this)):
        number: exp.Expr = exp.Literal.number(str(inside.this).lstrip("-"))
        return exp.Neg(this=number) if str(inside.this).startswith("-") else number
    return cast if _number(inside) is None else inside


def _pieces(tree: exp.Expr) -> Iterator[exp.Expr]:
    tree = tree.unnest()
    if isinstance(tree, exp.And):
        yield from _pieces(tree.this)
        yield from _pieces(tree.expression)
    else:
        yield tree


def _of_column(piece: exp.Expr, columns: Mapping[str, str]) -> Promised | None:
    """What a piece promises of one column alone; None where a contract has no word for it."""
    for read in (_filled, _listed, _matched, _between, _compared):
        found = read(piece, columns)
        if found is not None:
            return found
    return None


def _filled(piece: exp.Expr, columns: Mapping[str, str]) -> Promised | None:
    """`x IS NOT NULL`."""
    inside: exp.Expr = piece
    is_not = isinstance(piece, exp.Not)
    if is_not:
        inside = piece.this.unnest()
    if not isinstance(inside, exp.Is) or not isinstance(inside.expression, exp.Null):
        return None
    if is_not == bool(inside.args.get("negate")):
        return None
    name = _column(inside.this, columns)
    return Promised(name, keys=(("required", True),)) if name else None


def _listed(piece: exp.Expr, columns: Mapping[str, str]) -> Promised | None:
    """`x IN (…)`, all of one kind and of the column's own."""
    if not isinstance(piece, exp.In) or not piece.expressions:
        return None
    name = _column(piece.this, columns)
    values = [_value(each) for each in piece.expressions]
    kind = {"string": str, "integer": int}.get(columns.get(name, ""))
    if kind is None or any(type(each) is not kind for each in values):
        return None
    return Promised(name, keys=(("enum", [{"value": each} for each in values]),))


def _matched(piece: exp.Expr, columns: Mapping[str, str]) -> Promised | None:
    """`x ~ 'pattern'`, and `x <> ''`."""
    if not isinstance(piece, exp.RegexpLike | exp.NEQ):
        return None
    name, value = _column(piece.this, columns), _value(piece.expression)
    if columns.get(name) != "string" or not isinstance(value, str):
        return None
    if isinstance(piece, exp.NEQ):
        return Promised(name, options=(("minLength", 1),)) if value == "" else None
    is_common = not piece.args.get("flag") and not pattern_problem(value)
    return Promised(name, options=(("pattern", value),)) if is_common else None


def _between(piece: exp.Expr, columns: Mapping[str, str]) -> Promised | None:
    """`x BETWEEN 1 AND 5`."""
    if not isinstance(piece, exp.Between):
        return None
    name = _column(piece.this, columns)
    low, high = _number(piece.args["low"]), _number(piece.args["high"])
    if columns.get(name) not in _NUMBERS or low is None or high is None:
        return None
    return Promised(name, options=(("minimum", low), ("maximum", high)))


def _compared(piece: exp.Expr, columns: Mapping[str, str]) -> Promised | None:
    """`x >= 0`, `0 < x` and `length(x) <= 5`."""
    kind = type(piece)
    if kind not in _SWAPPED:
        return None
    left, right = piece.this.unnest(), piece.expression.unnest()
    if _number(left) is not None:
        left, right, kind = right, left, _SWAPPED[kind]
    value = _number(right)
    if value is None:
        return None
    name = _column(left, columns)
    if kind in _BOUNDS and columns.get(name) in _NUMBERS:
        return Promised(name, options=((_BOUNDS[kind], value),))
    return _long(left, kind, value, columns)


def _long(
    left: exp.Expr, kind: type[exp.Expr], value: float, columns: Mapping[str, str]
) -> Promised | None:
    name = _column(left.this, columns) if isinstance(left, exp.Length) else ""
    if columns.get(name) != "string" or not isinstance(value, int):
        return None
    if kind is exp.EQ:
        return Promised(name, options=(("minLength", value), ("maxLength", value)))
    key, more = _LENGTHS[kind]
    return Promised(name, options=((key, value + more),)) if value + more >= 0 else None


def _column(node: exp.Expr, columns: Mapping[str, str]) -> str:
    """The column that a node is, "" where it is none of these."""
    node = node.unnest()
    name = node.name if isinstance(node, exp.Column) and not node.table else ""
    return name if name in columns else ""


def _value(node: exp.Expr) -> str | int | float | None:
    node = node.unnest()
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    return _number(node)


def _number(node: exp.Expr) -> int | float | None:
    """A number that is written as one, where YAML can write the same."""
    node = node.unnest()
    if isinstance(node, exp.Neg):
        inside = _number(node.this)
        return None if inside is None else -inside
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    text = str(node.this)
    if text.isdigit():
        return int(text)
    return float(text) if Decimal(repr(float(text))) == Decimal(text) else None
