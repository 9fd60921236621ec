"""Rules for numbers: division, rounding, statistics and rows of numbers."""

from __future__ import annotations

from sqlglot import exp

from weft.sql.rewriting import (
    NUMERIC,
    Refused,
    Rule,
    Types,
    cast,
    check_size,
    double,
    exact,
    kinds,
    known,
    number,
)


def _is_never_zero(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Nullif):
        return isinstance(inner.expression, exp.Literal) and inner.expression.name == "0"
    return isinstance(inner, exp.Literal) and not inner.is_string and float(inner.name) != 0


def _calculate(node: exp.Expr, types: Types) -> exp.Expr:
    """Short floats stay short beside other numbers only where they are lenient."""
    natives = [types.native(side) for side in (node.this, node.expression)]
    if "FLOAT" in natives and natives != ["FLOAT", "FLOAT"]:
        raise Refused("FLOAT stands beside another number; CAST it")
    return node


def _divide(node: exp.Expr, types: Types) -> exp.Expr:
    """Floats divide by zero into infinity, or into NaN where both are zero."""
    left, right = node.this, node.expression
    for side in (left, right):
        if types.native(side) == "FLOAT" or types.family(side) not in ("", *NUMERIC):
            raise Refused(f"{types.native(side)} is divided")
        check_size(side)
    quotient = exact(exp.Div, double(left), double(right))
    if _is_never_zero(right):
        return quotient
    endless = exp.Mul(this=double(left), expression=double(exp.Literal.string("Infinity")))
    zero = exp.EQ(this=exp.Paren(this=right.copy()), expression=number(0))
    return exp.Case(ifs=[exp.If(this=zero, true=endless)], default=quotient)


def _divide_whole(node: exp.Expr, types: Types) -> exp.Expr:
    for side in (node.this, node.expression):
        known(side, types, ("integer",))
        if types.translated(types.native(side)).is_type("decimal"):
            raise Refused(f"{types.native(side)} is divided")
    return exact(exp.Div, *_sides_without_zero(node))


def _remainder(node: exp.Expr, types: Types) -> exp.Expr:
    for side in (node.this, node.expression):
        known(side, types, ("integer", "decimal"))
    return exact(exp.Mod, *_sides_without_zero(node))


def _sides_without_zero(node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    left, right = node.this.copy(), node.expression.copy()
    if not _is_never_zero(right):
        right = exp.Nullif(this=right, expression=number(0))
    return left, right


def _literal(node: exp.Expr, types: Types) -> exp.Expr:
    floating = not node.args["is_string"] and "e" in node.name.lower()
    return double(node) if floating else node


def _sum(node: exp.Expr, types: Types) -> exp.Expr:
    if types.native(node.this) == "FLOAT" or types.family(node.this) not in ("", *NUMERIC):
        raise Refused(f"it is given {types.native(node.this)}")
    return node


def _of_doubles(node: exp.Expr, types: Types) -> exp.Expr:
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Distinct):
            raise Refused("it is given DISTINCT values")
        if value is not None:
            if types.family(value) not in ("", *NUMERIC):
                raise Refused(f"it is given {types.native(value)}")
            node.set(key, double(value))
    return node


def _median(node: exp.Expr, types: Types) -> exp.Expr:
    known(node.this, types, ("integer", "float"))
    return _of_doubles(node, types)


def _round(node: exp.Expr, types: Types) -> exp.Expr:
    family = known(node.this, types, NUMERIC)
    digits = node.args.get("decimals")
    if digits is not None and not (isinstance(digits, exp.Literal) and digits.is_int):
        raise Refused("the number of digits is not written as a number")
    if family == "integer":
        unchanged: exp.Expr = node.this.copy()
        return unchanged
    if family == "decimal":
        return node
    if types.native(node.this) == "FLOAT":
        raise Refused("it is given FLOAT")
    return rounded(node.this, int(digits.name) if digits is not None else 0)


def rounded(value: exp.Expr, digits: int) -> exp.Expr:
    """Round half away from zero after scaling, as floats are rounded where they are lenient."""
    check_size(value)
    scale = double(number(10**digits))
    scaled: exp.Expr = exp.Paren(this=exp.Mul(this=double(value), expression=scale))
    whole = exp.Anonymous(this="trunc", expressions=[scaled])
    rest = exp.Abs(this=exp.Sub(this=scaled.copy(), expression=whole.copy()))
    far = exp.GTE(this=rest, expression=exp.Literal.number("0.5"))
    next_whole = exp.Add(this=whole.copy(), expression=exp.Sign(this=scaled.copy()))
    chosen = exp.Case(ifs=[exp.If(this=far, true=next_whole)], default=whole.copy())
    return exact(exp.Div, chosen, scale.copy())


def _series(node: exp.Expr, types: Types) -> exp.Expr:
    """Numbers up to the last one, which counts."""
    bounds = [node.args[key] for key in ("start", "end", "step") if node.args.get(key) is not None]
    for each in bounds:
        known(each, types, ("integer",))
    step = bounds[2] if len(bounds) > 2 else number(1)
    if not step.is_int:
        raise Refused("the step is not written as a number")
    if node.args.get("is_end_exclusive"):
        before = exp.Add if int(step.to_py()) < 0 else exp.Sub
        bounds[1] = before(this=exp.Paren(this=bounds[1].copy()), expression=number(1))
    return exp.Anonymous(
        this="generate_series", expressions=[cast(each, "BIGINT") for each in bounds]
    )


NUMBERS: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(
        kinds(
            """Avg Stddev StddevSamp StddevPop Variance VariancePop Corr CovarPop CovarSamp Sqrt Exp
            Ln Pow Sin Cos Tan"""
        ),
        _of_doubles,
    ),
    **dict.fromkeys(kinds("GenerateSeries ExplodingGenerateSeries"), _series),
    **dict.fromkeys(kinds("Add Sub Mul"), _calculate),
    exp.Literal: _literal,
    exp.Div: _divide,
    exp.IntDiv: _divide_whole,
    exp.Mod: _remainder,
    exp.Sum: _sum,
    exp.Median: _median,
    exp.Round: _round,
}
"""The rules by the kind of node."""
