"""The files that fill a major as it was applied, from the applied definition and today's files."""

from __future__ import annotations

from weft.app.kept_models import kept_models
from weft.contract.checks import head_checks
from weft.mesh.contract import Status
from weft.mesh.manifest import (
    PortObject,
    PortVersion,
    ProductManifest,
    Query,
    Read,
    ReadKind,
    Transform,
)
from weft.mesh.product import Materialization

PORT = PortVersion("lines", 1, "1.0.0", Status.ACTIVE, (PortObject("lines", "lines", ()),))


def model(name: str, text: str, *reads: str, **head: object) -> Transform:
    query = Query((), tuple(Read(ReadKind.MODEL, each) for each in reads))
    kind = Materialization.TABLE
    return Transform(name, f"models/{name}.sql", kind, "", query, (), text, **head)  # type: ignore[arg-type]


def kept(*models: Transform, port: PortVersion = PORT, **today: str) -> dict[str, str]:
    applied = ProductManifest(
        "sales", "orders", "root", "", "lake", "duckdb", transforms=models, ports=(port,)
    )
    return kept_models(applied, port, today)


def test_what_is_the_same_today_is_copied_as_it_stands() -> None:
    lines = model("lines", "SELECT 1 AS id\n")
    assert kept(lines, lines="-- A comment.\nSELECT 1 AS id\n") == {
        "lines_v1": "-- A comment.\nSELECT 1 AS id\n"
    }


def test_what_has_a_file_of_its_own_already_is_left_alone() -> None:
    lines = model("lines", "SELECT 1 AS id\n")
    assert kept(lines, lines="SELECT 1 AS id\n", lines_v1="SELECT 2 AS id\n") == {}


def test_a_head_is_written_as_it_was_read() -> None:
    lines = model(
        "lines",
        'SELECT 1 AS id, 2 AS "flight no"',
        description="What: it means",
        refresh_always=True,
        checks=head_checks(("id", "flight no"), ('a"b',)),
    )
    assert kept(lines) == {
        "lines_v1": "-- description: What: it means\n-- refresh: always\n"
        '-- required: [id, "flight no"]\n-- unique: ["a""b"]\nSELECT 1 AS id, 2 AS "flight no"\n'
    }


def test_what_reads_something_that_changed_is_copied_too() -> None:
    models = (
        model("raw", "SELECT 1 AS id"),
        model("other", "SELECT 1 AS id"),
        model("middle", "SELECT id FROM raw", "raw"),
        model("lines", "SELECT id FROM middle JOIN other USING (id)", "middle", "other"),
    )
    today = {each.name: each.text for each in models} | {"raw": "SELECT 2 AS id"}
    found = kept(*models, **today)
    assert {name: " ".join(text.split()) for name, text in found.items()} == {
        "raw_v1": "SELECT 1 AS id",
        "middle_v1": "SELECT id FROM raw_v1 AS raw",
        "lines_v1": "SELECT id FROM middle_v1 AS middle JOIN other USING (id)",
    }


def test_a_model_of_this_major_alone_comes_back_under_its_name() -> None:
    port = PortVersion("lines", 1, "1.0.0", Status.ACTIVE, (PortObject("lines", "lines_v1", ()),))
    models = (
        model("raw_v1", "SELECT 1 AS id"),
        model("lines_v1", "SELECT id FROM raw_v1", "raw_v1"),
    )
    found = kept(*models, port=port, raw_v1="SELECT 2 AS id", lines_v1="SELECT id FROM raw_v1")
    assert found == {"raw_v1": "SELECT 1 AS id\n", "lines_v1": "SELECT id FROM raw_v1\n"}
