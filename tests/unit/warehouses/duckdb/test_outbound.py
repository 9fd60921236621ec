"""Files that are read for another warehouse: what Arrow cannot hold is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from arro3.core import RecordBatchReader

from weft.mesh.manifest import Column, FileSource
from weft.sql.duckdb import DIALECT
from weft.warehouses.duckdb.outbound import read_files


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
@pytest.mark.parametrize("value", ["infinity", "-infinity"])
def test_infinite_times_are_refused(tmp_path: Path, kind: str, value: str) -> None:
    path = str(tmp_path / "a.parquet")
    duckdb.sql(f"SELECT CAST('{value}' AS {kind}) AS late").write_parquet(path)
    spec = FileSource("a", "a.parquet", "parquet", (Column("late", kind),))
    with (
        read_files(spec, DIALECT, [path], str(tmp_path)) as found,
        pytest.raises(Exception, match="column `late` holds infinity"),
    ):
        RecordBatchReader.from_stream(found.rows).read_all()
