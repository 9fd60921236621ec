"""Compile source contracts: where data from outside lies, and how it is read.

Files lie in the mesh's own folder: the path is checked as text, links are checked where files are
opened. Tables of databases are in `tables.py`.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from weft.mesh.contract import SchemaObject, Server
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.manifest import Column, FileSource, TableSource
from weft.mesh.product import SourceContract
from weft.project.physical_types import unknown_types
from weft.project.read_yaml import Document
from weft.project.tables import compile_table
from weft.project.variables import malformed_variable, resolve_variables
from weft.sql.dialect import Dialect

# The number of a format grows when its files come to be read otherwise: what was built of them
# is then built again.
_READINGS = {"csv": 2, "parquet": 1, "json": 2}
FORMATS = tuple(_READINGS)
OPTIONS = ("delimiter", "header", "quote", "nullString")
_WARNING = Severity.WARNING
_OPTION_DEFAULTS: dict[str, Any] = {"delimiter": ",", "header": True, "quote": '"'}


def compile_source(
    source: SourceContract, document: Document, dialect: Dialect
) -> tuple[FileSource | TableSource | None, tuple[Diagnostic, ...]]:
    """Compile one source contract into how its files, or its table, are read."""
    contract = source.contract
    if len(contract.objects) != 1:
        message = f"a source has one schema object, this one has {len(contract.objects)}"
        return None, (document.diagnostic("W414", message, "schema", key=True),)
    local = [each for each in contract.servers if each.type == "local"]
    meant = local or list(contract.servers)
    if len(meant) != 1:
        message = f"source `{source.name}` does not say where its data is"
        note = (
            "one entry of `servers` is needed: `type: local`, `path` and `format` for files, or "
            "one that names a warehouse"
        )
        place = ("servers",) if contract.servers else ()
        return None, (document.diagnostic("W414", message, *place, key=True, note=note),)
    unknown = unknown_types(contract.objects[0], 0, document, dialect)
    if not local:
        table, problems = compile_table(
            source.name, contract.objects[0], meant[0], document, dialect
        )
        return (None if unknown else table), (*problems, *unknown)
    place_index = contract.servers.index(local[0])
    problem = _server_problem(local[0])
    if problem:
        code, key, message, note = problem
        return None, (document.diagnostic(code, message, "servers", place_index, key, note=note),)
    if unknown:
        return None, tuple(unknown)
    return _file_source(source.name, contract.objects[0], local[0], dialect), ()


def unset_variables(
    source: SourceContract, document: Document, variables: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Warn of each variable in the path of a source that is not set.

    It concerns the one product that cannot be built without it, and only where it is to be.
    """
    for index, server in enumerate(source.contract.servers):
        _, missing = resolve_variables(str(server.settings.get("path", "")), variables)
        for name in missing:
            message = f"the environment variable {name} is not set"
            note = f"set it, or write a default: `${{{name}:-value}}`"
            place = ("servers", index, "path")
            yield document.diagnostic("W140", message, *place, note=note, severity=_WARNING)


def _server_problem(server: Server) -> tuple[str, str, str, str] | None:
    """The code, the key, what is wrong and what would be right."""
    path = str(server.settings.get("path", ""))
    kind = str(server.settings.get("format", ""))
    clean = posixpath.normpath(path) if path else ""
    malformed = malformed_variable(path)
    if malformed:
        note = "write `${NAME}` or `${NAME:-default}`"
        return "W143", "path", f"`{malformed}` is no variable", note
    if not path or posixpath.isabs(path) or clean.startswith("..") or "\\" in path:
        return (
            "W414",
            "path",
            f"`{path}` leaves the mesh's folder" if path else "the path of the files is missing",
            "write a path below the folder of weft.yaml, such as `data/flights.parquet`",
        )
    if kind not in FORMATS:
        return "W414", "format", f"unknown format `{kind}`", "it can be csv, parquet or json"
    unknown = sorted(set(server.custom) - set(OPTIONS))
    if unknown:
        return (
            "W414",
            "customProperties",
            f"unknown reading option `{unknown[0]}`",
            "known are " + ", ".join(OPTIONS),
        )
    return None


def _file_source(name: str, obj: SchemaObject, server: Server, dialect: Dialect) -> FileSource:
    columns = tuple(
        Column(
            prop.physical_name or prop.name,
            dialect.native_type(prop.logical_type, prop.physical_type, prop.options),
        )
        for prop in obj.properties
    )
    kind = str(server.settings["format"])
    options = {**_OPTION_DEFAULTS, **server.custom} if kind == "csv" else {}
    types = [[each.name, each.type] for each in columns]
    reading = [kind, _READINGS[kind], sorted(options.items()), types]
    return FileSource(
        name=name,
        pattern=posixpath.normpath(str(server.settings["path"])),
        format=kind,
        columns=columns,
        options=options,
        fingerprint=hashlib.sha256(msgspec.json.encode(reading)).hexdigest()[:32],
    )
