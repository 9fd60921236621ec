"""Models that grow, through the command line: files come day by day, and much goes wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import PIPE
from typing import Any

import psycopg
import pytest

from commands import Said, called
from daily_sources import CHANGES, CUSTOMERS, RAW, changes, flights
from environment_meshes import Ground
from mesh_files import Port, Product, lay_out, mesh_files
from postgres_objects import read_as_admin
from postgres_server import ADMIN, as_keywords
from weft.app.errors import Usage

FLIGHTS = """-- materialized: incremental
-- time_column: day
-- look_back: 1
SELECT id, day, delay FROM raw
"""
STATES = """-- materialized: snapshot
-- unique_key: id
-- changed_at: updated
-- closes: true
SELECT id, name, updated FROM changes
"""
_TABLES = """
SELECT {what}
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname ~ '^[bpg]_' AND n.nspname LIKE '%internal'
"""
UNIQUE = {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["id"]}}


class Mesh:
    """A mesh of three products in a folder, and `weft` in it."""

    def __init__(self, folder: Path, call: Callable[..., Said], ground: Ground) -> None:
        self.folder = folder
        self.ground = ground
        self.weft = call
        self.models = {"flights": FLIGHTS, "customers": CUSTOMERS, "states": STATES}
        self.columns = {"id": "integer", "day": "date", "delay": "integer"}
        self.version = "1.0.0"
        self.write()

    def write(self) -> None:
        """Write the definitions, and leave the data as it is."""
        changes = {"id": "integer", "name": "string", "updated": "timestamp"}
        valid = {"valid_from": "timestamp", "valid_to": "timestamp"}
        ports = {
            "flights": Port(
                "flights", self.columns, required=("id",), rules=(UNIQUE,), version=self.version
            ),
            "customers": Port("customers", changes, required=("name",), rules=(UNIQUE,)),
            "states": Port("states", {**changes, **valid}, required=("valid_from",)),
        }
        files = mesh_files(
            Product(
                f"ops.{name}",
                {name: sql},
                (ports[name],),
                sources=(RAW if name == "flights" else CHANGES,),
            )
            for name, sql in self.models.items()
        )
        data = {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.glob("data/**/*.csv")
        }
        lay_out(self.folder, {**files, **self.ground.settings(), **data})

    def days(self, name: str, *rows: tuple[int, str, int]) -> None:
        """Put a file of flights into the folder that the source reads."""
        self.put(flights(name, rows))

    def changed(self, *rows: tuple[int, str, str, bool]) -> None:
        """Put what is known of customers now into their file."""
        self.put(changes(rows))

    def put(self, files: Mapping[str, bytes]) -> None:
        """Put files of data into the folder."""
        for path, data in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    def apply(self, *arguments: str) -> Said:
        """Apply, which has to go through."""
        said = self.weft("apply", "--yes", *arguments)
        assert said.code == 0, said.told
        return said

    def rows(self, select: str, *arguments: str) -> list[list[Any]]:
        """The rows of a query over published ports."""
        said = self.weft("query", select, "--json", *arguments)
        assert said.code == 0, said.told
        return [list(row.values()) for row in json.loads(said.out)["rows"]]

    def flights(self, *arguments: str) -> list[list[Any]]:
        """All flights that are published, as id and delay."""
        return self.rows("SELECT id, delay FROM ops.flights.flights ORDER BY id", *arguments)

    def lose_everything(self) -> None:
        """Remove all data that builds consist of."""
        if self.ground.is_lake:
            for file in (self.folder / ".weft/lake/files").iterdir():
                file.unlink()
            return
        with psycopg.connect(**as_keywords({**self.ground.options, "user": ADMIN})) as admin:
            tables = [row[0] for row in admin.execute(_TABLES.format(what="c.oid::regclass::text"))]
            admin.execute(f"TRUNCATE {', '.join(tables)}")

    def files(self) -> set[str]:
        """What data is in: files of the lake, tables of a database."""
        if self.ground.is_lake:
            return {each.name for each in (self.folder / ".weft/lake/files").iterdir()}
        return set(read_as_admin(self.ground.options, _TABLES.format(what="c.relname")))


on_the_lake = pytest.mark.parametrize("ground", ["lake"], indirect=True)


@pytest.fixture
def mesh(
    ground: Ground,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Mesh:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Said:
        return called(capsys, *arguments)

    mesh = Mesh(tmp_path, call, ground)
    mesh.days("01", (1, "2026-01-01", 5), (2, "2026-01-02", 0), (3, "2026-01-03", 7))
    mesh.changed((1, "ann", "2026-01-01 00:00:00", False), (2, "bob", "2026-01-01 00:00:00", False))
    mesh.apply()
    return mesh


def test_a_second_apply_has_nothing_to_do(mesh: Mesh) -> None:
    assert "Nothing to do" in mesh.weft("plan").out


def test_files_that_come_day_by_day_are_added(mesh: Mesh) -> None:
    before = mesh.files()
    mesh.days("02", (4, "2026-01-04", 1))
    told = mesh.weft("plan").out
    assert "adds from 2026-01-02 on (look-back 1 day), keeps the rest" in told
    assert "ops.flights.flights" in told
    mesh.apply()
    assert mesh.flights() == [[1, 5], [2, 0], [3, 7], [4, 1]]
    assert before <= mesh.files()
    assert "Nothing to do" in mesh.weft("plan").out


def test_late_data_is_found_within_the_look_back_and_not_before(mesh: Mesh) -> None:
    mesh.days("02", (10, "2026-01-01", 1), (20, "2026-01-02", 1), (30, "2026-01-03", 1))
    mesh.apply()
    assert [row[0] for row in mesh.flights()] == [1, 2, 3, 20, 30]


def test_a_restated_range_is_read_anew_once(mesh: Mesh) -> None:
    mesh.days("01", (1, "2026-01-01", 50), (2, "2026-01-02", 0), (3, "2026-01-03", 7))
    mesh.days("02", (9, "2026-01-09", 1))
    mesh.apply()
    assert mesh.flights()[0] == [1, 5]
    restate = ("--restate", "ops.flights.flights=2026-01-01")
    told = mesh.weft("plan", *restate).out
    assert "reads 2026-01-01 anew, adds what is new, keeps the rest" in told
    assert "it was asked to be read anew" in told
    assert "weft apply --restate ops.flights.flights=2026-01-01" in told
    mesh.apply(*restate)
    assert mesh.flights()[0] == [1, 50]
    assert "Nothing to do" in mesh.weft("plan").out


def test_a_saved_plan_restates_too(mesh: Mesh, tmp_path: Path) -> None:
    mesh.days("01", (1, "2026-01-01", 50), (2, "2026-01-02", 0), (3, "2026-01-03", 7))
    mesh.apply()
    saved = str(tmp_path / "change.plan")
    mesh.weft("plan", "--restate", "ops.flights.flights=..2026-01-01", "--out", saved)
    assert mesh.weft("apply", saved).code == 0
    assert mesh.flights()[0] == [1, 50]


def test_rows_come_change_and_go_by_key(mesh: Mesh) -> None:
    mesh.changed(
        (1, "ann", "2026-01-01 00:00:00", False),
        (2, "robert", "2026-01-02 00:00:00", False),
        (3, "cid", "2026-01-02 00:00:00", False),
    )
    mesh.apply()
    select = "SELECT id, name FROM ops.customers.customers ORDER BY id"
    assert mesh.rows(select) == [[1, "ann"], [2, "robert"], [3, "cid"]]
    mesh.changed((1, "ann", "2026-01-03 00:00:00", True), (2, "late", "2025-01-01 00:00:00", False))
    mesh.apply()
    assert mesh.rows(select) == [[2, "robert"], [3, "cid"]]


def test_a_snapshot_keeps_every_state(mesh: Mesh) -> None:
    states = (
        (1, "ann", "2026-01-01 00:00:00", False),
        (1, "anna", "2026-02-01 00:00:00", False),
        (1, "ann", "2026-03-01 00:00:00", False),
    )
    bob = (2, "bob", "2026-01-01 00:00:00", False)
    for state in states:
        mesh.changed(state, bob)
        mesh.apply()
    select = (
        "SELECT name, CAST(valid_from AS DATE), CAST(valid_to AS DATE) FROM ops.states.states "
        "WHERE id = 1 ORDER BY valid_from"
    )
    assert mesh.rows(select) == [
        ["ann", "2026-01-01", "2026-02-01"],
        ["anna", "2026-02-01", "2026-03-01"],
        ["ann", "2026-03-01", None],
    ]
    mesh.changed(states[2])
    mesh.apply()
    select = "SELECT valid_to IS NULL FROM ops.states.states WHERE id = 2"
    assert mesh.rows(select) == [[False]]
    mesh.apply("--rebuild")
    assert mesh.rows("SELECT count(*) FROM ops.states.states") == [[4]]


def test_a_column_more_is_no_rebuild(mesh: Mesh) -> None:
    mesh.models["flights"] = FLIGHTS.replace("delay FROM", "delay, delay > 4 AS late FROM")
    mesh.columns = {**mesh.columns, "late": "boolean"}
    mesh.version = "1.1.0"
    mesh.write()
    before = mesh.files()
    told = mesh.weft("plan").out
    assert "`late` is null there, --rebuild fills it" in told
    mesh.apply()
    select = "SELECT id, late FROM ops.flights.flights ORDER BY id"
    assert mesh.rows(select) == [[1, None], [2, False], [3, True]]
    assert before <= mesh.files()
    assert "Nothing to do" in mesh.weft("plan").out
    assert "a rebuild was asked for" in mesh.weft("plan", "--rebuild").out
    mesh.apply("--rebuild")
    assert mesh.rows(select) == [[1, True], [2, False], [3, True]]


def test_a_changed_column_is_a_rebuild(mesh: Mesh) -> None:
    mesh.models["flights"] = FLIGHTS.replace("delay FROM", "delay + 1 AS delay FROM")
    mesh.write()
    assert "rebuild, its column `delay` changed" in mesh.weft("plan").out
    mesh.apply()
    assert mesh.flights() == [[1, 6], [2, 1], [3, 8]]


def test_a_failing_check_holds_what_grew_and_the_next_file_heals_it(mesh: Mesh) -> None:
    mesh.days("02", (1, "2026-01-04", 1))
    assert mesh.weft("apply", "--yes").code == 6
    assert len(mesh.flights()) == 3
    mesh.days("02", (4, "2026-01-04", 1))
    mesh.apply()
    assert len(mesh.flights()) == 4


def test_after_going_back_it_grows_from_there(mesh: Mesh) -> None:
    mesh.days("02", (4, "2026-01-04", 1))
    mesh.apply()
    assert mesh.weft("rollback", "ops.flights", "--yes", "--reason", "wrong").code == 0
    assert len(mesh.flights()) == 3
    mesh.days("02", (5, "2026-01-05", 1))
    assert mesh.weft("rollback", "ops.flights", "--lift", "--yes").code == 0
    mesh.apply()
    assert [row[0] for row in mesh.flights()] == [1, 2, 3, 5]


def test_another_environment_goes_on_from_production(mesh: Mesh) -> None:
    before = mesh.files()
    mesh.days("02", (4, "2026-01-04", 1))
    mesh.apply("--env", "dev", "--new-env")
    assert before <= mesh.files()
    built = mesh.files()
    assert len(mesh.flights("--env", "dev")) == 4
    assert len(mesh.flights()) == 3
    mesh.apply()
    assert mesh.files() == built
    assert len(mesh.flights()) == 4


def test_lost_data_is_built_again(mesh: Mesh) -> None:
    mesh.days("02", (4, "2026-01-04", 1))
    mesh.apply()
    mesh.lose_everything()
    assert mesh.weft("apply", "--yes").code == 0
    assert mesh.flights() == [[1, 5], [2, 0], [3, 7], [4, 1]]


def test_lost_states_hold_their_product_and_nothing_else(mesh: Mesh) -> None:
    mesh.changed((1, "anna", "2026-02-01 00:00:00", False))
    mesh.apply()
    mesh.lose_everything()
    said = mesh.weft("apply", "--yes")
    assert said.code == 4
    assert "snapshot `states` has lost its states: go back with" in said.told
    assert len(mesh.flights()) == 3
    assert mesh.rows("SELECT id, name FROM ops.customers.customers") == [[1, "anna"]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("nothing", "does not say what to read anew"),
        ("ops.flights.flihgts=2026-01-01", "no model `ops.flights.flihgts`"),
        ("ops.customers.customers=2026-01-01", "has no `time_column`"),
        ("ops.flights.flights=2026-13-01", "is no range of time"),
        ("ops.flights.flights=2026-01-05..2026-01-01", "ends before it begins"),
    ],
)
def test_what_was_asked_for_wrongly_is_said(mesh: Mesh, asked: str, told: str) -> None:
    with pytest.raises(Usage, match=told):
        mesh.weft("plan", "--restate", asked)


def test_a_snapshot_by_comparing_is_dated_by_the_apply(mesh: Mesh) -> None:
    del mesh.models["states"]
    mesh.write()
    mesh.apply("--allow-drop")
    mesh.models["states"] = STATES.replace("changed_at: updated", "compare: [name]")
    mesh.write()
    mesh.apply()
    mesh.changed((1, "ann", "2026-05-05 00:00:00", False), (2, "rob", "2026-01-01 00:00:00", False))
    mesh.apply()
    select = "SELECT id, name, valid_to IS NULL FROM ops.states.states ORDER BY id, valid_from"
    assert mesh.rows(select) == [[1, "ann", True], [2, "bob", False], [2, "rob", True]]
    joined = (
        "SELECT a.valid_to = b.valid_from FROM ops.states.states AS a JOIN ops.states.states AS b "
        "ON a.id = b.id AND a.valid_to IS NOT NULL AND b.valid_to IS NULL"
    )
    assert mesh.rows(joined) == [[True]]


def test_a_snapshot_that_cannot_go_on_blocks_and_says_what_to_do(mesh: Mesh) -> None:
    mesh.models["states"] = STATES.replace("unique_key: id", "unique_key: name")
    mesh.write()
    said = mesh.weft("plan")
    assert said.code == 5
    assert "snapshot `states` cannot go on, because its `unique_key` changed" in said.out
    assert "give the model another name" in said.out


def test_an_earlier_start_is_filled(mesh: Mesh) -> None:
    mesh.models["flights"] = FLIGHTS.replace("look_back: 1", "start: 2026-01-02")
    mesh.write()
    mesh.apply("--rebuild")
    assert [row[0] for row in mesh.flights()] == [2, 3]
    mesh.models["flights"] = FLIGHTS.replace("look_back: 1", "start: 2026-01-01")
    mesh.write()
    assert "fills 2026-01-01, adds from 2026-01-03 on" in mesh.weft("plan").out
    mesh.apply()
    assert [row[0] for row in mesh.flights()] == [1, 2, 3]


def test_a_restatement_outlives_a_failing_check_and_another_one(mesh: Mesh) -> None:
    mesh.days("01", (1, "2026-01-01", 50), (2, "2026-01-02", 60), (3, "2026-01-03", 70))
    mesh.days("02", (8, "2026-01-08", 1), (8, "2026-01-09", 1))
    said = mesh.weft("apply", "--yes", "--restate", "ops.flights.flights=2026-01-01")
    assert said.code == 6
    mesh.days("02", (8, "2026-01-08", 1))
    mesh.apply("--restate", "ops.flights.flights=2026-01-02")
    assert mesh.flights() == [[1, 50], [2, 60], [3, 70], [8, 1]]


@on_the_lake
def test_what_asks_for_the_time_grows_in_every_run(mesh: Mesh) -> None:
    always = "-- refresh: always\n" + FLIGHTS
    mesh.models["flights"] = always.replace("delay FROM", "delay FROM").replace(
        "FROM raw", "FROM raw WHERE now() IS NOT NULL"
    )
    mesh.write()
    mesh.apply()
    before = mesh.files()
    assert mesh.weft("run").code == 0
    assert before < mesh.files()
    run_ = json.loads(mesh.weft("history", "--json").out)["runs"][0]["id"]
    told = mesh.weft("history", "--run", run_).out
    assert "adds from 2026-01-02 on" in told


def test_a_unit_test_has_the_rows_of_a_full_build(mesh: Mesh) -> None:
    at = "2026-01-01T00:00:00"
    given = [
        {"id": 1, "name": "old", "updated": "2025-01-01T00:00:00"},
        {"id": 1, "name": "new", "updated": at},
        {"id": 2, "name": "gone", "updated": at, "gone": True},
    ]
    for model, row in (
        ("customers", {"id": 1, "name": "new", "updated": at}),
        ("states", {"id": 1, "name": "new", "updated": at, "valid_from": at}),
    ):
        test = {"test": "t", "model": model, "given": {"changes": given}, "expect": [row]}
        path = mesh.folder / f"domains/ops/{model}/tests/t.yaml"
        path.parent.mkdir()
        path.write_text(json.dumps(test))
    said = mesh.weft("test", "ops.customers")
    assert said.code == 0, said.told
    said = mesh.weft("test", "ops.states")
    assert said.code == 6
    assert "gone" in said.told


def test_how_a_build_grew_is_told(mesh: Mesh) -> None:
    mesh.days("02", (4, "2026-01-04", 1))
    words = "adds from 2026-01-02 on (look-back 1 day), keeps the rest"
    assert words in mesh.weft("why", "ops.flights.flights").out
    [step] = [
        each
        for each in json.loads(mesh.weft("plan", "--json").out)["plan"]["steps"]
        if each["kind"] == "build"
    ]
    assert step["build"]["growing"]["ranges"] == [{"since": "2026-01-02", "until": ""}]
    assert '"kept' in mesh.weft("plan", "--sql").out
    mesh.apply()
    run_ = json.loads(mesh.weft("history", "--json").out)["runs"][0]["id"]
    assert words in mesh.weft("history", "--run", run_).out
    shown = mesh.weft("show", "ops.flights.flights", "--no-input").out
    assert "ops.flights.flights@1" in shown


@on_the_lake
def test_a_damaged_release_forgets_no_state(mesh: Mesh) -> None:
    bob = (2, "bob", "2026-01-01 00:00:00", False)
    mesh.changed((1, "anna", "2026-02-01 00:00:00", False), bob)
    mesh.apply()
    release = mesh.folder / ".weft/lake/releases/prod/ops/states/00000002.json"
    release.chmod(0o644)
    release.write_bytes(b"")
    mesh.changed((1, "ann", "2026-03-01 00:00:00", False), bob)
    mesh.apply()
    assert mesh.rows("SELECT count(*) FROM ops.states.states WHERE id = 1") == [[3]]


@on_the_lake
def test_killed_in_the_middle_it_is_applied_again(mesh: Mesh) -> None:
    slow = "(SELECT sum(hash(range)) FROM range(150000000)) IS NOT NULL"
    mesh.models["flights"] = FLIGHTS.replace("FROM raw", f"FROM raw WHERE {slow}")
    mesh.write()
    mesh.apply()
    before = mesh.files()
    mesh.days("02", (4, "2026-01-04", 1))
    weft = Path(sys.executable).with_name("weft")
    with subprocess.Popen([weft, "apply", "--yes"], stdout=PIPE, stderr=PIPE) as process:
        while process.poll() is None and not _is_building(mesh):
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert len(mesh.flights()) == 3
    assert mesh.files() == before
    mesh.apply()
    assert [row[0] for row in mesh.flights()] == [1, 2, 3, 4]


def _is_building(mesh: Mesh) -> bool:
    """Whether a run has begun to write data."""
    return any((mesh.folder / ".weft/lake/tmp").glob("*/*parts*"))
