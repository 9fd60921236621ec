"""From the address of a store to the store: which kinds there are, and how an address is read."""

from __future__ import annotations

import os.path

from weft.store.protocol import Store, StoreError
from weft.store.sqlite.store import SqliteStore

_FILE = "sqlite:///"


def open_store(url: str, mesh: str, new_id: str, folder: str) -> Store:
    """Open the store of a mesh, making it with the id `new_id` when it does not exist yet.

    `url` is `sqlite:///` and a path, taken from `folder` unless it is absolute. Raises StoreError,
    which shows no more of a wrong address than its scheme: there may be a password in it.
    """
    return SqliteStore(_path(url, folder), mesh, new_id)


def find_store(url: str, mesh: str, folder: str) -> Store | None:
    """Open the store of a mesh where there is one; nothing is made. Raises StoreError."""
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
    if url.startswith(_FILE) and url != _FILE:
        return ""
    scheme, colon, _ = url.partition(":")
    start = f"`{scheme}:`" if colon else "something else"
    return (
        f"the address of a store is `{_FILE}` and a path, such as `{_FILE}.weft/store.db`, "
        f"and this one starts with {start}"
    )
