"""Output ports compiled: which model fills an object, what fits, and what is checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from compiling import codes, compiled, manifest

from mesh_files import Port, Product, mesh_files
from weft.mesh.check import CheckKind
from weft.mesh.manifest import ReadKind

COLUMNS = {"id": "integer", "name": "string"}
SELECT = "SELECT 1 AS id, 'a' AS name"
FAR = Product("far.away", {"things": SELECT}, (Port("things", COLUMNS),))


def product(port: Port, **models: str) -> Product:
    return Product("shop.orders", models or {"orders": SELECT}, (port,), ("far.away.things",))


def rule(query: str, **words: Any) -> dict[str, Any]:
    return {"type": "sql", "query": query, "mustBe": 0, **words}


def test_an_object_is_filled_by_the_model_of_its_name_or_of_its_major() -> None:
    one = Port("orders", COLUMNS)
    (plain,) = manifest(FAR, product(one)).ports
    assert plain.objects[0].model == "orders"
    two = Port("orders", COLUMNS, version="2.0.0")
    (versioned,) = manifest(FAR, product(two, orders=SELECT, orders_v2=SELECT)).ports
    assert (versioned.name, versioned.objects[0].model) == ("orders@2", "orders_v2")


def test_an_object_that_nobody_fills() -> None:
    found = compiled(FAR, product(Port("orders", COLUMNS), oders=SELECT))["shop.orders"]
    (one,) = found.diagnostics
    assert one.code == "W407" and one.note == "did you mean model `oders`?"


def test_a_port_shows_the_columns_of_its_contract_in_its_order() -> None:
    turned = Port("orders", {"name": "string", "id": "integer"})
    (port,) = manifest(FAR, product(turned, orders="SELECT 1 AS id, 'a' AS name, 2 AS more")).ports
    assert [each.name for each in port.objects[0].columns] == ["name", "id"]
    assert [each.logical_type for each in port.objects[0].promises] == ["string", "integer"]


@pytest.mark.parametrize(
    ("columns", "select", "code"),
    [
        (COLUMNS, "SELECT 1 AS id", "W408"),
        (COLUMNS, "SELECT CAST('x' AS VARCHAR) AS id, 'a' AS name", "W409"),
        ({"id": "date"}, "SELECT CAST(1 AS INTEGER) AS id", "W409"),
    ],
)
def test_what_a_model_does_not_give(columns: dict[str, str], select: str, code: str) -> None:
    assert codes(FAR, product(Port("orders", columns), orders=select)) == [code]


def test_a_broken_model_is_reported_once_and_not_by_its_port() -> None:
    assert len(codes(FAR, product(Port("orders", COLUMNS), orders="SELECT x FROM things"))) == 1


def test_promises_become_checks() -> None:
    port = Port("orders", COLUMNS, required=("id",), rules=({"metric": "rowCount", "mustBe": 1},))
    (found,) = manifest(FAR, product(port)).ports
    kinds = [each.check.kind for each in found.objects[0].checks]
    assert kinds == [CheckKind.REQUIRED, CheckKind.ROW_COUNT]


def test_a_rule_reads_the_object_own_models_and_inputs() -> None:
    query = (
        "SELECT count(*) FROM ${table} t JOIN things f ON t.id = f.id JOIN side s ON s.id = t.id"
    )
    port = Port("orders", COLUMNS, rules=(rule(query),))
    (found,) = manifest(FAR, product(port, orders=SELECT, side="SELECT 1 AS id")).ports
    (check,) = found.objects[0].checks
    assert check.query is not None
    assert {read.kind for read in check.query.reads} == {ReadKind.MODEL, ReadKind.PORT}
    assert any(read.target == "far.away.things@1" for read in check.query.reads)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM stranger",
        "SELECT nothing FROM ${table}",
        "SELECT count(*) FROM read_csv('/etc/passwd')",
        "DELETE FROM ${table}",
        "SELECT 1; SELECT 2",
    ],
)
def test_rules_are_as_closed_as_models(query: str) -> None:
    found = codes(FAR, product(Port("orders", COLUMNS, rules=(rule(query),))))
    assert len(found) == 1


def test_a_rule_that_names_a_stranger_is_shown_in_its_contract() -> None:
    port = Port("orders", COLUMNS, rules=(rule("SELECT count(*) FROM stranger"),))
    (one,) = compiled(FAR, product(port))["shop.orders"].diagnostics
    assert one.code == "W410" and one.span is not None
    assert one.span.file.endswith("orders.v1.odcs.yaml")
    assert "stranger" in one.excerpt


def test_a_draft_product_has_no_active_port() -> None:
    wanted = product(Port("orders", COLUMNS))
    path = f"{wanted.folder}/product.yaml"
    content = json.loads(mesh_files([wanted])[path]) | {"status": "draft"}
    (port,) = manifest(FAR, wanted, changed={path: json.dumps(content, indent=1).encode()}).ports
    assert port.status == "draft"


def nested(*properties: dict[str, Any]) -> dict[str, bytes]:
    """The contract of a port whose one column is an object of these properties."""
    path = "domains/shop/orders/orders.v1.odcs.yaml"
    contract = json.loads(mesh_files([product(Port("orders", {"a": "object"}))])[path])
    contract["schema"][0]["properties"][0]["properties"] = list(properties)
    return {path: json.dumps(contract, indent=1).encode()}


def test_what_a_model_does_not_give_inside_of_a_column() -> None:
    select = "SELECT CAST(NULL AS STRUCT(city VARCHAR, zip VARCHAR)) AS a"
    changed = nested(
        {"name": "citi", "logicalType": "string"}, {"name": "zip", "logicalType": "integer"}
    )
    shop = product(Port("orders", {"a": "object"}), orders=select)
    missing, misfit = compiled(FAR, shop, changed=changed)["shop.orders"].diagnostics
    assert (missing.code, missing.excerpt.strip()) == ("W408", '"name": "citi",')
    assert missing.message == "model `orders` does not give column `a.citi`"
    assert missing.note == "did you mean `city`?"
    assert (misfit.code, misfit.excerpt.strip()) == ("W409", '"logicalType": "integer"')
    assert misfit.message == "column `a.zip` of model `orders` does not fit its contract"


def test_what_a_contract_does_not_list_inside_of_a_column() -> None:
    select = "SELECT CAST(NULL AS STRUCT(city VARCHAR, secret VARCHAR)) AS a"
    shop = product(Port("orders", {"a": "object"}), orders=select)
    changed = nested({"name": "city", "logicalType": "string"})
    (one,) = compiled(FAR, shop, changed=changed)["shop.orders"].diagnostics
    assert (one.code, one.excerpt.strip()) == ("W409", '"properties": [')
    assert one.message == "model `orders` gives column `a.secret`, which is not promised"
    assert one.help == "list it in the contract, or leave it out of the model"
    assert codes(FAR, shop) == []


@pytest.mark.parametrize("name", ["TIMESTAMP_S", "ENUM('a')", "HUGEINT", "INTEGER[2]"])
@pytest.mark.parametrize("select", ["CAST(NULL AS {})", "max_by(CAST(NULL AS {}), 1) OVER ()"])
def test_a_type_that_is_stored_as_another_cannot_be_promised(name: str, select: str) -> None:
    path = "domains/shop/orders/orders.v1.odcs.yaml"
    shop = product(Port("orders", {"a": ""}), orders=f"SELECT {select.format(name)} AS a")
    contract = json.loads(mesh_files([shop])[path])
    contract["schema"][0]["properties"] = [{"name": "a", "physicalType": name}]
    found = compiled(FAR, shop, changed={path: json.dumps(contract).encode()})
    assert [each.code for each in found["shop.orders"].diagnostics] == ["W409"]


def test_a_port_knows_what_its_model_gives_and_what_is_promised_inside() -> None:
    select = "SELECT CAST(NULL AS STRUCT(city VARCHAR)) AS a, 1 AS more"
    changed = nested({"name": "city", "logicalType": "string"})
    shop = product(Port("orders", {"a": "object"}), orders=select)
    (found,) = manifest(FAR, shop, changed=changed).ports[0].objects
    assert [(each.name, each.type) for each in found.given] == [("a", "STRUCT(city VARCHAR)")]
    assert [each.name for each in found.promises[0].properties] == ["city"]
    assert [each.type for each in found.columns] == [""]
