"""Release: which version a changed contract needs, and the edits that give it.

Nothing is published here: that is what apply does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.app.faulty import beside_faulty
from weft.app.new_files import Draft
from weft.app.new_port import Major, draft_port
from weft.app.port_version import give_version
from weft.app.remembered import applied_definitions, load_files, remembered
from weft.contract.compatibility import contract_changes
from weft.contract.versions import (
    Bump,
    bump_needed,
    is_enough,
    next_version,
    numbers,
)
from weft.contract.waivers import waiver_for, waivers_of
from weft.mesh.address import PortAddress
from weft.mesh.change import ContractChange
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.mesh.waiver import Waiver
from weft.sql.dialect import dialect_named

AUTO = "auto"


@dataclass(frozen=True)
class Waived:
    """A breaking change that somebody answers for."""

    change: str
    waiver: Waiver


@dataclass(frozen=True)
class Unreleased:
    """A port version of the files beside the one that consumers have.

    `released` is the version that is published, "" before there is one, and `files` that of the
    files. `needed` is the step that the changes ask for, None where nothing differs, and `next`
    the version that it leads to, "" where the files have a late enough one. `status` is that of the
    files, and `candidate` the last day of a preview, "" where it is none.
    """

    address: str
    released: str
    files: str
    changes: tuple[ContractChange, ...] = ()
    waived: tuple[Waived, ...] = ()
    needed: Bump | None = None
    next: str = ""
    status: Status = Status.ACTIVE
    candidate: str = ""


def unreleased(mesh: Opened, address: PortAddress) -> tuple[Unreleased, ...]:
    """What is not released yet of a port, by major. Raises NotFound, Invalid and StoreError."""
    product = str(address.product)
    memory = remembered(mesh)
    loaded = beside_faulty(load_files(mesh, memory), (product,))
    manifest = loaded.products.get(product)
    ports = _meant(manifest, address)
    if manifest is None or not ports:
        known = [
            f"{each.address}.{port.name}"
            for each in loaded.products.values()
            for port in each.ports
        ]
        where = "in these files"
        raise NotFound("port", str(address), known, where=where, next_step="weft ls")
    applied = applied_definitions(mesh, memory, [product]).get(product)
    published = {each.name: each for each in _published(applied)}
    today = mesh.system.now()[:10]
    return tuple(_compared(manifest, published.get(each.name), each, today) for each in ports)


def _meant(manifest: ProductManifest | None, address: PortAddress) -> list[PortVersion]:
    return [
        each
        for each in (manifest.ports if manifest else ())
        if each.port == address.port and address.major in (None, each.major)
    ]


def _published(applied: ProductManifest | None) -> Iterator[PortVersion]:
    return (each for each in (applied.ports if applied else ()) if each.status.published)


def _compared(
    manifest: ProductManifest, old: PortVersion | None, new: PortVersion, today: str
) -> Unreleased:
    address = f"{manifest.address}.{new.name}"
    found = Unreleased(address, "", new.version, status=new.status, candidate=new.candidate)
    if old is None:
        return found
    changes = contract_changes(old, new, dialect_named(manifest.dialect))
    waivers = waivers_of(new.contract)
    breaking = [(each, waiver_for(each.title, waivers, today)) for each in changes if each.breaks]
    waived = tuple(Waived(each.title, waiver) for each, waiver in breaking if waiver)
    needed = bump_needed(changes, [each.change for each in waived])
    following = next_version(old.version, needed) if needed else ""
    if following and needed is not Bump.MAJOR and _reaches(new.version, following):
        following = ""
    return replace(
        found,
        released=old.version,
        changes=changes,
        waived=waived,
        needed=needed,
        next=following,
    )


def _reaches(version: str, wanted: str) -> bool:
    return numbers(version) >= numbers(wanted)


@dataclass(frozen=True)
class Bumped:
    """What a bump came to: the edits, or None where there is nothing to write; `why` says it."""

    address: str
    draft: Draft | None = None
    why: str = ""


def bump(mesh: Opened, address: PortAddress, step: str) -> Bumped:
    """Draft the next version of a port: by `step`, or what its changes need where that is `auto`.

    What needs a new major gets one, and the old one stays as it was applied. Raises NotFound,
    Usage where the step is too short or the port was never released, Blocked and Invalid.
    """
    several = unreleased(mesh, address)
    if step == AUTO and len(several) > 1 and not any(each.needed for each in several):
        return Bumped(str(address), why="nothing differs from what is released of it")
    found = _one_of(several, address, step)
    place = PortAddress.parse(found.address)
    if not found.released:
        raise Usage(
            f"{found.address} is not released yet, so there is no version to follow",
            why=f"The first apply that publishes it releases {found.files}.",
            next_step="weft plan",
        )
    wanted = found.needed if step == AUTO else Bump(step)
    if wanted is None:
        return Bumped(found.address, why=f"nothing differs from {found.released}, as released")
    if found.needed and not is_enough(wanted, found.needed):
        raise _too_short(found, wanted)
    if wanted is Bump.MAJOR:
        return Bumped(found.address, _next_major(mesh, place))
    version = next_version(found.released, wanted)
    if _reaches(found.files, version):
        told = f"the files have {found.files} already, and {found.released} is released"
        return Bumped(found.address, why=told)
    edits = give_version(mesh.folder, place, version)
    return Bumped(found.address, Draft((), edits))


def _one_of(found: Sequence[Unreleased], address: PortAddress, step: str) -> Unreleased:
    """The one port version that is meant: where several are there, the one that has changes."""
    changed = [each for each in found if each.needed]
    candidates = changed if len(found) > 1 and step == AUTO else list(found)
    if len(candidates) == 1:
        return candidates[0]
    names = [each.address for each in candidates or found]
    raise Usage(
        f"{address} has several majors: {', '.join(names)}",
        next_step=f"weft release {names[-1]} --bump",
    )


def _too_short(found: Unreleased, wanted: Bump) -> Usage:
    long = [each for each in found.changes if not _is_enough_for(each, wanted)]
    named = ", ".join(each.title for each in long[:3])
    more = f" and {len(long) - 3} more" if len(long) > 3 else ""
    return Usage(
        f"a {wanted} step from {found.released} is too short for {named}{more}",
        next_step=f"weft release {found.address} --bump",
    )


def _is_enough_for(change: ContractChange, step: Bump) -> bool:
    return is_enough(step, bump_needed([change]) or step)


def _next_major(mesh: Opened, address: PortAddress) -> Draft:
    """The next major with all that changed, beside this one as it was applied."""
    product = str(address.product)
    applied: Mapping[str, ProductManifest] = applied_definitions(mesh, remembered(mesh), [product])
    port = replace(address, major=None)
    wish = Major(0, address.major or 0, "", mesh.system.now())
    return draft_port(mesh.folder, port, wish, applied.get(product))
