"""What the rules of translation share: what is known of values, how to refuse, small trees.

The rules themselves stand in `rewrites.py` and the files it names.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Protocol

from sqlglot import exp

from weft.sql.functions import classes_named


class Refused(Exception):
    """A construct has no sure counterpart; the message says why, as a note."""


class Types(Protocol):
    """What is known of the values in a query."""

    def native(self, node: exp.Expr) -> str:
        """The source dialect's type of an expression, "" where it is not certain."""

    def family(self, node: exp.Expr) -> str:
        """The family of that type, "" where it is not certain."""

    def translated(self, native: str) -> exp.DataType:
        """The target's type that holds the values of a source type. Raises Refused."""


Rule = Callable[[exp.Expr, Types], exp.Expr]
"""What a node becomes; it may be changed in place. Raises Refused."""

MAX_REPEATED = 500

NUMERIC = ("integer", "decimal", "float")
MOMENTS = ("date", "timestamp", "timestamptz")
AS_TEXT = ("string", "integer", "decimal", "boolean", "uuid", *MOMENTS)


def cast(node: exp.Expr, native: str) -> exp.Cast:
    """A copy of a value in another type, which has one name in every dialect."""
    return exp.Cast(this=node.copy(), to=exp.DataType.build(native))


def double(node: exp.Expr) -> exp.Cast:
    """A copy of a value as a double."""
    return cast(node, "DOUBLE")


def number(value: int) -> exp.Literal:
    """A whole number as it is written."""
    return exp.Literal(this=str(value), is_string=False)


def known(node: exp.Expr, types: Types, families: tuple[str, ...]) -> str:
    """Return the family of a value, which has to be one of these. Raises Refused."""
    family = types.family(node)
    if not family:
        raise Refused("its type is not known; CAST the argument")
    if family not in families:
        raise Refused(f"it is given {types.native(node)}")
    return family


def exact(kind: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Paren:
    """Divide as the warehouse itself divides, without what is written for another."""
    return exp.Paren(this=kind(this=left, expression=right, typed=True, safe=False))


def check_size(node: exp.Expr) -> None:
    """Raise Refused for a value that is too large to be written several times."""
    if next(islice(node.walk(), MAX_REPEATED, None), None) is not None:
        raise Refused("it is nested too deeply; give the inner value a name in a CTE")


def check_alike(nodes: list[exp.Expr], types: Types) -> None:
    """Raise Refused for values of kinds that only a lenient warehouse would bring together."""
    kinds = {}
    for node in nodes:
        family = types.family(node)
        literal = isinstance(node, exp.Literal) and node.is_string
        if family and not literal:
            kind = "number" if family in NUMERIC else "moment" if family in MOMENTS else family
            kinds[kind] = types.native(node)
    if len(kinds) > 1:
        raise Refused(f"it brings together {' and '.join(kinds.values())}; CAST one of them")


def check_condition(node: exp.Expr, types: Types) -> exp.Expr:
    """Return a node whose operands are conditions. Raises Refused where one is no truth value."""
    for each in (node.this, node.args.get("expression")):
        if isinstance(each, exp.Expr) and types.family(each) not in ("", "boolean"):
            raise Refused(f"a condition is {types.native(each)}; compare it with something")
    return node


def kinds(names: str) -> list[type[exp.Expr]]:
    """The classes of nodes with these names."""
    return sorted(classes_named(names), key=lambda kind: kind.__name__)
