"""Which releases are current, by what the warehouses say: here, and in production instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from weft.app.bootstrap import Opened
from weft.mesh.release import Observed, Release
from weft.warehouses.protocol import Scope


def current_releases(mesh: Opened, homes: Iterable[tuple[str, str]]) -> dict[str, Release]:
    """The current releases of products, which are given with the warehouse of each."""
    return current_of(observe(mesh, mesh.environment, _by_warehouse(homes)))[0]


def shown_releases(mesh: Opened, homes: Iterable[tuple[str, str]]) -> dict[str, Release]:
    """The releases that readers of an environment see: its own, or else production's.

    The products are given with the warehouse of each.
    """
    homes = tuple(homes)
    own = current_releases(mesh, homes)
    if mesh.production:
        return own
    others = _by_warehouse(each for each in homes if each[0] not in own)
    return own | current_of(observe(mesh, mesh.settings.production, others))[0]


def found_homes(mesh: Opened, products: Iterable[str]) -> dict[str, str]:
    """The warehouses on which products have their current releases, wherever that is."""
    everywhere = dict.fromkeys(mesh.settings.warehouses, tuple(products))
    return current_of(observe(mesh, mesh.environment, everywhere))[1]


def observe(
    mesh: Opened, environment: str, products: Mapping[str, Sequence[str]]
) -> dict[str, Observed]:
    """What warehouses have of products in an environment; both are given by warehouse."""
    return {
        name: mesh.warehouse(name).observe(Scope(environment, tuple(each)))
        for name, each in products.items()
    }


def current_of(
    observed: Mapping[str, Observed],
) -> tuple[dict[str, Release], dict[str, str]]:
    """The current release of each product, and the warehouse that has it.

    A product that has moved left an empty one where it was.
    """
    releases: dict[str, Release] = {}
    homes: dict[str, str] = {}
    for warehouse, each in observed.items():
        for address, release in each.releases.items():
            if address not in releases or releases[address].place < release.place:
                releases[address], homes[address] = release, warehouse
    return releases, homes


def _by_warehouse(homes: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    products: dict[str, list[str]] = {}
    for address, warehouse in homes:
        products.setdefault(warehouse, []).append(address)
    return products
