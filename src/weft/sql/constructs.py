"""Names for what sqlglot writes for any dialect, though not every warehouse knows it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_FLAGS: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.Group: ("all",),
    exp.Union: ("by_name",),
    exp.Star: ("except_", "replace", "rename"),
}


def constructs(node: exp.Expr) -> Iterator[str]:
    """Name a node and what is special to it: a kind of join, or a word such as ALL."""
    yield type(node).__name__
    if isinstance(node, exp.Join):
        yield from (str(node.args.get(key) or "").upper() for key in ("kind", "method"))
    for flag in _FLAGS.get(type(node), ()):
        if node.args.get(flag):
            yield flag.upper()
