"""What PostgreSQL reports, as a StoreError that names the place, the cause and a way on."""

from __future__ import annotations

import psycopg
from psycopg import errors

from weft.store.protocol import StoreError

UNREACHABLE = "it cannot be opened; see that the server runs and that this login is right"
NOTHING_WRITTEN = "the connection was lost, and nothing of the last change was written; try again"
IN_DOUBT = (
    "the connection was lost while the last change was being kept, and nobody could be asked "
    "whether it was; `weft history` and `weft audit log` show it once the server is back"
)
BUSY = "another program keeps it locked; wait for that one, then try again"
DAMAGED = "what it keeps is damaged; put back a backup"

_NO_ROOM = "no room is left on the server's disk; make room and try again"
_BROKEN = "the server reports damage; see to it, or put back a backup"
_DENIED = "this login may not read and write it; grant it all rights on the schema `weft`"

# By the whole code, then by its class.
_CAUSES = {
    "42501": _DENIED,
    "55P03": BUSY,
    "57014": BUSY,
    "25006": "it takes no changes now; name the server that does",
    "53": "the server has no room for more; see to it, then try again",
    "53100": _NO_ROOM,
    "XX": _BROKEN,
}
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected, errors.CannotConnectNow)


def may_work_again(error: psycopg.Error) -> bool:
    """Whether the database itself asks for the same again: nothing was written."""
    return isinstance(error, _AGAIN)


def explained(place: str, error: psycopg.Error) -> StoreError:
    """Say what the server refused. Of its answer only the first line is shown, never values."""
    code = error.sqlstate or ""
    cause = _CAUSES.get(code) or _CAUSES.get(code[:2]) or "PostgreSQL refused"
    said = error.diag.message_primary or type(error).__name__
    return StoreError(
        sentence(place, cause, said), full=cause == _NO_ROOM, damaged=cause == _BROKEN
    )


def sentence(place: str, cause: str, said: str = "") -> str:
    """Return one sentence for people."""
    return f"store {place}: {cause} ({said})" if said else f"store {place}: {cause}"
