"""The shape of a query: what tells two queries that differ in their outputs alone."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import ErrorLevel, exp

from weft.mesh.growth import Shape
from weft.sql.fingerprint import fingerprint
from weft.sql.qualified import Qualified, Setting

_MULTIPLIES = (exp.UDTF, exp.Explode)


def shape_of(qualified: Qualified, setting: Setting) -> Shape:
    """Take a resolved query apart; an output is also what it is called and its type."""
    tree = qualified.tree
    reads = [setting.known[name].read for name in setting.names]

    def hashed(part: exp.Expr, kind: str = "") -> str:
        sql = part.sql(
            dialect=setting.dialect.sqlglot,
            identify=True,
            comments=False,
            unsupported_level=ErrorLevel.RAISE,
        )
        text = "\t".join((sql.replace(setting.mark, ""), kind))
        return fingerprint(text, reads, setting.dialect)

    if not isinstance(tree, exp.Select) or not _is_plain(tree):
        return Shape(hashed(tree), {each.name: each.type for each in qualified.columns})
    body = tree.copy()
    body.set("expressions", [exp.Boolean(this=_aggregates(tree))])
    outputs = zip(tree.expressions, qualified.columns, strict=True)
    return Shape(
        hashed(body), {column.name: hashed(each.unalias(), column.type) for each, column in outputs}
    )


def _is_plain(tree: exp.Select) -> bool:
    """Whether the rows are the same whatever the outputs are."""
    group = tree.args.get("group")
    order = tree.args.get("order")
    by_outputs = any(clause is not None and _takes_all(clause) for clause in (group, order))
    multiplied = any(each.find(*_MULTIPLIES) for each in tree.expressions)
    return not (tree.args.get("distinct") or by_outputs or multiplied)


def _takes_all(clause: exp.Expr) -> bool:
    """Whether a clause says ALL in place of the outputs."""
    return bool(clause.args.get("all")) or any(
        isinstance(each, exp.Var) and each.name.upper() == "ALL"
        for each in clause.find_all(exp.Var)
    )


def _aggregates(tree: exp.Select) -> bool:
    """Whether the outputs make one row of all, which they do without GROUP BY."""
    return tree.args.get("group") is None and any(map(_is_aggregate, _calls(tree)))


def _calls(tree: exp.Select) -> Iterator[exp.AggFunc]:
    for each in tree.expressions:
        yield from each.find_all(exp.AggFunc)


def _is_aggregate(call: exp.AggFunc) -> bool:
    return call.find_ancestor(exp.Window, exp.Subquery) is None
