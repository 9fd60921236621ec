"""Names in a database: joined, shortened, and never two things by one name."""

from __future__ import annotations

import pytest

from weft.warehouses.postgres.names import (
    MAX_BYTES,
    Names,
    build_name,
    rows_name,
    shortened,
    source_name,
)

NAMES = Names("skyline", "prod")
LONG = "x" * 40


def test_the_places_of_a_product() -> None:
    here = NAMES.place("sales.orders", "prod")
    assert (here.ports, here.internal) == ("sales__orders", "sales__orders__internal")
    assert here.port_owner == "skyline__sales__orders"
    assert here.internal_owner == "skyline__sales__orders__internal"
    assert NAMES.place("sales.orders", "") == here
    dev = NAMES.place("sales.orders", "dev")
    assert (dev.ports, dev.internal) == ("dev__sales__orders", "dev__sales__orders__internal")
    assert dev.environment == "dev"


def test_the_place_of_what_belongs_to_no_product() -> None:
    here = NAMES.place("", "")
    assert (here.schemas, here.owners) == (("weft__internal",), ("skyline__weft__internal",))
    dev = NAMES.place("", "dev")
    assert dev.schemas == ("dev__weft__internal",)
    assert dev.owners == ("skyline__dev__weft__internal",)


def test_no_name_is_too_long_and_none_is_taken_twice() -> None:
    places = [
        NAMES.place(f"{LONG}.{LONG}", "prod"),
        NAMES.place(f"{LONG}.{LONG}", "dev"),
        NAMES.place(f"{LONG}.{LONG[:-1]}y", "prod"),
    ]
    names = [
        name
        for place in places
        for name in (place.ports, place.internal, place.port_owner, place.internal_owner)
    ]
    keys = [f(key) for f in (build_name, source_name) for key in ("a" * 64, "a" * 63 + "b")]
    rows = [rows_name("a" * 64, check) for check in ("one", "two")]
    together = [*names, *keys, *rows]
    assert len(set(together)) == len(together)
    assert max(len(name.encode()) for name in together) <= MAX_BYTES


@pytest.mark.parametrize("length", [1, 62, 63])
def test_what_fits_stays(length: int) -> None:
    assert shortened("x" * length) == "x" * length


@pytest.mark.parametrize("name", ["x" * 64, "ä" * 32, "日" * 40, "🦆" * 16])
def test_shortened_by_bytes(name: str) -> None:
    short = shortened(name)
    assert len(short.encode()) <= MAX_BYTES
    assert short[:10] == name[:10]
    assert shortened(name + "x") != short
