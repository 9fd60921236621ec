"""Adopt files that lie in the mesh's folder: every file, or folder of files, becomes a source."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from weft.app.adopt import around_of, home_for, refuse_taken
from weft.app.adopted_files import draft_of
from weft.app.bootstrap import Opened
from weft.app.errors import Blocked, Usage
from weft.app.new_files import Draft
from weft.mesh.address import ProductAddress
from weft.project.adopting.files import file_groups
from weft.project.adopting.names import fitting_name
from weft.project.adopting.product import Place, Told, product_of_tables
from weft.warehouses.describing import DescribesFiles


def adopt_files(mesh: Opened, where: Path, into: ProductAddress | None) -> Draft:
    """Draft a product of the files in a folder, or of one file.

    Raises NotFound and Usage for what does not fit, Blocked where there is nothing or a product
    is in the way.
    """
    path = _inside(mesh.folder, where)
    domain = home_for(mesh, into)
    address = into or ProductAddress(domain.name, fitting_name(where.stem, instead="files"))
    warehouse = mesh.warehouse(domain.warehouse)
    if not isinstance(warehouse, DescribesFiles):
        raise Usage(f"warehouse `{domain.warehouse}` reads no files")
    told: list[Told] = []
    groups = file_groups(path, _files(mesh.folder, path), told)
    tables = [warehouse.described_files(each.table, each.files) for each in groups]
    if not tables:
        raise Blocked(f"there is no Parquet, CSV or JSON file in {path}")
    around = around_of(mesh, domain, tables[0].dialect)
    adopted = product_of_tables(address, tables, Place({}, f"folder {path}"), around, told)
    refuse_taken(mesh.folder, adopted)
    return draft_of([adopted], path)


def _inside(mesh: Path, where: Path) -> str:
    """A place relative to the mesh. Raises Usage where it is none in it."""
    real, root = Path(os.path.realpath(where)), Path(os.path.realpath(mesh))
    if root == real or root not in real.parents:
        raise Usage(
            f"{where} is not in a folder of the mesh",
            why="Sources are files below weft.yaml, so that everybody who has the mesh has them.",
            next_step=f"copy it below {mesh}, or give a folder there",
        )
    return real.relative_to(root).as_posix()


def _files(mesh: Path, path: str) -> Iterator[str]:
    """The files in a folder, relative to the mesh, or the one file that it is; no hidden ones."""
    start = mesh / path
    if start.is_file():
        yield path
    for folder, names, files in os.walk(start):
        names[:] = sorted(each for each in names if not each.startswith("."))
        for name in files:
            if not name.startswith("."):
                yield (Path(folder) / name).relative_to(mesh).as_posix()
