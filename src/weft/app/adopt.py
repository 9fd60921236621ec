"""Adopt tables and files that are there already: draft products that pass them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any

from weft.app.adopted_files import draft_of
from weft.app.bootstrap import Opened
from weft.app.definition import definition_data
from weft.app.errors import Blocked, NotFound, Usage
from weft.app.new import good_name
from weft.app.new_files import Draft
from weft.app.workspace import Workspace
from weft.mesh.address import ProductAddress
from weft.mesh.found import FoundTable, TableName
from weft.mesh.product import Domain
from weft.project.adopting.names import fitting_name
from weft.project.adopting.product import AdoptedProduct, Place, product_of_tables
from weft.project.adopting.types import Around
from weft.project.layout import product_folder
from weft.project.parse import parse_domain
from weft.sql.dialect import dialect_named
from weft.sql.transpile import is_translated
from weft.warehouses.describing import DescribesTables

# How libpq finds a server where nothing says so.
_HOST, _PORT = "localhost", 5432


@dataclass(frozen=True)
class Wanted:
    """Which tables of a warehouse are meant: those of these schemas, and of them those that fit.

    `tables` are names or globs of `schema.table`. Without either all are meant.
    """

    schemas: Sequence[str] = ()
    tables: Sequence[str] = ()


def adopt_tables(
    mesh: Opened, warehouse: str, wanted: Wanted, into: ProductAddress | None
) -> Draft:
    """Draft products of tables and views of a warehouse.

    All of them become one product, or without `into` one for each schema. Raises NotFound and
    Usage for what does not fit, Blocked where there is nothing or a product is in the way, and
    WarehouseError.
    """
    if warehouse not in mesh.settings.warehouses:
        raise NotFound("warehouse", warehouse, mesh.settings.warehouses)
    there = mesh.warehouse(warehouse)
    if not isinstance(there, DescribesTables):
        raise Usage(
            f"warehouse `{warehouse}` has no tables that somebody else made",
            next_step="weft adopt FOLDER --into DOMAIN.PRODUCT, for files in a folder",
        )
    domain = home_for(mesh, into, warehouse)
    tables = there.described(_meant(there.tables_of_others(wanted.schemas), wanted.tables))
    if not tables:
        schemas = ", ".join(wanted.schemas)
        where = f"schema {schemas} of {warehouse}" if schemas else warehouse
        raise Blocked(f"there is no table in {where} that somebody else made")
    server, database = server_of(mesh, warehouse)
    around = around_of(mesh, domain, tables[0].dialect)
    products = [
        product_of_tables(address, group, Place(server, f"{words} in {warehouse}"), around)
        for address, words, group in _grouped(tables, into, domain.name, database)
    ]
    for each in products:
        refuse_taken(mesh.folder, each)
    return draft_of(products, f"{', '.join(_schemas(tables))} in {warehouse}")


def _meant(there: Sequence[TableName], wanted: Sequence[str]) -> list[TableName]:
    """The tables that are named, or fit a glob, all where none is. Raises NotFound."""
    if not wanted:
        return list(there)
    chosen: set[TableName] = set()
    for each in wanted:
        found = [name for name in there if str(name) == each or fnmatchcase(str(name), each)]
        if not found:
            known = [str(name) for name in there]
            raise NotFound("table", each, known, next_step="--table SCHEMA.TABLE, or a glob of it")
        chosen.update(found)
    return [each for each in there if each in chosen]


def home_for(mesh: Opened, into: ProductAddress | None, warehouse: str = "") -> Domain:
    """The domain that is to have what is adopted: the one that is meant, or the only one there is.

    Without a `warehouse` any domain will do. Raises NotFound and Usage.
    """
    domains = {each.name: each for each in _domains(mesh.folder)}
    if into is not None:
        good_name("product", into.product)
        if into.domain not in domains:
            home = f" --warehouse {warehouse}" if warehouse else ""
            raise NotFound(
                "domain",
                into.domain,
                domains,
                next_step=f"weft new domain {into.domain} --owner YOU{home}",
            )
        return domains[into.domain]
    fitting = [each for each in domains.values() if warehouse in ("", each.warehouse)]
    if len(fitting) == 1:
        return fitting[0]
    named = ", ".join(each.name for each in fitting) or "none"
    raise Usage(
        "it is not said which domain is to have it",
        why=f"domains that live there: {named}" if warehouse else f"domains: {named}",
        next_step="add --into DOMAIN.PRODUCT"
        if domains
        else f"weft new domain NAME --owner YOU{f' --warehouse {warehouse}' if warehouse else ''}",
    )


def around_of(mesh: Opened, domain: Domain, holder: str) -> Around:
    """Which dialects types pass on their way from a holder into a domain.

    Raises Blocked where no model of the domain could be built, whatever it says.
    """
    home = dialect_named(mesh.settings.warehouses[domain.warehouse].type)
    own = dialect_named(domain.dialect) if domain.dialect else home
    if own is not home and not is_translated(own, home):
        raise Blocked(
            f"domain `{domain.name}` is written in {own.name} and lives on {home.name}",
            why="Models are not translated that way, so that none could be built.",
            next_step=f"`dialect: {home.name}` in domains/{domain.name}/domain.yaml",
        )
    return Around(dialect_named(holder), own, home)


def refuse_taken(folder: Path, adopted: AdoptedProduct) -> None:
    """Raise Blocked where a product is there already, and where nothing can be adopted."""
    path = product_folder(adopted.address)
    if (folder / path).exists():
        raise Blocked(
            f"product {adopted.address} is there already",
            why=f"{path} would have files of both. Nothing was written.",
            next_step=f"--into {adopted.address.domain}.ANOTHER_NAME",
        )
    if not adopted.ports and not adopted.models:
        told = "\n".join(f"{each.found}: {each.why}" for each in adopted.told[:5])
        raise Blocked(f"nothing of {adopted.address} could be read", why=told)


def _domains(folder: Path) -> Iterator[Domain]:
    """The domains of a mesh that can be read."""
    workspace = Workspace(folder)
    for name in workspace.domains():
        try:
            domain, _ = parse_domain(workspace.read(f"domains/{name}/domain.yaml"))
        except FileNotFoundError:
            continue
        if domain is not None and domain.name == name:
            yield domain


def server_of(mesh: Opened, warehouse: str) -> tuple[Mapping[str, Any], str]:
    """How a source says where a warehouse is, as weft.yaml writes it; and its database's name."""
    data = definition_data(Workspace(mesh.folder).settings().data)
    written = data["warehouses"][warehouse]
    settings = mesh.settings.warehouses[warehouse]
    return {
        "server": warehouse,
        "type": settings.type,
        "host": written.get("host", _HOST),
        "port": written.get("port", _PORT),
        "database": written.get("database", warehouse),
    }, str(settings.options.get("database", warehouse))


def _schemas(tables: Iterable[FoundTable]) -> list[str]:
    return [f"schema {name}" for name in dict.fromkeys(each.schema for each in tables)]


def _grouped(
    tables: Sequence[FoundTable], into: ProductAddress | None, domain: str, database: str
) -> Iterator[tuple[ProductAddress, str, Sequence[FoundTable]]]:
    """Which tables become which product, and words for where they are."""
    if into is not None:
        yield into, ", ".join(_schemas(tables)), tables
        return
    taken: set[str] = set()
    for schema, group in groupby(tables, key=lambda each: each.schema):
        # The schema that every database has says nothing; its database's name does.
        name = fitting_name(database if schema == "public" else schema, taken, instead="schema")
        taken.add(name)
        yield ProductAddress(domain, name), f"schema {schema}", tuple(group)
