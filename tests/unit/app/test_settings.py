"""Stores and warehouses of kinds that nobody knows: one diagnostic each, with its place."""

from __future__ import annotations

import pytest

from mesh_files import SETTINGS, document
from weft.app.settings import unknown_kinds
from weft.mesh.diagnostic import Diagnostic
from weft.project.parse import parse_settings
from weft.project.source import SourceFile


def found(text: bytes) -> tuple[Diagnostic, ...]:
    file = SourceFile("weft.yaml", text)
    settings, _ = parse_settings(file, {})
    assert settings is not None
    return unknown_kinds(file, settings)


def test_known_kinds_are_no_problem() -> None:
    assert found(document(SETTINGS)) == ()


def test_a_warehouse_of_an_unknown_type_has_a_place() -> None:
    text = b"mesh: m\nwarehouses:\n  a: {type: duckdb, path: x}\n  b: {type: oracle}\n"
    [diagnostic] = found(text)
    assert (diagnostic.code, diagnostic.message, diagnostic.note) == (
        "W144",
        "unknown type `oracle` of warehouse `b`",
        "there is duckdb",
    )
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (4, 13)


@pytest.mark.parametrize("text", [b"\nstore: %s\n", b'\n"store":   "%s"\n'])
@pytest.mark.parametrize("address", [b"mysql://ana:hunter2@db/x", b"hunter2", b"sqlite:///"])
def test_an_unknown_store_has_a_place_and_keeps_its_secret(text: bytes, address: bytes) -> None:
    [diagnostic] = found(b"mesh: m\nwarehouses: {a: {type: duckdb}}" + text % address)
    assert (diagnostic.code, diagnostic.message) == ("W144", "unknown kind of store")
    assert diagnostic.span is not None and diagnostic.span.line == 3
    assert "hunter2" not in repr(diagnostic)
