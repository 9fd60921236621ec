"""Addresses of stores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from weft.store.opening import find_store, open_store
from weft.store.protocol import Store, StoreError

Opening = Callable[[str, Path], Store | None]


def made(url: str, folder: Path) -> Store | None:
    return open_store(url, "skyline", "first", str(folder))


def found(url: str, folder: Path) -> Store | None:
    return find_store(url, "skyline", str(folder))


BOTH = pytest.mark.parametrize("opening", [made, found])


def test_a_relative_path_is_taken_from_the_folder(tmp_path: Path) -> None:
    open_store("sqlite:///.weft/my store?.db", "skyline", "first", str(tmp_path)).close()
    assert (tmp_path / ".weft" / "my store?.db").is_file()


def test_an_absolute_path_has_four_slashes(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/a.db", "skyline", "first", "/nowhere").close()
    assert (tmp_path / "a.db").is_file()


@BOTH
@pytest.mark.parametrize(
    "url",
    [
        "postgres:hunter2@db.example/weft",
        "mysql:hunter2",
        "sqlite://hunter2/a.db",
        "sqlite:///",
        "hunter2.db",
        "",
    ],
)
def test_other_addresses_are_refused_without_showing_them(
    url: str, opening: Opening, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="such as `sqlite:///") as refused:
        opening(url, tmp_path)
    assert "hunter2" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_the_kind_of_a_wrong_address_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="starts with `mysql:`"):
        open_store("mysql://db.example/weft", "skyline", "first", str(tmp_path))


@BOTH
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ana:hunter2@db.example:wrong/weft?x=hunter2", "cannot be read"),
        ("postgresql://ana:hunter2@db.example/weft?sslmode=hunter2", "store weft on db.example"),
        ("postgresql://ana:hunter2@db.example", "names no database"),
        ("postgresql://ana:x@hunter2@db.example/weft", "write `%40`"),
        ("postgresql://ana:x/hunter2@db.example:5432/weft", "write `%40`"),
        ("postgres://ana:hunter2@127.0.0.1:1/weft", "store weft on 127.0.0.1: it cannot be opened"),
    ],
)
def test_an_address_on_a_server_is_never_shown(
    url: str, told: str, opening: Opening, tmp_path: Path
) -> None:
    with pytest.raises(StoreError) as refused:
        opening(url, tmp_path)
    assert told in str(refused.value)
    assert not [each for each in ("ana", "hunter2") if each in str(refused.value)]
    assert refused.value.__cause__ is None


def test_a_store_is_found_and_not_made(tmp_path: Path) -> None:
    url = "sqlite:///shared/store.db"
    assert find_store(url, "skyline", str(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
    open_store(url, "skyline", "first", str(tmp_path)).close()
    store = find_store(url, "skyline", str(tmp_path))
    assert store is not None
    assert store.identity.id == "first"
    store.close()
