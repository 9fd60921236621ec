"""What `weft.yaml` says of stores and warehouses and nobody knows: one diagnostic each."""

from __future__ import annotations

import pytest

from mesh_files import SETTINGS, document
from weft.app.settings import unknown_kinds
from weft.app.warehouse_options import wrong_options
from weft.mesh.diagnostic import Diagnostic
from weft.project.parse import parse_settings
from weft.project.source import SourceFile
from weft.warehouses.duckdb.session import Engine, started


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
        "there is duckdb, postgres",
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


def wrong(text: str) -> list[tuple[str, str, int, int]]:
    file = SourceFile("weft.yaml", text.encode())
    settings, _ = parse_settings(file, {"CORES": "4"})
    assert settings is not None
    found = []
    for each in wrong_options(file, settings):
        assert each.code == "W146" and each.span is not None and "hunter2" not in repr(each)
        found.append((each.message, each.note, each.span.line, each.span.column))
    return found


def test_options_that_the_warehouse_takes_are_no_problem() -> None:
    assert (
        wrong(
            "mesh: m\nwarehouses:\n  a: {type: duckdb, path: x, threads: 2, memory_limit: 4 GB}\n"
            'environments:\n  dev: {warehouses: {a: {threads: "${CORES}"}}}\n'
        )
        == []
    )


def test_an_environment_is_where_production_is() -> None:
    text = "mesh: m\nwarehouses:\n  a: {type: duckdb, path: x}\nenvironments:\n"
    file = SourceFile("weft.yaml", f"{text}  dev: {{warehouses: {{a: {{path: y}}}}}}\n".encode())
    settings, _ = parse_settings(file, {})
    assert settings is not None
    [moved] = wrong_options(file, settings)
    assert (moved.code, moved.span and moved.span.line) == ("W147", 5)
    assert moved.message == "an environment cannot move warehouse `a`"


def test_an_environment_may_enter_a_database_otherwise_but_no_other_one() -> None:
    text = "mesh: m\nwarehouses:\n  a: {type: postgres, host: h}\nenvironments:\n  dev:\n"
    options = 'user: u, password: "${P:-p}", sslmode: require, service: s, hostaddr: i'
    more = f"{options}, host: h, port: 1, database: d"
    file = SourceFile("weft.yaml", f"{text}    warehouses: {{a: {{{more}}}}}\n".encode())
    settings, _ = parse_settings(file, {})
    assert settings is not None
    moved = wrong_options(file, settings)
    assert {each.code for each in moved} == {"W147"}
    assert [each.help.split("`")[1] for each in moved] == [
        *("host", "port", "database", "hostaddr", "service")
    ]


def test_every_wrong_option_has_its_place() -> None:
    text = """\
mesh: m
warehouses:
  a:
    type: duckdb
    thread: 2
    memory_limit: much
  b: {type: duckdb, path: 4, threads: true, production: dev, password: hunter2}
environments:
  dev: {warehouses: {b: {type: duckdb, threads: -1}}}
"""
    size = "it must be a size with its unit, such as `4GB` or `512 MiB`"
    folder = "it must be a folder, such as `.weft/lake`"
    whole = "it must be a whole number; 0 stands for one per core"
    known = "there is path, threads, memory_limit"
    assert wrong(text) == [
        ("warehouse `a`: there is no option `thread`", "did you mean `threads`?", 5, 5),
        ("warehouse `a`: `memory_limit` cannot be `much`", size, 6, 19),
        ("warehouse `a`: `path` is missing", folder, 3, 3),
        ("warehouse `b`: `path` cannot be `4`", folder, 7, 27),
        ("warehouse `b`: `threads` cannot be `true`", whole, 7, 39),
        ("warehouse `b`: there is no option `production`", known, 7, 45),
        ("warehouse `b`: there is no option `password`", known, 7, 62),
        ("warehouse `b`: there is no option `type`", known, 9, 26),
        ("warehouse `b`: `threads` cannot be `-1`", whole, 9, 49),
    ]


@pytest.mark.parametrize("limit", ["0GB", "1KB", "0.0 GB", "9999999 TB", f"{10**24} MiB", "4 EB"])
def test_a_limit_that_the_engine_refuses_is_found_before(limit: str) -> None:
    [found] = wrong(f"mesh: m\nwarehouses: {{a: {{type: duckdb, path: x, memory_limit: {limit}}}}}")
    assert found[0] == f"warehouse `a`: `memory_limit` cannot be `{limit}`"


@pytest.mark.parametrize("limit", ["1MB", "0.5 gb", "512 MiB", "999999TB", "512000 KB", "100kib"])
def test_a_limit_that_the_engine_takes_is_no_problem(limit: str) -> None:
    assert not wrong(
        f"mesh: m\nwarehouses: {{a: {{type: duckdb, path: x, memory_limit: {limit}}}}}"
    )
    started(Engine((), memory_limit=limit)).close()
