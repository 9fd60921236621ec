"""What products see of each other looks the same from files, manifests and descriptors."""

from __future__ import annotations

import pytest
from compiling import DUCKDB, compiled, parsed

from mesh_files import Port, Product
from weft.mesh.contract import SchemaProperty, Status
from weft.mesh.manifest import Column, Descriptor
from weft.project.faces import (
    Faces,
    PortFace,
    capped,
    column_of,
    faces_of_descriptors,
    faces_of_manifest,
    faces_of_product,
)

COLUMNS = {"id": "integer", "name": "string", "day": "date"}
PRODUCT = Product(
    "shop.orders",
    {"orders": "SELECT 1 AS id, 'a' AS name, current_date AS day"},
    (Port("orders", COLUMNS),),
)


def face(product: str, port: str, major: int, status: Status = Status.ACTIVE) -> PortFace:
    return PortFace(product, port, major, f"{major}.0.0", status, {port: ()})


def test_all_three_ways_give_the_same_face() -> None:
    product = parsed(PRODUCT)["shop.orders"].product
    manifest = compiled(PRODUCT)["shop.orders"].manifest
    assert product is not None and manifest is not None
    from_files = faces_of_product(product, DUCKDB)
    assert faces_of_manifest(manifest) == from_files
    (port,) = manifest.ports
    descriptor = Descriptor(
        port="orders",
        major=1,
        product="shop.orders",
        warehouse="lake",
        root="root",
        version=port.version,
        status=port.status,
        contract=port.contract,
        objects={obj.name: obj.columns for obj in port.objects},
    )
    assert faces_of_descriptors([descriptor]) == from_files
    assert from_files[0].address == "shop.orders.orders@1"


def test_a_type_is_promised_only_where_the_contract_leaves_no_choice() -> None:
    def column(**words: str) -> Column:
        return column_of(SchemaProperty("c", **words), DUCKDB)  # type: ignore[arg-type]

    assert column(logical_type="integer").type == ""
    assert column(logical_type="number").type == ""
    assert column(logical_type="string").type == "VARCHAR"
    assert column(logical_type="date").type == "DATE"
    assert column(logical_type="integer", physical_type="BIGINT").type == "BIGINT"


@pytest.mark.parametrize(
    ("status", "ceiling", "found"),
    [
        (Status.ACTIVE, Status.ACTIVE, Status.ACTIVE),
        (Status.ACTIVE, Status.DRAFT, Status.DRAFT),
        (Status.ACTIVE, Status.PROPOSED, Status.PROPOSED),
        (Status.PROPOSED, Status.DRAFT, Status.PROPOSED),
        (Status.ACTIVE, Status.DEPRECATED, Status.DEPRECATED),
        (Status.DEPRECATED, Status.RETIRED, Status.RETIRED),
        (Status.DRAFT, Status.RETIRED, Status.DRAFT),
        (Status.RETIRED, Status.ACTIVE, Status.RETIRED),
        (Status.RETIRED, Status.DRAFT, Status.RETIRED),
    ],
)
def test_a_product_is_the_ceiling_of_its_ports(
    status: Status, ceiling: Status, found: Status
) -> None:
    assert capped(status, ceiling) is found


def test_own_files_win_over_what_is_published_and_absence_counts() -> None:
    faces = Faces(
        [face("a.b", "p", 2)],
        [face("a.b", "p", 1), face("a.b", "q", 1), face("c.d", "r", 1)],
    )
    assert set(faces.ports) == {"a.b.p", "c.d.r"}
    assert list(faces.majors("a.b.p")) == [2]
    assert faces.majors("a.b.q") == {}


def test_the_current_major() -> None:
    draft, active = face("a.b", "p", 3, Status.DRAFT), face("a.b", "p", 1)
    assert Faces([draft, active]).current("a.b.p") == active
    assert Faces([draft]).current("a.b.p") == draft
    assert Faces([face("a.b", "p", 1, Status.RETIRED)]).current("a.b.p") is None
    assert Faces([]).current("a.b.p") is None


def test_what_cannot_be_read_hides_the_ports_below_it() -> None:
    faces = Faces([PortFace("a.b", "bare", 1, "1.0.0", Status.ACTIVE)], (), {"a.b.p", "c.d", "e"})
    assert [faces.is_unread(port) for port in ("a.b.p", "a.b.q", "c.d.x", "e.f.x", "c.e.x")] == [
        *(True, False, True, True, False)
    ]
    assert faces.is_unread("a.b.bare"), "its contract promises no object, which was reported"
    assert faces.majors("a.b.bare") == {}
