"""Contract diff: what two versions of a port promise differently, and whom that concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.situation import load_files, remembered
from weft.contract.compatibility import contract_changes
from weft.contract.versions import Bump, bump_needed
from weft.mesh.address import PortAddress
from weft.mesh.change import ContractChange
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.plan.diff import port_change
from weft.plan.impact import affected_by
from weft.plan.plan import Affected
from weft.sql.dialect import dialect_named

FILES, PUBLISHED = "files", "published"


@dataclass(frozen=True)
class Side:
    """One of the two versions: the port's address, its full version, and where it is from.

    `origin` is `published`, or `files` for one that nobody has published.
    """

    address: str
    version: str
    origin: str


@dataclass(frozen=True)
class ContractDiff:
    """What differs between two versions of a port.

    `needed` is the step that the changes ask for, None where nothing differs. `affected` are those
    who read the old version, with what the change means for them.
    """

    old: Side
    new: Side
    changes: tuple[ContractChange, ...]
    needed: Bump | None = None
    affected: tuple[Affected, ...] = ()


@dataclass(frozen=True)
class _Known:
    """Products as the files define them and as they were applied, and all who may read them."""

    files: Mapping[str, ProductManifest]
    applied: Mapping[str, ProductManifest]

    @property
    def everyone(self) -> Mapping[str, ProductManifest]:
        return {**self.files, **self.applied}

    def version(self, address: PortAddress) -> tuple[PortVersion, ProductManifest, str]:
        """A version of a port: as it is published, else as the files have it. Raises NotFound."""
        product = str(address.product)
        name = f"{address.port}@{address.major}"
        for manifests, origin in ((self.applied, PUBLISHED), (self.files, FILES)):
            manifest = manifests.get(product)
            for port in manifest.ports if manifest else ():
                if manifest and port.name == name and (origin == FILES or port.status.published):
                    return port, manifest, origin
        known = [
            f"{each.address}.{port.name}" for each in self.everyone.values() for port in each.ports
        ]
        raise NotFound("port version", str(address), known, next_step="weft ls")


def compare_versions(mesh: Opened, first: PortAddress, second: PortAddress) -> ContractDiff:
    """Compare two majors of a port, or two ports. Raises NotFound, StoreError and Invalid."""
    known = _known(mesh)
    (old, owner, origin), (new, _, new_origin) = known.version(first), known.version(second)
    return _compared(
        known,
        owner,
        (old, new),
        (Side(str(first), old.version, origin), Side(str(second), new.version, new_origin)),
    )


def against_published(mesh: Opened, address: str = "") -> Iterator[ContractDiff]:
    """Compare the ports of the files with those that are published, where both are there.

    `address` is a product, a port or a port version. Raises NotFound, StoreError and Invalid.
    """
    known = _known(mesh)
    found = [
        (manifest, port)
        for manifest in known.files.values()
        for port in manifest.ports
        if _is_meant(f"{manifest.address}.{port.name}", address)
    ]
    if address and not found:
        names = [
            f"{each.address}.{port.port}" for each in known.files.values() for port in each.ports
        ]
        raise NotFound("port in these files", address, names, next_step="weft ls")
    for manifest, port in found:
        before = known.applied.get(manifest.address)
        for old in before.ports if before else ():
            if old.name == port.name and old.status.published:
                name = f"{manifest.address}.{port.name}"
                sides = (Side(name, old.version, PUBLISHED), Side(name, port.version, FILES))
                yield _compared(known, manifest, (old, port), sides)


def _is_meant(port: str, address: str) -> bool:
    return not address or port == address or port.startswith((f"{address}.", f"{address}@"))


def _known(mesh: Opened) -> _Known:
    memory = remembered(mesh)
    definitions = mesh.store.definitions
    applied = definitions.manifests(mesh.environment, memory.applied)
    if not mesh.production:
        inherited = memory.inherited.keys() - applied.keys()
        applied |= definitions.manifests(mesh.settings.production, inherited)
    return _Known(load_files(mesh, memory).products, applied)


def _compared(
    known: _Known,
    owner: ProductManifest,
    versions: tuple[PortVersion, PortVersion],
    sides: tuple[Side, Side],
) -> ContractDiff:
    old, new = versions
    dialect = dialect_named(owner.dialect)
    changes = contract_changes(old, new, dialect)
    # Those who read the old version are asked what the new one would mean in its place.
    in_its_place = replace(new, port=old.port, major=old.major)
    change = port_change(owner.address, old, in_its_place, dialect)
    readers = {
        address: each for address, each in known.everyone.items() if address != owner.address
    }
    affected = affected_by([change], readers) if changes else ()
    return ContractDiff(*sides, changes, bump_needed(changes), affected)
