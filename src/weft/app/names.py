"""The names that a mesh has, for a shell that completes them: quickly, so not from its files.

They are those of the last time that files were compiled, and of the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from weft.app.bootstrap import STATE, opened
from weft.app.cache import Cache
from weft.app.environments import known_environments
from weft.app.settings import load_settings
from weft.app.system import System
from weft.mesh.address import product_of
from weft.mesh.settings import AUTO, MeshSettings
from weft.warehouses.describing import DescribesTables


@dataclass(frozen=True)
class _Check:
    id: str


@dataclass(frozen=True)
class _CheckQuery:
    check: _Check


@dataclass(frozen=True)
class _Object:
    name: str
    checks: tuple[_CheckQuery, ...] = ()


@dataclass(frozen=True)
class _Port:
    port: str
    major: int
    objects: tuple[_Object, ...] = ()


@dataclass(frozen=True)
class _Growth:
    time_column: str = ""


@dataclass(frozen=True)
class _Model:
    name: str
    checks: tuple[_Check, ...] = ()
    growth: _Growth | None = None


@dataclass(frozen=True)
class _Product:
    """As much of a manifest as has names; the rest of it is not even decoded."""

    domain: str
    name: str
    tags: tuple[str, ...] = ()
    transforms: tuple[_Model, ...] = ()
    ports: tuple[_Port, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.domain}.{self.name}"

    @property
    def parts(self) -> Iterator[str]:
        """The addresses of its models and ports."""
        yield from (f"{self.address}.{each.name}" for each in self.transforms)
        yield from self.port_versions

    @property
    def port_versions(self) -> Iterator[str]:
        """The addresses of its ports."""
        return (f"{self.address}.{each.port}@{each.major}" for each in self.ports)


@dataclass(frozen=True)
class _Entry:
    manifest: _Product


def product_names(folder: Path) -> list[str]:
    """The addresses of all products of the mesh in a folder."""
    return [each.address for each in _products(folder)]


def address_names(folder: Path, begun: str) -> list[str]:
    """The addresses of products, and of what is in the product that `begun` can only mean."""
    products = _products(folder)
    meant = [each for each in products if each.address.startswith(begun)]
    meant = meant or [each for each in products if each.address == product_of(begun)]
    inside = meant[0].parts if len(meant) == 1 else ()
    return [*(each.address for each in products), *inside]


def port_names(folder: Path) -> list[str]:
    """The addresses of the versions of all ports."""
    return [port for each in _products(folder) for port in each.port_versions]


def selector_names(folder: Path) -> list[str]:
    """All that selects products by name: domains, products and tags."""
    products = _products(folder)
    domains = {each.domain for each in products}
    tags = {f"tag:{tag}" for each in products for tag in each.tags}
    return [*domains, *(each.address for each in products), *tags]


def timed_names(folder: Path) -> list[str]:
    """The models that grow by time, of which a range can be read anew."""
    return [
        f"{product.address}.{model.name}"
        for product in _products(folder)
        for model in product.transforms
        if model.growth and model.growth.time_column
    ]


def check_names(folder: Path) -> list[str]:
    """The checks of all products as `object.check`."""
    found: set[str] = set()
    for product in _products(folder):
        for model in product.transforms:
            found |= {f"{model.name}.{check.id}" for check in model.checks}
        for port in product.ports:
            for obj in port.objects:
                found |= {f"{obj.name}.{each.check.id}" for each in obj.checks}
    return list(found)


def environment_names(folder: Path) -> list[str]:
    """The environments that are declared, those where anything ever ran, and the branch's own.

    Raises Invalid and StoreError.
    """
    _, known = _environments(folder)
    return [AUTO, *known]


def names_that_end(folder: Path) -> list[str]:
    """The environments but production, which never ends. Raises Invalid and StoreError."""
    settings, known = _environments(folder)
    return [each for each in known if each != settings.production]


def _environments(folder: Path) -> tuple[MeshSettings, tuple[str, ...]]:
    """What `weft.yaml` says, and the environments that are known."""
    system = System()
    if (folder / STATE).is_dir():
        with opened(folder, "", system) as mesh:
            return mesh.settings, known_environments(mesh)
    settings = load_settings(folder, system.variables)
    return settings, settings.declared


def warehouse_names(folder: Path) -> list[str]:
    """The warehouses that are declared. Raises Invalid."""
    return list(load_settings(folder, System().variables).warehouses)


def table_names(folder: Path, words: Collection[str]) -> list[str]:
    """The tables and views that others have in the warehouses among these words.

    Raises Invalid, StoreError and WarehouseError.
    """
    if not (folder / STATE).is_dir():
        return []
    with opened(folder, "", System()) as mesh:
        there = [mesh.warehouse(each) for each in mesh.settings.warehouses if each in words]
        return [
            str(name)
            for each in there
            if isinstance(each, DescribesTables)
            for name in each.tables_of_others()
        ]


def _products(folder: Path) -> list[_Product]:
    if not (folder / STATE).is_dir():
        return []
    cache = Cache(folder / STATE)
    try:
        return [each.manifest for each in cache.products_as(_Entry)]
    finally:
        cache.close()
