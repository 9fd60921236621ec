"""Models that grow move to another warehouse with all that they have kept, and go on there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arro3.core import RecordBatchReader

from applying import apply_files
from daily_sources import CHANGES, CUSTOMERS, RAW, changes, flights
from mesh_files import Port, Product, lay_out
from two_warehouses import domain, files_of, weft
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.system import System

FLIGHTS = """-- materialized: incremental
-- time_column: day
SELECT id, day, delay, delay / 7.0 AS share, delay > 15 AS late FROM raw
"""
STATES = """-- materialized: snapshot
-- unique_key: id
-- changed_at: updated
SELECT id, name, updated FROM changes
"""
SEEN = """-- materialized: snapshot
-- unique_key: id
-- closes: true
SELECT id, name FROM changes
"""
TOTALS = """-- materialized: incremental
-- unique_key: day
SELECT day, sum(delay) AS total, max(CAST(delay AS DECIMAL(6, 2)) * 1.5) AS cost
FROM raw GROUP BY day
"""
DELAYS = "SELECT day, sum(delay) AS delay FROM flights GROUP BY day"
_CUSTOMER = {"id": "integer", "name": "string"}
_VALID = {"valid_from": "timestamp", "valid_to": "timestamp"}
MESH = (
    Product(
        "ops.flights",
        {"flights": FLIGHTS, "delays": DELAYS, "totals": TOTALS},
        (
            Port("totals", {"day": "date", "total": "integer"}),
            Port("flights", {"id": "integer", "day": "date", "late": "boolean"}, ("id",)),
            Port("delays", {"day": "date", "delay": "integer"}),
        ),
        sources=(RAW,),
    ),
    Product(
        "ops.customers",
        {"customers": CUSTOMERS, "states": STATES, "seen": SEEN},
        (
            Port("customers", _CUSTOMER, ("name",)),
            Port("states", {**_CUSTOMER, **_VALID}, ("valid_from",)),
            Port("seen", {**_CUSTOMER, **_VALID}),
        ),
        sources=(CHANGES,),
    ),
    Product(
        "care.late",
        {"late": "SELECT count(*) AS flights FROM flights WHERE late"},
        (Port("late", {"flights": "integer"}),),
        inputs=("ops.flights.flights",),
    ),
)
QUERIES = (
    "SELECT day, total FROM ops.flights.totals ORDER BY day",
    "SELECT id, day, late FROM ops.flights.flights ORDER BY id",
    "SELECT day, delay FROM ops.flights.delays ORDER BY day",
    "SELECT id, name FROM ops.customers.customers ORDER BY id",
    "SELECT id, name, valid_from, valid_to FROM ops.customers.states ORDER BY id, valid_from",
    "SELECT id, name, valid_to IS NULL AS holds FROM ops.customers.seen ORDER BY id, name, holds",
    "SELECT flights FROM care.late.late",
)
TIMES = "SELECT id, name, valid_from, valid_to FROM ops.customers.seen ORDER BY id, valid_from"

# What each day brings: flights as id, day and delay, those of the day before among them, and
# customers as they are known then.
FLOWN = {
    "1": [(1, "2026-03-01", 5), (2, "2026-03-02", 20)],
    "2": [(2, "2026-03-02", 20), (3, "2026-03-03", 30), (4, "2026-03-04", 0)],
    "3": [(4, "2026-03-04", 0), (5, "2026-03-04", 16), (6, "2026-03-05", 2)],
    "4": [(6, "2026-03-05", 2), (7, "2026-03-06", 50)],
    "5": [(7, "2026-03-06", 50), (8, "2026-03-07", 1)],
}
KNOWN = {
    "1": [(1, "Ann", "2026-03-01 08:00", False), (2, "Bob", "2026-03-01 09:00", False)],
    "2": [(1, "Anna", "2026-03-02 08:00", False), (3, "Cem", "2026-03-02 09:00", False)],
    "3": [(3, "Cemil", "2026-03-03 09:00", False), (2, "Bob", "2026-03-03 08:00", True)],
    "4": [(1, "Anne", "2026-03-04 08:00", False)],
    "5": [(1, "Anja", "2026-03-05 08:00", False), (4, "Dan", "2026-03-05 09:00", False)],
}


def data(day: str) -> dict[str, bytes]:
    """The files of a day, which has nothing of what came before: the sources forget."""
    return flights(day, FLOWN[day]) | changes(KNOWN[day])


def shown(folder: Path, select: str, environment: str = "") -> list[tuple[Any, ...]]:
    """The rows that a query over published ports gives."""
    with opened(folder, environment, System()) as mesh, query(mesh, select) as answer:
        return [
            tuple(column[row].as_py() for column in batch.columns)
            for batch in RecordBatchReader.from_arrow(answer.rows)
            for row in range(batch.num_rows)
        ]


def told(folder: Path) -> str:
    """What the steps of a plan will do."""
    said = weft(folder, "plan", "--sql")
    assert said.code == 0, said
    return said.out


class Twins:
    """Two meshes of the same files and days, of which one moves."""

    def __init__(self, folder: Path, database: dict[str, Any]) -> None:
        self.mover, self.twin = folder / "mover", folder / "twin"
        self.files = files_of(MESH, database)
        self.homes = {"lake": self.files, "ops_db": {**self.files, **domain("ops", "ops_db")}}

    def live(self, day: str, home: str) -> None:
        """Both apply what a day brings, the one while its files say that it lives there."""
        apply_files(self.twin, {**self.files, **data(day)})
        apply_files(self.mover, {**self.homes[home], **data(day)})

    def refuse_difference(self) -> None:
        """Both have to show the same, and nothing may be left to do, or look changed."""
        with opened(self.mover, "", System()) as mesh:
            assert make_plan(mesh, PlanOptions()).plan.empty
        for select in QUERIES:
            assert shown(self.mover, select) == shown(self.twin, select)
        said = weft(self.mover, "drift")
        assert "Nothing was changed outside" in said.out, said


@pytest.fixture
def twins(tmp_path: Path, database: dict[str, Any]) -> Twins:
    return Twins(tmp_path, database)


def test_what_grew_goes_there_and_back_and_grows_on(twins: Twins) -> None:
    twins.live("1", "lake")
    twins.live("2", "lake")
    times = shown(twins.mover, TIMES)
    twins.live("2", "ops_db")
    twins.refuse_difference()
    assert shown(twins.mover, TIMES) == times
    for day, home in (("3", "ops_db"), ("4", "lake"), ("5", "lake")):
        twins.live(day, home)
        twins.refuse_difference()
    assert shown(twins.mover, "SELECT count(*) FROM ops.flights.flights") == [(8,)]
    # What had ended before the first move is as it was then.
    ended = [row for row in times if row[-1] is not None]
    assert ended
    assert set(ended) <= set(shown(twins.mover, TIMES))


def test_an_environment_moves_first_and_production_follows(twins: Twins) -> None:
    twins.live("1", "lake")
    twins.live("2", "lake")
    moved = twins.homes["ops_db"]
    apply_files(twins.mover, {**moved, **data("3")}, environment="dev")
    twins.live("3", "ops_db")
    twins.refuse_difference()
    for select in QUERIES:
        assert shown(twins.mover, select, "dev") == shown(twins.mover, select)
    twins.live("4", "ops_db")
    twins.refuse_difference()


def test_the_plan_says_what_is_brought_over_and_what_is_kept(twins: Twins) -> None:
    twins.live("1", "lake")
    lay_out(twins.mover, {**twins.homes["ops_db"], **data("2")})
    said = weft(twins.mover, "plan")
    assert said.code == 0, said
    assert "copy ops.flights.flights from lake to ops_db: 2 rows, " in said.out
    assert "copy ops.customers.states from lake to ops_db: 2 rows, " in said.out
    assert "adds from 2026-03-02 on, keeps the rest" in said.out
    assert "going to fail" not in told(twins.mover)
    twins.live("2", "ops_db")
    # Decimals have no fixed size there, so that only the copy tells the lake which to keep.
    lay_out(twins.mover, {**twins.files, **data("3")})
    assert "going to fail" not in told(twins.mover)


def test_a_head_that_cannot_go_on_says_so_before_the_move(twins: Twins) -> None:
    """What a snapshot has kept is not left behind because the move came together with a change."""
    twins.live("1", "lake")
    path = "domains/ops/customers/models/states.sql"
    changed = STATES.replace("unique_key: id", "unique_key: name").encode()
    lay_out(twins.mover, {**twins.homes["ops_db"], **data("2"), path: changed})
    said = weft(twins.mover, "apply", "--yes")
    assert said.code == 5, said
    assert "snapshot `states` cannot go on, because its `unique_key` changed" in said.out + said.err
