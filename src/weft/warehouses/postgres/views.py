"""The text of port views: explicit columns, a barrier, and one branch per build that may be read.

Which branch gives rows is decided by the pointer alone, so that all ports of a product move at
once, and a transaction that began earlier goes on seeing what it saw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from weft.mesh.manifest import Column
from weft.sql.postgres import quote, string
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.names import POINTER, Place

# Rows that the view itself leaves out must not reach a function of the reader; and what is read
# is read with the rights of the view's owner, because readers have none.
OPTIONS = "WITH (security_barrier = true, security_invoker = false)"

_NOTHING: Mapping[str, Iterable[int]] = {}
_GONE = "'this release is no longer kept, begin a new transaction: release '"


@dataclass(frozen=True)
class Branch:
    """A build and the numbers of the releases that show it."""

    numbers: tuple[int, ...]
    found: Located
    columns: tuple[Column, ...]

    def fits(self, columns: Sequence[Column]) -> bool:
        """Whether none of its columns has another type than the view's of that name."""
        types = {each.name: each.type for each in self.columns}
        return all(types.get(each.name, each.type) == each.type for each in columns)


def laid_out(
    wanted: Sequence[Column], existing: Sequence[Column] | None
) -> tuple[tuple[Column, ...], bool]:
    """Return a view's columns in their order, and whether the existing view can be replaced.

    New columns go last, because the server inserts none in the middle. Where a column goes away
    or changes its type, the view has to be made anew.
    """
    if existing is None:
        return tuple(wanted), True
    if not set(existing) <= set(wanted):
        return tuple(wanted), False
    return (*existing, *(each for each in wanted if each not in existing)), True


def view_text(
    place: Place,
    columns: Sequence[Column],
    branches: Iterable[Branch],
    known: Collection[int],
    suspended: Mapping[str, Iterable[int]] = _NOTHING,
) -> str:
    """Return the SELECT of a view. `known` are the releases for which its rows are complete.

    For any other one reading it is an error: an empty answer would be a wrong one. `suspended` are
    those that cannot be read though they are kept, by what is said of that.
    """
    number = " ".join(("(SELECT number FROM", relation(place.internal, POINTER), ")"))
    parts = [
        " ".join(
            (
                "SELECT",
                _values(columns, branch),
                "FROM",
                branch.found.relation,
                "WHERE",
                number,
                f"IN ({_numbers(branch.numbers)})",
            )
        )
        for branch in branches
    ]
    nothing = ", ".join(f"CAST(NULL AS {each.type}) AS {quote(each.name)}" for each in columns)
    cases = [f"WHEN {number} IN ({_numbers(known)}) THEN false"] if known else []
    for said, numbers in suspended.items():
        failing = _failing(string(f"{said}, release "), number)
        cases.append(f"WHEN {number} IN ({_numbers(numbers)}) THEN {failing}")
    unknown = f"CASE {' '.join(cases)} ELSE {_failing(_GONE, number)} END"
    parts.append(" ".join(("SELECT", nothing, "WHERE", unknown)))
    return "\nUNION ALL ".join(parts)


def _failing(said: str, number: str) -> str:
    """What fails with a text when it is read.

    It holds a value of a table, so that it is not computed while the statement is planned.
    """
    return f"CAST({said} || CAST({number} AS text) AS boolean)"


def plain_text(place: Place, name: str, columns: Sequence[Column]) -> str:
    """Return the SELECT of the view without a version over the view of a major."""
    listed = ", ".join(quote(each.name) for each in columns)
    return " ".join(("SELECT", listed, "FROM", relation(place.ports, name)))


def _values(columns: Sequence[Column], branch: Branch) -> str:
    there = {each.name for each in branch.columns}
    return ", ".join(
        quote(each.name)
        if each.name in there
        else f"CAST(NULL AS {each.type}) AS {quote(each.name)}"
        for each in columns
    )


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
