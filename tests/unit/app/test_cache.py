"""The cache gives back what it was given, and its loss costs nothing but time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from weft.app.cache import Cache, CachedProduct
from weft.app.workspace import Stamp
from weft.mesh.diagnostic import Diagnostic, Severity, Span
from weft.mesh.manifest import ProductManifest
from weft.warehouses.files import Hashed
from weft.warehouses.files import Stamp as DataStamp

ENTRY = CachedProduct(
    version="weft 1",
    files=(Stamp("domains/a/b/product.yaml", 1, 2, 3, 4),),
    surroundings="s",
    manifest=ProductManifest("a", "b", "root", "domains/a/b", "lake", "duckdb", digest="d"),
    diagnostics=(Diagnostic("W419", "m", Span("f", 1, 2, 3), severity=Severity.WARNING),),
)
CONTENT = Hashed(DataStamp(1, 2, 3, 4), "digest")


def test_what_was_remembered_comes_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.remember_products({"domains/a/b": ENTRY})
    cache.remember_contents({"data/x.csv": CONTENT})
    cache.close()
    again = Cache(tmp_path)
    assert again.usable
    assert again.products() == {"domains/a/b": ENTRY}
    assert again.contents() == {"data/x.csv": CONTENT}
    again.remember_products({}, gone=["domains/a/b"])
    assert again.products() == {}
    again.close()


@pytest.mark.parametrize("damage", [b"", b"no database at all, but long enough to look like one"])
def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "cache.db").write_bytes(damage)
    cache = Cache(tmp_path)
    cache.remember_products({"domains/a/b": ENTRY})
    assert cache.products() in ({}, {"domains/a/b": ENTRY})
    cache.close()


def test_entries_of_another_shape_are_not_understood(tmp_path: Path) -> None:
    Cache(tmp_path).close()
    with sqlite3.connect(tmp_path / "cache.db") as connection:
        connection.execute("INSERT INTO products VALUES ('domains/a/b', '{}')")
    connection.close()
    cache = Cache(tmp_path)
    assert cache.products() == {}
    cache.close()


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "below")
    assert not cache.usable
    cache.remember_products({"domains/a/b": ENTRY})
    assert cache.products() == {} and cache.contents() == {}
    cache.close()
