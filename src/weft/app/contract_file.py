"""Contracts as their files have them, and as they are meant: with fragments in their places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from weft.app.errors import Invalid, NotFound
from weft.app.workspace import Workspace
from weft.mesh.address import PortAddress
from weft.project.fragments import Fragments, read_fragments
from weft.project.layout import contract_named, contract_path, product_folder
from weft.project.read_yaml import Document, read_yaml
from weft.project.resolving import resolve
from weft.project.source import SourceFile


@dataclass(frozen=True)
class ContractFile:
    """A contract: its file's path and text, what stands there, and what is meant by it."""

    address: str
    path: str
    text: str
    written: dict[str, Any]
    resolved: dict[str, Any]


def contract_file(mesh: Path, address: PortAddress) -> ContractFile:
    """Read the contract of a port version, the highest one where no major is named.

    Raises NotFound, and Invalid where it or a fragment that it uses cannot be read.
    """
    present = _majors(mesh / product_folder(address.product))
    majors = [major for port, major in present if port == address.port]
    major = address.major or max(majors, default=0)
    if major not in majors:
        known = [f"{address.product}.{port}@{number}" for port, number in present]
        raise NotFound("contract of", str(address), known, next_step=f"weft show {address.product}")
    version = replace(address, major=major)
    path = contract_path(version)
    workspace = Workspace(mesh)
    file = workspace.read(path)
    document, diagnostics = read_yaml(file)
    if document is None:
        raise Invalid(diagnostics, files=1)
    resolution = resolve(document, domain_fragments(workspace, address.product.domain))
    if resolution.document is None:
        raise Invalid(resolution.diagnostics, files=1)
    text = document.source.text
    return ContractFile(str(version), path, text, document.data, resolution.document.data)


def resolved_data(mesh: Path, domain: str, data: bytes) -> dict[str, Any]:
    """What a contract of a domain means; nothing where it cannot be read."""
    document, _ = read_yaml(SourceFile("", data))
    meant: Document | None = None
    if document is not None:
        meant = resolve(document, domain_fragments(Workspace(mesh), domain)).document
    found = meant.data if meant is not None else None
    return found if isinstance(found, dict) else {}


def domain_fragments(workspace: Workspace, domain: str) -> Fragments:
    """What the contracts of a domain may use. Raises Invalid where a file cannot be read."""
    levels: list[Fragments] = []
    for place in (domain, ""):
        fragments, found = read_fragments(workspace.read(each) for each in workspace.shared(place))
        if fragments.partial:
            raise Invalid(found, files=1)
        levels.append(fragments)
    own, shared = levels
    return own.over(shared)


def _majors(folder: Path) -> list[tuple[str, int]]:
    names = (path.name for path in sorted(folder.glob("*.odcs.yaml")))
    return [found for found in map(contract_named, names) if found]
