"""The type of an expression, where it is certain; "" where it is not.

A wrong type would refuse a good contract, so nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from weft.sql.dialect import Dialect
from weft.sql.functions import function_name
from weft.sql.types import canonical_type, family_of

ColumnTypes = Callable[[exp.Column], str]

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "//",
    exp.Mod: "%",
    exp.DPipe: "||",
}
_WRAPPERS = (
    exp.Alias,
    exp.Paren,
    exp.Filter,
    exp.Window,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Distinct,
    exp.WithinGroup,
)
_SAME = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
_NUMERIC = ("integer", "decimal", "float")
_BRANCHES = (exp.Coalesce, exp.Least, exp.Greatest)
_BOOLEANS: frozenset[type[exp.Expr]] = frozenset(
    kind
    for kind in vars(exp).values()
    if isinstance(kind, type)
    and issubclass(kind, exp.Predicate | exp.Connector | exp.Not | exp.Boolean)
)


def infer(node: exp.Expr, columns: ColumnTypes, dialect: Dialect) -> str:
    """Return the native type of an expression. `columns` gives the types of its columns."""
    kind = type(node)
    if isinstance(node, exp.Column):
        return columns(node)
    if isinstance(node, _WRAPPERS):
        inner = node.this if kind is not exp.Distinct else node.expressions[0]
        return infer(inner, columns, dialect)
    if isinstance(node, exp.Cast):
        return canonical_type(node.args["to"].sql(dialect=dialect.sqlglot), dialect)
    if isinstance(node, exp.Literal):
        text = dialect.types.logical["string"]
        return text if node.is_string else dialect.arithmetic.literal(node.name)
    if kind in _BOOLEANS:
        return dialect.types.logical["boolean"]
    if kind in _OPERATORS:
        left, right = (infer(side, columns, dialect) for side in (node.this, node.expression))
        return dialect.arithmetic.of(_OPERATORS[kind], left, right)
    return _infer_call(node, columns, dialect)


def _infer_call(node: exp.Expr, columns: ColumnTypes, dialect: Dialect) -> str:
    if isinstance(node, exp.Neg):
        negated = dialect.arithmetic.computed(infer(node.this, columns, dialect))
        return negated if family_of(negated, dialect) in _NUMERIC else ""
    if isinstance(node, exp.Case | exp.If):
        return _common(_results(node), columns, dialect)
    if isinstance(node, _BRANCHES):
        return _common([node.this, *node.expressions], columns, dialect)
    if isinstance(node, _SAME):
        known = "" if node.args.get("default") else infer(node.this, columns, dialect)
        return dialect.arithmetic.computed(known)
    if isinstance(node, exp.Concat):
        return _concatenated(node, columns, dialect)
    name = function_name(node)
    known = dialect.functions.returns.get(name, "")
    if known or not isinstance(node, exp.Func) or not isinstance(node.this, exp.Expr):
        return known
    if node.args.get("zone"):
        return ""
    return dialect.arithmetic.call(name, infer(node.this, columns, dialect))


def _results(node: exp.Case | exp.If) -> list[exp.Expr]:
    if isinstance(node, exp.If):
        found = [node.args["true"], node.args.get("false")]
    else:
        found = [each.args["true"] for each in node.args["ifs"]] + [node.args.get("default")]
    return [each for each in found if each is not None]


def _common(nodes: list[exp.Expr], columns: ColumnTypes, dialect: Dialect) -> str:
    """The type that holds all of them: the same one, or the wider of integers and doubles."""
    types = [infer(node, columns, dialect) for node in nodes if not isinstance(node, exp.Null)]
    if not types or "" in types:
        return ""
    common = types[0] if len(types) == len(nodes) else dialect.arithmetic.computed(types[0])
    for each in types[1:]:
        if each != common:
            common = dialect.arithmetic.of("+", common, each)
    return common


def _concatenated(node: exp.Expr, columns: ColumnTypes, dialect: Dialect) -> str:
    text = dialect.types.logical["string"]
    return text if any(infer(side, columns, dialect) == text for side in node.expressions) else ""
