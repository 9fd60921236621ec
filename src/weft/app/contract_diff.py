"""Contract diff: what two versions of a port promise differently, and whom that concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.faulty import beside_faulty
from weft.app.remembered import all_applied, load_files, remembered
from weft.contract.candidates import is_shown
from weft.contract.change_kinds import change
from weft.contract.compatibility import contract_changes
from weft.contract.versions import Bump, bump_needed, is_enough, step_between
from weft.contract.waivers import waiver_for, waivers_of
from weft.mesh.address import PortAddress, is_part_of
from weft.mesh.change import ChangeAction, ContractChange, Effect
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.mesh.waiver import Waiver
from weft.plan.diff import port_change
from weft.plan.impact import affected_by, columns_by_reader, readers_of
from weft.plan.plan import Affected, Change, ChangeClass
from weft.sql.dialect import dialect_named

FILES, PUBLISHED, PREVIEW = "files", "published", "preview"
CREATE, DELETE = ChangeAction.CREATE, ChangeAction.DELETE


@dataclass(frozen=True)
class Side:
    """One of the two versions: the port's address, its full version, and where it is from.

    `origin` is `published`, or `files` for one that nobody has published, or `preview` for one
    that another root shows before it publishes it. Of a port that is not there version and status
    are "".
    """

    address: str
    version: str
    origin: str
    status: str = ""


@dataclass(frozen=True)
class Difference:
    """One change of a contract, the consumers that read what it is about, and who answers for it.

    Readers are only asked for where a change may take something from them.
    """

    change: ContractChange
    readers: tuple[str, ...] = ()
    waiver: Waiver | None = None


@dataclass(frozen=True)
class ContractDiff:
    """What differs between two versions of a port.

    `needed` is the step that the differences ask for, None where there are none or the port comes
    or goes, and `taken` the one between the two versions, None where the new one is not later.
    `affected` are all who read the old version, with what the new one in its place would mean for
    them.
    """

    old: Side
    new: Side
    differences: tuple[Difference, ...] = ()
    needed: Bump | None = None
    taken: Bump | None = None
    affected: tuple[Affected, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether the step between the two versions is as long as the differences ask for."""
        if self.needed is None:
            return True
        return self.taken is not None and is_enough(self.taken, self.needed)


@dataclass(frozen=True)
class _Known:
    """Products as the files define them and as they were applied, and which day it is."""

    files: Mapping[str, ProductManifest]
    applied: Mapping[str, ProductManifest]
    today: str

    @cached_property
    def everyone(self) -> Mapping[str, ProductManifest]:
        """All products, as they are applied where they are."""
        return {**self.files, **self.applied}

    @cached_property
    def _readers(self) -> Mapping[str, Mapping[str, ProductManifest]]:
        found: dict[str, dict[str, ProductManifest]] = {}
        for each in self.everyone.values():
            for port in each.inputs:
                found.setdefault(port.port, {})[each.address] = each
        return found

    def readers(self, port: str) -> Mapping[str, ProductManifest]:
        """The products that read a port version, by address."""
        return self._readers.get(port, {})

    def version(self, address: PortAddress) -> tuple[PortVersion, ProductManifest, str]:
        """A version of a port: as it is published, as the files have it, or as it is previewed.

        Raises NotFound.
        """
        product = str(address.product)
        origins = ((self.applied, PUBLISHED), (self.files, FILES), (self.applied, PREVIEW))
        for manifests, origin in origins:
            manifest = manifests.get(product)
            port = manifest.port(address.name) if manifest else None
            if manifest and port and self._is_from(port, origin):
                return port, manifest, origin
        known = [
            f"{each.address}.{port.name}" for each in self.everyone.values() for port in each.ports
        ]
        raise NotFound("port version", str(address), known, next_step="weft ls")

    def _is_from(self, port: PortVersion, origin: str) -> bool:
        if origin == PREVIEW:
            return is_shown(port.candidate, self.today)
        return origin == FILES or port.status.published


def compare_versions(mesh: Opened, first: PortAddress, second: PortAddress) -> ContractDiff:
    """Compare two majors of a port, or two ports, whatever their statuses are.

    Raises NotFound, StoreError and Invalid.
    """
    known = _known(mesh, (str(first.product), str(second.product)))
    (old, owner, origin), (new, _, new_origin) = known.version(first), known.version(second)
    return _compared(
        known,
        owner,
        (old, replace(new, status=old.status)),
        (_side(str(first), old, origin), _side(str(second), new, new_origin)),
    )


def against_published(mesh: Opened, address: str = "") -> Iterator[ContractDiff]:
    """Compare the ports of the files with those that are published, by address.

    `address` is a product, a port or a port version. Raises NotFound, StoreError and Invalid.
    """
    products = (".".join(address.split(".")[:2]),) if address else ()
    known = _known(mesh, products)
    files = {name: each for name, each in _ports(known.files.values()) if _is_meant(name, address)}
    own = (each for each in known.applied.values() if each.root == mesh.settings.root)
    published = {
        name: (owner, port)
        for name, (owner, port) in _ports(own)
        if port.status.published and _is_meant(name, address)
    }
    if address and not (files or published):
        names = [name.partition("@")[0] for name, _ in _ports(known.everyone.values())]
        raise NotFound("port", address, names, next_step="weft ls")
    for name in sorted({*files, *published}):
        yield _against(known, name, published.get(name), files.get(name))


_Owned = tuple[ProductManifest, PortVersion]


def _ports(products: Iterable[ProductManifest]) -> Iterator[tuple[str, _Owned]]:
    """All ports of some products, by address, each with its product."""
    for manifest in products:
        for port in manifest.ports:
            yield f"{manifest.address}.{port.name}", (manifest, port)


def _against(
    known: _Known, name: str, published: _Owned | None, wanted: _Owned | None
) -> ContractDiff:
    """What becomes of one port, which may be new or gone."""
    old = _side(name, published[1] if published else None, PUBLISHED)
    new = _side(name, wanted[1] if wanted else None, FILES)
    if published and wanted:
        return _compared(known, wanted[0], (published[1], wanted[1]), (old, new))
    port = f"port {name.rpartition('.')[2]}"
    if published is None:
        return ContractDiff(old, new, (Difference(change("port-added", CREATE, port)),))
    gone = Change(published[0].address, "port", published[1].name, DELETE, ChangeClass.BREAKING)
    readers = known.readers(name)
    lost = Difference(change("port-removed", DELETE, port), tuple(sorted(readers)))
    return ContractDiff(old, new, (lost,), affected=affected_by([gone], readers))


def _side(address: str, port: PortVersion | None, origin: str) -> Side:
    return Side(address, port.version, origin, port.status) if port else Side(address, "", origin)


def _is_meant(port: str, address: str) -> bool:
    return not address or is_part_of(port, address)


def _known(mesh: Opened, products: Sequence[str]) -> _Known:
    memory = remembered(mesh)
    loaded = load_files(mesh, memory)
    if not (products or loaded.sound):
        raise loaded.invalid()
    loaded = beside_faulty(loaded, products)
    return _Known(loaded.products, all_applied(mesh, memory), mesh.system.now()[:10])


def _compared(
    known: _Known,
    owner: ProductManifest,
    versions: tuple[PortVersion, PortVersion],
    sides: tuple[Side, Side],
) -> ContractDiff:
    old, new = versions
    dialect = dialect_named(owner.dialect)
    changes = contract_changes(old, new, dialect)
    taken = step_between(old.version, new.version)
    if not changes:
        return ContractDiff(*sides, taken=taken)
    # Those who read the old version are asked what the new one would mean in its place.
    in_its_place = replace(new, port=old.port, major=old.major)
    whole = port_change(owner.address, old, in_its_place, dialect)
    readers = known.readers(whole.address)
    reads = columns_by_reader(whole.address, readers.values())
    waivers = waivers_of(new.contract)
    found = tuple(_difference(each, reads, waivers, known.today) for each in changes)
    waived = {each.change.title for each in found if each.waiver}
    withdrawn = old.status.published and not new.status.published
    needed = None if withdrawn else bump_needed(changes, waived)
    return ContractDiff(*sides, found, needed, taken, affected_by([whole], readers))


def _difference(
    found: ContractChange,
    reads: Mapping[str, Collection[tuple[str, str]]],
    waivers: Sequence[Waiver],
    today: str,
) -> Difference:
    takes = found.consumer in (Effect.BREAKING, Effect.LOOSENED)
    waiver = waiver_for(found.title, waivers, today) if found.breaks else None
    return Difference(found, readers_of(found, reads) if takes else (), waiver)
