"""From the address of a store to the store: which kinds there are, and how an address is read."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

from weft.store.protocol import Store, StoreError
from weft.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from weft.store.postgres.store import PostgresStore

_FILE = "sqlite:///"
_SERVERS = ("postgresql://", "postgres://")


def open_store(url: str, mesh: str, new_id: str, folder: str) -> Store:
    """Open the store of a mesh, making it with the id `new_id` when it does not exist yet.

    `url` is `sqlite:///` and a path, taken from `folder` unless it is absolute, or the address of
    a PostgreSQL database as libpq reads it. Raises StoreError, which shows no more of a wrong
    address than its scheme: there may be a password in it.
    """
    if url.startswith(_SERVERS):
        return _on_server()(url, mesh, new_id)
    return SqliteStore(_path(url, folder), mesh, new_id)


def find_store(url: str, mesh: str, folder: str) -> Store | None:
    """Open the store of a mesh where there is one; nothing is made. Raises StoreError."""
    if url.startswith(_SERVERS):
        return _on_server().find(url, mesh)
    path = _path(url, folder)
    return SqliteStore(path, mesh, "") if os.path.exists(path) else None


def _path(url: str, folder: str) -> str:
    problem = address_problem(url)
    if problem:
        raise StoreError(problem)
    return os.path.abspath(os.path.join(folder, url.removeprefix(_FILE)))


def address_problem(url: str) -> str:
    """Say what is wrong with the address of a store, showing its scheme alone; "" when nothing.

    >>> address_problem("sqlite:///.weft/store.db")
    ''
    """
    if url.startswith((_FILE, *_SERVERS)) and url != _FILE:
        return ""
    scheme, colon, _ = url.partition(":")
    start = f"`{scheme}:`" if colon else "something else"
    return (
        f"the address of a store is `{_FILE}` and a path, such as `{_FILE}.weft/store.db`, or "
        f"`{_SERVERS[0]}` and the address of a database, and this one starts with {start}"
    )


def _on_server() -> type[PostgresStore]:
    try:
        from weft.store.postgres.store import PostgresStore
    except ImportError as error:
        raise StoreError(
            "the driver of a store on a server is not installed; run `pip install 'weft[postgres]'`"
        ) from error
    return PostgresStore
