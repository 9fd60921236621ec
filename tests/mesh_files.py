"""Small meshes as files, for tests that need a real one on disk; nothing here knows a test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SETTINGS = {
    "mesh": "loom",
    "warehouses": {"lake": {"type": "duckdb", "path": ".weft/lake", "threads": 1}},
}


@dataclass(frozen=True)
class Port:
    """An output port with one object of its own name, filled by the model of that name.

    `columns` maps names to logical types; `rules` are quality rules of the object, as ODCS;
    `candidate` is the last day of a preview.
    """

    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    version: str = "1.0.0"
    status: str = "active"
    description: str = ""
    candidate: str = ""


@dataclass(frozen=True)
class Source:
    """A source contract over one file; `columns` maps names to logical types."""

    name: str
    path: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Product:
    """A data product. `inputs` are addresses of ports; their last name is the name in FROM."""

    address: str
    models: Mapping[str, str]
    ports: tuple[Port, ...] = ()
    inputs: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    description: str = ""
    tags: tuple[str, ...] = field(default=())
    status: str = "active"

    @property
    def folder(self) -> str:
        """Where its files lie in a mesh."""
        return f"domains/{self.address.replace('.', '/')}"


def mesh_files(products: Iterable[Product]) -> dict[str, bytes]:
    """The definition files of a mesh, by path."""
    files = {"weft.yaml": document(SETTINGS)}
    for product in products:
        domain = product.address.partition(".")[0]
        files[f"domains/{domain}/domain.yaml"] = document(
            {"domain": domain, "warehouse": "lake", "dialect": "duckdb"}
        )
        files[f"{product.folder}/product.yaml"] = document(_product(product))
        for name, sql in product.models.items():
            file = name if name.endswith(".py") else f"{name}.sql"
            files[f"{product.folder}/models/{file}"] = sql.encode()
        for port in product.ports:
            major = port.version.partition(".")[0]
            files[f"{product.folder}/{port.name}.v{major}.odcs.yaml"] = document(
                _contract(product, port)
            )
        for source in product.sources:
            files[f"{product.folder}/sources/{source.name}.odcs.yaml"] = document(
                _source(product, source)
            )
    return files


def document(content: Mapping[str, Any]) -> bytes:
    """A definition as a file: JSON is YAML."""
    return json.dumps(content, indent=1).encode() + b"\n"


def lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold exactly these files beside Weft's own; unchanged ones are not touched."""
    for path, data in files.items():
        target = folder / path
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.write_bytes(data)
    for found in sorted(folder.rglob("*"), reverse=True):
        path = found.relative_to(folder).as_posix()
        if path.startswith(".weft"):
            continue
        if found.is_file() and path not in files:
            found.unlink()
        elif found.is_dir() and not any(found.iterdir()):
            found.rmdir()


def _product(product: Product) -> dict[str, Any]:
    domain = product.address.partition(".")[0]
    sources = [f"{product.address}.{each.name}" for each in product.sources]
    return {
        "apiVersion": "v1.1.0",
        "kind": "DataProduct",
        "id": product.address,
        "name": product.address,
        "status": product.status,
        "domain": domain,
        "description": {"purpose": product.description or "For a test."},
        "tags": list(product.tags),
        "inputPorts": [
            {"name": each.rpartition(".")[2], "contractId": each}
            for each in (*sources, *product.inputs)
        ],
        "outputPorts": [
            {
                "name": port.name,
                "version": port.version,
                "contractId": f"{product.address}.{port.name}",
            }
            for port in product.ports
        ],
    }


def _contract(product: Product, port: Port) -> dict[str, Any]:
    preview = {"vendor": "weft", "property": "candidate", "value": {"until": port.candidate}}
    return {
        **({"customProperties": [preview]} if port.candidate else {}),
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": f"{product.address}.{port.name}",
        "version": port.version,
        "status": port.status,
        "description": {"purpose": port.description or "For a test."},
        "schema": [
            {
                "name": port.name,
                "logicalType": "object",
                "properties": [
                    {"name": name, "logicalType": kind, "required": name in port.required}
                    for name, kind in port.columns.items()
                ],
                "quality": list(port.rules),
            }
        ],
    }


def _source(product: Product, source: Source) -> dict[str, Any]:
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": f"{product.address}.{source.name}",
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "files", "type": "local", "path": source.path, "format": "csv"}],
        "schema": [
            {
                "name": source.name,
                "logicalType": "object",
                "properties": [
                    {"name": name, "logicalType": kind} for name, kind in source.columns.items()
                ],
            }
        ],
    }
