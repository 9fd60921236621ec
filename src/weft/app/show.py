"""List and show: products, ports and models as applied, and how they stand now."""

from __future__ import annotations

from dataclasses import dataclass

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.load import Loaded
from weft.app.plan import plan_situation
from weft.app.select import select_products
from weft.app.situation import Remembered, current_releases, gather, load_files, remembered
from weft.mesh.address import AddressError, PortAddress, product_of
from weft.mesh.manifest import PortVersion, ProductManifest, Transform
from weft.mesh.release import Release
from weft.plan.plan import Plan
from weft.warehouses.protocol import WarehouseError


@dataclass(frozen=True)
class Line:
    """One product in a list.

    `state` is `new`, `changed`, `newer data`, `held`, `applied`, or `removed` where only the store
    knows it; `broken` where the files of the mesh have errors and nothing more can be said.
    """

    product: str
    title: str
    owner: str
    status: str
    ports: tuple[str, ...]
    models: int
    release: int
    published: str
    state: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Detail:
    """A product with what is released of it, and who reads it."""

    manifest: ProductManifest
    line: Line
    release: Release | None
    consumers: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """Products by address. Where the files are not `sound`, those with errors may be missing."""

    lines: tuple[Line, ...]
    sound: bool = True


def list_products(mesh: Opened, select: tuple[str, ...] = ()) -> Listing:
    """The products of the files and of the store, by address. Raises NotFound and Invalid."""
    view = _View(mesh)
    chosen = select_products(select, view.products) if select else sorted(view.products)
    return Listing(tuple(view.line(address) for address in chosen), view.sound)


def show_product(mesh: Opened, address: str) -> Detail:
    """A product by its own address or that of one of its ports or models. Raises NotFound."""
    view = _View(mesh)
    product = product_of(address)
    if product not in view.products:
        next_step = "weft ls" if view.sound else "weft validate, the files have errors"
        raise NotFound("product", product, view.products, next_step=next_step)
    manifest = view.products[product]
    return Detail(manifest, view.line(product), view.releases.get(product), view.consumers(product))


def named_part(detail: Detail, address: str) -> PortVersion | Transform | None:
    """The port or model that an address names inside a product; None for the product itself.

    Without a major the highest one is meant. Raises NotFound.
    """
    try:
        wanted = PortAddress.parse(address)
    except AddressError:
        return None
    manifest = detail.manifest
    ports = [each for each in manifest.ports if each.port == wanted.port]
    if wanted.major is not None:
        ports = [each for each in ports if each.major == wanted.major]
    if ports:
        return max(ports, key=lambda each: each.major)
    for transform in manifest.transforms:
        if transform.name == wanted.port and wanted.major is None:
            return transform
    known = [f"{manifest.address}.{each.name}" for each in manifest.ports]
    known += [f"{manifest.address}.{each.name}" for each in manifest.transforms]
    raise NotFound("port or model", address, known, next_step=f"weft show {manifest.address}")


def _planned(mesh: Opened, loaded: Loaded, memory: Remembered) -> Plan | None:
    """What would be done now; None when the files have errors or a source cannot be read."""
    if not loaded.sound:
        return None
    try:
        situation = gather(mesh, loaded.manifest(mesh.environment), loaded.products, memory)
    except WarehouseError:
        return None
    return plan_situation(mesh, situation, loaded.products)


class _View:
    """Files, store and warehouses side by side."""

    def __init__(self, mesh: Opened) -> None:
        memory = remembered(mesh)
        self._loaded = load_files(mesh, memory)
        self._applied = memory.applied
        gone = [each for each in self._applied if each not in self._loaded.products]
        self._gone = mesh.store.definitions.manifests(mesh.environment, gone)
        self.products = {**self._gone, **self._loaded.products}
        self._plan = _planned(mesh, self._loaded, memory)
        homes = [(address, each.warehouse) for address, each in self.products.items()]
        there = mesh.settings.warehouses
        self.releases = current_releases(mesh, (each for each in homes if each[1] in there))

    @property
    def sound(self) -> bool:
        """Whether the files have no errors."""
        return self._loaded.sound

    def line(self, address: str) -> Line:
        """The line of one product."""
        manifest = self.products[address]
        release = self.releases.get(address)
        return Line(
            product=address,
            title=manifest.title,
            owner=manifest.owner,
            status=manifest.status,
            ports=tuple(port.name for port in manifest.ports),
            models=len(manifest.transforms),
            release=release.number if release else 0,
            published=release.at if release else "",
            state=self._state(address),
            reads=tuple(port.port or port.source for port in manifest.inputs),
        )

    def _state(self, address: str) -> str:
        if address in self._gone:
            return "removed"
        if address not in self._applied:
            return "new"
        if self._applied[address].digest != self.products[address].digest:
            return "changed"
        if self._plan is None:
            return "broken"
        if address in {each.product for each in self._plan.held}:
            return "held"
        steps = {step.product for step in self._plan.steps}
        return "newer data" if address in steps else "applied"

    def consumers(self, address: str) -> tuple[str, ...]:
        """The products that read a port of this one."""
        return tuple(
            sorted(
                each.address
                for each in self.products.values()
                if any(port.product == address for port in each.inputs)
            )
        )
