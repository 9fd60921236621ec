"""Evidence is kept as one chain per environment, in the transaction that records a release."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from weft.mesh.contract import Status
from weft.mesh.evidence import Evidence, EvidencedVersion
from weft.mesh.run import Run
from weft.store.opening import open_store
from weft.store.protocol import FencedOut, Finished, Outdated, Store


def evidence(version: str, environment: str = "prod") -> Evidence:
    return Evidence(
        environment=environment,
        product="sales.orders",
        port="lines",
        major=1,
        version=version,
        status=Status.ACTIVE,
        contract="c0" * 32,
        definition="d1",
        release=1,
        plan="p1",
        run="r1",
        commit="c0ffee",
        branch="main",
        root="skyline",
        actor="ana",
        at="2026-03-01T10:00:05Z",
    )


def finished(*versions: str, environment: str = "prod") -> Finished:
    told = tuple(evidence(each, environment) for each in versions)
    return Finished("sales.orders", environment, evidence=told)


def changed(store: Store, statement: str, values: dict[str, Any] | None = None) -> None:
    """Change the store behind its own back."""
    database = store.database  # type: ignore[attr-defined]
    database.write(lambda it: it.execute(statement, values or {}))


@pytest.fixture
def three(store: Store, record: Callable[..., None]) -> Store:
    """A store with a chain of three records."""
    record(finished("1.0.0"), "r1")
    record(finished("1.1.0", "1.1.1"), "r2")
    return store


def test_nothing_is_released_at_first(store: Store) -> None:
    assert store.evidence.records("prod") == ()
    assert store.evidence.versions("prod", ["sales.orders"]) == ()
    assert store.evidence.verify("prod").faults == ()


def test_evidence_is_kept_in_a_chain(three: Store, open_one: Callable[[], Store]) -> None:
    found = open_one().evidence
    assert [each.version for each in found.versions("prod", ["sales.orders"])] == [
        "1.0.0",
        "1.1.0",
        "1.1.1",
    ]
    records = found.records("prod")
    assert [each.number for each in records] == [1, 2, 3]
    assert [each.previous for each in records] == ["0" * 64, records[0].hash, records[1].hash]
    verdict = found.verify("prod")
    assert (verdict.records, verdict.faults) == (3, ())
    assert (verdict.head.number, verdict.head.hash) == (3, records[2].hash)


def test_every_environment_has_its_own(
    store: Store, record: Callable[..., None], new_run: Callable[[str], Run]
) -> None:
    record(finished("1.0.0"), "r1")
    run = replace(new_run("r2"), environment="dev")
    (lock,) = store.journal.begin(run, ["sales.orders"], b"{}")
    store.journal.finish(lock, finished("1.0.0", environment="dev"), run, run.started)
    assert [each.number for each in store.evidence.records("dev")] == [1]
    assert store.evidence.verify("dev").faults == store.evidence.verify("prod").faults == ()


def test_the_audit_log_tells_of_each(three: Store) -> None:
    entries = [each for each in three.audit.entries() if each.action == "version.released"]
    records = three.evidence.records("prod")
    assert [each.subject for each in entries] == ["sales.orders.lines@1"] * 3
    assert json.loads(entries[0].detail) == {
        "environment": "prod",
        "hash": records[2].hash,
        "record": 3,
        "run": "r1",
        "version": "1.1.1",
    }
    assert three.audit.verify()[1] == ""


def test_versions_are_known_by_their_contracts(three: Store) -> None:
    found = three.evidence.versions("prod", ["sales.none", "sales.orders"])
    assert [each.version for each in found] == ["1.0.0", "1.1.0", "1.1.1"]
    assert found[0] == EvidencedVersion("sales.orders", "lines", 1, "1.0.0", "c0" * 32)
    assert three.evidence.versions("dev", ["sales.orders"]) == ()
    changed(three, "UPDATE evidence SET content = :broken WHERE number = 1", {"broken": b"x"})
    assert three.evidence.versions("prod", ["sales.orders"])[0].contract == ""


def test_who_lost_the_lock_leaves_no_evidence(store: Store, new_run: Callable[[str], Run]) -> None:
    run = new_run("r1")
    (lock,) = store.journal.begin(run, ["sales.orders"], b"{}")
    store.journal.unlock(lock.id, "eve", "2026-03-01T10:00:01Z")
    with pytest.raises(FencedOut):
        store.journal.finish(lock, finished("1.0.0"), run, "2026-03-01T10:00:05Z")
    assert store.evidence.records("prod") == ()


def test_a_missing_record_is_named(three: Store) -> None:
    changed(three, "DELETE FROM evidence WHERE number = 2")
    assert three.evidence.verify("prod").faults == ("record 2 is missing",)


def test_a_cut_end_is_named(three: Store) -> None:
    changed(three, "DELETE FROM evidence WHERE number > 1")
    assert three.evidence.verify("prod").faults == (
        "records 2 to 3 are missing: the end was cut off",
    )


def test_a_cut_end_is_named_when_the_chain_went_on(
    three: Store, record: Callable[..., None]
) -> None:
    changed(three, "DELETE FROM evidence WHERE number = 3")
    record(finished("2.0.0"), "r3")
    assert three.evidence.verify("prod").faults == (
        "record 3 was replaced: the audit log has another one",
    )


def test_an_emptied_chain_is_named(three: Store) -> None:
    changed(three, "DELETE FROM evidence")
    assert three.evidence.verify("prod").faults == (
        "records 1 to 3 are missing: the end was cut off",
    )


def test_an_altered_record_is_named(three: Store) -> None:
    changed(three, "UPDATE evidence SET hash = :hash WHERE number = 3", {"hash": "f" * 64})
    assert "record 3 was altered" in three.evidence.verify("prod").faults


def test_records_that_changed_places_are_named(three: Store) -> None:
    for before, after in ((2, 9), (3, 2), (9, 3)):
        changed(three, f"UPDATE evidence SET number = {after} WHERE number = {before}")
    assert three.evidence.verify("prod").faults == (
        "record 2 is kept under other names than its own",
        "record 3 is kept under other names than its own",
        "record 2 was moved behind record 3",
    )


def test_a_record_that_cannot_be_read_is_named(three: Store) -> None:
    changed(three, "UPDATE evidence SET content = :text WHERE number = 1", {"text": b"broken"})
    found = three.evidence.verify("prod").faults
    assert found == ("record 1 cannot be read: it was altered", "record 1 is missing")
    assert [each.number for each in three.evidence.records("prod")] == [2, 3]


def test_a_record_under_another_version_is_named(three: Store) -> None:
    changed(three, "UPDATE evidence SET version = '9.9.9' WHERE number = 2")
    assert three.evidence.verify("prod").faults == (
        "record 2 is kept under other names than its own",
    )


def test_a_record_that_no_entry_tells_of_is_noticed(three: Store) -> None:
    changed(three, "UPDATE evidence SET hash = :hash WHERE number = 3", {"hash": "f" * 64})
    assert "version 1.1.1 of sales.orders.lines was released in prod" in three.audit.verify()[1]


def test_the_chain_moves_with_the_store(three: Store, tmp_path: Any) -> None:
    file = io.BytesIO()
    three.export(file)
    other = open_store(f"sqlite:///{tmp_path}/other.db", "skyline", "second", "/")
    other.restore(file, "ana", "2026-03-02T10:00:00Z")
    assert other.evidence.records("prod") == three.evidence.records("prod")
    assert other.evidence.verify("prod").faults == ()
    other.close()


def test_an_environment_that_ended_begins_a_new_chain(
    store: Store, record: Callable[..., None], new_run: Callable[[str], Run]
) -> None:
    record(finished("1.0.0", "1.1.0"), "r1")
    ending = new_run("r2")
    store.journal.begin(ending, ["*"], b"{}")
    store.end(ending, "2026-03-03T10:00:00Z", Outdated("skyline", "2026-01-01T00:00:00Z"))
    assert store.evidence.verify("prod").faults == ()
    record(finished("1.0.0"), "r3")
    assert [each.number for each in store.evidence.records("prod")] == [1]
    assert store.evidence.verify("prod").faults == ()
    assert store.audit.verify()[1] == ""
