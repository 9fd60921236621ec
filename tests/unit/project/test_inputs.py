"""Which port version, or which source, an input port stands for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from compiling import codes, compiled, manifest

from mesh_files import Port, Product, Source, mesh_files
from weft.mesh.contract import Status
from weft.mesh.manifest import Column, ResolvedInput
from weft.project.faces import PortFace

COLUMNS = {"id": "integer"}
TWO_MAJORS = Product(
    "shop.orders",
    {"orders": "SELECT 1 AS id"},
    (Port("orders", COLUMNS), Port("orders", COLUMNS, version="2.1.0")),
)
READER = Product("shop.sums", {"sums": "SELECT id FROM orders"}, inputs=("shop.orders.orders",))


def rewired(**port: object) -> dict[str, bytes]:
    """The reader's product.yaml with other words about its one input port."""
    path = f"{READER.folder}/product.yaml"
    content = json.loads(mesh_files([READER])[path])
    content["inputPorts"][0].update(port)
    content["inputPorts"][0] = {k: v for k, v in content["inputPorts"][0].items() if v is not None}
    return {path: json.dumps(content, indent=1).encode()}


def with_statuses(first: str, second: str) -> Product:
    one, two = TWO_MAJORS.ports
    return replace(TWO_MAJORS, ports=(replace(one, status=first), replace(two, status=second)))


def test_a_floating_input_takes_the_highest_active_major() -> None:
    assert manifest(TWO_MAJORS, READER).inputs == (
        ResolvedInput("orders", port="shop.orders.orders@2"),
    )


@pytest.mark.parametrize(
    ("first", "second", "major"),
    [
        ("active", "draft", 1),
        ("active", "deprecated", 1),
        ("deprecated", "draft", 1),
        ("deprecated", "deprecated", 2),
        ("retired", "draft", 2),
    ],
)
def test_the_status_of_majors_decides(first: str, second: str, major: int) -> None:
    (found,) = manifest(with_statuses(first, second), READER).inputs
    assert found.port == f"shop.orders.orders@{major}" and not found.pinned


def test_a_pinned_input_stays_where_it_is() -> None:
    (found,) = manifest(TWO_MAJORS, READER, changed=rewired(version="1")).inputs
    assert (found.port, found.pinned) == ("shop.orders.orders@1", True)


def test_a_source_by_the_id_of_its_contract() -> None:
    own = Product(
        "shop.raw", {"m": "SELECT id FROM feed"}, sources=(Source("feed", "data/x.csv", COLUMNS),)
    )
    assert manifest(own).inputs == (ResolvedInput("feed", source="feed"),)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"contractId": "shop.orders.odrers"}, "W401"),
        ({"contractId": "not an address"}, "W401"),
        ({"version": "3"}, "W402"),
        ({"contractId": None}, "W417"),
    ],
)
def test_inputs_that_stand_for_nothing(words: dict[str, object], code: str) -> None:
    assert code in codes(TWO_MAJORS, READER, changed=rewired(**words))


def test_a_misspelt_port_names_the_right_one() -> None:
    changed = rewired(contractId="shop.orders.odrers")
    first = compiled(TWO_MAJORS, READER, changed=changed)["shop.sums"].diagnostics[0]
    assert first.note == "did you mean `shop.orders.orders`?"


def test_a_port_of_which_everything_is_retired() -> None:
    assert codes(with_statuses("retired", "retired"), READER)[0] == "W404"


def test_a_product_does_not_read_its_own_ports() -> None:
    own = replace(TWO_MAJORS, inputs=("shop.orders.orders",), models={"orders": "SELECT 1 AS id"})
    assert "W403" in codes(own)


def test_what_others_published_is_known_without_their_files() -> None:
    face = PortFace(
        "far.away",
        "orders",
        4,
        "4.0.0",
        Status.ACTIVE,
        {"orders": (Column("id", "INTEGER"),)},
    )
    reader = replace(READER, inputs=("far.away.orders",))
    found = compiled(reader, published=(face,))["shop.sums"].manifest
    assert found is not None
    assert found.inputs == (ResolvedInput("orders", port="far.away.orders@4"),)


@pytest.mark.parametrize(
    ("producer", "reader", "found"),
    [
        ("proposed", "active", ["W432"]),
        ("proposed", "draft", ["W432"]),
        ("proposed", "proposed", []),
        ("draft", "active", []),
        ("active", "proposed", []),
    ],
)
def test_only_proposals_read_what_is_only_proposed(
    producer: str, reader: str, found: list[str]
) -> None:
    first, second = replace(TWO_MAJORS, status=producer), replace(READER, status=reader)
    assert codes(first, second) == found


def test_who_reads_a_proposal_hears_where_and_how_to_go_on() -> None:
    [found] = compiled(replace(TWO_MAJORS, status="proposed"), READER)["shop.sums"].diagnostics
    assert found.message == "shop.orders is only proposed, so that nothing can be read of it"
    assert found.span is not None and found.span.file == "domains/shop/sums/product.yaml"
    assert found.note == "this product is active, and would be built"
    assert found.help == "`status: draft` in the product.yaml of shop.orders"
