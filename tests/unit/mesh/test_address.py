from __future__ import annotations

import pytest

from weft.mesh.address import port_and_major, product_of


@pytest.mark.parametrize(
    "address",
    ["a.b", "a.b.model", "a.b.port@1", "a.b.port@12#object.column", "a.b.port#object.column"],
)
def test_the_product_that_an_address_lies_in(address: str) -> None:
    assert product_of(address) == "a.b"


@pytest.mark.parametrize("text", ["", "a"])
def test_what_is_in_no_product_stays_as_it_is(text: str) -> None:
    assert product_of(text) == text


def test_a_port_and_its_major() -> None:
    assert port_and_major("a.b.port@12") == ("a.b.port", 12)
    with pytest.raises(ValueError, match="invalid literal"):
        port_and_major("a.b.port@")
