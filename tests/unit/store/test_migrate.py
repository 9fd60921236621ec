"""The migrations of stores, as files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from weft.store.migrate import FORMAT, SHARED
from weft.store.sqlite.database import MIGRATIONS, statements


def numbers(folder: Path) -> list[int]:
    return [int(path.name[:4]) for path in sorted(folder.iterdir())]


def test_migrations_are_numbered_up_to_the_format() -> None:
    assert numbers(SHARED) == list(range(1, FORMAT + 1))


def test_what_a_kind_of_database_adds_belongs_to_a_format() -> None:
    stores = find_spec("weft.store")
    assert stores and stores.submodule_search_locations
    own = sorted(Path(stores.submodule_search_locations[0]).glob("*/migrations"))
    assert MIGRATIONS in own and len(own) == 2
    for folder in own:
        found = numbers(folder)
        assert len(set(found)) == len(found) and set(found) <= set(range(1, FORMAT + 1))


def test_a_script_is_cut_between_statements_and_not_inside_a_trigger() -> None:
    script = (
        "-- first;\nCREATE TABLE a (b);\n\n"
        "CREATE TRIGGER c BEFORE UPDATE ON a\nBEGIN SELECT 1; SELECT 2; END;\n"
        "INSERT INTO a\nVALUES (';');\n"
    )
    assert [each.split()[-1] for each in statements(script)] == ["(b);", "END;", "(';');"]
    assert "".join(statements(script)) == script
