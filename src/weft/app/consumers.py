"""Consumers: who reads a port, and how far each of them is on the way to its newest version.

All of it is what the store knows: the definitions that every repository applied, and who read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.remembered import all_applied, remembered
from weft.contract.compatibility import contract_changes
from weft.contract.endings import Ending, ending_at
from weft.mesh.address import PortAddress, is_part_of, port_and_major
from weft.mesh.consumption import Notice, PortReads, ReadBy
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.mesh.signoff import Signoff
from weft.plan.impact import columns_by_reader, readers_of
from weft.sql.dialect import dialect_named

DAYS = 30
"""Over how many days reads are counted."""


@dataclass(frozen=True)
class OnOffer:
    """A version of a port that consumers see, or a preview of one.

    `outage` is the moment up to which it cannot be read, an ISO time, "" where it can.
    """

    address: str
    version: str
    status: Status
    candidate: str
    ending: Ending
    outage: str = ""


@dataclass(frozen=True)
class Consumer:
    """A product that reads a major of the port, as its own repository (`root`) applied it.

    `stands` is `on 1`, `tested 2` once it has said yes to the newest major, or `moved`. `breaks`
    are the changes up to the newest major that concern what it reads. `last` is when it was last
    built from the port, an ISO time, "" where never since reads are counted; `reads` are those of
    the last 30 days. `answer` is what it says to the newest major, "" where nobody asked.
    """

    consumer: str
    root: str
    major: int
    pinned: bool
    stands: str
    breaks: tuple[str, ...] = ()
    last: str = ""
    reads: int = 0
    told: tuple[Notice, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody who queries a major of the port: when last, and how often in the last 30 days."""

    name: str
    major: int
    last: str
    reads: int


@dataclass(frozen=True)
class Board:
    """Who reads a port: `versions` are those that are seen, the newest last."""

    port: str
    versions: tuple[OnOffer, ...]
    consumers: tuple[Consumer, ...]
    people: tuple[Person, ...]


def board(mesh: Opened, address: PortAddress) -> Board:
    """Who reads a port, or one major of it. Raises NotFound and StoreError."""
    memory = remembered(mesh)
    product = str(address.product)
    everyone = all_applied(mesh, memory)
    seen = [
        each
        for each in memory.descriptors.values()
        if (each.product, each.port) == (product, address.port)
    ]
    if not seen or address.major not in (None, *(each.major for each in seen)):
        known = (f"{each.product}.{each.port}" for each in memory.descriptors.values())
        raise NotFound("published port", str(address), known, next_step="weft ls")
    seen.sort(key=lambda each: each.major)
    versions = tuple(
        OnOffer(
            str(each.address),
            each.version,
            each.status,
            each.candidate,
            ending_at(each.contract, mesh.system.now()),
            each.outage,
        )
        for each in seen
    )
    known_of = _Known(mesh, address, everyone, seen[-1].major)
    consumers = sorted(known_of.consumers(), key=lambda each: (each.major, each.consumer))
    return Board(f"{product}.{address.port}", versions, tuple(consumers), tuple(known_of.people()))


def declared_consumers(mesh: Opened, address: PortAddress) -> dict[str, str]:
    """The products that declare one version of a port as their input, each with its root."""
    memory = remembered(mesh)
    everyone = all_applied(mesh, memory)
    return {
        name: manifest.root
        for name, manifest in sorted(everyone.items())
        if any(each.port == str(address) for each in manifest.inputs)
    }


class _Known:
    """What is known of the readers of one port; `newest` is its newest major."""

    def __init__(
        self,
        mesh: Opened,
        address: PortAddress,
        everyone: Mapping[str, ProductManifest],
        newest: int,
    ) -> None:
        store, product = mesh.store, str(address.product)
        self._address = address
        self._everyone = everyone
        self._newest = newest
        today = date.fromisoformat(mesh.system.now()[:10])
        self._since = (today - timedelta(days=DAYS)).isoformat()
        self._reads = [
            each for each in store.reads.of(mesh.environment, [product]) if self._is_meant(each)
        ]
        self._notices = [
            each for each in store.notices.of(mesh.environment, [product]) if self._is_meant(each)
        ]
        self._answers = {
            each.consumer: each
            for each in store.signoffs.all(mesh.environment)
            if (each.product, each.port, each.major) == (product, address.port, newest)
        }
        owner = everyone.get(product)
        self._dialect = owner.dialect if owner else ""
        self._ports = {
            each.major: each for each in (owner.ports if owner else ()) if each.port == address.port
        }

    def _is_meant(self, each: PortReads | Notice) -> bool:
        return is_part_of(each.address, str(self._address))

    def consumers(self) -> Iterator[Consumer]:
        """The products that declare it as their input."""
        port = f"{self._address.product}.{self._address.port}"
        for name, manifest in self._everyone.items():
            pins: dict[int, bool] = {}
            for each in manifest.inputs:
                if not each.port.startswith(f"{port}@"):
                    continue
                _, major = port_and_major(each.port)
                if self._address.major in (None, major):
                    pins[major] = pins.get(major, False) or each.pinned
            for major, pinned in pins.items():
                yield self._consumer(name, manifest, major, pinned)

    def _consumer(self, name: str, manifest: ProductManifest, major: int, pinned: bool) -> Consumer:
        reads = [each for each in self._of(ReadBy.BUILD, major) if each.reader == name]
        answer = self._answers.get(name)
        return Consumer(
            consumer=name,
            root=manifest.root,
            major=major,
            pinned=pinned,
            stands=self._stands(major, answer),
            breaks=self._breaks(manifest, major),
            last=max((each.last for each in reads), default=""),
            reads=self._recent(reads),
            told=tuple(
                each for each in self._notices if (each.consumer, each.major) == (name, major)
            ),
            answer=str(answer.state) if answer else "",
        )

    def _stands(self, major: int, answer: Signoff | None) -> str:
        if major >= self._newest:
            return "moved" if self._newest > min(self._ports, default=major) else f"on {major}"
        agreed = answer is not None and answer.state == "yes"
        return f"tested {self._newest}" if agreed else f"on {major}"

    def _breaks(self, manifest: ProductManifest, major: int) -> tuple[str, ...]:
        """The changes between its major and the newest that concern what it reads."""
        old: PortVersion | None = self._ports.get(major)
        new = self._ports.get(self._newest)
        if old is None or new is None or major >= self._newest:
            return ()
        reads = columns_by_reader(f"{self._address.product}.{old.name}", [manifest])
        # A preview takes nothing away by being one: what counts is what it will be.
        changes = contract_changes(
            old, replace(new, status=old.status), dialect_named(self._dialect)
        )
        return tuple(each.title for each in changes if each.breaks and readers_of(each, reads))

    def people(self) -> Iterator[Person]:
        """Those who query it, by major and name."""
        queries = [each for each in self._reads if each.kind is ReadBy.QUERY]
        for major, name in sorted({(each.major, each.reader) for each in queries}):
            own = [each for each in self._of(ReadBy.QUERY, major) if each.reader == name]
            yield Person(name, major, max(each.last for each in own), self._recent(own))

    def _of(self, kind: ReadBy, major: int) -> list[PortReads]:
        return [each for each in self._reads if (each.kind, each.major) == (kind, major)]

    def _recent(self, reads: Iterable[PortReads]) -> int:
        return sum(each.count for each in reads if each.day > self._since)
