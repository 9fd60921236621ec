"""Deprecate: say in a contract when a port version ends, what comes after it, and why.

Only the files are edited; the apply that publishes it tells the consumers.
"""

from __future__ import annotations

from dataclasses import replace

from weft.app.bootstrap import Opened
from weft.app.contract_file import resolved_data
from weft.app.ended_contract import Sunset, deprecated
from weft.app.errors import Usage
from weft.app.last_day import refuse_day
from weft.app.new_files import Draft
from weft.app.port_version import WrittenContract, under_version
from weft.app.release import Bumped, Unreleased, unreleased
from weft.app.remembered import remembered
from weft.app.yaml_edit import CannotEdit, by_hand
from weft.contract.term_compatibility import term_changes
from weft.contract.versions import Bump, min_bump, next_version, numbers
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status


def draft_deprecation(mesh: Opened, address: PortAddress, sunset: Sunset) -> Bumped:
    """Draft the edits that deprecate a published port version until a day.

    Raises NotFound, Usage for a day that is over, a successor that is none or a version that
    nobody has, and Blocked where a person has to edit the contract.
    """
    refuse_day(
        sunset.until,
        mesh.system.now()[:10],
        over="and consumers need time to move",
        next_step=f"weft deprecate {address} --until DATE",
    )
    found = published(mesh, address)
    place = PortAddress.parse(found.address)
    if sunset.successor:
        sunset = replace(sunset, successor=_successor(mesh, place, sunset.successor))
    written = WrittenContract.of(mesh.folder, place)
    if written.status is Status.RETIRED:
        raise Usage(f"{place} is retired", next_step=f"weft retire {place} --undo")
    try:
        after = deprecated(written.text, sunset)
        if after == written.text:
            return Bumped(found.address, why=f"it is deprecated until {sunset.until} already")
        return Bumped(found.address, under_next_version(mesh, found, written, after))
    except CannotEdit as problem:
        wanted = f"status: deprecated, and endOfSupport {sunset.until} in slaProperties"
        raise by_hand(written.path, problem, wanted) from None


def under_next_version(
    mesh: Opened, found: Unreleased, written: WrittenContract, after: str
) -> Draft:
    """Draft the edits by which a published contract says what it says `after`.

    It gets the version that this needs, in both of its documents. Raises CannotEdit, and Blocked
    where a person has to edit product.yaml.
    """
    version = _version(mesh, written.address, found, after)
    return Draft((), under_version(mesh.folder, written, after, version))


def published(mesh: Opened, address: PortAddress) -> Unreleased:
    """The one port version that is meant, which consumers have. Raises NotFound and Usage."""
    found = [each for each in unreleased(mesh, address) if each.released]
    if not found:
        raise Usage(
            f"{address} is not published, so nobody has to be told of its end",
            next_step=f"weft show {address}",
        )
    if len(found) > 1:
        names = [each.address for each in found]
        raise Usage(
            f"{address} has several majors, and one of them is meant: {', '.join(names)}",
            next_step=f"weft consumers {address}",
        )
    return found[0]


def _successor(mesh: Opened, place: PortAddress, wanted: str) -> str:
    """The address of what comes after; of `@2` alone, that major of the same port."""
    text = f"{replace(place, major=None)}{wanted}" if wanted.startswith("@") else wanted
    successor = PortAddress.parse(text)
    if successor == place:
        raise Usage(
            f"{place} cannot be its own successor",
            next_step=f"weft new port {replace(place, major=None)} --keep {place.major}",
        )
    # Raises NotFound where there is no such port in these files.
    unreleased(mesh, successor)
    return str(successor)


def _version(mesh: Opened, place: PortAddress, found: Unreleased, text: str) -> str:
    """The version that the deprecated contract gets; the plan says what even that is too short for.

    A later end promises more than was released, which asks for a minor step.
    """
    promised = remembered(mesh).descriptors[str(place)].contract
    meant = resolved_data(mesh.folder, place.product.domain, text.encode())
    steps = [Bump.PATCH, min_bump(each.consumer for each in term_changes(promised, meant))]
    if found.needed is not None:
        steps.append(min(found.needed, Bump.MINOR, key=list(Bump).index))
    wanted = next_version(found.released, max(steps, key=list(Bump).index))
    return max(found.files, wanted, key=numbers)
