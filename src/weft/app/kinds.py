"""Whether this program knows the kinds of store and of warehouse that `weft.yaml` names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.nearest import did_you_mean
from weft.mesh.settings import MeshSettings
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_names, is_dialect
from weft.store.opening import address_problem


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
        found = document.diagnostic(
            "W144", "unknown kind of store", "store", key=True, note=problem
        )
        # An address may hold a password.
        end = found.span.column - 1 + found.span.length if found.span else 0
        yield replace(found, excerpt=found.excerpt[:end] + ": …")
    for name, kind in unknown.items():
        known = dialect_names()
        yield document.diagnostic(
            "W144",
            f"unknown type `{kind}` of warehouse `{name}`",
            *("warehouses", name, "type"),
            note=did_you_mean(kind, known, f"there is {', '.join(known)}"),
        )
