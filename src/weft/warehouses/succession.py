"""Which release may become current: the one that follows what its plan was made from."""

from __future__ import annotations

from weft.mesh.release import Release
from weft.warehouses.protocol import Conflict


def is_same(current: Release, wanted: Release) -> bool:
    """Whether the current release is the wanted one already, by the same run."""
    return (current.number, current.run, current.content) == (
        wanted.number,
        wanted.run,
        wanted.content,
    )


def refuse_moved(current: Release | None, wanted: Release, expected: int) -> None:
    """Raise Conflict where another release is current than expected, or one by a later fence."""
    number = current.number if current else 0
    later = current is not None and current.fence > wanted.fence
    if number != expected or later:
        raise conflict(current, wanted, expected)


def conflict(current: Release | None, wanted: Release, expected: int) -> Conflict:
    """The error that says who was first."""
    number = current.number if current else 0
    by = f" by run {current.run}" if current and current.run else ""
    return Conflict(
        f"{wanted.product} in {wanted.environment} has moved to release {number}{by}, "
        f"expected was {expected}; plan again"
    )
