"""Load a mesh: settings, domains and products from files, compiled into one manifest.

Only what changed since the last time is read and compiled again. No warehouse is touched.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from weft.app.cache import Cache, CachedProduct
from weft.app.errors import Invalid
from weft.app.reading import VERSION, Reading, parse_folder, parsed_of, read_domain, read_shared
from weft.app.settings import read_settings
from weft.app.system import System
from weft.app.workspace import ProductFolder, Workspace
from weft.mesh.address import port_and_major
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.manifest import Descriptor, Manifest, ProductManifest
from weft.mesh.product import Domain
from weft.mesh.settings import MeshSettings
from weft.project.faces import (
    Faces,
    PortFace,
    faces_of_descriptors,
    faces_of_manifest,
    faces_of_product,
)
from weft.project.fragments import Used
from weft.project.names import MeshNames
from weft.project.product_order import cycle_diagnostic, order_products
from weft.project.variables import resolve_variables
from weft.sql.dialect import dialect_named

if TYPE_CHECKING:
    from weft.app.compiling import Compilation

# A file changed this shortly before it was looked at may change again within the same tick of
# the clock, unseen; it is read again next time.
_TICK_NS = 50_000_000


@dataclass(frozen=True)
class Broken:
    """A product that does not compile, because its inputs have lost something that it reads.

    `ports` are those that the files change so; none where that is published already.
    """

    consumer: str
    ports: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Loaded:
    """A mesh as its files define it. `products` are those without errors, in order.

    `unusable` are the addresses of products, and the names of domains, whose own files have errors.
    """

    settings: MeshSettings
    domains: Mapping[str, Domain]
    products: Mapping[str, ProductManifest]
    order: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: int
    broken: tuple[Broken, ...] = ()
    unusable: frozenset[str] = frozenset()

    @property
    def sound(self) -> bool:
        """Whether there is no error."""
        return all(each.severity is not Severity.ERROR for each in self.diagnostics)

    def has_errors(self, address: str) -> bool:
        """Whether the files of a product are there and cannot be used."""
        return not self.unusable.isdisjoint((address, address.partition(".")[0]))

    @property
    def built(self) -> Mapping[str, ProductManifest]:
        """The products that are built and published: all but those that are only proposed."""
        return {name: each for name, each in self.products.items() if not each.is_proposed}

    @property
    def proposed(self) -> tuple[str, ...]:
        """The products that are checked and shown, and not built."""
        return tuple(name for name, each in self.products.items() if each.is_proposed)

    def manifest(self, environment: str) -> Manifest:
        """All that the files define, for an environment. Raises Invalid when they have errors."""
        if not self.sound:
            raise self.invalid()
        return Manifest(
            mesh=self.settings.mesh,
            environment=environment,
            root=self.settings.root,
            products={address: self.products[address] for address in self.order},
            order=self.order,
        )

    def desired(self, environment: str) -> Manifest:
        """What an environment is to have. Raises Invalid when the files have errors."""
        return self.manifest(environment).narrowed(self.built)

    def invalid(self) -> Invalid:
        """What is raised where the mesh has errors."""
        return Invalid(self.diagnostics, files=self.files, products=tuple(self.products))


Applied = Callable[[Collection[str]], Mapping[str, ProductManifest]]
"""Gives the applied definitions of products, as far as there are any."""


def load(
    folder: Path,
    system: System,
    cache: Cache,
    descriptors: Iterable[Descriptor] | None = (),
    applied: Applied | None = None,
) -> Loaded:
    """Load the mesh in a folder. Raises Invalid when `weft.yaml` itself cannot be used.

    `descriptors` are of what is published, None where nobody could be asked for them. With
    `applied` a product that lost what it reads, and somebody answers for that, is as it was.
    """
    remembered = cache.products()
    reading = read_mesh(folder, system, remembered)
    settings = reading.settings
    described = None if descriptors is None else tuple(descriptors)
    published = None if described is None else faces_of_descriptors(described)
    products, broken = _compile(reading, published, cache, remembered, applied)
    reading.diagnostics += reading.workspace.findings
    reading.diagnostics += _missing_for_sources(reading, products, system.variables)
    others = {each.product: each.reads for each in described or () if each.root != settings.root}
    order, cycle = order_products(products.values(), others)
    if cycle:
        reading.diagnostics.append(cycle_diagnostic(cycle, parsed_of(reading, cycle)))
    return Loaded(
        settings=settings,
        domains=reading.domains,
        products=products,
        order=order,
        diagnostics=tuple(sorted(reading.diagnostics, key=lambda each: each.order)),
        files=reading.files,
        broken=broken,
        unusable=frozenset(reading.unread | _addresses(reading) - set(products)),
    )


def read_mesh(folder: Path, system: System, remembered: Mapping[str, CachedProduct]) -> Reading:
    """Read the mesh in a folder, but for products that are remembered.

    Raises Invalid when `weft.yaml` itself cannot be used.
    """
    # What the parser has to say about a definition is said by our own diagnostics.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    workspace = Workspace(folder)
    settings, diagnostics = read_settings(workspace, system.variables)
    reading = Reading(
        workspace, settings, system.nanoseconds(), system.cpus, diagnostics=list(diagnostics)
    )
    read_shared(reading)
    for name in workspace.domains():
        read_domain(reading, name, remembered)
    return reading


def _missing_for_sources(
    reading: Reading, products: Mapping[str, ProductManifest], variables: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """What sources lack is found out each time: it is not in the files that are remembered."""
    named = [
        address
        for address, product in products.items()
        if product.tables
        or any(resolve_variables(each.pattern, variables)[1] for each in product.sources)
    ]
    if not named:
        return
    from weft.project.sources import unset_variables
    from weft.project.tables import misplaced_tables

    warehouses = reading.settings.warehouses
    for parsed in parsed_of(reading, named).values():
        for source in parsed.product.sources if parsed.product else ():
            document = parsed.documents[source.path]
            yield from unset_variables(source, document, variables)
            yield from misplaced_tables(source, document, warehouses, variables)


def _addresses(reading: Reading) -> set[str]:
    """The addresses that the folders of products stand for."""
    return {".".join(path.split("/")[1:]) for path in reading.stamps}


def _compile(
    reading: Reading,
    published: tuple[PortFace, ...] | None,
    cache: Cache,
    remembered: Mapping[str, CachedProduct],
    applied: Applied | None,
) -> tuple[dict[str, ProductManifest], tuple[Broken, ...]]:
    faces = faces_of_mesh(reading, published)
    products = _still_good(reading, faces)
    broken: list[Broken] = []
    entries: dict[str, CachedProduct] = {}
    for path, compiled in _compile_fresh(reading, faces, published or (), applied):
        if not compiled.broken:
            reading.diagnostics += compiled.diagnostics
        if compiled.manifest is None:
            continue
        manifest = compiled.manifest
        products[manifest.address] = manifest
        if compiled.broken:
            broken.append(Broken(manifest.address, compiled.broken_by, compiled.diagnostics))
            continue
        stamps = reading.stamps[path]
        if all(reading.began - stamp.mtime_ns > _TICK_NS for stamp in stamps):
            used = reading.fresh[path].used
            around = _surroundings(manifest, used, reading, faces)
            entries[path] = CachedProduct(
                VERSION, stamps, around, manifest, compiled.diagnostics, used
            )
    gone = [path for path in remembered if path not in reading.stamps]
    if entries or gone:
        cache.remember_products(entries, gone)
    return products, tuple(broken)


def _still_good(reading: Reading, faces: Faces) -> dict[str, ProductManifest]:
    """The remembered products that saw of others what is there now; the rest is read again."""
    products: dict[str, ProductManifest] = {}
    for path, kept in reading.kept.items():
        if kept.surroundings == _surroundings(kept.manifest, kept.used, reading, faces):
            products[kept.manifest.address] = kept.manifest
            reading.diagnostics += kept.diagnostics
        else:
            folder = ProductFolder(kept.manifest.domain, path, kept.files)
            reading.fresh[path] = parse_folder(reading, folder)
    return products


def _compile_fresh(
    reading: Reading, faces: Faces, published: tuple[PortFace, ...], applied: Applied | None
) -> Iterable[tuple[str, Compilation]]:
    if not reading.fresh:
        return ()
    from weft.app.compiling import Surroundings, compile_as_applied, compile_products

    names = names_of_mesh(reading, faces)
    around = Surroundings(reading.settings.root, reading.domains, faces, names, published)
    paths = sorted(reading.fresh)
    parsed = [reading.fresh[path] for path in paths]
    found = dict(zip(paths, compile_products(parsed, around, reading.cpus), strict=True))
    failed = {
        product.address: path
        for path, each in found.items()
        if each.manifest is None and (product := reading.fresh[path].product)
    }
    for address, manifest in (applied(failed) if applied and failed else {}).items():
        path = failed[address]
        found[path] = compile_as_applied(found[path], reading.fresh[path], around, manifest)
    return found.items()


def faces_of_mesh(reading: Reading, published: tuple[PortFace, ...] | None) -> Faces:
    """What the products of a mesh may know of each other, and of what others publish."""
    own: list[PortFace] = []
    for path in reading.stamps:
        if path in reading.kept:
            own += faces_of_manifest(reading.kept[path].manifest)
            continue
        product = reading.fresh[path].product
        if product is not None:
            domain = reading.domains[product.domain]
            dialect = dialect_named(domain.dialect)
            native = domain.warehouse_dialect
            own += faces_of_product(product, dialect, domain.warehouse, native)
    unread = {name for each in reading.fresh.values() for name in each.unread if "." in name}
    unread |= reading.unread
    return Faces(own, published or (), unread, partial=published is None)


def names_of_mesh(reading: Reading, faces: Faces) -> MeshNames:
    """The names that a query may have meant, wherever they are."""
    models = [
        (transform.name, each.manifest.address)
        for each in reading.kept.values()
        for transform in each.manifest.transforms
    ]
    models += [
        (model.name, each.product.address)
        for each in reading.fresh.values()
        if each.product is not None
        for model in each.product.models
    ]
    return MeshNames.of(models, faces.ports)


def _surroundings(
    manifest: ProductManifest, used: Iterable[Used], reading: Reading, faces: Faces
) -> str:
    """Hash what a compilation saw outside of its own files: domain, fragments and inputs."""
    seen = [
        [port.name, port.pinned, _seen(port.port, faces)] for port in manifest.inputs if port.port
    ]
    domain = reading.domains[manifest.domain]
    shared = reading.digest(manifest.domain, used)
    text = msgspec.json.encode([reading.settings.root, domain, shared, seen], order="sorted")
    return hashlib.sha256(text).hexdigest()


def _seen(port: str, faces: Faces) -> object:
    address, major = port_and_major(port)
    current = faces.current(address)
    return [current.major if current else 0, faces.majors(address).get(major)]
