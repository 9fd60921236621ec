"""List and show: products, ports and models as applied, and how they stand now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from weft.app.bootstrap import Opened
from weft.app.current import shown_releases
from weft.app.errors import NotFound
from weft.app.load import Loaded
from weft.app.plan import plan_situation
from weft.app.remembered import Remembered, applied_definitions, load_files, remembered
from weft.app.select import select_products
from weft.app.situation import gather
from weft.contract.candidates import is_shown
from weft.mesh.address import product_of
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest, Transform
from weft.mesh.release import Release
from weft.plan.plan import Plan
from weft.warehouses.protocol import WarehouseError


@dataclass(frozen=True)
class Line:
    """One product in a list.

    `state` is `proposed`, `new`, `changed`, `newer data`, `held` or `applied`, and `as production`
    where a product has nothing of its own in another environment and shows production's release.
    It is `damaged` where what the current release says is lost in the warehouse. Where
    only the store knows the product it is `removed`, or `elsewhere` when another root applied it.
    It is `has errors` where its own files do, and then the rest is as it was applied last;
    `unknown` where errors elsewhere, or a source that cannot be read, keep it from being compared.
    `root` is the one that applied it last, or that would. `shows` is the environment whose release
    is shown, "" where there is none. `marks` says of ports, by name, what they are other than
    published: a preview, or what keeps readers from seeing them.
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
    root: str
    shows: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Detail:
    """A product with what is released of it, and who reads it."""

    manifest: ProductManifest
    line: Line
    release: Release | None
    consumers: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """Products by address. Files that are not `sound` may hide those of a whole domain.

    Of `selected` ones there are none only where products were asked for by their changes.
    """

    lines: tuple[Line, ...]
    sound: bool = True
    selected: bool = False


def list_products(mesh: Opened, select: tuple[str, ...] = ()) -> Listing:
    """The products of the files and of the store, by address.

    Raises NotFound, and Invalid where `weft.yaml` has errors.
    """
    view = _View(mesh)
    chosen = tuple(sorted(view.products))
    if select:
        chosen = select_products(select, view.products, mesh.folder)
    lines = tuple(view.line(address) for address in chosen)
    return Listing(lines, view.loaded.sound, bool(select))


def show_product(mesh: Opened, address: str) -> Detail:
    """A product by its own address or that of something in it.

    Raises NotFound, and Invalid where it was never applied and its files have errors.
    """
    view = _View(mesh)
    product = product_of(address)
    if product not in view.products:
        next_step = "weft ls" if view.loaded.sound else "weft validate, the files have errors"
        raise NotFound("product", product, view.products, next_step=next_step)
    if product in view.unread:
        raise view.loaded.invalid()
    manifest = view.products[product]
    return Detail(manifest, view.line(product), view.releases.get(product), view.consumers(product))


def named_part(detail: Detail, address: str) -> PortVersion | Transform | None:
    """The port or model that an address names inside a product; None for the product itself.

    Without a major the highest one is meant. With `#column`, or `#object.column`, it has that
    column alone. Raises NotFound.
    """
    manifest = detail.manifest
    if address == manifest.address:
        return None
    place, mark, column = address.partition("#")
    parts = _parts(manifest)
    if place not in parts:
        next_step = f"weft show {manifest.address}"
        raise NotFound("port, model or column", address, parts, next_step=next_step)
    return _with_column(parts[place], place, column) if mark else parts[place]


def _parts(manifest: ProductManifest) -> dict[str, PortVersion | Transform]:
    """The ports and models of a product by every address they have; a port hides a model."""
    parts: dict[str, PortVersion | Transform] = {each.name: each for each in manifest.transforms}
    for port in sorted(manifest.ports, key=lambda each: each.major):
        parts |= {port.port: port, port.name: port}
    return {f"{manifest.address}.{name}": part for name, part in parts.items()}


def _with_column(part: PortVersion | Transform, place: str, name: str) -> PortVersion | Transform:
    """A port or model with one column of those it has. Raises NotFound."""
    holders = part.objects if isinstance(part, PortVersion) else (part,)
    chosen = {
        each.name: tuple(
            column for column in each.columns if name in (column.name, f"{each.name}.{column.name}")
        )
        for each in holders
    }
    if not any(chosen.values()):
        known = [f"{place}#{column.name}" for each in holders for column in each.columns]
        raise NotFound("column", f"{place}#{name}", known, next_step=f"weft show {place}")
    if isinstance(part, Transform):
        return replace(part, columns=chosen[part.name])
    objects = [replace(each, columns=chosen[each.name]) for each in part.objects]
    return replace(part, objects=tuple(each for each in objects if each.columns))


def _planned(mesh: Opened, loaded: Loaded, memory: Remembered) -> Plan | None:
    """What would be done now; None when the files have errors or a source cannot be read."""
    if not loaded.sound:
        return None
    try:
        situation = gather(mesh, loaded.desired(mesh.environment), loaded.products, memory)
    except WarehouseError:
        return None
    return plan_situation(mesh, situation)


def _with_newer_data(plan: Plan) -> set[str]:
    """The products that do not show all of their data, versions aside that failed before."""
    newer = {product_of(model) for each in plan.data for model in each.models}
    return newer | {each.product for each in plan.steps if not each.only_of}


def _named(address: str) -> ProductManifest:
    """A product of which nothing is known but its name."""
    domain, _, name = address.partition(".")
    return ProductManifest(domain, name, "", "", "", "")


class _View:
    """Files, store and warehouses side by side.

    `unread` are products that nothing is known of but their names: their files have errors, and
    they were never applied.
    """

    def __init__(self, mesh: Opened) -> None:
        memory = remembered(mesh)
        self.loaded = load_files(mesh, memory)
        self._inherited = memory.inherited
        self._applied = {**memory.inherited, **memory.applied}
        gone = [each for each in self._applied if each not in self.loaded.products]
        applied = applied_definitions(mesh, memory, gone)
        named = {each: _named(each) for each in self.loaded.unusable if "." in each}
        self.unread = named.keys() - applied.keys()
        self.products = {**named, **applied, **self.loaded.products}
        plan = _planned(mesh, self.loaded, memory)
        self._compared = plan is not None
        self._held = {each.product for each in plan.held} if plan else set()
        self._kept = {each.address: each for each in plan.kept} if plan else {}
        self._today = mesh.system.now()[:10]
        self._visible = [it for it in Status if it.is_visible(production=mesh.production)]
        self._stepped = _with_newer_data(plan) if plan else set()
        homes = [(address, each.warehouse) for address, each in self.products.items()]
        # One that is about to move is still shown where it was.
        homes += [(each.product, each.warehouse) for each in memory.descriptors.values()]
        homes = list(dict.fromkeys(homes))
        there = mesh.settings.warehouses
        self.releases = shown_releases(mesh, (each for each in homes if each[1] in there))

    def line(self, address: str) -> Line:
        """The line of one product."""
        manifest = self.products[address]
        release = self.releases.get(address)
        return Line(
            product=address,
            title=manifest.title,
            owner=manifest.owner,
            status="" if address in self.unread else manifest.status,
            ports=tuple(port.name for port in manifest.ports),
            models=len(manifest.transforms),
            release=release.number if release else 0,
            published=release.at if release else "",
            state=self._state(address),
            reads=tuple(port.port or port.source for port in manifest.inputs),
            root=self._root(address),
            shows=release.environment if release else "",
            marks=dict(self._marks(manifest)),
        )

    def _marks(self, manifest: ProductManifest) -> Iterator[tuple[str, str]]:
        """The ports of a product that are not simply published, and what they are."""
        release = self.releases.get(manifest.address)
        shown = {it.name: it.candidate for it in release.ports} if release else {}
        for port in manifest.ports:
            kept = self._kept.get(f"{manifest.address}.{port.name}")
            if kept is not None:
                yield port.name, "checks failed" if kept.checks else "failed"
            elif port.candidate and not is_shown(port.candidate, self._today):
                yield port.name, "preview ended"
            elif shown.get(port.name):
                yield port.name, "preview"
            elif port.status not in (manifest.status, *self._visible):
                yield port.name, port.status

    def _root(self, address: str) -> str:
        applied = self._applied.get(address)
        return applied.root if applied else self.loaded.settings.root

    def _state(self, address: str) -> str:
        if address not in self.loaded.products:
            if self.loaded.has_errors(address):
                return "has errors"
            if self._root(address) != self.loaded.settings.root:
                return "elsewhere"
            return "as production" if address in self._inherited else "removed"
        if address not in self._applied:
            return "proposed" if self.products[address].is_proposed else "new"
        if self._applied[address].digest != self.products[address].digest:
            return "changed"
        if not self._compared:
            return "unknown"
        release = self.releases.get(address)
        if release and release.damaged:
            return "damaged"
        if address in self._held:
            return "held"
        if address in self._stepped:
            return "newer data"
        return "as production" if address in self._inherited else "applied"

    def consumers(self, address: str) -> tuple[str, ...]:
        """The products that read a port of this one."""
        return tuple(
            sorted(each.address for each in self.products.values() if address in each.reads)
        )
