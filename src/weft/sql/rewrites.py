"""One rule per construct by which a lenient dialect's query keeps its meaning in a strict one.

A lenient dialect divides integers as floats and by zero, orders text by its bytes, and turns values
into text where one is asked for; a strict one does as the standard says. What is on no list
here is refused: only what was tried on both kinds may pass.
"""

from __future__ import annotations

from sqlglot import exp

from weft.sql.functions import classes_named
from weft.sql.rewrite_moments import TIMES
from weft.sql.rewrite_numbers import NUMBERS, rounded
from weft.sql.rewrite_text import TEXTS, binary_text
from weft.sql.rewriting import (
    AS_TEXT,
    MOMENTS,
    NUMERIC,
    Refused,
    Rule,
    Types,
    cast,
    check_alike,
    check_condition,
    kinds,
    known,
    number,
)

# Means the same in both, whatever it is given. Of letters beyond ASCII, upper and lower case are
# those that the database's own locale knows, which no query can choose.
_PLAIN = classes_named(
    """
    Select From Offset With CTE Subquery Exists Qualify Cube Rollup GroupingSets
    Grouping Column Table TableAlias Alias Identifier Boolean Null Paren Is Tuple Values
    Window WindowSpec Nullif Neg Var DataType DataTypeParam
    Star LogicalAnd LogicalOr RowNumber Rank DenseRank PercentRank CumeDist Ntile Lag Lead
    FirstValue LastValue NthValue Upper Lower Length Trim Replace Repeat Left Right Pad SplitPart
    StrPosition StartsWith Abs Floor Ceil CurrentDate CurrentTimestamp Rand MD5
    Order Escape
    """
)


def _ordered(node: exp.Expr, types: Types) -> exp.Expr:
    node.set("this", binary_text(node.this, types))
    return node


def _distinct(node: exp.Expr, types: Types) -> exp.Expr:
    on = node.args.get("on")
    if on is not None:
        on.set("expressions", [binary_text(each, types) for each in on.expressions])
    return node


def _group(node: exp.Expr, types: Types) -> exp.Expr:
    if node.args.get("totals") or node.args.get("all"):
        raise Refused("it groups by something that has no name")
    return node


def _compare(node: exp.Expr, types: Types) -> exp.Expr:
    sides = [each for each in node.iter_expressions() if not isinstance(each, exp.Query)]
    check_alike(sides, types)
    if isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Between):
        node.set("this", binary_text(node.this, types))
    return node


def _case(node: exp.Expr, types: Types) -> exp.Expr:
    results = [*(each.args["true"] for each in node.args["ifs"]), node.args.get("default")]
    check_alike([each for each in results if each is not None], types)
    return node


def _if(node: exp.Expr, types: Types) -> exp.Expr:
    branches = [node.args.get("true"), node.args.get("false")]
    check_alike([each for each in branches if each is not None], types)
    if not (isinstance(node.parent, exp.Case) and node.parent.this is not None):
        check_condition(node, types)
    return node


def _branches(node: exp.Expr, types: Types) -> exp.Expr:
    """Coalesce, greatest and least."""
    sides = [node.this, *node.expressions]
    check_alike(sides, types)
    if not isinstance(node, exp.Coalesce):
        node.set("this", binary_text(node.this, types))
    return node


def _extreme(node: exp.Expr, types: Types) -> exp.Expr:
    if types.family(node.this) == "boolean":
        raise Refused("it is given BOOLEAN; use bool_and or bool_or")
    if node.expressions:
        raise Refused("it is given several values; use greatest or least")
    node.set("this", binary_text(node.this, types))
    return node


def _count(node: exp.Expr, types: Types) -> exp.Expr:
    if node.this is None:
        node.set("this", exp.Star())
    return node


def _count_if(node: exp.Expr, types: Types) -> exp.Expr:
    check_condition(node, types)
    counted = exp.Case(ifs=[exp.If(this=node.this.copy(), true=number(1))])
    return exp.Count(this=counted)


def _convert(node: exp.Expr, types: Types) -> exp.Expr:
    wanted, given = types.family(node), types.family(node.this)
    node.set("to", types.translated(types.native(node)))
    if given == wanted or isinstance(node.this, exp.Literal | exp.Null):
        return node
    if wanted == "string":
        known(node.this, types, AS_TEXT)
    elif wanted == "decimal":
        if known(node.this, types, (*NUMERIC, "string")) == "float":
            digits = node.args["to"].expressions[1].name
            node.set("this", rounded(node.this, int(digits)))
    elif given == "boolean" or wanted == "boolean":
        return _truth(node, given, wanted)
    elif wanted not in (*NUMERIC, *MOMENTS, "time"):
        raise Refused(f"a value becomes {types.native(node)}")
    return node


def _truth(node: exp.Expr, given: str, wanted: str) -> exp.Expr:
    """Truth values are no numbers; only one width of integers becomes one by itself."""
    if (given, wanted) == ("integer", "boolean"):
        return exp.Paren(this=exp.NEQ(this=node.this.copy(), expression=number(0)))
    if (given, wanted) == ("boolean", "integer"):
        node.set("this", cast(node.this, "INT"))
    elif given != "string":
        raise Refused("a truth value is no number of this kind; use CASE")
    return node


def _join(node: exp.Expr, types: Types) -> exp.Expr:
    if node.args.get("method"):
        raise Refused(f"there is no {node.args['method']} JOIN")
    return node


def _set_operation(node: exp.Expr, types: Types) -> exp.Expr:
    if node.args.get("by_name") or node.args.get("kind") or node.args.get("side"):
        raise Refused("columns are matched by their places alone")
    return node


def _limit(node: exp.Expr, types: Types) -> exp.Expr:
    if node.args.get("limit_options") or not isinstance(node.expression, exp.Literal):
        raise Refused("a limit is a number")
    return node


def _list(node: exp.Expr, types: Types) -> exp.Expr:
    value = node.this.this if isinstance(node.this, exp.Order) else node.this
    known(value, types, (*AS_TEXT, "float"))
    return node


def _filter(node: exp.Expr, types: Types) -> exp.Expr:
    check_condition(node.expression, types)
    return node


RULES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_PLAIN, lambda node, types: node),
    **dict.fromkeys(kinds("EQ NEQ NullSafeEQ NullSafeNEQ GT GTE LT LTE Between In"), _compare),
    **dict.fromkeys(kinds("And Or Not Where Having"), check_condition),
    **dict.fromkeys(kinds("Coalesce Greatest Least"), _branches),
    **dict.fromkeys(kinds("Min Max"), _extreme),
    **dict.fromkeys(kinds("Union Except Intersect"), _set_operation),
    **NUMBERS,
    **TEXTS,
    **TIMES,
    exp.Ordered: _ordered,
    exp.Distinct: _distinct,
    exp.Group: _group,
    exp.Case: _case,
    exp.If: _if,
    exp.Count: _count,
    exp.CountIf: _count_if,
    exp.Cast: _convert,
    exp.ArrayAgg: _list,
    exp.Join: _join,
    exp.Limit: _limit,
    exp.Filter: _filter,
}
"""The rules by the kind of node. What has none is refused."""
