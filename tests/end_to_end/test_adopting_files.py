"""Files of a folder become proposals; once they are drafts, they apply at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from adopting_meshes import EVERYWHERE, columns, contract, lay_out_sales
from mesh_files import lay_out
from two_warehouses import begun, domain, nothing_to_do, weft

SHOPS = """\
id;zip;opened;revenue;is_open;since;"Full, Name"
1;00501;2026-01-31;1.50;true;01/31/2026;"a; b"
2;10001;2026-02-01;;false;02/01/2026;
"""


def mesh(folder: Path, database: dict[str, Any], home: str) -> None:
    """A mesh with files in it."""
    raw = "data/raw"
    files = {
        f"{raw}/Shops.csv": SHOPS.encode(),
        f"{raw}/events.jsonl": b'{"at": "2026-01-31T10:00:00", "what": "x", "n": 1}\n',
        f"{raw}/notes.txt": b"nothing",
        f"{raw}/odd[1].csv": b"a,b\n1,2\n",
        f"{raw}/.hidden.csv": b"a\n1\n",
    }
    lay_out_sales(folder, database, home, files)
    (folder / raw / "lines" / "year=2026").mkdir(parents=True)
    for number in (1, 2):
        select = f"""SELECT {number} AS id, 1.5::DECIMAL(10,2) AS amount, DATE '2026-01-31' AS day,
          TIMESTAMPTZ '2026-01-31 10:00:00+00' AS at, [1, 2]::INTEGER[] AS items,
          {{'a': 1, 'b': ['x']}} AS nested, 'x' AS only_{number}"""
        path = folder / raw / f"lines/year=2026/{number}.parquet"
        duckdb.execute(f"COPY ({select}) TO '{path}'")


def promised(folder: Path, port: str) -> dict[str, dict[str, Any]]:
    """The columns of a port, by name."""
    return columns(contract(folder, port, "raw"))


@EVERYWHERE
def test_there_is_nothing_to_do_until_it_is_a_draft_and_after_its_apply(
    database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    mesh(tmp_path, database, home)
    said = weft(tmp_path, "adopt", "data/raw", "--yes")
    assert said.code == 0, said
    checked = weft(tmp_path, "validate")
    assert (checked.code, checked.out.count("warning[")) == (0, 1), checked  # the password
    begun(tmp_path, "sales.raw")
    nothing_to_do(tmp_path)
    assert promised(tmp_path, "shops") == {
        "id": {"logicalType": "integer"},
        "zip": {"logicalType": "string"},
        "opened": {"logicalType": "date"},
        "revenue": {"logicalType": "number"},
        "is_open": {"logicalType": "boolean"},
        "since": {"logicalType": "string"},
        "Full, Name": {"logicalType": "string"},
    }
    lines = promised(tmp_path, "lines")
    assert list(lines) == ["id", "amount", "day", "at", "items", "nested"]
    assert lines["amount"] == {"logicalType": "number", "physicalType": "DECIMAL(10,2)"}
    assert lines["at"]["logicalTypeOptions"] == {"timezone": True}


def test_what_has_no_place_is_listed(database: dict[str, Any], tmp_path: Path) -> None:
    mesh(tmp_path, database, "lake")
    said = weft(tmp_path, "adopt", "data/raw", "--into", "sales.raw", "--yes")
    for lost in (
        "data/raw/notes.txt: it is no Parquet, CSV or JSON file",
        "data/raw/lines/**/*.parquet: column `only_1`: not every file has it",
    ):
        assert f"left out: {lost}\n" in said.err
    assert not (tmp_path / "domains/sales/raw/sources/file_hidden.odcs.yaml").exists()


def test_one_file(database: dict[str, Any], tmp_path: Path) -> None:
    mesh(tmp_path, database, "lake")
    assert weft(tmp_path, "adopt", "data/raw/Shops.csv", "--yes").code == 0
    begun(tmp_path, "sales.shops")
    assert (tmp_path / "domains/sales/shops/shops.v1.odcs.yaml").is_file()


@pytest.mark.parametrize(
    ("name", "text", "column", "kind"),
    [
        ("a.csv", "x\n007\n008\n", "x", "string"),
        ("a.csv", "x\n1\n2.5\n", "x", "number"),
        ("a.csv", "x\n9223372036854775808\n1\n", "x", "string"),
        ("a.csv", "x\n0.1\n1_000\n", "x", "string"),
        ("a.csv", "x\n2026-01-31T10:00:00\n", "x", "timestamp"),
        ("a.csv", "x\n31.01.2026\n", "x", "string"),
        ("a.tsv", "x\ty\n1\ta\n", "x", "integer"),
        ("a.json", '[{"x": "a"}, {"x": null}]', "x", "string"),
        ("a.json", '[{"x": {"a": [1, 2]}}]', "x", "object"),
        ("a.json", '[{"x": 1}, {"x": "b"}]', "x", "object"),
    ],
)
def test_a_type_is_one_that_loses_nothing(
    tmp_path: Path, name: str, text: str, column: str, kind: str
) -> None:
    lake = b"mesh: loom\nwarehouses: {lake: {type: duckdb, path: .weft/lake}}\n"
    files = {"weft.yaml": lake, **domain("sales", "lake"), f"data/{name}": text.encode()}
    lay_out(tmp_path, files)
    said = weft(tmp_path, "adopt", "data", "--into", "sales.raw", "--yes")
    assert said.code == 0, said
    assert promised(tmp_path, "a")[column]["logicalType"] == kind
    begun(tmp_path, "sales.raw")


@pytest.mark.parametrize(
    ("where", "code", "why"),
    [
        ("../outside", 2, "is not in a folder of the mesh"),
        (".", 2, "is not in a folder of the mesh"),
        ("data/empty", 5, "there is no Parquet, CSV or JSON file in data/empty"),
        ("data/broken", 5, "nothing of sales.raw could be read"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, where: str, code: int, why: str) -> None:
    mesh_folder = tmp_path / "mesh"
    lake = b"mesh: loom\nwarehouses: {lake: {type: duckdb, path: .weft/lake}}\n"
    broken = {"data/broken/a.parquet": b"PAR1", "data/broken/b.csv": b""}
    lay_out(mesh_folder, {"weft.yaml": lake, **domain("sales", "lake"), **broken})
    (tmp_path / "outside").mkdir()
    (mesh_folder / "data/empty").mkdir()
    said = weft(mesh_folder, "adopt", where, "--into", "sales.raw", "--yes")
    assert (said.code, why in said.err) == (code, True), said
    assert not (mesh_folder / "domains/sales/raw").exists()
