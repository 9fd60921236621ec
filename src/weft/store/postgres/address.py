"""The address of a store on a PostgreSQL server, and what of it may be shown."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from weft.mesh.secret import Secret
from weft.store.protocol import StoreError

_EXAMPLE = "`postgresql://db.example/weft`"


@dataclass(frozen=True)
class Address:
    """Where a database is. `place` is for people, `url` has the password and is never shown."""

    place: str
    user: str
    url: Secret


def read_address(url: str) -> Address:
    """Read an address. Raises StoreError, which shows nothing of it."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The driver's own words quote the address.
        raise StoreError(
            f"the address of the store cannot be read; write it as {_EXAMPLE}"
        ) from None
    database = parts.get("dbname")
    if not database:
        raise StoreError(f"the address of the store names no database; write it as {_EXAMPLE}")
    if "@" in f"{parts.get('host', '')}{database}":
        # A part of the password would be asked for as a host, and shown.
        raise StoreError(
            "the address of the store has an `@` or a `/` in its user or password; write `%40` "
            "for the one and `%2F` for the other, or let a variable hold it: `//me:${NAME}@host`"
        )
    host = parts.get("host") or parts.get("hostaddr") or _default("host")
    place = f"{database} on {host}" if host else str(database)
    # As libpq has it, a program would wait for minutes, and for hours on a host that is gone.
    patient = {"connect_timeout": "10", "keepalives_idle": "30", "application_name": "weft"}
    whole = make_conninfo("", **{**patient, **parts})
    return Address(place, str(parts.get("user") or _default("user")), Secret(whole))


def _default(name: str) -> str:
    """What libpq takes for a part that is not given, from the environment or the system."""
    known = {each.keyword.decode(): each.val for each in pq.Conninfo.get_defaults()}
    return (known.get(name) or b"").decode()
