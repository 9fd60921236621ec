"""The example in a database shows what it shows in the lake, whole or with one domain moved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from arro3.core import Table

from applying import apply_files
from weft.app.bootstrap import opened
from weft.app.demo import QUERY, write_demo
from weft.app.errors import Blocked, NotFound
from weft.app.query import query
from weft.app.system import System

PORTS = (
    "fleet.aircraft.aircraft",
    "network.places.airports",
    "network.places.airlines",
    "weather.observations.hourly",
    "operations.flights.departures",
    "loyalty.members.members",
    "loyalty.members.bookings",
    "punctuality.performance.carrier_punctuality",
    "punctuality.performance.delay_causes",
)

_NUMBER = re.compile(".*INT|DECIMAL|DOUBLE|FLOAT")


@pytest.fixture
def reached(database: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of the test is the one that libpq finds."""
    for name, value in database.items():
        monkeypatch.setenv(f"PG{name.upper()}", str(value))


def shown(folder: Path, port: str) -> Table:
    """All rows of a port."""
    with opened(folder, "", System()) as mesh, query(mesh, f"SELECT * FROM {port}") as answer:
        return Table.from_arrow(answer.rows)


def differing(ours: Table, theirs: Table) -> list[tuple[Any, ...]]:
    """The rows that only one of both has, with how often; a number is one whatever its type."""
    with duckdb.connect() as engine:
        for name, table in (("ours", ours), ("theirs", theirs)):
            engine.register(name, table)
        columns = engine.sql("DESCRIBE ours").fetchall()
        values = [
            f'CAST("{name}" AS {"DOUBLE" if _NUMBER.match(type) else "VARCHAR"}) AS "{name}"'
            for name, type, *_ in sorted(columns)
        ]
        every = f"SELECT {', '.join(values)} FROM "
        return engine.sql(
            f"FROM ({every} ours EXCEPT ALL {every} theirs) UNION ALL "
            f"FROM ({every} theirs EXCEPT ALL {every} ours)"
        ).fetchall()


def test_the_whole_example_in_a_database(reached: None, skyline: Path, tmp_path: Path) -> None:
    folder = tmp_path / "skyline"
    write_demo(folder, warehouse="postgres")
    apply_files(folder)
    for port in PORTS:
        assert not differing(shown(folder, port), shown(skyline, port)), port
    with opened(folder, "", System()) as mesh, query(mesh, QUERY) as answer:
        assert Table.from_arrow(answer.rows).num_rows == 5


@pytest.mark.parametrize("domain", ["operations", "punctuality"])
def test_one_domain_in_a_database(
    reached: None, skyline: Path, tmp_path: Path, domain: str
) -> None:
    """What it reads is brought there, and what reads it is brought back."""
    folder = tmp_path / "skyline"
    write_demo(folder, warehouse="postgres")
    for each in folder.glob("domains/*/domain.yaml"):
        if each.parent.name != domain:
            each.write_text(each.read_text().replace("warehouse: ops_db", "warehouse: lake"))
    apply_files(folder)
    for port in ("operations.flights.departures", "punctuality.performance.delay_causes"):
        assert not differing(shown(folder, port), shown(skyline, port)), port


def test_a_demo_stays_on_its_warehouse(tmp_path: Path) -> None:
    assert write_demo(tmp_path, warehouse="duckdb").written
    assert write_demo(tmp_path, warehouse="duckdb").written == ()
    with pytest.raises(Blocked, match="not on postgres"):
        write_demo(tmp_path, warehouse="postgres")
    with pytest.raises(NotFound, match="no type of warehouse `postgress`"):
        write_demo(tmp_path / "other", warehouse="postgress")
    assert not (tmp_path / "other").exists()
