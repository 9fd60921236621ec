"""The example's data is what its descriptions say it is: every number they name, counted."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pytest
import yaml

from weft.app.zones import zone_named
from weft.contract.service_levels import service_levels

SKYLINE = Path(__file__).parents[2] / "examples" / "skyline"
DATA = SKYLINE / "data"


@pytest.fixture(scope="module")
def data() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for file in sorted(DATA.glob("*.parquet")):
        connection.read_parquet(str(file)).create_view(file.stem)
    for file in sorted(DATA.glob("*.csv")):
        connection.read_csv(str(file), na_values=["NA"]).create_view(file.stem)
    return connection


def test_every_service_level_can_be_measured_or_says_why_not() -> None:
    contracts = [yaml.safe_load(path.read_bytes()) for path in SKYLINE.rglob("*.v1.odcs.yaml")]
    levels = [(c["id"], each) for c in contracts for each in service_levels(c, zone_named)]
    unmeasured = {port: each.why for port, each in levels if each.probe is None}
    # Nobody knows from the rows that are there when those went that are not.
    assert unmeasured == {
        "loyalty.members.members": "`element` names no column that says how old a row is"
    }
    assert len(levels) == 24


def test_every_table_has_the_rows_of_its_origin(data: duckdb.DuckDBPyConnection) -> None:
    names = ("flights", "weather", "airlines", "airports", "planes", "members", "bookings")
    rows = {name: _number(data, f"SELECT count(*) FROM {name}") for name in names}
    assert rows == {
        "flights": 336_776,
        "weather": 26_115,
        "airlines": 16,
        "airports": 1_458,
        "planes": 3_322,
        "members": 5_000,
        "bookings": 40_000,
    }


@pytest.mark.parametrize(
    ("flights", "condition"),
    [
        (8_255, "dep_time IS NULL"),
        (0, "(dep_time IS NULL) <> (dep_delay IS NULL)"),
        (1_175, "dep_time IS NOT NULL AND arr_delay IS NULL"),
        (2_512, "tailnum IS NULL"),
        (2_512, "tailnum IS NULL AND dep_time IS NULL"),
        (50_094, "tailnum NOT IN (SELECT tailnum FROM planes)"),
        (47_869, "tailnum NOT IN (SELECT tailnum FROM planes) AND carrier IN ('AA', 'MQ')"),
        (4, "tailnum NOT LIKE 'N%'"),
        (7_602, "dest NOT IN (SELECT faa FROM airports)"),
        (7_602, "dest IN ('SJU', 'BQN', 'PSE', 'STT')"),
        (0, "origin NOT IN ('EWR', 'JFK', 'LGA')"),
        (0, "carrier NOT IN (SELECT carrier FROM airlines)"),
        (1_556, "(origin, time_hour) NOT IN (SELECT (origin, time_hour) FROM weather)"),
    ],
)
def test_flights_with_a_defect(
    data: duckdb.DuckDBPyConnection, flights: int, condition: str
) -> None:
    assert _number(data, f"SELECT count(*) FROM flights WHERE {condition}") == flights


def test_a_flight_is_known_by_day_carrier_number_and_origin(
    data: duckdb.DuckDBPyConnection,
) -> None:
    keys = "SELECT DISTINCT year, month, day, carrier, flight, origin FROM flights"
    without_origin = "SELECT DISTINCT year, month, day, carrier, flight FROM flights"
    assert _number(data, f"SELECT count(*) FROM ({keys})") == 336_776
    assert _number(data, f"SELECT count(*) FROM ({without_origin})") < 336_776


def test_the_plan_and_the_delay_give_the_recorded_clock_time(
    data: duckdb.DuckDBPyConnection,
) -> None:
    different = (
        "SELECT count(*) FROM flights"
        " WHERE (hour * 60 + minute + dep_delay + 1440) % 1440"
        " <> (dep_time // 100 * 60 + dep_time % 100) % 1440"
    )
    assert _number(data, different) == 0


def test_weather_hours_repeat_in_local_time_only(data: duckdb.DuckDBPyConnection) -> None:
    local = "SELECT DISTINCT origin, month, day, hour FROM weather"
    assert _number(data, f"SELECT count(*) FROM ({local})") == 26_112
    assert _number(data, "SELECT count(DISTINCT (origin, time_hour)) FROM weather") == 26_115


def test_one_instrument_failed(data: duckdb.DuckDBPyConnection) -> None:
    winds = data.execute(
        "SELECT origin, month, day, round(wind_speed) FROM weather WHERE wind_speed > 253"
    ).fetchall()
    assert winds == [("EWR", 2, 12, 1048.0)]


def test_bookings_are_of_real_flights_and_real_rows_of_the_register(
    data: duckdb.DuckDBPyConnection,
) -> None:
    flights = "SELECT (make_date(year, month, day), carrier, flight, origin) FROM flights"
    assert _number(data, "SELECT count(*) FROM bookings ANTI JOIN members USING (member_id)") == 0
    assert (
        _number(
            data,
            "SELECT count(*) FROM bookings"
            f" WHERE (flight_date, carrier, flight, origin) NOT IN ({flights})",
        )
        == 0
    )


def test_no_member_can_be_taken_for_a_person() -> None:
    with (DATA / "members.csv").open(encoding="utf-8", newline="") as file:
        members = list(csv.DictReader(file))
    assert all(each["email"].strip().lower().endswith("@example.com") for each in members)
    phones = {each["phone"] for each in members} - {"", "-", "n/a"}
    assert all(re.fullmatch(r"\+1-\d{3}-555-01\d{2}", phone) for phone in phones)
    passports = {each["passport_number"] for each in members} - {""}
    assert all(re.fullmatch(r"ZZ\d{7}", passport) for passport in passports)


def test_the_data_stays_small() -> None:
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 8_000_000
    assert (DATA / "flights.parquet").stat().st_size < 5_000_000


def _number(data: duckdb.DuckDBPyConnection, query: str) -> int:
    row = data.execute(query).fetchone()
    assert row is not None
    return int(row[0])
