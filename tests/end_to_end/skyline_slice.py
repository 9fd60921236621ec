"""The example over every fiftieth of its flights, so that a long story of it is told quickly."""

from __future__ import annotations

from pathlib import Path

import duckdb

from environment_meshes import Ground
from weft.app.demo import write_demo

FLIGHTS = "operations/flights"
_SOME = """
CREATE TABLE flights AS
FROM '{data}/flights.parquet' WHERE (31 * month + day + flight) % 50 = 0;
CREATE TABLE bookings AS
FROM read_csv('{data}/bookings.csv', all_varchar = true) AS booked
SEMI JOIN flights
    ON booked.flight_date = CAST(make_date(year, month, day) AS VARCHAR)
    AND booked.carrier = flights.carrier
    AND booked.flight = CAST(flights.flight AS VARCHAR)
    AND booked.origin = flights.origin;
COPY flights TO '{data}/flights.parquet';
COPY bookings TO '{data}/bookings.csv' (HEADER);
"""


def write_slice(folder: Path, ground: Ground) -> None:
    """Write the example into a folder, to live where the ground says."""
    write_demo(folder)
    with duckdb.connect() as connection:
        connection.execute(_SOME.format(data=folder / "data"))
    for path, data in ground.settings().items():
        (folder / path).write_bytes(data)
    rewrite(folder, f"{FLIGHTS}/departures.v1.odcs.yaml", "[300000, 400000]", "[6000, 8000]")


def rewrite(folder: Path, path: str, *replaced: str) -> None:
    """Put texts in the place of others in a file of a domain; given are pairs of old and new."""
    file = folder / "domains" / path
    text = file.read_text("utf-8")
    for old, new in zip(replaced[::2], replaced[1::2], strict=True):
        assert old in text, f"{path} has no {old!r}"
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
