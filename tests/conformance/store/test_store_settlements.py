"""What people decided on drift is kept with who and why, and every decision is in the audit log."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace

from weft.mesh.drift import Settlement
from weft.store.protocol import Store

AT = "2026-11-21T10:00:00.000Z"
ACCEPTED = Settlement(
    environment="prod",
    drift="4f1c09ab",
    product="sales.orders",
    subject="sales__orders.orders_v1 to bob",
    until="2027-01-31",
    actor="ana",
    reason="migration under way",
    since=AT,
)


def test_nothing_is_decided_at_first(store: Store) -> None:
    assert store.settlements.all("prod") == {}


def test_a_decision_is_kept(open_one: Callable[[], Store]) -> None:
    open_one().settlements.settle(ACCEPTED)
    assert open_one().settlements.all("prod") == {"4f1c09ab": ACCEPTED}
    assert open_one().settlements.all("dev") == {}


def test_a_decision_replaces_the_one_before(store: Store) -> None:
    store.settlements.settle(ACCEPTED)
    adopted = replace(ACCEPTED, until="", actor="eve", reason="it is good", since=AT)
    store.settlements.settle(adopted)
    assert store.settlements.all("prod") == {"4f1c09ab": adopted}


def test_a_decision_is_withdrawn_once(store: Store) -> None:
    store.settlements.settle(ACCEPTED)
    assert not store.settlements.withdraw("4f1c09ab", "dev", "eve", AT)
    assert store.settlements.withdraw("4f1c09ab", "prod", "eve", AT)
    assert not store.settlements.withdraw("4f1c09ab", "prod", "eve", AT)
    assert store.settlements.all("prod") == {}


def test_every_decision_is_in_the_audit_log(store: Store) -> None:
    store.settlements.settle(ACCEPTED)
    store.settlements.settle(replace(ACCEPTED, until=""))
    store.settlements.withdraw("4f1c09ab", "prod", "eve", AT)
    reopened, adopted, accepted = store.audit.entries(3)
    assert [each.action for each in (accepted, adopted, reopened)] == [
        "drift.accepted",
        "drift.adopted",
        "drift.reopened",
    ]
    assert (accepted.actor, accepted.subject, accepted.at) == ("ana", "sales.orders", AT)
    assert json.loads(accepted.detail) == {
        "drift": "4f1c09ab",
        "environment": "prod",
        "reason": "migration under way",
        "until": "2027-01-31",
        "what": "sales__orders.orders_v1 to bob",
    }
    assert store.audit.verify() == (store.audit.entries(1)[0].number, "")


def test_a_decision_that_no_entry_tells_of_is_noticed(store: Store) -> None:
    store.settlements.settle(ACCEPTED)
    forged = {**vars(ACCEPTED), "drift": "00000000"}
    database = store.database  # type: ignore[attr-defined]
    names = ", ".join(forged)
    values = ", ".join(f":{name}" for name in forged)
    database.write(
        lambda it: it.execute(f"INSERT INTO settlements ({names}) VALUES ({values})", forged)
    )
    assert "drift 00000000 was settled in prod" in store.audit.verify()[1]


def test_decisions_move_with_the_store(store: Store) -> None:
    store.settlements.settle(ACCEPTED)
    file = io.BytesIO()
    store.export(file)
    assert b'"settlements"' in file.getvalue()
