"""A store whose server or connection is lost at any statement: nothing is half written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

import postgres_server
from postgres_line import Line, line
from postgres_restarts import OwnServer
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Run, RunState, StepResult, StepState
from weft.store.postgres import database as connection_to
from weft.store.postgres.store import PostgresStore
from weft.store.protocol import Audited, Finished, StoreError

AT = "2026-03-01T10:00:05Z"
FINISHED = Finished(
    "a.p",
    "prod",
    steps=(StepResult("s", "a.p", "build", "m", StepState.DONE),),
    manifest=ProductManifest("a", "p", "skyline", "", "lake", "x", digest="d1"),
    release=Release("a.p", "prod", 1, ()),
    verdicts={"audit": Audited("build", (CheckResult("c", "c", Verdict.PASS),))},
)
# Messages of a finish. Several statements may go in one, so that the later ones are named.
CUTS: tuple[int | bytes, ...] = (
    *range(1, 12),
    b"INSERT INTO verdicts",
    b"SELECT number, hash FROM audit_head",
    b"INSERT INTO audit",
    b"UPDATE audit_head",
    b"COMMIT\0",
)
HEARD = pytest.mark.parametrize("heard", [False, True], ids=["unheard", "heard"])


def address(options: dict[str, Any], port: int) -> str:
    """Without encryption a message is a message."""
    login = "postgresql://{user}:{password}@{host}".format(**options)
    return f"{login}:{port}/{options['database']}?sslmode=disable&gssencmode=disable"


@pytest.fixture
def wire(database: dict[str, Any]) -> Iterator[Line]:
    with line(database["host"], database["port"]) as opened:
        yield opened


def finish_through(wire: Line, url: str, number: int, cut: int | bytes) -> StoreError | None:
    """Finish a product in run `number`, and cut the line in the middle; how that failed."""
    wire.cuts, wire.cut_at = 0, -1
    store = PostgresStore(url, "skyline", "first")
    run = Run(f"r{number}", "apply", "prod", "p", RunState.RUNNING, AT, host="loom", pid=1)
    finished = replace(FINISHED, release=Release("a.p", "prod", number, ()))
    (lock,) = store.journal.begin(run, ["a.p"], b"{}")
    wire.cut_at = cut if isinstance(cut, bytes) else wire.messages + cut
    try:
        store.journal.finish(lock, finished, run, AT)
    except StoreError as error:
        return error
    finally:
        store.close()
    return None


def is_whole(store: PostgresStore, number: int) -> bool:
    """Whether a product has ended; each part of it has, or none."""
    parts = {
        store.journal.steps(f"r{number}") == FINISHED.steps,
        number in [each.number for each in store.journal.releases("prod", "a.p")],
        store.journal.locks() == (),
        store.audit.entries(1)[0].action == "release.published",
    }
    assert len(parts) == 1
    assert store.audit.verify()[1] == ""
    return parts.pop()


@HEARD
def test_a_connection_that_is_lost_is_opened_anew_and_all_is_done_once(
    database: dict[str, Any], wire: Line, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_to, "_PAUSES", (0.0, 0.01, 0.1, 1.0))
    url, direct = address(database, wire.port), address(database, database["port"])
    wire.heard = heard
    for number, cut in enumerate(CUTS, 1):
        assert finish_through(wire, url, number, cut) is None
        store = PostgresStore(direct, "skyline", "first")
        assert is_whole(store, number)
        assert len(store.audit.entries()) == 3 * number
        store.close()
        assert wire.cuts == 1


@HEARD
def test_a_server_that_stays_away_leaves_all_or_nothing_and_it_is_said_which(
    database: dict[str, Any], wire: Line, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_to, "_PAUSES", (0.0,))
    url, direct = address(database, wire.port), address(database, database["port"])
    wire.heard, wire.dead = heard, True
    said = []
    for number, cut in enumerate(CUTS, 1):
        error = finish_through(wire, url, number, cut)
        store = PostgresStore(direct, "skyline", "first")
        whole = is_whole(store, number)
        for lock in store.journal.locks():
            store.journal.unlock(lock.id, "ana", AT)
        store.close()
        said.append(str(error))
        assert said[-1].startswith(f"store {database['database']} on 127.0.0.1: ")
        assert not {database["password"], str(database["port"])} & set(said[-1].split())
        if "nothing of the last change was written" in said[-1]:
            assert not whole
        else:
            assert "nobody could be asked" in said[-1]
            assert whole is heard
    assert ["nobody could be asked" in each for each in said] == [
        cut == b"COMMIT\0" for cut in CUTS
    ]


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    with postgres_server.running() as server:
        own = OwnServer(server)
        yield own
        own.stop()


@HEARD
def test_a_server_that_is_stopped_at_once_has_all_or_nothing(
    own_server: OwnServer, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine may need long to start a server.
    monkeypatch.setattr(connection_to, "_PAUSES", (0.1,) * 600)
    options = own_server.options
    with line(options["host"], options["port"]) as wire:
        wire.heard, wire.on_cut = heard, own_server.stop_and_start
        url, direct = address(options, wire.port), address(options, options["port"])
        for number, cut in enumerate(CUTS, 1):
            assert finish_through(wire, url, number, cut) is None
            store = PostgresStore(direct, "skyline", "first")
            assert is_whole(store, number)
            assert len(store.audit.entries()) == 3 * number
            store.close()
            assert wire.cuts == 1


def test_reading_goes_on_after_the_connection_was_ended(
    database: dict[str, Any], postgres_admin: psycopg.Connection[Any], new_run: Callable[[str], Run]
) -> None:
    store = PostgresStore(address(database, database["port"]), "skyline", "first")
    store.journal.begin(new_run("r1"), ["a.p"], b"{}")
    for _ in range(3):
        postgres_admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (database["database"],),
        )
        assert [lock.product for lock in store.journal.locks()] == ["a.p"]
    store.close()
