"""The order of products, and circles that go through other repositories."""

from __future__ import annotations

from weft.mesh.manifest import ProductManifest, ResolvedInput
from weft.project.product_order import order_products


def product(address: str, *reads: str) -> ProductManifest:
    domain, name = address.split(".")
    inputs = tuple(ResolvedInput("x", port=f"{each}.x@1") for each in reads)
    return ProductManifest(domain, name, "r", "", "lake", "duckdb", inputs=inputs)


def test_products_stand_after_those_they_read_wherever_these_are() -> None:
    own = [product("d.c", "d.b"), product("d.b", "up.a"), product("d.a")]
    assert order_products(own) == (("d.a", "d.b", "d.c"), ())
    others = {"up.a": ["d.a"], "down.x": ["d.c"]}
    order, cycle = order_products(own, others)
    assert sorted(order) == ["d.a", "d.b", "d.c"]
    assert order.index("d.a") < order.index("d.b") < order.index("d.c")
    assert cycle == ()


def test_a_circle_through_others_is_one() -> None:
    order, cycle = order_products([product("d.b", "up.a")], {"up.a": ["x.y"], "x.y": ["d.b"]})
    assert order == ()
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"d.b", "up.a", "x.y"}


def test_a_circle_of_others_alone_stops_nobody_else() -> None:
    others = {"x.y": ["x.z"], "x.z": ["x.y"], "v.w": ["v.w"]}
    assert order_products([product("d.b", "x.y")], others) == (("d.b",), ())


def test_what_the_files_say_of_a_product_counts_and_not_what_was_published() -> None:
    own = [product("d.b"), product("d.c", "d.b")]
    assert order_products(own, {"d.b": ["d.c"]}) == (("d.b", "d.c"), ())
