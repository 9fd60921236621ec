"""A consumer that joins two ports of one product for as long as it may, and tells what it saw.

`readers.py <file | query> <mesh> <file that ends it>`: by way of `ports.duckdb`, or of a query.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from arro3.core import RecordBatchReader

from weft.app.bootstrap import opened
from weft.app.query import query
from weft.app.system import System

# Every row of both ports carries the number of its version; a mixture has more than one.
COMPARE = """
SELECT least(min(a.n), min(b.n)) AS lowest, greatest(max(a.n), max(b.n)) AS highest, count(*) AS n
FROM {one} AS a JOIN {other} AS b ON a.id = b.id
"""


def by_file(folder: Path) -> tuple[int, ...]:
    """Ask any DuckDB client."""
    path = folder / ".weft" / "lake" / "ports.duckdb"
    with duckdb.connect(str(path), read_only=True) as client:
        text = COMPARE.format(one="stamps__pair.one", other="stamps__pair.other")
        row = client.execute(text).fetchone()
        assert row is not None
        return tuple(row)


def by_query(folder: Path) -> tuple[int, ...]:
    """Ask Weft."""
    text = COMPARE.format(one="stamps.pair.one", other="stamps.pair.other")
    with opened(folder, "", System()) as mesh, query(mesh, text) as answer:
        (batch,) = RecordBatchReader.from_stream(answer.rows)
        return tuple(batch.column(place)[0].as_py() for place in range(3))


def main(way: str, folder: str, end: str) -> None:
    """Read until the file `end` is there."""
    read: Callable[[Path], tuple[int, ...]] = by_file if way == "file" else by_query
    told: dict[str, Any] = {"reads": 0, "mixed": 0, "backwards": 0, "stamps": 0, "rows": []}
    newest = 0
    while not Path(end).exists():
        lowest, highest, rows = read(Path(folder))
        told["reads"] += 1
        told["mixed"] += lowest != highest
        told["backwards"] += highest < newest
        told["stamps"] += highest > newest
        told["rows"] = sorted({*told["rows"], rows})
        newest = highest
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
