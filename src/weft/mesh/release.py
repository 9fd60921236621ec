"""Builds and releases: the immutable things a warehouse holds, and what consumers see of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from weft.mesh.contract import Status
from weft.mesh.growth import Grown, Part, Range
from weft.mesh.manifest import Column
from weft.mesh.product import Materialization


@dataclass(frozen=True)
class Build:
    """An immutable result of a model, named by its key.

    `files` are relative to the warehouse's folder; a view has none and keeps its `select`.
    `checksum` is the CRC-32 of their content, one after the other, None where it was not
    taken.
    `reads` are the keys of the builds and sources it was made from. One that grows has its files in
    `parts`, is made from `base` ("" for a full build), and has `covered` in full: all complete
    intervals of its time column, the latest one that has rows not among them. `recipe` is a hash
    of its definition and of all those behind it, whatever the data; "" where it is not known.
    """

    key: str
    product: str
    model: str
    kind: Materialization
    columns: tuple[Column, ...]
    rows: int = 0
    bytes: int = 0
    checksum: int | None = None
    files: tuple[str, ...] = ()
    select: str = ""
    reads: tuple[str, ...] = ()
    run: str = ""
    base: str = ""
    parts: tuple[Part, ...] = ()
    covered: Range | None = None
    recipe: str = ""

    @property
    def all_files(self) -> tuple[str, ...]:
        """Everything that it consists of, whether in parts or not."""
        return (*self.files, *(each.file for each in self.parts))

    @property
    def is_view(self) -> bool:
        """Whether it is a query and no data of its own."""
        return self.kind == Materialization.VIEW

    @property
    def needs(self) -> tuple[str, ...]:
        """What is read whenever it is read: all that a view reads, nothing behind a table."""
        return self.reads if self.is_view else ()


@dataclass(frozen=True)
class ObjectRelease:
    """An object of a released port: the build behind it and the columns it shows.

    `succeeds` is the key of the build that readers of the port had before, "" where they had none.
    `recipe` is that of the build.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    succeeds: str = field(default="", compare=False)
    recipe: str = field(default="", compare=False)

    def before(self, key: str) -> str:
        """The key of the build that readers have before a build of this key comes to be shown.

        The same before and after its release, so that it is compared with one and the same build.
        """
        return self.key if key != self.key else self.succeeds


@dataclass(frozen=True)
class PortRelease:
    """A released port version. `contract` is the resolved document that was audited.

    `candidate` is the last day of a preview, an ISO date, "" of any other port. `outage` is the
    moment up to which it cannot be read, an ISO time, "" where it can: it is promised all the same.
    """

    port: str
    major: int
    version: str
    status: Status
    objects: tuple[ObjectRelease, ...]
    contract: dict[str, Any] = field(default_factory=dict)
    candidate: str = ""
    outage: str = ""

    @property
    def name(self) -> str:
        """`port@N`."""
        return f"{self.port}@{self.major}"

    def is_visible(self, *, production: bool) -> bool:
        """Whether consumers can see it: also a preview, under a name that says so."""
        return bool(self.candidate) or self.status.is_visible(production=production)

    def object(self, name: str) -> ObjectRelease | None:
        """Its object of this name, None where it shows none."""
        return next((each for each in self.objects if each.name == name), None)


@dataclass(frozen=True)
class Release:
    """What a product shows in one environment, whole: port versions and the builds behind them.

    `number` counts from 1 per product and environment and is also the place in the sequence;
    `builds` maps every model of the product to its key, internal ones too, and `sources` every
    file source that they were made from. `fence` is of the lock that was held. `manifest` is the
    digest of the applied definition. `restores` is the number of the release that a rollback
    pointed back to, 0 otherwise. `at` is an ISO time in UTC. `grown` says of every model that
    grows what its build was made from.
    """

    product: str
    environment: str
    number: int
    ports: tuple[PortRelease, ...]
    builds: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    manifest: str = ""
    root: str = ""
    run: str = ""
    plan: str = ""
    fence: int = 0
    at: str = ""
    restores: int = 0
    grown: dict[str, Grown] = field(default_factory=dict)

    @property
    def content(self) -> tuple[tuple[PortRelease, ...], dict[str, str], str]:
        """What makes two releases the same to consumers and to the next plan."""
        return (self.ports, self.builds, self.manifest)

    @property
    def promised(self) -> dict[tuple[str, int, str], ObjectRelease]:
        """The objects of published ports, by port, major and name: what readers rely on."""
        published = (port for port in self.ports if port.status.published)
        return {
            (port.port, port.major, each.name): each for port in published for each in port.objects
        }

    @property
    def majors(self) -> frozenset[tuple[str, int]]:
        """The published ports of which it shows anything, each with its major."""
        return frozenset((port, major) for port, major, _ in self.promised)

    @property
    def bases(self) -> frozenset[str]:
        """The keys of builds that its models can grow from: their own, and those of their bases."""
        models = ((self.builds.get(model, ""), each.base) for model, each in self.grown.items())
        return frozenset(key for keys in models for key in keys if key)

    @property
    def empty(self) -> bool:
        """Whether it shows nothing, which is how a product that was dropped stays known."""
        return not (self.ports or self.builds)

    @property
    def damaged(self) -> bool:
        """Whether what it says is lost where it is kept, so that only its number is known."""
        return self.empty and not self.at

    @property
    def place(self) -> tuple[int, bool]:
        """Its place among the current releases that warehouses have of one product.

        The highest is what readers see; one that left a warehouse shows nothing there.
        """
        return (self.number, not self.empty)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all builds that it names, whether consumers see them or not."""
        shown = (each.key for port in self.ports for each in port.objects)
        return frozenset(self.builds.values()).union(shown)

    def port(self, name: str) -> PortRelease | None:
        """Its port version of this name, `port@N`, None where it shows none."""
        return next((each for each in self.ports if each.name == name), None)

    def again(self, number: int) -> Release:
        """What it shows, to be published once more by a run to come, under another number."""
        return replace(self, number=number, restores=self.number, run="", plan="", at="", fence=0)


@dataclass(frozen=True)
class Observed:
    """What a warehouse really holds for the products in a scope.

    `releases` has the current release of each product that has one; `builds` are the keys of all
    complete builds, whosever they are. `hollow` are the views among them that lead, directly or
    through others, to a build that is not there: by key, each with the keys that it reads.
    """

    releases: dict[str, Release] = field(default_factory=dict)
    builds: frozenset[str] = frozenset()
    hollow: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bases: dict[str, Build] = field(default_factory=dict)
