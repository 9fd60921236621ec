"""Addresses of stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.store.opening import find_store, open_store
from weft.store.protocol import StoreError


def test_a_relative_path_is_taken_from_the_folder(tmp_path: Path) -> None:
    open_store("sqlite:///.weft/my store?.db", "skyline", "first", str(tmp_path)).close()
    assert (tmp_path / ".weft" / "my store?.db").is_file()


def test_an_absolute_path_has_four_slashes(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/a.db", "skyline", "first", "/nowhere").close()
    assert (tmp_path / "a.db").is_file()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:hunter2@db.example/weft",
        "mysql:hunter2",
        "sqlite://hunter2/a.db",
        "sqlite:///",
        "hunter2.db",
        "",
    ],
)
def test_other_addresses_are_refused_without_showing_them(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="such as `sqlite:///") as refused:
        open_store(url, "skyline", "first", str(tmp_path))
    assert "hunter2" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_the_kind_of_a_wrong_address_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="starts with `postgresql:`"):
        open_store("postgresql://db.example/weft", "skyline", "first", str(tmp_path))


def test_a_store_is_found_and_not_made(tmp_path: Path) -> None:
    url = "sqlite:///shared/store.db"
    assert find_store(url, "skyline", str(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
    open_store(url, "skyline", "first", str(tmp_path)).close()
    found = find_store(url, "skyline", str(tmp_path))
    assert found is not None
    assert found.identity.id == "first"
    found.close()
