"""The migrations of the SQLite store, as files."""

from __future__ import annotations

from weft.store.sqlite.migrate import _FOLDER, FORMAT, _statements


def test_migrations_are_numbered_up_to_the_format() -> None:
    numbers = [int(path.name[:4]) for path in sorted(_FOLDER.iterdir())]
    assert numbers == list(range(1, FORMAT + 1))


def test_a_script_is_cut_between_statements_and_not_inside_a_trigger() -> None:
    script = (
        "-- first;\nCREATE TABLE a (b);\n\n"
        "CREATE TRIGGER c BEFORE UPDATE ON a\nBEGIN SELECT 1; SELECT 2; END;\n"
        "INSERT INTO a\nVALUES (';');\n"
    )
    assert [each.split()[-1] for each in _statements(script)] == ["(b);", "END;", "(';');"]
    assert "".join(_statements(script)) == script
