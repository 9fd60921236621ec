"""What shells are offered, asked as they ask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import SETTINGS, Port, Product, document, lay_out, mesh_files

SHOP = Product(
    "sales.shop",
    {"staged": "SELECT 1 AS id", "sold": "SELECT id FROM staged"},
    (Port("sold", {"id": "integer"}, required=("id",)),),
    tags=("gold",),
)
GROWN = """-- materialized: incremental
-- time_column: day
SELECT 1 AS id, DATE '2026-01-01' AS day
"""
DESK = Product(
    "sales.desk",
    {"desk": "SELECT 1 AS id", "grown": GROWN},
    (Port("desk", {"id": "integer"}),),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mesh")
    settings = document({**SETTINGS, "environments": {"dev": {}}})
    lay_out(folder, {**mesh_files((SHOP, DESK)), "weft.yaml": settings})
    for path in folder.rglob("*"):
        # A file that was only just written is not remembered yet.
        os.utime(path, (1, 1))
    apply_files(folder)
    return folder


def offered(folder: Path, *words: str) -> list[str]:
    """What bash would be offered for the last word; nothing may be said."""
    done = subprocess.run(
        [sys.executable, "-m", "weft"],
        cwd=folder,
        env={
            **os.environ,
            "_WEFT_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["weft", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.splitlines() if line]


SOLD = ["sales.shop.sold", "sales.shop.sold@1", "sales.shop.staged"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("show", "sa"), ["sales.desk", "sales.shop"]),
        (("show", "sales.s"), ["sales.shop", *SOLD]),
        (("lineage", "sales.shop."), SOLD),
        (("why", "sales.shop.st"), ["sales.shop.staged"]),
        (("show", "nobody"), []),
        (("history", "sales.d"), ["sales.desk"]),
        (("rollback", "sales.s"), ["sales.shop"]),
        (("ls", "+sales.s"), ["+sales.shop"]),
        (("ls", "tag:g"), ["tag:gold"]),
        (("plan", "--product", "sal"), ["sales", "sales.desk", "sales.shop"]),
        (("test", "--rows", "sold.r"), ["sold.required_id"]),
        (("plan", "--env", "p"), ["prod"]),
        (("plan", "--env", ""), ["auto", "dev", "prod"]),
        (("env", "gc", ""), ["dev"]),
        (("plan", "--restate", "sales.d"), ["sales.desk.grown="]),
        (("apply", "--restate", "sales.shop"), []),
        (("release", "sales."), ["sales.desk.desk@1", "sales.shop.sold@1"]),
        (("release", "signoff", "sales.s"), ["sales.shop.sold@1"]),
        (("deprecate", "sales.s"), ["sales.shop.sold@1"]),
        (("retire", "sales.shop.st"), []),
        (("contract", "sync", "sales.d"), ["sales.desk.desk@1"]),
        (("release", "ver"), ["verify"]),
        (("release", "evidence", "sales.shop.sold@"), SOLD[1:2]),
        (("adopt", "l"), ["lake"]),
        (("adopt", "lake", "--into", "sales.s"), ["sales.shop"]),
        (("adopt", "lake", "--table", ""), []),
        (("explain", "W206"), ["W206"]),
        (("explain", "val"), ["validate"]),
        (("explain", "schema.properties.req"), ["schema.properties.required"]),
        (("--v",), ["--version"]),
    ],
)
def test_names_are_offered(folder: Path, words: tuple[str, ...], names: list[str]) -> None:
    assert offered(folder, *words) == names


@pytest.mark.parametrize("settings", [None, "mesh: [", "mesh: x\nstore: nonsense\n"])
def test_where_nothing_can_be_known_nothing_is_offered(
    tmp_path: Path, settings: str | None
) -> None:
    if settings is not None:
        (tmp_path / "weft.yaml").write_text(settings)
    for words in (("show", "s"), ("ls", "--env", ""), ("test", "--rows", "")):
        assert offered(tmp_path, *words) == []
    assert sorted(tmp_path.iterdir()) == sorted(tmp_path.glob("weft.yaml"))
