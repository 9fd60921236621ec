"""Names and addresses: how domains, products and ports are printed, parsed and checked.

Every address is printed and parsed here and nowhere else; looking an address up is done elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_NAME = 40
MAJOR_ONLY = re.compile(r"[1-9][0-9]{0,5}")

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VERSIONED = re.compile(r".*_(v[0-9]+|rc)")
_RESERVED = frozenset(
    (
        *("weft", "quarantine", "internal", "releases", "public", "main", "system", "temp"),
        "information_schema",
    )
)


class AddressError(ValueError):
    """A text that is no address; the message says what an address looks like."""


def name_problem(name: str, *, is_object: bool = False) -> str:
    """Say what is wrong with a name of ours, without a full stop; "" when it is right.

    `is_object` adds the rule for objects of a port, whose names must leave room for `_v1`.

    >>> name_problem("flights")
    ''
    >>> name_problem("Flights")
    'use lower-case letters, digits and single underscores, starting with a letter'
    """
    if not _NAME.fullmatch(name):
        return "use lower-case letters, digits and single underscores, starting with a letter"
    if len(name) > MAX_NAME:
        return f"{len(name)} characters are too many, at most {MAX_NAME} are allowed"
    if name in _RESERVED or name.startswith("pg_"):
        return f"`{name}` is reserved"
    if is_object and _VERSIONED.fullmatch(name):
        return "an object cannot end in `_vN` or `_rc`, Weft adds these itself"
    return ""


def major_of(version: str) -> int | None:
    """Return the major number of a version such as `1.4.2` or `v2.0.0`; None when it has none.

    >>> major_of("1.4.2"), major_of("v2"), major_of("soon")
    (1, 2, None)
    """
    found = re.fullmatch(r"v?([0-9]{1,6})(\.[0-9]{1,6}){0,2}([-+][0-9A-Za-z.-]+)?", version)
    return int(found.group(1)) if found else None


def product_of(address: str) -> str:
    """Return the product in the address of anything that is in one, without looking at the rest.

    >>> product_of("operations.flights.departures@1#delay"), product_of("operations.flights")
    ('operations.flights', 'operations.flights')
    """
    path = address.partition("#")[0].partition("@")[0]
    return ".".join(path.split(".")[:2])


def port_and_major(address: str) -> tuple[str, int]:
    """Return the port and the major number in the address of a port version.

    >>> port_and_major("operations.flights.departures@1")
    ('operations.flights.departures', 1)
    """
    port, _, major = address.rpartition("@")
    return port, int(major)


def is_part_of(port: str, address: str) -> bool:
    """Whether a port version is the one named, or of the port, product or domain that is.

    >>> is_part_of("sales.orders.lines@1", "sales.orders"), is_part_of("sales.orders.lines@1", "a")
    (True, False)
    """
    return port == address or port.startswith((f"{address}.", f"{address}@"))


@dataclass(frozen=True, order=True)
class ProductAddress:
    """`domain.product`."""

    domain: str
    product: str

    def __str__(self) -> str:
        return f"{self.domain}.{self.product}"

    @staticmethod
    def parse(text: str) -> ProductAddress:
        """Read `domain.product`; raise AddressError when it is something else.

        >>> ProductAddress.parse("operations.flights").product
        'flights'
        """
        parts = text.split(".")
        if len(parts) != 2 or any(not _NAME.fullmatch(part) for part in parts):
            raise AddressError(f"`{text}` is no product address; one looks like `sales.orders`")
        return ProductAddress(*parts)


@dataclass(frozen=True, order=True)
class PortAddress:
    """`domain.product.port`, with `@N` when a major version is meant."""

    product: ProductAddress
    port: str
    major: int | None = None

    def __str__(self) -> str:
        return f"{self.product}.{self.name}"

    @property
    def name(self) -> str:
        """`port@N`, or the port alone where no major version is meant."""
        return self.port if self.major is None else f"{self.port}@{self.major}"

    @staticmethod
    def parse(text: str) -> PortAddress:
        """Read `domain.product.port[@N]`; raise AddressError when it is something else.

        >>> str(PortAddress.parse("operations.flights.departures@1"))
        'operations.flights.departures@1'
        """
        path, at, major = text.partition("@")
        parts = path.split(".")
        good = len(parts) == 3 and all(_NAME.fullmatch(part) for part in parts)
        if not good or (at and not MAJOR_ONLY.fullmatch(major)):
            raise AddressError(
                f"`{text}` is no port address; one looks like `sales.orders.lines@1`"
            )
        product = ProductAddress(parts[0], parts[1])
        return PortAddress(product, parts[2], int(major) if at else None)
