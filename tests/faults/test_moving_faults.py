"""A move to another warehouse that is killed or fails anywhere: nobody notices, and it goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from arro3.core import RecordBatchReader
from effects import Effects, Fault, opened_with
from observation import applied, apply_all
from psycopg import sql
from trials import OUTSIDE, forked

import postgres_server
from mesh_files import Port, Product, lay_out
from two_warehouses import domain, files_of
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.query import query
from weft.app.system import System

ORDERS = Product(
    "sales.orders",
    {
        "numbers": "SELECT CAST(n AS BIGINT) AS id FROM generate_series(1, 20) AS t(n)",
        "orders": "SELECT id, id % 3 AS kind FROM numbers",
    },
    (Port("orders", {"id": "integer", "kind": "integer"}),),
)
READER = Product(
    "care.kinds",
    {"kinds": "SELECT kind, count(*) AS orders FROM orders GROUP BY kind"},
    (Port("kinds", {"kind": "integer", "orders": "integer"}),),
    inputs=("sales.orders.orders",),
)
QUERY = (
    "SELECT count(*) AS n, sum(o.id) AS ids, sum(k.orders) AS orders "
    "FROM sales.orders.orders AS o JOIN care.kinds.kinds AS k ON k.kind = o.kind"
)
SEEN = [(20, 210, 134)]
# What a move does that can be seen or kept, where it stops: a sample of all its effects.
STOPS = {
    Fault.KILLED_BEFORE: ("load", "publish", "leave", "finish"),
    Fault.KILLED_AFTER: ("load", "publish", "leave", "finish"),
    Fault.FAILS: ("load", "build/orders"),
    Fault.FAILS_AFTER: ("publish", "leave"),
}


@pytest.fixture
def moving(
    tmp_path: Path, database: dict[str, Any], postgres_admin: psycopg.Connection[Any]
) -> Iterator[Callable[[], Path]]:
    """Makes a mesh that is applied on the lake, and whose files say that it moves."""
    kept, folder = tmp_path / "kept", tmp_path / "mesh"
    files = files_of((ORDERS, READER), database)
    lay_out(kept, files)
    apply_all(kept)
    moved = {**files, **domain("sales", "ops_db")}
    name = database["database"]
    owned = sql.Identifier(name), sql.Identifier(postgres_server.LOGIN)

    def renewed() -> Path:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(owned[0])
        postgres_admin.execute(drop)
        postgres_admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*owned))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder)
        lay_out(folder, moved)
        return folder

    yield renewed


def moved(folder: Path, fault: Fault, at: int) -> list[str]:
    """Apply with a fault; the names of the effects, and how it ended."""
    effects = Effects(fault, at)
    try:
        with opened_with(folder, effects) as mesh:
            ending = applied(mesh)
    except OUTSIDE as error:
        ending = type(error).__name__
    return [*effects.names, ending]


def seen(folder: Path) -> list[tuple[int, ...]]:
    with opened(folder, "", System()) as mesh, query(mesh, QUERY) as answer:
        batches = list(RecordBatchReader.from_arrow(answer.rows))
        return [
            tuple(int(column[row].as_py()) for column in batch.columns)
            for batch in batches
            for row in range(batch.num_rows)
        ]


def settled(folder: Path) -> tuple[str, bool, str]:
    """Apply again; how that ended, whether nothing is left to do, and where the product is."""
    ending = apply_all(folder)
    with opened(folder, "", System()) as mesh:
        empty = make_plan(mesh, PlanOptions()).plan.empty
        descriptors = mesh.store.definitions.descriptors("prod")
        return ending, empty, descriptors["sales.orders.orders@1"].warehouse


def test_a_move_that_is_killed_or_fails_is_gone_on_with(moving: Callable[[], Path]) -> None:
    *effects, ending = forked(moved, moving(), Fault.NONE, 0)
    assert ending == "done"
    rows = [[*each] for each in SEEN]
    wrong = {}
    for fault, stops in STOPS.items():
        for stop in stops:
            at, name = next((at, each) for at, each in enumerate(effects, 1) if stop in each)
            folder = moving()
            ended = forked(moved, folder, fault, at)
            assert (ended is None) == (fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER))
            found = forked(seen, folder), forked(settled, folder)[1:], forked(seen, folder)
            if found != (rows, [True, "ops_db"], rows):
                wrong[f"{fault} at {name}"] = found
    assert not wrong, "\n".join(f"{each}: {found}" for each, found in wrong.items())
