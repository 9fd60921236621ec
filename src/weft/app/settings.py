"""Read `weft.yaml`, and see that this program knows the kinds of store and warehouse in it.

What it tells a warehouse is checked in `warehouse_options.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from weft.app.errors import Invalid
from weft.app.warehouse_options import wrong_options
from weft.app.workspace import Workspace
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.nearest import did_you_mean
from weft.mesh.settings import MeshSettings
from weft.project.parse import parse_settings
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_names, is_dialect
from weft.store.opening import address_problem


def load_settings(folder: Path, variables: Mapping[str, str]) -> MeshSettings:
    """The settings of the mesh in a folder. Raises Invalid when they have errors."""
    return read_settings(Workspace(folder), variables)[0]


def read_settings(
    workspace: Workspace, variables: Mapping[str, str]
) -> tuple[MeshSettings, tuple[Diagnostic, ...]]:
    """The settings of a mesh, and what they were warned of. Raises Invalid for errors."""
    file = workspace.settings()
    settings, diagnostics = parse_settings(file, variables)
    if settings is None:
        raise Invalid(diagnostics, files=1)
    wrong = unknown_kinds(file, settings) or wrong_options(file, settings)
    if wrong:
        raise Invalid((*diagnostics, *wrong), files=1)
    return settings, diagnostics


def unknown_kinds(file: SourceFile, settings: MeshSettings) -> tuple[Diagnostic, ...]:
    """One diagnostic per store or warehouse of a kind that nobody knows, with its place."""
    problem = address_problem(settings.store.reveal())
    unknown = [each for each in settings.warehouses.values() if not is_dialect(each.type)]
    if not problem and not unknown:
        return ()
    return tuple(_told(file, problem, {each.name: each.type for each in unknown}))


def _told(file: SourceFile, problem: str, unknown: dict[str, str]) -> Iterator[Diagnostic]:
    document, _ = read_yaml(file)
    if document is None:
        return
    if problem:
        yield document.diagnostic("W144", "unknown kind of store", "store", key=True, note=problem)
    for name, kind in unknown.items():
        known = dialect_names()
        yield document.diagnostic(
            "W144",
            f"unknown type `{kind}` of warehouse `{name}`",
            *("warehouses", name, "type"),
            note=did_you_mean(kind, known, f"there is {', '.join(known)}"),
        )
