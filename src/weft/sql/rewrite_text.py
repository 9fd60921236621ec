"""Rules for text: its order, what becomes text, and what is looked for in it."""

from __future__ import annotations

from sqlglot import exp

from weft.sql.pattern import strict_pattern
from weft.sql.rewriting import AS_TEXT, Refused, Rule, Types, kinds, known

_BINARY = '"C"'


def binary_text(node: exp.Expr, types: Types) -> exp.Expr:
    """Text is compared by its bytes, not as the warehouse's language orders it."""
    if types.family(node) != "string" or isinstance(node, exp.Literal):
        return node
    return exp.Collate(this=node.copy(), expression=exp.Var(this=_BINARY))


def _join_text(node: exp.Expr, types: Types) -> exp.Expr:
    sides = [node.this, node.expression]
    if not any(types.family(each) == "string" for each in sides):
        raise Refused("neither side is known to be a text; CAST one of them")
    for each in sides:
        known(each, types, AS_TEXT)
    return node


def _concat(node: exp.Expr, types: Types) -> exp.Expr:
    for each in node.expressions:
        if not isinstance(each, exp.Null):
            known(each, types, AS_TEXT)
    name = "concat_ws" if isinstance(node, exp.ConcatWs) else "concat"
    return exp.Anonymous(this=name, expressions=[each.copy() for each in node.expressions])


def _group_concat(node: exp.Expr, types: Types) -> exp.Expr:
    value = node.this.this if isinstance(node.this, exp.Order) else node.this
    if isinstance(value, exp.Distinct):
        raise Refused("it is given DISTINCT values")
    known(value, types, ("string",))
    return node


def _like(node: exp.Expr, types: Types) -> exp.Expr:
    """Without ESCAPE a backslash is a letter like any other."""
    pattern = node.expression
    harmless = isinstance(pattern, exp.Literal) and "\\" not in pattern.name
    if harmless or isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string(""))


def _matches(node: exp.Expr, types: Types) -> exp.Expr:
    pattern = node.expression
    if node.args.get("flag") or not isinstance(pattern, exp.Literal):
        raise Refused("only a pattern that is written out, without options, is the same everywhere")
    strict = strict_pattern(pattern.name)
    if not strict:
        raise Refused("this pattern does not mean the same in every warehouse")
    node.set("expression", exp.Literal.string(strict))
    return node


def _substring(node: exp.Expr, types: Types) -> exp.Expr:
    start, length = node.args.get("start"), node.args.get("length")
    for each, least in ((start, 1), (length, 0)):
        if each is None:
            continue
        if not (isinstance(each, exp.Literal) and each.is_int and int(each.name) >= least):
            raise Refused("places from the end and before the first character mean other things")
    return node


TEXTS: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(kinds("Concat ConcatWs"), _concat),
    **dict.fromkeys(kinds("Like ILike"), _like),
    exp.RawString: lambda node, types: exp.Literal.string(node.name),
    exp.DPipe: _join_text,
    exp.GroupConcat: _group_concat,
    exp.RegexpLike: _matches,
    exp.Substring: _substring,
}
"""The rules by the kind of node."""
