"""Models compiled: what they may read, in which order, and what their heads promise."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from compiling import codes, compiled, manifest

from mesh_files import Port, Product, Source, mesh_files
from weft.mesh.manifest import Read, ReadKind
from weft.mesh.product import Materialization

COLUMNS = {"id": "integer", "name": "string"}
FAR = Product(
    "far.away",
    {"things": "SELECT 1 AS id, 'a' AS name, 2 AS hidden", "others": "SELECT 1 AS id"},
    (Port("things", COLUMNS), Port("others", {"id": "integer"})),
)


def product(**models: str) -> Product:
    return Product(
        "shop.orders",
        models,
        inputs=("far.away.things", "far.away.others"),
        sources=(Source("raw", "data/raw.csv", COLUMNS),),
    )


def found(**models: str) -> list[str]:
    return codes(FAR, product(**models))


def test_models_come_in_the_order_in_which_they_read_each_other() -> None:
    one = manifest(FAR, product(a="SELECT id FROM b", b="SELECT id FROM c", c="SELECT 1 AS id"))
    assert [each.name for each in one.transforms] == ["c", "b", "a"]


def test_reads_say_what_stands_behind_a_name() -> None:
    text = "SELECT t.id, r.name FROM things t JOIN raw r ON t.id = r.id JOIN b ON b.id = t.id"
    one = manifest(FAR, product(a=text, b="SELECT 1 AS id"))
    reads = {read.kind: read for read in one.transforms[-1].query.reads}
    assert reads[ReadKind.PORT].target == "far.away.things@1"
    assert reads[ReadKind.PORT].object == "things"
    assert reads[ReadKind.PORT].columns == ("id",)
    assert reads[ReadKind.SOURCE].target == "raw"
    assert reads[ReadKind.MODEL] == Read(ReadKind.MODEL, "b", columns=("id",))


def test_an_object_of_a_port_by_its_full_name() -> None:
    one = manifest(FAR, product(a="SELECT id FROM things.things"))
    assert one.transforms[0].query.reads[0].object == "things"


def test_the_columns_and_the_text_of_a_model() -> None:
    one = manifest(FAR, product(a="SELECT id, name AS label FROM things")).transforms[0]
    assert [each.name for each in one.columns] == ["id", "label"]
    assert one.text.strip() == "SELECT id, name AS label FROM things"
    assert one.materialized is Materialization.TABLE and one.deterministic


@pytest.mark.parametrize(
    ("models", "code"),
    [
        ({"a": "SELECT id FROM nothing"}, "W410"),
        ({"a": "SELECT id FROM a"}, "W406"),
        ({"a": "SELECT id FROM b", "b": "SELECT id FROM a"}, "W406"),
        ({"a": "SELECT id FROM raw.raw"}, "W410"),
        ({"a": "SELECT id FROM things.other"}, "W410"),
        ({"a": "-- materialized: view\nSELECT id FROM things"}, "W411"),
        ({"a": "-- materialized: view\nSELECT id FROM raw"}, "W411"),
        ({"a": "-- materialized: incremental\nSELECT 1 AS id"}, "W426"),
        ({"a": "-- required: [idd]\nSELECT 1 AS id"}, "W418"),
        ({"a": "-- unique: [other]\nSELECT 1 AS id"}, "W418"),
        ({"a": "SELECT random() AS id"}, "W419"),
    ],
)
def test_what_does_not_compile(models: dict[str, str], code: str) -> None:
    assert code in found(**models)


def test_a_column_that_a_port_does_not_show_cannot_be_read() -> None:
    assert found(a="SELECT hidden FROM things") != []


def test_what_always_refreshes_may_be_volatile() -> None:
    assert found(a="-- refresh: always\nSELECT random() AS id") == []


def test_only_the_first_of_a_chain_is_to_blame() -> None:
    assert found(a="SELECT nothing FROM raw", b="SELECT * FROM a", c="SELECT * FROM b") == [
        *found(a="SELECT nothing FROM raw")
    ]


def test_a_finding_is_shown_in_the_line_of_the_file() -> None:
    text = "-- description: d\n\nSELECT id\nFROM thngs"
    (one,) = compiled(FAR, product(a=text))["shop.orders"].diagnostics
    assert one.span is not None
    assert (one.span.file, one.span.line, one.span.column, one.span.length) == (
        "domains/shop/orders/models/a.sql",
        4,
        6,
        5,
    )
    assert one.excerpt == "FROM thngs"
    assert one.note == "did you mean `things`?"


def test_a_port_of_several_objects_needs_the_name_of_one() -> None:
    objects = [
        {
            "name": name,
            "logicalType": "object",
            "properties": [{"name": "id", "logicalType": "integer"}],
        }
        for name in ("one", "two")
    ]
    models = {"one": "SELECT 1 AS id", "two": "SELECT 2 AS id"}
    far = Product("far.away", models, (Port("both", {}),))
    path = f"{far.folder}/both.v1.odcs.yaml"
    contract = json.loads(mesh_files([far])[path])
    contract["schema"] = objects
    changed = {path: json.dumps(contract, indent=1).encode()}
    reader = Product("shop.orders", {"a": "SELECT id FROM both"}, inputs=("far.away.both",))
    (one,) = compiled(far, reader, changed=changed)["shop.orders"].diagnostics
    assert one.code == "W410" and "write `both.one`" in one.note
    named = replace(reader, models={"a": "SELECT id FROM both.two"})
    assert manifest(far, named, changed=changed).transforms[0].query.reads[0].object == "two"
