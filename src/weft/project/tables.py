"""Compile sources that are tables of databases: which warehouse, which table, which columns.

The settings say where a warehouse is; a contract that says it too must not say something else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import msgspec

from weft.mesh.contract import SchemaObject, Server
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import Column, TableSource
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import SourceContract
from weft.mesh.settings import WarehouseSettings
from weft.project.read_yaml import Document
from weft.project.variables import malformed_variable, resolve_variables
from weft.sql.dialect import Dialect, dialect_names

# It grows when tables come to be read otherwise: what was built of them is then built again.
_READING = 1


def compile_table(
    name: str, obj: SchemaObject, server: Server, document: Document, dialect: Dialect
) -> tuple[TableSource | None, tuple[Diagnostic, ...]]:
    """Compile how a table is read; `server` is the only entry of the contract's `servers`.

    Whether there is such a warehouse is checked by `misplaced_tables`.
    """
    if not server.type.startswith(dialect_names()):
        message = f"source `{name}` is on a server of type `{server.type}`, which cannot be read"
        note = "`type: local` is for files; a table is in a warehouse of weft.yaml, and of its type"
        return None, (document.diagnostic("W414", message, "servers", 0, "type", note=note),)
    schema = str(server.settings.get("schema", ""))
    malformed = malformed_variable(schema)
    if malformed:
        note = "write `${NAME}` or `${NAME:-default}`"
        message = f"`{malformed}` is no variable"
        return None, (document.diagnostic("W143", message, "servers", 0, "schema", note=note),)
    if not schema:
        message = f"source `{name}` does not say in which schema its table is"
        note = "write `schema:`, as the database calls it"
        return None, (document.diagnostic("W414", message, "servers", 0, key=True, note=note),)
    if server.custom:
        message = f"unknown reading option `{min(server.custom)}`"
        place = ("servers", 0, "customProperties")
        note = "a table is read as it is"
        return None, (document.diagnostic("W414", message, *place, note=note),)
    columns = tuple(
        Column(
            prop.physical_name or prop.name,
            dialect.native_type(prop.logical_type, prop.physical_type, prop.options),
        )
        for prop in obj.properties
    )
    reading = ["table", _READING, dialect.name, [[each.name, each.type] for each in columns]]
    return TableSource(
        name=name,
        warehouse=server.server,
        schema=schema,
        table=obj.physical_name or obj.name,
        columns=columns,
        fingerprint=hashlib.sha256(msgspec.json.encode(reading)).hexdigest()[:32],
    ), ()


def misplaced_tables(
    source: SourceContract,
    document: Document,
    warehouses: Mapping[str, WarehouseSettings],
    variables: Mapping[str, str],
) -> Iterator[Diagnostic]:
    """Report a source whose table is in no warehouse of the settings, or in another one."""
    servers = source.contract.servers
    if any(each.type == "local" for each in servers):
        return
    for index, server in enumerate(servers):
        place = ("servers", index)
        warehouse = warehouses.get(server.server)
        if warehouse is None:
            message = f"there is no warehouse `{server.server}`"
            note = did_you_mean(server.server, warehouses, "weft.yaml has none of this name")
            yield document.diagnostic("W414", message, *place, "server", note=note)
            continue
        if not server.type.startswith(warehouse.type):
            message = f"warehouse `{server.server}` is of another type than `{server.type}`"
            note = f"it is `{warehouse.type}` in weft.yaml"
            yield document.diagnostic("W414", message, *place, "type", note=note)
        for key, given in server.settings.items():
            known = warehouse.options.get(key)
            if given is None or known is None:
                continue
            value, missing = resolve_variables(str(given), variables)
            if missing or value != str(known):
                message = f"`{key}` is not that of warehouse `{server.server}`"
                note = "write it as weft.yaml has it, or leave it to weft.yaml"
                yield document.diagnostic("W414", message, *place, key, note=note)
