"""Drift in data that is not in the tables of ports: what was brought over, landed, and layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arro3.core import Array, DataType, Table
from postgres_outside import (
    ANY,
    BUILD,
    CHANGED,
    GRANT,
    INTERNAL,
    MESH,
    PORT,
    POSTGRES,
    UNKNOWN,
    Outside,
    Told,
    told,
)
from warehouse_steps import PRODUCT, bound, build, growing, port, publish

from weft.mesh.drift import ThingKind
from weft.mesh.growth import Growth
from weft.mesh.manifest import Column, FileSource
from weft.plan.plan import Source
from weft.warehouses.files import SourceFiles
from weft.warehouses.postgres import layers, parts
from weft.warehouses.postgres.parts import parts_of
from weft.warehouses.protocol import Scope

COPY = ThingKind.COPY
COPIES = "weft__internal"
COPIED = f"{COPIES}.b_copied"
BY_ID = Growth(unique_key=("id",))


def ids() -> Any:
    return Table.from_pydict({"id": Array([1, 2, 3], DataType.int32())}).to_reader()


@pytest.fixture
def copied(outside: Outside) -> Outside:
    """A copy from another warehouse, which nothing reads so far."""
    outside.warehouse.load("copied", ids())
    assert outside.found() == ()
    return outside


COPY_DEEDS: Mapping[str, tuple[str, Told]] = {
    "rows": (f"UPDATE {COPIED} SET id = id", (COPY, COPIED, CHANGED, frozenset(["rows"]))),
    "column": (
        f"ALTER TABLE {COPIED} ADD COLUMN more integer",
        (COPY, COPIED, CHANGED, frozenset(["columns"])),
    ),
    "row security": (
        f"ALTER TABLE {COPIED} ENABLE ROW LEVEL SECURITY",
        (COPY, COPIED, CHANGED, frozenset(["row security"])),
    ),
    "right": (
        f"GRANT SELECT ON {COPIED} TO PUBLIC",
        (GRANT, f"{COPIED} to PUBLIC", UNKNOWN, ANY),
    ),
    "table": (
        f"CREATE TABLE {COPIES}.notes (id integer)",
        (ThingKind.OTHER, f"{COPIES}.notes", UNKNOWN, ANY),
    ),
    "owner": (
        f"ALTER ROLE {MESH}__weft__internal CREATEDB",
        (ThingKind.ROLE, f"{MESH}__weft__internal", CHANGED, frozenset(["rights"])),
    ),
    "schema": (
        f"COMMENT ON SCHEMA {COPIES} IS NULL",
        (ThingKind.SCHEMA, COPIES, CHANGED, frozenset(["mark"])),
    ),
}


@pytest.mark.parametrize("deed", COPY_DEEDS)
def test_what_is_done_to_copies_is_found_and_brought_back(copied: Outside, deed: str) -> None:
    statement, expected = COPY_DEEDS[deed]
    try:
        copied.admin.execute(statement)
        copied.open_anew()
        drifts = copied.found()
        assert told(drifts) == [expected]
        assert [each.product for each in drifts] == [""]
        copied.revert()
    finally:
        copied.admin.execute(f"ALTER ROLE {MESH}__weft__internal NOCREATEDB")
    assert copied.found() == ()


def test_a_copy_that_was_changed_is_made_again_where_it_is_needed(copied: Outside) -> None:
    copied.admin.execute(f"DELETE FROM {COPIED}")
    copied.revert()
    again = copied.warehouse.load("copied", ids())
    assert not again.reused
    assert copied.found() == ()


def test_a_copy_that_a_view_reads_is_filled_again(copied: Outside) -> None:
    select = f"SELECT id, 'x' AS note FROM {POSTGRES.relation('builds', 'copied')}"
    here = bound("run_2", 2)
    copied.warehouse.run(build("over", select, ["copied"], "view"), here)
    ports = [port({"orders": ("over", ["id", "note"])})]
    copied.releases = (copied.warehouse.run(publish(ports, 1), here).release, *copied.releases)
    copied.admin.execute(f"DELETE FROM {COPIED}")
    copied.revert()
    assert not copied.warehouse.load("copied", ids()).reused
    assert copied.admin.execute(f"SELECT count(*) FROM {PORT}").fetchall() == [(3,)]
    assert copied.found() == ()


def test_a_copy_may_be_gone(copied: Outside) -> None:
    copied.admin.execute(f"DROP TABLE {COPIED}")
    assert copied.found() == ()
    copied.admin.execute(f"DROP SCHEMA {COPIES} CASCADE")
    assert copied.found() == ()


def landed(folder: Path) -> dict[str, Source]:
    (folder / "a.csv").write_text("id\n1\n2\n")
    spec = FileSource("raw", "a.csv", "csv", (Column("id", "integer"),))
    content = SourceFiles(str(folder)).content(("a.csv",))
    return {"raw": Source("raw", spec, ("a.csv",), content)}


def test_files_that_were_landed(outside: Outside, tmp_path: Path) -> None:
    here = bound("run_2", 2, landed(tmp_path))
    select = f"SELECT id, 'x' AS note FROM {POSTGRES.relation('sources', 'raw')}"
    outside.warehouse.run(build("of_files", select, ["raw"]), here)
    ports = [port({"orders": ("of_files", ["id", "note"])})]
    outside.releases = (outside.warehouse.run(publish(ports, 1), here).release, *outside.releases)
    assert outside.found() == ()
    table = f"{INTERNAL}.s_raw"
    outside.admin.execute(f"UPDATE {table} SET id = id")
    assert told(outside.found()) == [(COPY, table, CHANGED, frozenset(["rows"]))]
    outside.revert()
    assert outside.found() == ()
    outside.warehouse.run(build("more", select, ["raw"]), here)
    assert outside.found() == ()


def test_files_that_were_landed_apart(
    outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "SMALL_BYTES", 0)
    [raw] = landed(tmp_path).values()
    (tmp_path / "b.csv").write_text("id\n3\n")
    files = SourceFiles(str(tmp_path))
    both = replace(raw, files=("a.csv", "b.csv"), content=files.content(("a.csv", "b.csv")))
    here = bound("run_2", 2, {"raw": both})
    select = f"SELECT id, 'x' AS note FROM {POSTGRES.relation('sources', 'raw')}"
    outside.warehouse.run(build("of_files", select, ["raw"]), here)
    ports = [port({"orders": ("of_files", ["id", "note"])})]
    outside.releases = (outside.warehouse.run(publish(ports, 1), here).release, *outside.releases)
    assert outside.found() == ()
    for each, deed, fact in (
        (parts_of(both, files)[0], "DELETE FROM {0}", "rows"),
        (both, "CREATE OR REPLACE VIEW {0} AS SELECT 1 AS id", "definition"),
    ):
        named = f"{INTERNAL}.s_{each.key}"
        outside.admin.execute(deed.format(named))
        assert told(outside.found()) == [(COPY, named, CHANGED, frozenset([fact]))]
        outside.revert()
        assert outside.found() == ()
        outside.warehouse.run(build(f"more_{fact}", select, ["raw"]), here)
        assert outside.found() == ()
        rows = outside.admin.execute(f"SELECT id FROM {INTERNAL}.b_more_{fact} ORDER BY id")
        assert rows.fetchall() == [(1,), (2,), (3,)]


@pytest.fixture
def grown(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> Outside:
    """A port over the third build of a model that grows; each has a layer of its own."""
    monkeypatch.setattr(layers, "SMALL_ROWS", 0)
    base = ""
    for key, first, until in (("a", 1, 100), ("b", 60, 107), ("c", 105, 109)):
        select = f"SELECT i AS id, '{key}' AS note FROM generate_series({first}, {until}) AS g(i)"
        outside.warehouse.run(growing(key, select, BY_ID, base), bound(f"run_{key}"))
        base = key
    ports = [port({"orders": ("c", ["id", "note"])})]
    release = outside.warehouse.run(publish(ports, 1), bound("run_2", 2)).release
    outside.releases = (release, *outside.releases)
    assert outside.found() == ()
    return outside


@pytest.mark.parametrize(
    ("statement", "words", "also"),
    [
        (f"UPDATE {INTERNAL}.p_a_1 SET note = 'z'", "100, 100 of them changed in p_a_1", "ab"),
        (f"DELETE FROM {INTERNAL}.p_c_1 WHERE id = 109", "4 in p_c_1", ""),
        (f"UPDATE {INTERNAL}.g_b_1 SET id = -id", "41, 41 of them changed in g_b_1", "b"),
        (f"TRUNCATE {INTERNAL}.p_b_1", "0 in p_b_1", "b"),
    ],
)
def test_rows_of_layers(grown: Outside, statement: str, words: str, also: str) -> None:
    grown.admin.execute(statement)
    [drift] = grown.found()
    assert (drift.kind, drift.name, drift.key) == (BUILD, f"{INTERNAL}.b_c", "c")
    [difference] = drift.differences
    assert (difference.fact, difference.was, difference.found) == ("rows", "109", words)
    assert sorted(drift.also) == sorted(also)
    grown.revert()
    grown.open_anew()
    there = grown.warehouse.observe(Scope("prod", (), frozenset("abc"))).builds
    assert there.isdisjoint({"c", *also})
    assert there >= set("abc") - {"c", *also}


LAYER_DEEDS: Mapping[str, tuple[str, Told]] = {
    "another SELECT": (
        f"CREATE OR REPLACE VIEW {INTERNAL}.b_c AS SELECT id, note FROM {INTERNAL}.p_a_1",
        (BUILD, f"{INTERNAL}.b_c", CHANGED, frozenset(["definition"])),
    ),
    "another SELECT of the base": (
        f"CREATE OR REPLACE VIEW {INTERNAL}.b_b AS SELECT id, note FROM {INTERNAL}.p_a_1",
        (BUILD, f"{INTERNAL}.b_b", CHANGED, frozenset(["definition"])),
    ),
    "row security": (
        f"ALTER TABLE {INTERNAL}.p_a_1 ENABLE ROW LEVEL SECURITY",
        (BUILD, f"{INTERNAL}.p_a_1", CHANGED, frozenset(["row security"])),
    ),
    "owner": (
        f"ALTER TABLE {INTERNAL}.g_b_1 OWNER TO weft",
        (BUILD, f"{INTERNAL}.g_b_1", CHANGED, frozenset(["owner"])),
    ),
    "right": (
        f"GRANT SELECT ON {INTERNAL}.p_b_1 TO PUBLIC",
        (GRANT, f"{INTERNAL}.p_b_1 to PUBLIC", UNKNOWN, ANY),
    ),
    "policy": (
        f"CREATE POLICY few ON {INTERNAL}.p_b_1 USING (id > 100)",
        (ThingKind.POLICY, f"few on {INTERNAL}.p_b_1", UNKNOWN, ANY),
    ),
}


@pytest.mark.parametrize("deed", LAYER_DEEDS)
def test_what_is_done_to_layers_is_found_and_brought_back(grown: Outside, deed: str) -> None:
    statement, expected = LAYER_DEEDS[deed]
    grown.admin.execute(statement)
    grown.open_anew()
    assert told(grown.found()) == [expected]
    grown.revert()
    if "SELECT" in deed:
        select = "SELECT i AS id, 'c' AS note FROM generate_series(100, 109) AS g(i)"
        base = "b" if deed == "another SELECT" else "a"
        key = "c" if deed == "another SELECT" else "b"
        grown.warehouse.run(growing(key, select, BY_ID, base), bound("run_9"))
    assert grown.found() == ()


def test_a_layer_of_a_build_that_nobody_shows_goes_away_with_it(grown: Outside) -> None:
    select = "SELECT i AS id, 'd' AS note FROM generate_series(108, 111) AS g(i)"
    grown.warehouse.run(growing("d", select, BY_ID, "c"), bound("run_d"))
    grown.admin.execute(f"ALTER TABLE {INTERNAL}.p_d_1 OWNER TO admin")
    grown.open_anew()
    assert told(grown.found()) == [(BUILD, f"{INTERNAL}.p_d_1", CHANGED, frozenset(["owner"]))]
    grown.revert()
    assert grown.found() == ()
    there = grown.warehouse.observe(Scope("prod", (), frozenset("abcd"))).builds
    assert there >= set("abc") and "d" not in there


def test_what_hangs_on_a_strange_table(outside: Outside) -> None:
    """What hangs on somebody's own table goes with that, and is told with it."""
    outside.admin.execute(f"CREATE TABLE {INTERNAL}.notes (id integer)")
    outside.admin.execute(f"CREATE RULE quiet AS ON DELETE TO {INTERNAL}.notes DO INSTEAD NOTHING")
    assert told(outside.found()) == [(ThingKind.OTHER, f"{INTERNAL}.notes", UNKNOWN, ANY)]


def test_what_nobody_shows_and_somebody_else_owns_goes_away(outside: Outside) -> None:
    """Nobody looks at its rows, so that they must not become a build of ours."""
    outside.warehouse.run(build("later", "SELECT 1 AS id"), bound("run_2", 2))
    over = f"SELECT id FROM {POSTGRES.relation('builds', 'later')}"
    outside.warehouse.run(build("over", over, ["later"], "view"), bound("run_2", 2))
    later = f"{INTERNAL}.b_later"
    outside.admin.execute(f"ALTER TABLE {later} OWNER TO admin")
    outside.admin.execute(f"UPDATE {later} SET id = 666")
    outside.open_anew()
    assert told(outside.found()) == [(BUILD, later, CHANGED, frozenset(["owner"]))]
    outside.revert()
    assert outside.found() == ()
    there = outside.warehouse.observe(Scope("prod", (), frozenset(["later", "over"])))
    assert there.builds.isdisjoint({"later", "over"})
    assert outside.admin.execute("SELECT to_regclass(%s)", (later,)).fetchall() == [(None,)]


def test_what_only_an_earlier_release_showed_goes_away(outside: Outside) -> None:
    """The port stays as it is, and with it who may read it."""
    outside.publish_again()
    outside.warehouse.run(build("third", "SELECT 8 AS id, 'z' AS note, 2.5 AS price"), bound())
    ports = [port({"orders": ("third", ["id", "note", "price"]), "lines": ("seen", ["id"])})]
    release = outside.warehouse.run(publish(ports, 2), bound("run_3", 3)).release
    outside.releases = (release, *outside.releases)
    outside.admin.execute(f"GRANT SELECT ON {PORT} TO pg_read_all_stats")
    grants = "SELECT relacl::text FROM pg_class WHERE oid = %s::regclass"
    before = outside.admin.execute(grants, (PORT,)).fetchall()
    outside.admin.execute(f"ALTER TABLE {INTERNAL}.b_second OWNER TO admin")
    outside.open_anew()
    drifts = [each for each in outside.found() if each.kind is BUILD]
    assert told(tuple(drifts)) == [(BUILD, f"{INTERNAL}.b_second", CHANGED, frozenset(["owner"]))]
    outside.revert(drifts)
    assert outside.admin.execute(f"SELECT id FROM {PORT}").fetchall() == [(8,)]
    assert outside.admin.execute(grants, (PORT,)).fetchall() == before
    assert {each.kind for each in outside.found()} == {GRANT}
    assert "second" not in outside.warehouse.observe(Scope("prod", (PRODUCT,))).builds
