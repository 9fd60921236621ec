"""A chain of evidence in a file is proved with nothing but the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from applying import apply_files
from mesh_files import Port, Product, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import NotFound, Usage
from weft.app.evidence import evidence_chain, verify_file
from weft.app.system import System

PORTS = tuple(Port(name, {"id": "integer"}) for name in ("orders", "lines", "sums"))
PRODUCT = Product("shop.all", {each.name: "SELECT 1 AS id" for each in PORTS}, PORTS)

File = dict[str, Any]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What `weft release evidence --json` writes of three versions."""
    folder = tmp_path_factory.mktemp("mesh")
    apply_files(folder, mesh_files([PRODUCT]))
    with opened(folder, "", System()) as mesh:
        chain = evidence_chain(mesh)
    return msgspec.json.encode({"schema": "weft.evidence/1", **msgspec.to_builtins(chain)})


def verified(folder: Path, file: File) -> tuple[str, ...]:
    path = folder / "evidence.json"
    path.write_text(json.dumps(file, indent=2))
    return verify_file(path).faults


def alter(file: File) -> None:
    file["records"][1]["evidence"]["commit"] = "c0ffee"


def take_away(file: File) -> None:
    del file["records"][1]


def cut(file: File) -> None:
    del file["records"][1:]


def move(file: File) -> None:
    file["records"].reverse()


def add_a_fact(file: File) -> None:
    file["records"][2]["evidence"]["approved"] = "by all"


def add_beside(file: File) -> None:
    file["records"][1]["approved"] = "by all"


def another_end(file: File) -> None:
    file["head"]["hash"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (lambda file: None, ()),
        (alter, ("record 2 was altered",)),
        (add_a_fact, ("record 3 was altered",)),
        (add_beside, ("record 2 has what no hash covers: approved",)),
        (take_away, ("record 2 is missing",)),
        (cut, ("records 2 to 3 are missing: the end was cut off",)),
        (
            move,
            ("record 1 was moved behind record 2", "record 2 was moved behind record 3"),
        ),
        (another_end, ("record 3 is not the end of the chain: the end was replaced",)),
    ],
)
def test_whatever_was_done_to_a_file_is_named(
    exported: bytes, tmp_path: Path, change: Callable[[File], None], faults: tuple[str, ...]
) -> None:
    file = json.loads(exported)
    change(file)
    assert verified(tmp_path, file) == faults


def test_some_records_are_checked_one_by_one(exported: bytes, tmp_path: Path) -> None:
    file = json.loads(exported)
    file["address"] = "shop.all.lines@1"
    take_away(file)
    assert verified(tmp_path, file) == ()
    file["records"][0]["evidence"]["commit"] = "c0ffee"
    assert verified(tmp_path, file) == ("record 1 was altered",)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1, 2]", '{"schema": "weft.plan/1"}', "\x00\xff", '{"schema": "\xff"}']
)
def test_what_is_no_evidence_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "evidence.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(Usage, match="holds no evidence"):
        verify_file(path)


def test_a_file_that_is_not_there_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as missing:
        verify_file(tmp_path / "evidence.json")
    assert missing.value.next_step == "weft release evidence --json > evidence.json"


def test_one_port_has_its_own_records(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([PRODUCT]))
    with opened(tmp_path, "", System()) as mesh:
        for address in ("shop.all.lines", "shop.all.lines@1"):
            (record,) = evidence_chain(mesh, address).records
            assert record.evidence["port"] == "lines"
        with pytest.raises(NotFound, match=r"shop\.all\.lines@2"):
            evidence_chain(mesh, "shop.all.lines@2")
