"""What definitions and data files meant the last time, so that unchanged ones are not read again.

The cache is a file of its own beside the store and may be deleted at any time. It holds plain
data, never code, and an entry counts only while the files it speaks of have the same size,
times and inode.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from weft.app.workspace import Stamp
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import ProductManifest
from weft.project.fragments import Used
from weft.warehouses.files import Hashed

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS products (folder TEXT PRIMARY KEY, entry BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (path TEXT PRIMARY KEY, entry BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class CachedProduct:
    """A compiled product and what it was compiled from.

    `version` names the programs that compiled it, `surroundings` hashes what it saw of others,
    `used` are the fragments that its contracts use.
    """

    version: str
    files: tuple[Stamp, ...]
    surroundings: str
    manifest: ProductManifest
    diagnostics: tuple[Diagnostic, ...]
    used: tuple[Used, ...] = ()


class Cache:
    """The cache of one mesh. Losing it costs time and nothing else, so no failure of it counts."""

    def __init__(self, folder: Path) -> None:
        self._connection: sqlite3.Connection | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(folder / "cache.db", timeout=1)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.executescript(_SCHEMA)
        except (sqlite3.Error, OSError):
            self._connection = None

    @property
    def usable(self) -> bool:
        """Whether anything can be remembered."""
        return self._connection is not None

    def products(self) -> dict[str, CachedProduct]:
        """All remembered products by folder."""
        return self._all("products", _decode_product)

    def products_as(self, kind: type[T]) -> list[T]:
        """All remembered products, of each only what `kind` has fields for."""
        return list(self._all("products", msgspec.json.Decoder(kind).decode).values())

    def contents(self) -> dict[str, Hashed]:
        """All remembered data files by path."""
        return self._all("contents", _decode_content)

    def remember_products(
        self, entries: Mapping[str, CachedProduct], gone: Iterable[str] = ()
    ) -> None:
        """Keep these products and forget the folders in `gone`."""
        self._write("products", "folder", entries, gone)

    def remember_contents(self, entries: Mapping[str, Hashed]) -> None:
        """Keep these data files."""
        self._write("contents", "path", entries, ())

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _all(self, table: str, decode: Any) -> dict[str, Any]:
        if self._connection is None:
            return {}
        try:
            rows = self._connection.execute(_READ[table]).fetchall()
            return {key: decode(entry) for key, entry in rows}
        except (sqlite3.Error, msgspec.MsgspecError):
            return {}

    def _write(
        self, table: str, key: str, entries: Mapping[str, object], gone: Iterable[str]
    ) -> None:
        if self._connection is None:
            return
        try:
            with self._connection:
                self._connection.executemany(
                    _WRITE[table],
                    [(key, msgspec.json.encode(entry)) for key, entry in entries.items()],
                )
                self._connection.executemany(_DELETE[table], [(key,) for key in gone])
        except sqlite3.Error:
            self.close()


_READ = {
    "products": "SELECT folder, entry FROM products",
    "contents": "SELECT path, entry FROM contents",
}
_WRITE = {
    "products": "INSERT OR REPLACE INTO products VALUES (?, ?)",
    "contents": "INSERT OR REPLACE INTO contents VALUES (?, ?)",
}
_DELETE = {
    "products": "DELETE FROM products WHERE folder = ?",
    "contents": "DELETE FROM contents WHERE path = ?",
}
_decode_product = msgspec.json.Decoder(CachedProduct).decode
_decode_content = msgspec.json.Decoder(Hashed).decode
