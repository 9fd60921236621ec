from __future__ import annotations

from weft.mesh.contract import Status
from weft.mesh.people import Member, Team
from weft.mesh.product import DataProduct, InputPort, OutputPort
from weft.project.odps import read_product


def test_a_full_product() -> None:
    document = {
        "id": "a.b",
        "name": "B",
        "status": "deprecated",
        "version": "2.0.0",
        "description": {"purpose": "p"},
        "tags": ["t"],
        "inputPorts": [{"name": "i", "contractId": "c.d.e", "version": "1"}, {"name": "j"}],
        "outputPorts": [
            {"name": "o", "version": "1.0.0", "contractId": "a.b.o", "description": "d"}
        ],
        "team": {"name": "T", "members": [{"username": "u", "role": "owner"}, {"username": "v"}]},
    }
    assert read_product(document, "a", "b", "domains/a/b") == DataProduct(
        domain="a",
        name="b",
        path="domains/a/b",
        title="B",
        status=Status.DEPRECATED,
        version="2.0.0",
        purpose="p",
        tags=("t",),
        inputs=(InputPort("i", "c.d.e", "1"), InputPort("j")),
        outputs=(OutputPort("o", "1.0.0", "a.b.o", "d"),),
        team=Team("T", (Member("u", "owner"), Member("v"))),
        document=document,
    )


def test_a_product_of_the_least() -> None:
    product = read_product({"id": "a.b"}, "a", "b", "p")
    assert product == DataProduct("a", "b", "p", document={"id": "a.b"})


def test_a_team_that_is_a_list_of_people() -> None:
    document = {"id": "a.b", "team": [{"username": "u", "role": "owner"}, {"username": "v"}]}
    product = read_product(document, "a", "b", "p")
    assert product.team == Team("", (Member("u", "owner"), Member("v")))
