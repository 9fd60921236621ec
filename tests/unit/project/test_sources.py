"""Sources compiled: where files lie, how they are read, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from compiling import codes, manifest

from mesh_files import Product, Source, mesh_files
from weft.mesh.manifest import Column, FileSource

COLUMNS = {"id": "integer", "name": "string", "day": "date"}
PRODUCT = Product(
    "shop.orders",
    {"orders": "SELECT id FROM raw"},
    sources=(Source("raw", "data/raw.csv", COLUMNS),),
)
PATH = f"{PRODUCT.folder}/sources/raw.odcs.yaml"


def written(**server: Any) -> dict[str, bytes]:
    """The contract with other words about its server; None takes a word away."""
    content = json.loads(mesh_files([PRODUCT])[PATH])
    merged = {**content["servers"][0], **server}
    content["servers"] = [{key: each for key, each in merged.items() if each is not None}]
    return {PATH: json.dumps(content, indent=1).encode()}


def option(name: str, value: Any) -> dict[str, Any]:
    return {"customProperties": [{"vendor": "weft", "property": name, "value": value}]}


def source(changed: dict[str, bytes] | None = None) -> FileSource:
    (found,) = manifest(PRODUCT, changed=changed).sources
    return found


def test_a_csv_file_is_read_as_its_contract_says() -> None:
    found = source()
    assert (found.pattern, found.format) == ("data/raw.csv", "csv")
    assert found.columns == (
        Column("id", "BIGINT"),
        Column("name", "VARCHAR"),
        Column("day", "DATE"),
    )
    assert found.options == {"delimiter": ",", "header": True, "quote": '"'}


def test_where_a_file_lies_is_not_how_it_is_read() -> None:
    moved = source(written(path="./data/../data/other.csv"))
    assert moved.pattern == "data/other.csv"
    assert moved.fingerprint == source().fingerprint
    assert source(written(**option("delimiter", ";"))).fingerprint != moved.fingerprint
    assert source(written(format="parquet")).fingerprint != moved.fingerprint
    assert source(written(format="parquet")).options == {}


@pytest.mark.parametrize(
    "server",
    [
        {"path": "/etc/passwd"},
        {"path": "../outside.csv"},
        {"path": "data/../../outside.csv"},
        {"path": "data\\raw.csv"},
        {"path": ""},
        {"format": "xlsx"},
        option("delimeter", ";"),
    ],
)
def test_what_is_refused(server: dict[str, Any]) -> None:
    assert "W414" in codes(PRODUCT, changed=written(**server))


def test_a_variable_in_a_path_is_written_as_one() -> None:
    assert "W143" in codes(PRODUCT, changed=written(path="data/${PLACE/a.csv"))


@pytest.mark.parametrize("change", ["objects", "servers", "no servers"])
def test_a_source_has_one_object_and_one_place(change: str) -> None:
    content = json.loads(mesh_files([PRODUCT])[PATH])
    if change == "objects":
        content["schema"].append({**content["schema"][0], "name": "second"})
    elif change == "servers":
        content["servers"].append({**content["servers"][0], "server": "second"})
    else:
        del content["servers"]
    changed = {PATH: json.dumps(content, indent=1).encode()}
    assert "W414" in codes(PRODUCT, changed=changed)
