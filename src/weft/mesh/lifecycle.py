"""The life of a port version: which status may follow which once consumers have it."""

from __future__ import annotations

from collections.abc import Mapping

from weft.mesh.contract import Status

FOLLOWS: Mapping[Status, frozenset[Status]] = {
    Status.PROPOSED: frozenset({Status.DRAFT, Status.ACTIVE, Status.RETIRED}),
    Status.DRAFT: frozenset({Status.PROPOSED, Status.ACTIVE, Status.RETIRED}),
    Status.ACTIVE: frozenset({Status.DEPRECATED}),
    Status.DEPRECATED: frozenset({Status.ACTIVE, Status.RETIRED}),
    Status.RETIRED: frozenset({Status.DEPRECATED, Status.ACTIVE}),
}
"""What may come next, by status: nothing ends that nobody was told of."""


def may_follow(before: Status, after: Status) -> bool:
    """Whether a port version may go from one status to another, or stay as it is.

    >>> may_follow(Status.ACTIVE, Status.RETIRED), may_follow(Status.DEPRECATED, Status.RETIRED)
    (False, True)
    """
    return before is after or after in FOLLOWS[before]
