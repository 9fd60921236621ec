"""Small meshes over the embedded lake and a database, and the commands that people run on them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import click
import pytest

from commands import Said
from mesh_files import SETTINGS, Product, document, lay_out, mesh_files
from weft.app.errors import Refusal
from weft.cli.failure import tell
from weft.cli.main import run
from weft.cli.stopped import put_stopped
from weft.mesh.address import AddressError
from weft.store.protocol import StoreError
from weft.warehouses.protocol import WarehouseError

_TOLD = (Refusal, StoreError, WarehouseError, AddressError, OSError, click.UsageError)
"""What a command stops with and tells; anything else is a bug."""


def settings(database: Mapping[str, Any]) -> bytes:
    """What `weft.yaml` says of a mesh with the lake and a database, called `lake` and `ops_db`."""
    ops_db = {"type": "postgres", **database}
    return document({**SETTINGS, "warehouses": {**SETTINGS["warehouses"], "ops_db": ops_db}})


def domain(name: str, warehouse: str, dialect: str = "duckdb") -> dict[str, bytes]:
    """The file that says where a domain lives and in which dialect it is written."""
    content = {"domain": name, "warehouse": warehouse, "dialect": dialect}
    return {f"domains/{name}/domain.yaml": document(content)}


def files_of(
    products: Iterable[Product], database: Mapping[str, Any], **homes: str
) -> dict[str, bytes]:
    """The files of a mesh; `homes` gives the warehouse of domains that do not live on the lake."""
    files = {**mesh_files(products), "weft.yaml": settings(database)}
    for name, warehouse in homes.items():
        files |= domain(name, warehouse)
    return files


def weft(folder: Path, *arguments: str) -> Said:
    """Run a command in the folder of a mesh, on a wide screen without colours."""
    streams = [TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "120")
        patch.setenv("NO_COLOR", "1")
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        try:
            code = run(arguments)
        except _TOLD as error:
            code = tell(error)
            put_stopped(error, code, arguments)
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return Said(code, out, err)


def applied(folder: Path, files: Mapping[str, bytes], *options: str) -> Said:
    """Make a folder hold these files and apply them; it has to go well."""
    lay_out(folder, files)
    said = weft(folder, "apply", "--yes", *options)
    assert said.code == 0, said
    return said


def nothing_to_do(folder: Path) -> Said:
    """Plan the files; there must be nothing to do."""
    said = weft(folder, "plan", "--detailed-exitcode")
    assert (said.code, "Nothing to do" in said.out) == (0, True), said
    return said


def drafted(folder: Path, product: str) -> None:
    """Make a proposal a draft, in its file."""
    path = folder / "domains" / product.replace(".", "/") / "product.yaml"
    text = path.read_text()
    assert text.count("status: proposed\n") == 1
    path.write_text(text.replace("status: proposed\n", "status: draft\n"))


def begun(folder: Path, product: str) -> None:
    """Check that nothing is to be done for a proposal, then make it a draft and apply that."""
    assert f"{product} is only proposed" in nothing_to_do(folder).err
    drafted(folder, product)
    done = weft(folder, "apply", "--yes")
    assert done.code == 0, done


def rows(folder: Path, query: str) -> list[Any]:
    """The rows that a query gives, as JSON has them."""
    said = weft(folder, "query", query, "-o", "json")
    assert said.code == 0, said
    return list(said.data["rows"])
