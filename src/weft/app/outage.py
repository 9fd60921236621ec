"""Outage: say in a contract when its port cannot be read for a while before its end.

Only the files are edited. The apply that publishes it tells the consumers; the next one after each
of its two moments begins it and ends it.
"""

from __future__ import annotations

from collections.abc import Iterable

from weft.app.bootstrap import Opened
from weft.app.contract_file import resolved_data
from weft.app.deprecate import published, under_next_version
from weft.app.ended_contract import with_outage, without_outage
from weft.app.errors import Blocked, Usage
from weft.app.port_version import WrittenContract
from weft.app.release import Bumped, Unreleased
from weft.app.yaml_edit import CannotEdit, by_hand
from weft.contract.days import is_day
from weft.contract.endings import ending_of
from weft.contract.outages import outage_of, outage_problem, read_outage
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status
from weft.mesh.words import minute


def draft_outage(mesh: Opened, address: PortAddress, wanted: str) -> Bumped:
    """Draft the edits that plan an outage of a deprecated port version, or move it.

    `wanted` is a day, or two days or moments with a slash between them. Raises NotFound, Usage for
    a time that does not fit, Blocked for what is not deprecated or has to be edited by a person.
    """
    begins, ends = _window(wanted)
    found = published(mesh, address)
    place = PortAddress.parse(found.address)
    written = WrittenContract.of(mesh.folder, place)
    if written.status is not Status.DEPRECATED:
        raise Blocked(
            f"{place} is {written.status}, and only a port that is about to end has an outage",
            next_step=f"weft retire {place} --undo"
            if written.status is Status.RETIRED
            else f"weft deprecate {place} --until DATE",
        )
    contract = resolved_data(mesh.folder, place.product.domain, written.text.encode())
    value = {"from": begins, "to": ends}
    _refuse_unfit(value, ending_of(contract).until, mesh.system.now(), place)
    if outage_of(contract) == read_outage(value):
        return Bumped(found.address, why="this outage is planned already")
    try:
        after = with_outage(written.text, begins, ends)
        return Bumped(found.address, under_next_version(mesh, found, written, after))
    except CannotEdit as problem:
        raise by_hand(written.path, problem, f"outage from {begins} to {ends}") from None


def draft_resumption(mesh: Opened, address: PortAddress, majors: Iterable[Unreleased]) -> Bumped:
    """Draft the edits that take a planned outage back, also while it is on.

    `majors` are those that the address names. Raises Usage where not exactly one of them has a
    planned outage, and Blocked.
    """
    planned = [each for each in majors if _is_planned(mesh, each.address)]
    if len(planned) != 1:
        named = f"has several planned outages: {', '.join(each.address for each in planned)}"
        said = named if planned else "is not retired, and no outage of it is planned"
        raise Usage(f"{address} {said}", next_step=f"weft show {address}")
    [found] = planned
    written = WrittenContract.of(mesh.folder, PortAddress.parse(found.address))
    try:
        after = without_outage(written.text)
        return Bumped(found.address, under_next_version(mesh, found, written, after))
    except CannotEdit as problem:
        raise by_hand(written.path, problem, "no custom property `outage`") from None


def _is_planned(mesh: Opened, address: str) -> bool:
    """Whether the contract of a port version in the files plans an outage that is not over."""
    outage = outage_of(WrittenContract.of(mesh.folder, PortAddress.parse(address)).data)
    return outage is not None and mesh.system.now() < outage.ends


def _window(wanted: str) -> tuple[str, str]:
    begins, slash, ends = (each.strip() for each in wanted.partition("/"))
    if slash or is_day(begins):
        return begins, ends or begins
    raise Usage(
        f"`{wanted}` is no day, such as 2027-03-10",
        why="Two days or moments have a slash between them.",
        next_step="--outage 2027-03-10T09:00Z/2027-03-10T12:00Z",
    )


def _refuse_unfit(value: dict[str, str], until: str, now: str, place: PortAddress) -> None:
    """Raise Usage for a time that cannot be, or that nobody could be told of before."""
    problem = outage_problem(value, until)
    if problem:
        raise Usage(
            f"this outage of {place} cannot be planned: {problem}",
            next_step=f"weft retire {place} --outage 2027-03-10T09:00Z/2027-03-10T12:00Z",
        )
    outage = read_outage(value)
    if outage is not None and outage.begins <= now:
        raise Usage(
            f"this outage of {place} would begin {minute(outage.begins)}, and it is {minute(now)}",
            why="Its consumers are told before it begins.",
        )
