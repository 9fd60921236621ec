"""Load a mesh: settings, domains and products from files, compiled into one manifest.

Only what changed since the last time is read and compiled again. No warehouse is touched.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from weft.app.cache import Cache, CachedProduct
from weft.app.errors import Invalid
from weft.app.system import System
from weft.app.workspace import ProductFolder, Stamp, Workspace
from weft.mesh.diagnostic import Diagnostic, Severity, Span
from weft.mesh.manifest import Descriptor, Manifest, ProductManifest
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import Domain
from weft.mesh.settings import MeshSettings
from weft.project.faces import (
    Faces,
    PortFace,
    faces_of_descriptors,
    faces_of_manifest,
    faces_of_product,
)
from weft.project.names import MeshNames
from weft.project.parse import ParsedProduct, parse_domain, parse_product, parse_settings
from weft.project.product_order import cycle_diagnostic, order_products
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_named, dialect_names, is_dialect

if TYPE_CHECKING:
    from weft.app.compiling import Compilation

# A file changed this shortly before it was looked at may change again within the same tick of
# the clock, unseen; it is read again next time.
_TICK_NS = 50_000_000


@dataclass(frozen=True)
class Broken:
    """A product that compiles against its inputs as published, and not as the files change them."""

    consumer: str
    ports: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Loaded:
    """A mesh as its files define it. `products` are those without errors, in order."""

    settings: MeshSettings
    domains: Mapping[str, Domain]
    products: Mapping[str, ProductManifest]
    order: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: int
    broken: tuple[Broken, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether there is no error."""
        return all(each.severity is not Severity.ERROR for each in self.diagnostics)

    def manifest(self, environment: str, only: Iterable[str] = ()) -> Manifest:
        """The desired state of an environment; `only` these products, or all.

        Raises Invalid when the mesh has errors.
        """
        if not self.sound:
            raise Invalid(self.diagnostics, files=self.files)
        chosen = set(only) or set(self.products)
        order = tuple(address for address in self.order if address in chosen)
        return Manifest(
            mesh=self.settings.mesh,
            environment=environment,
            root=self.settings.root,
            products={address: self.products[address] for address in order},
            order=order,
        )


@dataclass
class _Reading:
    """The mesh while it is being read."""

    workspace: Workspace
    settings: MeshSettings
    began: int
    cpus: int
    domains: dict[str, Domain] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    files: int = 1
    fresh: dict[str, ParsedProduct] = field(default_factory=dict)
    kept: dict[str, CachedProduct] = field(default_factory=dict)
    stamps: dict[str, tuple[Stamp, ...]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)


def load_settings(folder: Path, variables: Mapping[str, str]) -> MeshSettings:
    """Read `weft.yaml` alone. Raises Invalid when it has errors."""
    settings, diagnostics = parse_settings(Workspace(folder).settings(), variables)
    if settings is None:
        raise Invalid(diagnostics, files=1)
    return settings


def load(
    folder: Path, system: System, cache: Cache, descriptors: Iterable[Descriptor] = ()
) -> Loaded:
    """Load the mesh in a folder. Raises Invalid when `weft.yaml` itself cannot be used."""
    # What the parser has to say about a definition is said by our own diagnostics.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    workspace = Workspace(folder)
    settings, diagnostics = parse_settings(workspace.settings(), system.variables)
    if settings is None:
        raise Invalid(diagnostics, files=1)
    reading = _Reading(
        workspace, settings, system.nanoseconds(), system.cpus, diagnostics=list(diagnostics)
    )
    remembered = cache.products()
    for name in workspace.domains():
        _read_domain(reading, name, remembered)
    products = _compile(reading, tuple(faces_of_descriptors(descriptors)), cache, remembered)
    reading.diagnostics += workspace.findings
    order, cycle = order_products(products.values())
    if cycle:
        reading.diagnostics.append(cycle_diagnostic(cycle, _parsed_of(reading, cycle)))
    return Loaded(
        settings=settings,
        domains=reading.domains,
        products=products,
        order=order,
        diagnostics=tuple(sorted(reading.diagnostics, key=lambda each: each.order)),
        files=reading.files,
        broken=tuple(reading.broken),
    )


def _read_domain(reading: _Reading, name: str, remembered: Mapping[str, CachedProduct]) -> None:
    path = f"domains/{name}/domain.yaml"
    try:
        file = reading.workspace.read(path)
    except FileNotFoundError:
        reading.diagnostics.append(
            Diagnostic(
                "W423",
                f"domain `{name}` has no domain.yaml",
                Span(f"domains/{name}"),
                help=f"weft new domain {name}",
            )
        )
        return
    reading.files += 1
    domain, found = parse_domain(file)
    reading.diagnostics += found
    if domain is None or not _usable(reading, domain, file):
        return
    native = reading.settings.warehouses[domain.warehouse].type
    if not domain.dialect:
        domain = replace(domain, dialect=native)
    elif domain.dialect != native:
        domain = replace(domain, warehouse_dialect=native)
    reading.domains[name] = domain
    for folder in reading.workspace.products(name):
        reading.files += len(folder.files)
        reading.stamps[folder.path] = folder.files
        entry = remembered.get(folder.path)
        if entry is not None and entry.files == folder.files and entry.version == _VERSION:
            reading.kept[folder.path] = entry
        else:
            reading.fresh[folder.path] = _parse(reading.workspace, folder)


def _parse(workspace: Workspace, folder: ProductFolder) -> ParsedProduct:
    files = [workspace.read(stamp.path) for stamp in folder.files]
    return parse_product(folder.path, folder.domain, files)


def _usable(reading: _Reading, domain: Domain, file: SourceFile) -> bool:
    """Report a domain that names a warehouse or a dialect that nobody has."""
    warehouses = tuple(reading.settings.warehouses)
    if domain.warehouse not in warehouses:
        key, name, known = "warehouse", domain.warehouse, warehouses
    elif domain.dialect and not is_dialect(domain.dialect):
        key, name, known = "dialect", domain.dialect, dialect_names()
    else:
        return True
    document, _ = read_yaml(file)
    if document is not None:
        note = did_you_mean(name, known, f"there is {', '.join(known)}")
        problem = f"unknown {key} `{name}`"
        reading.diagnostics.append(document.diagnostic("W412", problem, key, note=note))
    return False


def _version() -> str:
    return "/".join(f"{name} {version(name)}" for name in ("weft", "sqlglot"))


_VERSION = _version()


def _compile(
    reading: _Reading,
    published: tuple[PortFace, ...],
    cache: Cache,
    remembered: Mapping[str, CachedProduct],
) -> dict[str, ProductManifest]:
    faces = _faces(reading, published)
    products = _still_good(reading, faces)
    entries: dict[str, CachedProduct] = {}
    for path, compiled in _compile_fresh(reading, faces, published):
        if not compiled.broken_by:
            reading.diagnostics += compiled.diagnostics
        if compiled.manifest is None:
            continue
        manifest = compiled.manifest
        products[manifest.address] = manifest
        if compiled.broken_by:
            broken = Broken(manifest.address, compiled.broken_by, compiled.diagnostics)
            reading.broken.append(broken)
            continue
        stamps = reading.stamps[path]
        if all(reading.began - stamp.mtime_ns > _TICK_NS for stamp in stamps):
            around = _surroundings(manifest, reading, faces)
            entries[path] = CachedProduct(_VERSION, stamps, around, manifest, compiled.diagnostics)
    gone = [path for path in remembered if path not in reading.stamps]
    if entries or gone:
        cache.remember_products(entries, gone)
    return products


def _still_good(reading: _Reading, faces: Faces) -> dict[str, ProductManifest]:
    """The remembered products that saw of others what is there now; the rest is read again."""
    products: dict[str, ProductManifest] = {}
    for path, kept in reading.kept.items():
        if kept.surroundings == _surroundings(kept.manifest, reading, faces):
            products[kept.manifest.address] = kept.manifest
            reading.diagnostics += kept.diagnostics
        else:
            folder = ProductFolder(kept.manifest.domain, path, kept.files)
            reading.fresh[path] = _parse(reading.workspace, folder)
    return products


def _compile_fresh(
    reading: _Reading, faces: Faces, published: tuple[PortFace, ...]
) -> Iterable[tuple[str, Compilation]]:
    if not reading.fresh:
        return ()
    from weft.app.compiling import Surroundings, compile_products

    names = _names(reading, faces)
    around = Surroundings(reading.settings.root, reading.domains, faces, names, published)
    paths = sorted(reading.fresh)
    parsed = [reading.fresh[path] for path in paths]
    return zip(paths, compile_products(parsed, around, reading.cpus), strict=True)


def _faces(reading: _Reading, published: tuple[PortFace, ...]) -> Faces:
    own: list[PortFace] = []
    for path in reading.stamps:
        if path in reading.kept:
            own += faces_of_manifest(reading.kept[path].manifest)
            continue
        product = reading.fresh[path].product
        if product is not None:
            own += faces_of_product(product, dialect_named(reading.domains[product.domain].dialect))
    return Faces(own, published)


def _names(reading: _Reading, faces: Faces) -> MeshNames:
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


def _surroundings(manifest: ProductManifest, reading: _Reading, faces: Faces) -> str:
    """Hash what a product's compilation saw outside its own files: its domain and its inputs."""
    seen = [
        [port.name, port.pinned, _seen(port.port, faces)] for port in manifest.inputs if port.port
    ]
    domain = reading.domains[manifest.domain]
    text = msgspec.json.encode([reading.settings.root, domain, seen], order="sorted")
    return hashlib.sha256(text).hexdigest()


def _seen(port: str, faces: Faces) -> object:
    address, _, major = port.rpartition("@")
    current = faces.current(address)
    return [current.major if current else 0, faces.majors(address).get(int(major))]


def _parsed_of(reading: _Reading, addresses: Iterable[str]) -> dict[str, ParsedProduct]:
    """The parsed products of some addresses, read again where only the compiled form was kept."""
    paths = {f"domains/{address.replace('.', '/')}": address for address in addresses}
    found: dict[str, ParsedProduct] = {}
    for path, address in paths.items():
        parsed = reading.fresh.get(path)
        if parsed is None and path in reading.stamps:
            folder = ProductFolder(address.split(".")[0], path, reading.stamps[path])
            parsed = _parse(reading.workspace, folder)
        if parsed is not None:
            found[address] = parsed
    return found
