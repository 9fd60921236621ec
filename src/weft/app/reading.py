"""Read the domains and products of a mesh, but for products whose files are as they were last time.

What they mean together is worked out in `load.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version

from weft.app.cache import CachedProduct
from weft.app.workspace import ProductFolder, Stamp, Workspace
from weft.mesh.diagnostic import Diagnostic, Span
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import Domain
from weft.mesh.settings import MeshSettings
from weft.project.fragments import NO_FRAGMENTS, Fragments, Used, read_fragments
from weft.project.parse import ParsedProduct, parse_domain, parse_product
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_names, is_dialect


def _version() -> str:
    """The programs that compile: what others compiled is compiled again."""
    return "/".join(f"{name} {version(name)}" for name in ("weft", "sqlglot"))


VERSION = _version()


@dataclass
class Reading:
    """The mesh while it is being read.

    `kept` are the products of the last time whose files are the same, `fresh` those that were
    read; both by folder, like `stamps`. `unread` are domains whose own file cannot be used.
    `shared` are the fragments of the mesh, `fragments` what each domain may use, by its name.
    """

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
    unread: set[str] = field(default_factory=set)
    shared: Fragments = NO_FRAGMENTS
    fragments: dict[str, Fragments] = field(default_factory=dict)

    def digest(self, domain: str, used: Iterable[Used]) -> str:
        """Hash the fragments that a product of a domain uses, as they are now."""
        return self.fragments[domain].digest(tuple(used))


def read_shared(reading: Reading) -> None:
    """Read the fragments of the mesh into `reading`."""
    reading.shared = _fragments(reading, reading.workspace.shared(""))


def _fragments(reading: Reading, paths: Iterable[str]) -> Fragments:
    files = [reading.workspace.read(path) for path in paths]
    reading.files += len(files)
    fragments, found = read_fragments(files)
    reading.diagnostics += found
    return fragments


def read_domain(reading: Reading, name: str, remembered: Mapping[str, CachedProduct]) -> None:
    """Read a domain and its products into `reading`; what is remembered is not read again."""
    reading.unread.add(name)
    path = f"domains/{name}/domain.yaml"
    try:
        file = reading.workspace.read(path)
    except FileNotFoundError:
        reading.diagnostics.append(
            Diagnostic(
                "W423",
                f"domain `{name}` has no domain.yaml",
                Span(f"domains/{name}"),
                help=f"weft new domain {name} --owner YOU",
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
    reading.unread.discard(name)
    reading.domains[name] = domain
    own = _fragments(reading, reading.workspace.shared(name))
    reading.fragments[name] = own.over(reading.shared)
    for folder in reading.workspace.products(name):
        reading.files += len(folder.files)
        reading.stamps[folder.path] = folder.files
        entry = remembered.get(folder.path)
        if entry is not None and entry.files == folder.files and entry.version == VERSION:
            reading.kept[folder.path] = entry
        else:
            reading.fresh[folder.path] = parse_folder(reading, folder)


def parse_folder(reading: Reading, folder: ProductFolder) -> ParsedProduct:
    """Read and parse the files of a product."""
    files = [reading.workspace.read(stamp.path) for stamp in folder.files]
    return parse_product(folder.path, folder.domain, files, reading.fragments[folder.domain])


def _usable(reading: Reading, domain: Domain, file: SourceFile) -> bool:
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


def parsed_of(reading: Reading, addresses: Iterable[str]) -> dict[str, ParsedProduct]:
    """The parsed products of some addresses, read again where only the compiled form was kept."""
    paths = {f"domains/{address.replace('.', '/')}": address for address in addresses}
    found: dict[str, ParsedProduct] = {}
    for path, address in paths.items():
        parsed = reading.fresh.get(path)
        if parsed is None and path in reading.stamps:
            folder = ProductFolder(address.split(".")[0], path, reading.stamps[path])
            parsed = parse_folder(reading, folder)
        if parsed is not None:
            found[address] = parsed
    return found
