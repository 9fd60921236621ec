"""What keeps us out of a server, and what to do about it, by the words of libpq and the server.

There are no codes for this: while a connection is made only texts arrive. One that is not known
here, as of a server that speaks another language, is told as it is.
"""

from __future__ import annotations

import re
from typing import Any

from weft.warehouses.messages import one_line
from weft.warehouses.protocol import WarehouseError

# The first pattern that is found counts: the password is asked for after the host was reached.
_NEXT_STEPS: tuple[tuple[str, str], ...] = (
    (
        r"no password supplied",
        "it wants a password: set `password` there, to a variable of the environment",
    ),
    (
        r"password authentication failed|role \".*\" does not exist|authentication failed",
        "set the `user` and `password` there that the server knows",
    ),
    (
        r"database \".*\" does not exist",
        "set `database` there to one that is there, or let its administrator make it",
    ),
    (
        r"(no encryption|SSL off)",
        "the server wants encryption: set `sslmode: require` there, or stronger",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "the server lets nobody in from here by this `user`: its administrator allows it in "
        "pg_hba.conf",
    ),
    (
        r"server does not support SSL",
        "the server has no encryption: let its administrator switch it on, or change `sslmode` "
        "there",
    ),
    (
        r"certificate verify failed|server certificate for|root certificate file",
        "its certificate is not trusted: set `sslrootcert` there to who signed it",
    ),
    (
        r"too many clients|connection slots are reserved|too many connections for",
        "all its connections are taken: try again later, or let its administrator raise "
        "max_connections",
    ),
    (
        r"starting up|shutting down|in recovery mode|not yet accepting",
        "it does not take connections just now: try again later",
    ),
    (
        r"permission denied for database",
        "its administrator runs GRANT CONNECT ON DATABASE for that `user`",
    ),
    (
        r"session is read-only|hot standby mode",
        "it is a copy that cannot be written: set `host` there to the primary server",
    ),
    (
        r"could not translate host name|failed to resolve host|nodename nor servname|"
        r"Name or service not known",
        "no server has this name: correct `host` there",
    ),
    (
        r"Connection refused",
        "nothing answers there: correct `host` and `port`, or let the server be started",
    ),
    (
        r"timeout expired|timed out|No route to host|Network is unreachable",
        "it does not answer: correct `host` and `port`, or open the way to it",
    ),
)
_ANYTHING = "check host, port, database, user and password there"
_TRANSIENT = re.compile(r"too many|slots are reserved|starting up|shutting down|recovery mode")


def unreachable(error: Any, place: str) -> WarehouseError:
    """Return the error for a server that did not let us in; `place` is how messages name it."""
    text = one_line(str(error))
    advice = next((step for pattern, step in _NEXT_STEPS if re.search(pattern, text)), _ANYTHING)
    return WarehouseError(
        f"{place} cannot be reached: {text}; {advice}",
        denied=True,
        transient=bool(_TRANSIENT.search(text)),
    )
