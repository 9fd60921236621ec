"""What stops a verb from outside: eight refusals, and what each exception means to a caller.

A user's mistake in a file is a `Diagnostic`, and a failed check is a result; neither is here.

    Refusal                 Weft will not do it, and says what to do instead
    ├── Usage               the arguments do not fit together
    │   └── NotFound        a name that nothing has
    ├── Invalid             the definitions have errors
    │   └── WrongQuery      the query has, which is an argument
    ├── Blocked             the plan, a policy or a rule of the house says no
    │   └── Breaking        consumers would break
    └── Stale               what the plan was made from has changed

What warehouses and stores raise stands in their `protocol.py` and is only rated here.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from enum import IntEnum

from weft.mesh.address import AddressError
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.nearest import did_you_mean
from weft.store.protocol import FencedOut, Locked, StoreError
from weft.warehouses.protocol import Conflict, WarehouseError


class Exit(IntEnum):
    """The exit codes of `weft`, the same for every verb."""

    DONE = 0
    BUG = 1
    USAGE = 2
    CHANGES = 3
    UNREACHABLE = 4
    BLOCKED = 5
    CHECKS = 6
    BREAKING = 7
    PARTLY = 8


_PRECEDENCE = (
    *(Exit.BUG, Exit.USAGE, Exit.UNREACHABLE, Exit.BLOCKED, Exit.BREAKING),
    *(Exit.CHECKS, Exit.PARTLY, Exit.CHANGES, Exit.DONE),
)


def most_telling(codes: Iterable[Exit]) -> Exit:
    """Return the code to exit with where several hold; DONE where none does.

    >>> most_telling([Exit.CHANGES, Exit.CHECKS]).name
    'CHECKS'
    """
    return min(codes, key=_PRECEDENCE.index, default=Exit.DONE)


class Refusal(Exception):
    """Weft will not do what was asked: what, in one line; why; and the next step, a command."""

    def __init__(self, what: str, *, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.why = why
        self.next_step = next_step


class Usage(Refusal):
    """The arguments do not make sense, alone or together."""


# So many names fit on a line and are read.
_TOLD = 8


class NotFound(Usage):
    """A name that nothing has, `where` it was looked for; `known` are the names it could be.

    Where none of them is near and no command shows them, they are told.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        known: Iterable[str] = (),
        *,
        where: str = "",
        next_step: str = "",
    ) -> None:
        what = " ".join(filter(None, (f"there is no {kind} `{name}`", where)))
        names = list(known)
        otherwise = "" if next_step else _there_is(names)
        super().__init__(what, why=did_you_mean(name, names, otherwise), next_step=next_step)


class Invalid(Refusal):
    """The definitions have errors; `diagnostics` are all findings, warnings too.

    `files` counts the files that were read, in `seconds`; `products` are those without errors.
    """

    def __init__(
        self,
        diagnostics: Sequence[Diagnostic],
        *,
        files: int = 0,
        seconds: float = 0.0,
        products: Sequence[str] = (),
    ) -> None:
        super().__init__("the definitions have errors", next_step="weft validate")
        self.diagnostics = tuple(diagnostics)
        self.files = files
        self.seconds = seconds
        self.products = tuple(products)


def _there_is(names: Sequence[str]) -> str:
    """Tell names, or the first of them where there are many."""
    more = len(names) - _TOLD
    told = ", ".join(names[:_TOLD])
    return f"There is {told}{f' and {more} more' if more > 0 else ''}." if names else ""


def never_applied(product: str, environment: str, applied: Iterable[str]) -> NotFound:
    """Return the error for a product that nobody applied in an environment, but `applied` ones."""
    where = f"that was applied in {environment}"
    return NotFound("product", product, applied, where=where, next_step="weft ls")


class WrongQuery(Invalid):
    """A query has errors: what was typed is wrong, and nothing in the definitions."""


class Blocked(Refusal):
    """The plan, a policy or a rule of the house forbids it."""


class Breaking(Blocked):
    """Consumers of a published port would break."""


class Stale(Refusal):
    """The plan no longer describes what is there, so that nothing of it was carried out."""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# The first matching row counts; `rating` makes 8 of what was interrupted.
# A stale plan is 5, as everything that is refused before the first step: 4 would ask for patience
# and 8 for a second apply, and neither helps. A lost race or lock is 8: other products of the same
# run may have been published, and applying again converges.
_RATINGS: tuple[tuple[type[Exception], Exit, int], ...] = (
    (NotFound, Exit.USAGE, 404),
    (Usage, Exit.USAGE, 400),
    (AddressError, Exit.USAGE, 400),
    (WrongQuery, Exit.USAGE, 400),
    (Invalid, Exit.BLOCKED, 422),
    (Breaking, Exit.BREAKING, 409),
    (Blocked, Exit.BLOCKED, 409),
    (Stale, Exit.BLOCKED, 412),
    (Locked, Exit.UNREACHABLE, 423),
    (FencedOut, Exit.PARTLY, 409),
    (Conflict, Exit.PARTLY, 409),
    (WarehouseError, Exit.UNREACHABLE, 502),
    (StoreError, Exit.UNREACHABLE, 503),
    (OSError, Exit.UNREACHABLE, 503),
)


def is_full(error: OSError) -> bool:
    """Whether there was no room left to write to."""
    return error.errno in _FULL


def rating(error: BaseException) -> tuple[Exit, int]:
    """Return the exit code and the HTTP status of an exception; (BUG, 500) for any other one."""
    if isinstance(error, WarehouseError) and error.interrupted:
        return Exit.PARTLY, 502
    if isinstance(error, StoreError) and error.full:
        return Exit.PARTLY if error.interrupted else Exit.UNREACHABLE, 507
    if isinstance(error, OSError) and is_full(error):
        return Exit.UNREACHABLE, 507
    for kind, code, status in _RATINGS:
        if isinstance(error, kind):
            return code, status
    return Exit.BUG, 500
