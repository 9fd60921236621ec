"""What keeps a port from being retired: its last day, and those who still read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from weft.contract.candidates import UNFINISHED
from weft.contract.endings import Ending, ending_of
from weft.mesh.change import ChangeAction
from weft.mesh.consumption import PortReads, ReadBy
from weft.mesh.contract import Status
from weft.mesh.lifecycle import may_follow
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.mesh.release import Release
from weft.mesh.words import count
from weft.plan.plan import Change


@dataclass(frozen=True)
class Retiring:
    """A port version that is to be retired, and the status in which consumers see it.

    `told` is the last day that they were told of, an ISO date; "" where it is none.
    """

    port: PortVersion
    was: Status
    told: str = ""

    @property
    def ending(self) -> Ending:
        """What its contract says of its end."""
        return ending_of(self.port.contract)

    @property
    def latest(self) -> Ending:
        """Its end, no earlier than on the day that consumers were told of."""
        ending = self.ending
        return replace(ending, until=max(ending.until, self.told))


def retiring(
    changes: Iterable[Change],
    desired: Mapping[str, ProductManifest],
    applied: Mapping[str, ProductManifest],
) -> dict[str, Retiring]:
    """The port versions that these changes retire while consumers see them, by address."""
    found: dict[str, Retiring] = {}
    for change in changes:
        port = change.port_in(desired)
        if port is None or change.action is not ChangeAction.UPDATE:
            continue
        if change.new_status == Status.RETIRED and Status(change.old_status).published:
            before = change.port_in(applied)
            told = ending_of(before.contract).until if before else ""
            found[change.address] = Retiring(port, Status(change.old_status), told)
    return found


def overridden(ports: Mapping[str, Retiring]) -> frozenset[str]:
    """Those of these ports that a person ends over the heads of their readers."""
    return frozenset(address for address, each in ports.items() if each.ending.override_by)


def too_early(
    ports: Mapping[str, Retiring], reads: Iterable[PortReads], today: str, quiet: int
) -> list[str]:
    """Why ports cannot be retired on a day, ISO, in full sentences; `quiet` is in days.

    Lines after the first say what can be done. A port that a person overrides can be.
    """
    reads = tuple(reads)
    found: list[str] = []
    for address, each in ports.items():
        if each.ending.override_by:
            continue
        why = [
            *not_announced(each.was, each.told),
            *day_to_come(each.latest, today),
            *still_read(address, reads, today, quiet),
        ]
        if why:
            lines = [
                f"{address} cannot be retired yet: {'; '.join(why)}.",
                f"who reads it:  weft consumers {address}",
            ]
            if any(not_announced(each.was, each.told)):
                lines.append(f"take that back:  weft retire {address} --undo")
                lines.append(f"then say when it ends:  weft deprecate {address} --until DATE")
            lines.append(f"without waiting:  weft retire {address} --override --reason TEXT")
            found.append("\n".join(lines))
    return found


def still_queried(
    changes: Iterable[Change],
    applied: Mapping[str, ProductManifest],
    reads: Iterable[PortReads],
    today: str,
    quiet: int,
) -> Iterator[str]:
    """Why published ports cannot go without an end: somebody queried them lately.

    That is with their files, or as drafts. The products that read them are named elsewhere.
    """
    reads = tuple(reads)
    for change in changes:
        goes, ends = _goes_unannounced(change)
        before = change.port_in(applied)
        if not goes or before is None or not before.status.published:
            continue
        readers = list(still_read(change.address, reads, today, quiet))
        if readers:
            yield (
                f"{change.address} cannot {goes} yet: {'; '.join(readers)}.\n"
                f"{ends}:  weft deprecate {change.address} --until DATE"
            )


def _goes_unannounced(change: Change) -> tuple[str, str]:
    """How a port goes of whose end nobody is told, and what would end it; "" where none does."""
    if change.kind == "port" and change.action is ChangeAction.DELETE:
        return "go with its files", "bring its files back and end it in order"
    if change.kind == "port" and change.new_status in UNFINISHED:
        return f"become {change.new_status}", "end it in order"
    return "", ""


def going_back(products: Collection[str], releases: Mapping[str, Release]) -> Iterator[str]:
    """Why products cannot be only proposed again, in full sentences: consumers see their ports."""
    for address in sorted(products):
        ports = releases[address].ports if address in releases else ()
        seen = [each for each in ports if each.status.published]
        if seen:
            named = ", ".join(f"{each.name} is {each.status}" for each in seen)
            yield (
                f"{address} cannot go back to proposed: {named}.\n"
                f"give it the status back that it had, and end in order what nobody needs:  "
                f"weft deprecate {address}.{seen[0].name} --until DATE"
            )


def not_announced(was: Status, told: str) -> Iterator[str]:
    """Say that a port ends of which nobody was told that it would, or on which day."""
    if not may_follow(was, Status.RETIRED):
        yield f"it is {was}, and what ends is deprecated first"
    elif not told:
        yield "nobody was told its last day"


def day_to_come(ending: Ending, today: str) -> Iterator[str]:
    """Say that the last day of a port is not over."""
    if ending.until and today <= ending.until:
        yield f"its last day is {ending.until}"


def still_read(address: str, reads: Sequence[PortReads], today: str, quiet: int) -> Iterator[str]:
    """Say who queried a port within so many days.

    What builds read is no question: their products say that they read it.
    """
    queries = [each for each in reads if each.address == address and each.kind is ReadBy.QUERY]
    if not queries:
        return
    first = (date.fromisoformat(today) - timedelta(days=quiet)).isoformat()
    recent = [each for each in queries if each.day > first]
    for reader in sorted({each.reader for each in recent}):
        own = [each for each in recent if each.reader == reader]
        times = count(sum(each.count for each in own), "time")
        last = max(each.last for each in own)[:10]
        yield f"{reader} read it {times} in {count(quiet, 'day')}, last on {last}"
