"""What an unknown name in FROM is instead, in the order of what helps most."""

from __future__ import annotations

from weft.project.names import MeshNames, explain_unknown

MESH = MeshNames.of(
    [("orders", "shop.orders"), ("stg_orders", "shop.orders"), ("own", "shop.sums")],
    ["shop.orders.orders", "shop.sums.own", "far.away.orders"],
)


def explained(name: str, *known: str) -> tuple[str, str]:
    return explain_unknown(name, "shop.sums", known, MESH)


def test_a_port_that_is_not_declared_comes_first() -> None:
    note, help = explained("orders", "orderz")
    assert note.startswith("`far.away.orders` is a port that this product does not declare")
    assert help == "add to inputPorts: {name: orders, contractId: far.away.orders}"


def test_a_misspelling() -> None:
    assert explained("custmers", "customers", "things") == ("did you mean `customers`?", "")


def test_the_inside_of_another_product() -> None:
    note, help = explained("stg_orders")
    assert (
        note == "`stg_orders` is a model inside shop.orders; only its published ports can be read"
    )
    assert help == "weft show shop.orders"


def test_own_ports_are_no_ports_to_declare() -> None:
    assert explained("own", "other") == ("known here: `other`", "")


def test_otherwise_what_is_known_here() -> None:
    names = [f"m{number}" for number in range(9)]
    assert explained("completely_else", *names)[0] == (
        "known here: `m0`, `m1`, `m2`, `m3`, `m4`, `m5`"
    )
    assert explained("completely_else")[0] == ("this product has no other model and no input port")


def test_the_inside_of_another_product_beside_a_misspelling() -> None:
    note, help = explained("stg_orders", "stg_order")
    assert note.startswith("`stg_orders` is a model inside shop.orders; ")
    assert note.endswith("; did you mean `stg_order`?")
    assert help == "weft show shop.orders"


def test_a_model_or_port_by_its_full_name() -> None:
    note, help = explained("shop.orders.stg_orders", "a")
    assert note.startswith("`stg_orders` is a model inside shop.orders; ")
    assert help == "weft show shop.orders"
    assert explained("far.away.orders")[1] == (
        "add to inputPorts: {name: orders, contractId: far.away.orders}"
    )
    assert explained("shop.orders.own") == ("this product has no other model and no input port", "")
    assert explained("shop.sums.a", "a") == (
        "a model of the product itself is named alone",
        "write `a`",
    )
