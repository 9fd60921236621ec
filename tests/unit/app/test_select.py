"""Selectors over four products: `a.one` feeds `a.two`, which feeds `b.three`; `c.four` is alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.app.errors import NotFound
from weft.app.select import select_products
from weft.mesh.manifest import ProductManifest, ResolvedInput


def product(address: str, *reads: str, tags: tuple[str, ...] = ()) -> ProductManifest:
    domain, _, name = address.partition(".")
    inputs = tuple(ResolvedInput(port, port=port) for port in reads)
    return ProductManifest(domain, name, "root", "", "lake", "duckdb", inputs=inputs, tags=tags)


PRODUCTS = {
    each.address: each
    for each in (
        product("a.one", tags=("gold",)),
        product("a.two", "a.one.port@1"),
        product("b.three", "a.two.port@2", "z.elsewhere.port@1", tags=("gold", "daily")),
        product("c.four"),
    )
}


@pytest.mark.parametrize(
    ("selectors", "chosen"),
    [
        (["a.one"], "a.one"),
        (["a"], "a.one a.two"),
        (["*.t*"], "a.two b.three"),
        (["tag:gold"], "a.one b.three"),
        (["a.two.port@1"], "a.two"),
        (["a.two.model"], "a.two"),
        (["+b.three"], "a.one a.two b.three"),
        (["a.one+"], "a.one a.two b.three"),
        (["+a.two+"], "a.one a.two b.three"),
        (["a.two", "c", "a.two"], "a.two c.four"),
        (["+c.four+"], "c.four"),
        ([], ""),
    ],
)
def test_a_selector_names_products(selectors: list[str], chosen: str) -> None:
    assert select_products(selectors, PRODUCTS, Path()) == tuple(chosen.split())


@pytest.mark.parametrize(
    ("selector", "near"),
    [("a.ones", "a.one"), ("+b.thre", "b.three"), ("tag:silver", ""), ("z.elsewhere", "")],
)
def test_a_selector_that_names_nothing_is_refused(selector: str, near: str) -> None:
    with pytest.raises(NotFound) as unknown:
        select_products(["a", selector], PRODUCTS, Path())
    assert unknown.value.why == (f"did you mean `{near}`?" if near else "")
