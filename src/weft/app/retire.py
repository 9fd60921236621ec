"""Retire: end a version of a port that nobody reads any longer, and take that back.

Only the contract is edited; apply takes the port out of sight. Its builds stay as long as
rollback can reach them, so that it comes back without being built again.
"""

from __future__ import annotations

from collections.abc import Iterator

from weft.app.bootstrap import Opened
from weft.app.consumers import declared_consumers
from weft.app.deprecate import published
from weft.app.ended_contract import retired, revived
from weft.app.errors import Blocked, Usage
from weft.app.new_files import Draft, Edit
from weft.app.outage import draft_resumption
from weft.app.port_version import WrittenContract
from weft.app.release import Bumped, unreleased
from weft.app.remembered import remembered
from weft.app.yaml_edit import CannotEdit, by_hand
from weft.contract.endings import ending_of
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status
from weft.plan.endings import day_to_come, not_announced, still_read


def draft_retirement(mesh: Opened, address: PortAddress, override: str = "") -> Bumped:
    """Draft the edit that retires a published port version.

    `override` is the reason for which whoever asks ends it over the heads of its readers. Raises
    NotFound, Usage, and Blocked with the list of what stands in the way.
    """
    found = published(mesh, address)
    place = PortAddress.parse(found.address)
    written = WrittenContract.of(mesh.folder, place)
    if written.status is Status.RETIRED and not override:
        return Bumped(found.address, why="its contract is retired already, so apply ends it")
    unannounced = tuple(_unannounced(mesh, place))
    in_the_way = (*unannounced, *_in_the_way(mesh, place, written))
    if in_the_way and not override:
        reasons = ";\n".join(in_the_way)
        raise Blocked(
            f"{place} cannot be retired yet: {reasons}",
            why="Whoever reads it would be left with nothing.",
            next_step=f"weft deprecate {place} --until DATE"
            if unannounced
            else f"weft consumers {place}",
        )
    by = mesh.system.user() if in_the_way else ""
    try:
        edited = retired(written.text, by, override)
    except CannotEdit as problem:
        raise by_hand(written.path, problem, "status: retired") from None
    return Bumped(found.address, Draft((), (Edit(written.path, written.text, edited),)))


def draft_return(mesh: Opened, address: PortAddress) -> Bumped:
    """Draft the edit that takes a retirement back: the version ends as before, or not at all.

    Where nothing is retired, it is a planned outage that is taken back. Raises NotFound, Usage
    where there is nothing to take back, and Blocked.
    """
    majors = unreleased(mesh, address)
    places = [PortAddress.parse(each.address) for each in majors]
    contracts = {each: WrittenContract.of(mesh.folder, each) for each in places}
    gone = [each for each in places if contracts[each].status is Status.RETIRED]
    if not gone:
        return draft_resumption(mesh, address, majors)
    if len(gone) > 1:
        named = ", ".join(map(str, gone))
        said = f"{address} has several retired majors: {named}"
        raise Usage(said, next_step=f"weft show {address}")
    [place] = gone
    written = contracts[place]
    try:
        edited = revived(written.text)
    except CannotEdit as problem:
        raise by_hand(written.path, problem, "the status that it had, and no override") from None
    return Bumped(str(place), Draft((), (Edit(written.path, written.text, edited),)))


def _unannounced(mesh: Opened, place: PortAddress) -> Iterator[str]:
    """Say that consumers, who see what was applied, do not know the end of a port version."""
    shown = remembered(mesh).descriptors[str(place)]
    return not_announced(shown.status, ending_of(shown.contract).until)


def _in_the_way(mesh: Opened, place: PortAddress, written: WrittenContract) -> Iterator[str]:
    """What else keeps a port version from being retired now, each in a few words."""
    today = mesh.system.now()[:10]
    yield from day_to_come(ending_of(written.data), today)
    for consumer, root in declared_consumers(mesh, place).items():
        where = "" if root == mesh.settings.root else f" (repository {root})"
        yield f"{consumer}{where} has it as its input"
    reads = mesh.store.reads.of("", [str(place.product)])
    yield from still_read(str(place), reads, today, mesh.settings.retire.quiet_days)
