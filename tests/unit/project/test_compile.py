"""A product compiled: what its digest counts, what clashes, and the order of products."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compiling import codes, compiled, manifest, parsed

from mesh_files import Port, Product, Source, document
from weft.mesh.contract import Status
from weft.mesh.diagnostic import Severity
from weft.project.product_order import cycle_diagnostic, order_products

COLUMNS = {"id": "integer"}
ORDERS = Product(
    "shop.orders",
    {"orders": "SELECT id FROM raw", "other": "SELECT id FROM orders"},
    (Port("orders", COLUMNS, required=("id",)),),
    sources=(Source("raw", "data/raw.csv", COLUMNS),),
)
SUMS = Product(
    "shop.sums",
    {"sums": "SELECT id FROM orders"},
    (Port("sums", COLUMNS),),
    inputs=("shop.orders.orders",),
)
PATH = ORDERS.folder


def test_a_product_has_everything_that_its_files_say() -> None:
    found = manifest(ORDERS)
    assert found.address == "shop.orders" and found.warehouse == "lake"
    assert [each.name for each in found.transforms] == ["orders", "other"]
    assert [(each.port, each.version, each.status) for each in found.ports] == [
        ("orders", "1.0.0", Status.ACTIVE)
    ]
    assert [each.name for each in found.sources] == ["raw"]
    assert [(each.name, each.source) for each in found.inputs] == [("raw", "raw")]
    assert len(found.digest) == 32


@pytest.mark.parametrize(
    "changed",
    [
        {f"{PATH}/models/orders.sql": b"-- a comment\nSELECT\n  id -- here\nFROM raw"},
        {f"{PATH}/models/orders.sql": b"select id from raw"},
        {f"{PATH}/models/orders.sql": b'SELECT "id" FROM raw AS r'},
    ],
)
def test_another_text_of_the_same_meaning_has_the_same_digest(changed: dict[str, bytes]) -> None:
    assert manifest(ORDERS, changed=changed).digest == manifest(ORDERS).digest


@pytest.mark.parametrize(
    "other",
    [
        replace(ORDERS, description="Told otherwise."),
        replace(ORDERS, tags=("a",)),
        replace(ORDERS, models={**ORDERS.models, "orders": "SELECT id + 1 AS id FROM raw"}),
        replace(ORDERS, models={"orders": ORDERS.models["orders"]}),
        replace(ORDERS, models={**ORDERS.models, "other": "-- unique: [id]\nSELECT 1 AS id"}),
        replace(ORDERS, ports=(Port("orders", COLUMNS),)),
        replace(ORDERS, ports=(Port("orders", COLUMNS, required=("id",), version="1.0.1"),)),
        replace(ORDERS, sources=(Source("raw", "data/moved.csv", COLUMNS),)),
    ],
)
def test_another_meaning_has_another_digest(other: Product) -> None:
    assert manifest(other).digest != manifest(ORDERS).digest


def test_the_checks_of_a_models_head_come_with_it() -> None:
    models = {"orders": "-- required: [id]\n-- unique: [id]\nSELECT 1 AS id"}
    (found,) = manifest(Product("shop.orders", models)).transforms
    assert [check.kind for check in found.checks] == ["required", "unique"]


def test_a_name_that_is_an_input_and_a_model() -> None:
    clash = replace(SUMS, models={**SUMS.models, "orders": "SELECT 1 AS id"})
    assert codes(ORDERS, clash) == ["W421"]


def test_a_product_with_errors_is_not_compiled_but_warnings_pass() -> None:
    broken = compiled(replace(ORDERS, models={"orders": "SELECT nothing FROM raw"}))["shop.orders"]
    assert broken.manifest is None
    warned = compiled(Product("shop.clock", {"clock": "SELECT now() AS id"}))["shop.clock"]
    assert warned.manifest is not None
    assert [each.severity for each in warned.diagnostics] == [Severity.WARNING]


def test_a_product_that_could_not_be_read_keeps_its_findings() -> None:
    bad = {f"{PATH}/product.yaml": document({"kind": "DataProduct"})}
    found = compiled(ORDERS, changed=bad)["shop.orders"]
    assert found.manifest is None and found.diagnostics != ()


def test_products_are_ordered_by_what_they_read_whatever_came_first() -> None:
    found = compiled(ORDERS, SUMS)
    manifests = [each.manifest for each in found.values() if each.manifest]
    assert order_products(manifests) == (("shop.orders", "shop.sums"), ())
    assert order_products(reversed(manifests)) == (("shop.orders", "shop.sums"), ())


def test_a_circle_of_products_is_shown_at_an_input_port() -> None:
    one = Product("a.one", {"m": "SELECT id FROM p"}, (Port("m", COLUMNS),), ("a.two.p",))
    two = Product("a.two", {"p": "SELECT id FROM m"}, (Port("p", COLUMNS),), ("a.one.m",))
    manifests = [each.manifest for each in compiled(one, two).values() if each.manifest]
    order, cycle = order_products(manifests)
    assert order == () and set(cycle) == {"a.one", "a.two"} and cycle[0] == cycle[-1]
    found = cycle_diagnostic(cycle, parsed(one, two))
    assert found.code == "W405" and found.span is not None
    assert found.span.file.endswith("/product.yaml") and found.span.line > 1
    assert " -> ".join(cycle) in found.message
    assert cycle_diagnostic(cycle, {}).span is None
