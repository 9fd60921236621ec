"""The statements that compare a build with what its readers had before, on one warehouse.

Rows are compared as multisets, and exactly; floats of which each is as good as the other count as
equal where they differ by no more than a billionth of themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from weft.mesh.manifest import Column
from weft.plan.plan import Comparison, VerifySpec
from weft.sql.dialect import Dialect
from weft.sql.types import family_of

_CLOSE = "1e-9"


def verify_spec(
    key: str, copy: str, target: str, columns: Sequence[Column], dialect: Dialect
) -> VerifySpec:
    """Compare columns of build `key` with a copy of what stands behind the object `target`.

    The columns have the types in which both are kept.
    """
    pair = _Pair(dialect.relation("builds", copy), dialect.relation("builds", key), dialect)
    return VerifySpec(
        key=key,
        copy=copy,
        object=target,
        whole=pair.whole(columns),
        columns=tuple(Comparison(each.name, pair.differing((each,))) for each in columns),
    )


class _Pair:
    """Two relations with the same columns: before and after."""

    def __init__(self, before: str, after: str, dialect: Dialect) -> None:
        self._before = before
        self._after = after
        self._dialect = dialect

    def whole(self, columns: Sequence[Column]) -> str:
        """How many rows there were and are, and how many of those before have no equal now."""
        counts = [_count("", each) for each in (self._before, self._after)]
        return " ".join(("SELECT", ", ".join([*counts, self._missing(columns)])))

    def differing(self, columns: Sequence[Column]) -> str:
        """How many values before have no equal now."""
        return " ".join(("SELECT", self._missing(columns)))

    def _missing(self, columns: Sequence[Column]) -> str:
        exact = [each for each in columns if not self._is(each, "float")]
        floats = [each for each in columns if self._is(each, "float")]
        parts = [self._without_equal(exact)] if exact else []
        parts += [self._apart(exact, floats)] if floats else []
        return " + ".join(parts)

    def _without_equal(self, columns: Sequence[Column]) -> str:
        listed = ", ".join(map(self._value, columns))
        before, after = (
            " ".join(("SELECT", listed, "FROM", each)) for each in (self._before, self._after)
        )
        return _count("AS missing", f"({before} EXCEPT ALL {after})")

    def _apart(self, exact: Sequence[Column], floats: Sequence[Column]) -> str:
        """How many pairs of rows have floats that are not close, where all are put in order."""
        names = {each.name for each in floats}
        place = next(name for name in map("place_{}".format, count()) if name not in names)
        order = ", ".join(map(self._value, (*exact, *floats)))
        listed = ", ".join(map(self._value, floats))
        before, after = (
            " ".join(
                ("(SELECT", f"row_number() OVER (ORDER BY {order}) AS {place},", listed)
                + ("FROM", f"{each})")
            )
            for each in (self._before, self._after)
        )
        close = " AND ".join(self._close(each) for each in floats)
        return _count(f"AS b ON a.{place} = b.{place} WHERE NOT ({close})", before, after)

    def _close(self, column: Column) -> str:
        name = self._dialect.quote(column.name)
        a, b = f"a.{name}", f"b.{name}"
        # An infinite number differs from every other by as much as its size.
        near = f"abs({a} - {b}) <= {_CLOSE} * least(abs({a}), abs({b}))"
        return (
            f"coalesce({a} = {b} OR ({near} AND abs({a} - {b}) < abs({a}) + abs({b})), "
            f"{a} IS NULL AND {b} IS NULL)"
        )

    def _value(self, column: Column) -> str:
        name = self._dialect.quote(column.name)
        return self._dialect.snippets.text(name) if self._is(column, "json") else name

    def _is(self, column: Column, family: str) -> bool:
        return family_of(column.type, self._dialect) == family


def _count(rest: str, *relations: str) -> str:
    """A scalar: the rows of a relation, or of two that are joined."""
    return " ".join(("(SELECT count(*) FROM", " AS a JOIN ".join(relations), f"{rest})"))
