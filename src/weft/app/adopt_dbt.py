"""Adopt a project of dbt by its manifest; what its models read is described by who holds it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from weft.app.adopt import around_of, home_for, refuse_taken, server_of
from weft.app.adopted_files import draft_of
from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.app.new_files import Draft
from weft.mesh.address import ProductAddress
from weft.mesh.found import FoundColumn, FoundTable, TableName
from weft.project.adopting.dbt_manifest import (
    MAX_BYTES,
    DbtNode,
    DbtProject,
    NoManifest,
    read_manifest,
)
from weft.project.adopting.dbt_models import read_data
from weft.project.adopting.dbt_product import product_of_project
from weft.project.adopting.dbt_sql import is_known
from weft.project.adopting.names import fitting_name
from weft.project.adopting.product import Place
from weft.sql.dialect import is_dialect
from weft.warehouses.describing import DescribesFiles, DescribesTables


def adopt_project(
    mesh: Opened, manifest: Path, warehouse: str, into: ProductAddress | None
) -> Draft:
    """Draft a product of the project whose manifest this is.

    `warehouse` is where its tables are, "" for the home of the product. Raises Usage for what is
    no manifest or does not fit, Blocked where a product is in the way.
    """
    if warehouse and warehouse not in mesh.settings.warehouses:
        raise NotFound("warehouse", warehouse, mesh.settings.warehouses)
    project = _project(manifest)
    if not is_known(project.adapter):
        raise Usage(f"SQL of adapter `{project.adapter}` of {manifest} is not known")
    domain = home_for(mesh, into)
    address = into or ProductAddress(domain.name, fitting_name(project.name, instead="project"))
    holder = warehouse or domain.warehouse
    around = around_of(mesh, domain, mesh.settings.warehouses[holder].type)
    found = dict(_found(mesh, project, manifest, holder, domain.warehouse))
    server, _ = server_of(mesh, holder)
    adopted = product_of_project(address, project, found, Place(server, holder), around)
    refuse_taken(mesh.folder, adopted)
    return draft_of([adopted], f"dbt project {project.name}")


def _project(manifest: Path) -> DbtProject:
    """Read a manifest, but never more than one may have."""
    with manifest.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        return read_manifest(data)
    except NoManifest as problem:
        raise Usage(
            f"{manifest} is no manifest that is read",
            why=str(problem),
            next_step="dbt compile, with dbt 1.6 or newer",
        ) from problem


def _found(
    mesh: Opened, project: DbtProject, manifest: Path, holder: str, home: str
) -> Iterator[tuple[str, FoundTable]]:
    """What is known of the data that models read: by its files, its catalogue, or the project."""
    data = read_data(project)
    tables = _catalogue(mesh, holder, data)
    for node in data:
        table = _file(mesh, node, manifest, home) or tables.get(_name(node))
        if table is not None:
            yield node.unique_id, table
        elif _is_typed(node) and is_dialect(project.adapter):
            yield node.unique_id, _as_said(node, project.adapter)


def _catalogue(mesh: Opened, holder: str, data: Iterable[DbtNode]) -> dict[TableName, FoundTable]:
    """The tables of a project that are there in a warehouse, and are not ours."""
    warehouse = mesh.warehouse(holder)
    if not isinstance(warehouse, DescribesTables):
        return {}
    there = {*map(_name, data)}.intersection(warehouse.tables_of_others())
    return {TableName(each.schema, each.name): each for each in warehouse.described(there)}


def _name(node: DbtNode) -> TableName:
    return TableName(node.schema or "", node.table)


def _file(mesh: Opened, node: DbtNode, manifest: Path, home: str) -> FoundTable | None:
    """A seed as the file that it is, where that lies in the mesh."""
    warehouse = mesh.warehouse(home)
    is_path = node.resource_type == "seed" and node.original_file_path.isprintable()
    if not is_path or not isinstance(warehouse, DescribesFiles):
        return None
    # The manifest is in `target`, beside the folders of the project.
    project = os.path.dirname(os.path.dirname(os.path.realpath(manifest)))
    file = os.path.realpath(os.path.join(project, node.original_file_path))
    root = os.path.join(os.path.realpath(mesh.folder), "")
    if not file.startswith(root) or not os.path.isfile(file):
        return None
    path = Path(file).relative_to(root).as_posix()
    return warehouse.described_files(FoundTable("", node.name, "csv", path=path), (path,))


def _is_typed(node: DbtNode) -> bool:
    return bool(node.columns) and all(each.data_type for each in node.columns.values())


def _as_said(node: DbtNode, adapter: str) -> FoundTable:
    """A table as the project describes it, with the types that it gives."""
    columns = (
        FoundColumn(each.name, each.data_type or "", each.description or "")
        for each in node.columns.values()
    )
    return FoundTable(
        node.schema or "", node.table, "table", dialect=adapter, columns=tuple(columns)
    )
