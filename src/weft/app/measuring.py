"""Measure what is published against its service levels, and keep what was found.

Data does not change between releases, so that it is looked at once for each of them, in one query
per product; only whether a port answers is asked every time, and what runs read of it counts too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from types import MappingProxyType

from weft.app.bootstrap import Opened
from weft.app.current import current_releases
from weft.app.data_ends import Path, Seen, age_at, look_at
from weft.app.zones import zone_named
from weft.contract.kept_spans import PER_MILLION, seconds_since_1970
from weft.contract.service_levels import service_levels
from weft.mesh.check import Verdict
from weft.mesh.manifest import Descriptor
from weft.mesh.release import Release
from weft.mesh.run import StepResult
from weft.mesh.service_level import Measurement, Probe, ServiceLevel
from weft.plan.examine import released_key
from weft.plan.readings import Readings
from weft.sql.extremes import Looked
from weft.warehouses.protocol import Relation, WarehouseError

Published = Mapping[str, tuple[Descriptor, tuple[ServiceLevel, ...]]]
"""What port versions are published, by address, and their service levels."""

Told = Callable[[int, int], None]
"""Hears how many of how many products are done."""

KEPT_DAYS = 400
"""How long measurements are kept."""

_OF_DATA = frozenset((Probe.NEWEST, Probe.OLDEST, Probe.ROWS))
_REFRESHED = frozenset((Probe.REFRESH, Probe.BY_TIME))
_ANSWERING = frozenset((Probe.ANSWER,))
_FAILING = frozenset((Probe.FAILING,))
_AUDIT = "audit"
_NOTHING = "nothing that can be read is published"


@dataclass(frozen=True)
class _Port:
    """A published port version with its levels, and what is shown of it now."""

    descriptor: Descriptor
    levels: tuple[ServiceLevel, ...]

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return str(self.descriptor.address)

    @property
    def name(self) -> str:
        """`port@N`."""
        return self.descriptor.address.name

    def found(
        self, level: ServiceLevel, at: str, value: int | None, problem: str = ""
    ) -> Measurement:
        """A measurement of one of its levels."""
        here = self.descriptor
        return Measurement(here.product, here.port, here.major, level.name, at, value, problem)

    def of(self, probes: frozenset[Probe]) -> tuple[ServiceLevel, ...]:
        """Its levels that are measured by one of these probes."""
        return tuple(each for each in self.levels if each.probe in probes)

    def only(self, probes: frozenset[Probe]) -> _Port:
        """The same port, with no other levels than these."""
        return replace(self, levels=self.of(probes))

    def objects(self, level: ServiceLevel) -> tuple[str, ...]:
        """The objects that a level is about."""
        return (level.object,) if level.object else tuple(self.descriptor.objects)

    def path(self, name: str) -> Path:
        """By which path one of its objects is asked for."""
        return (*self.descriptor.product.split("."), f"{name}_v{self.descriptor.major}")

    def relation(self, name: str, release: Release) -> Relation | None:
        """What stands behind one of its objects; None where a release does not show it."""
        here = self.descriptor
        key = released_key(release, here.address, name)
        columns = tuple(each.name for each in here.objects[name])
        return Relation(self.path(name), key, columns) if key else None


def published_levels(mesh: Opened, products: Collection[str] | None = None) -> Published:
    """The service levels of what is published here, by port version; None: by all products."""
    descriptors = mesh.store.definitions.descriptors(mesh.environment, products)
    return {
        address: (each, service_levels(each.contract, zone_named))
        for address, each in descriptors.items()
        if each.status.is_visible(production=mesh.production)
    }


def measure(
    mesh: Opened,
    products: Iterable[str],
    releases: Mapping[str, Release] = MappingProxyType({}),
    readings: Readings | None = None,
    told: Told = lambda done, total: None,
) -> tuple[Measurement, ...]:
    """Measure the current releases of these products and keep what was found, in one write.

    `releases` are known to be current; for the others the warehouses are asked. The `readings` of a
    run say which ports of any product answered; those on which steps failed are asked again now. A
    warehouse that does not answer is a finding; what lies in one that is not in this `weft.yaml`
    others measure. `told` hears how many of how many products are done. Raises StoreError.
    """
    wanted, readings = frozenset(products), readings or Readings()
    ports: dict[str, list[_Port]] = {}
    measured: list[Measurement] = []
    for port in _published_here(mesh, wanted | readings.products):
        place, answering = (port.address, port.descriptor.warehouse), port.of(_ANSWERING)
        if place in readings.answered:
            measured += (port.found(each, readings.answered[place], 1) for each in answering)
        if port.descriptor.product not in wanted:
            port = port.only(_ANSWERING if place in readings.failed else frozenset())
        if port.levels:
            ports.setdefault(port.descriptor.product, []).append(port)
    current, problems = _current(mesh, {each: ports[each] for each in ports.keys() - releases})
    releases = {**releases, **current}
    now = mesh.system.now()
    known = _known(mesh, ports)
    for done, (product, offered) in enumerate(ports.items(), 1):
        release = releases.get(product)
        if release is not None and release.at:
            measured += _Measuring(mesh, tuple(offered), release, known, now).found()
        else:
            problem = problems.get(offered[0].descriptor.warehouse, _NOTHING)
            measured += _answers(offered, now, {}, problem)
        told(done, len(ports))
    if measured:
        mesh.store.measurements.add(mesh.environment, measured)
    return tuple(measured)


def _published_here(mesh: Opened, products: Collection[str]) -> Iterator[_Port]:
    """What these products promise of ports in warehouses of this mesh, and can be measured."""
    for descriptor, levels in published_levels(mesh, products).values() if products else ():
        here = descriptor.warehouse in mesh.settings.warehouses
        if here and any(each.probe for each in levels):
            yield _Port(descriptor, levels)


def _current(
    mesh: Opened, ports: Mapping[str, Sequence[_Port]]
) -> tuple[dict[str, Release], dict[str, str]]:
    """The current releases of products, and by warehouse why those there are not known."""
    homes: dict[str, list[str]] = {}
    for product, offered in ports.items():
        homes.setdefault(offered[0].descriptor.warehouse, []).append(product)
    releases: dict[str, Release] = {}
    problems: dict[str, str] = {}
    for home, products in homes.items():
        try:
            releases |= current_releases(mesh, [(each, home) for each in products])
        except WarehouseError as error:
            problems[home] = str(error).partition("\n")[0]
    return releases, problems


def _known(mesh: Opened, products: Iterable[str]) -> frozenset[tuple[str, str, str]]:
    """What is the last measurement of each level and was no failure: port, level and moment."""
    last = mesh.store.measurements.since(mesh.environment, products, mesh.system.now())
    return frozenset((it.port_version, it.level, it.at) for it in last if not it.problem)


@dataclass(frozen=True)
class _Measuring:
    """One product under measurement, all of its ports at once."""

    mesh: Opened
    ports: tuple[_Port, ...]
    release: Release
    known: frozenset[tuple[str, str, str]]
    now: str

    def found(self) -> Iterator[Measurement]:
        """Everything that can be said now."""
        yield from self._refreshed()
        yield from self._failing()
        wanted = {port.name: tuple(self._unknown(port)) for port in self.ports}
        seen = self._seen(wanted)
        for port in self.ports:
            for level in wanted[port.name]:
                yield self._of_data(port, level, seen)
        yield from _answers(self.ports, self.now, seen)

    def _unknown(self, port: _Port) -> Iterator[ServiceLevel]:
        """The levels whose measurement needs a look at data that nobody had yet."""
        for each in port.of(_OF_DATA):
            if (port.address, each.name, self.release.at) not in self.known:
                yield each

    def _refreshed(self) -> Iterator[Measurement]:
        """That this release refreshed the data; one that goes back has data as old as that was."""
        release, age = self.release, 0
        if release.restores:
            then = _published(self.mesh, release)
            age = int(seconds_since_1970(release.at) - seconds_since_1970(then))
        for port in self.ports:
            for level in port.of(_REFRESHED):
                if level.probe is Probe.REFRESH or not release.restores:
                    yield port.found(level, release.at, age)

    def _failing(self) -> Iterator[Measurement]:
        """The share of rows that fail, by the audits of the run that published the release."""
        asked = [(port, each) for port in self.ports for each in port.of(_FAILING)]
        steps = self.mesh.store.journal.steps(self.release.run) if asked else ()
        own = [each for each in steps if each.product == self.release.product and not each.consumer]
        for port, level in asked:
            names = {f"{port.name}.{each}" for each in port.objects(level)}
            audits = [each for each in own if each.kind == _AUDIT and each.target in names]
            if audits:
                yield port.found(level, self.release.at, _failing_share(audits))

    def _seen(self, wanted: Mapping[str, Sequence[ServiceLevel]]) -> dict[Path, Seen]:
        """Look at what has to be, object by object."""
        seen: dict[Path, Seen] = {}
        asked: list[tuple[Looked, Relation]] = []
        for port in self.ports:
            for name in port.descriptor.objects:
                here = [each for each in wanted[port.name] if name in port.objects(each)]
                if not here and not any(port.of(_ANSWERING)):
                    continue
                relation = port.relation(name, self.release)
                if relation is None:
                    problem = f"release {self.release.number} does not show {name}"
                    seen[port.path(name)] = Seen(problem=problem)
                else:
                    asked.append((_looked(port.path(name), here), relation))
        return seen | look_at(self.mesh, self.ports[0].descriptor.warehouse, asked)

    def _of_data(self, port: _Port, level: ServiceLevel, seen: Mapping[Path, Seen]) -> Measurement:
        """One level by what was seen of its objects."""
        found = [seen[port.path(each)] for each in port.objects(level)]
        problem = next((each.problem for each in found if each.problem), "")
        if problem:
            return port.found(level, self.release.at, None, problem)
        if level.probe is Probe.ROWS:
            return port.found(level, self.release.at, sum(each.rows for each in found))
        oldest, newest = found[0].ends[level.column]
        value = newest if level.probe is Probe.NEWEST else oldest
        age, problem = age_at(value, self.release.at)
        return port.found(level, self.release.at, age, problem)


def _looked(path: Path, levels: Sequence[ServiceLevel]) -> Looked:
    """What these levels want to know of an object."""
    columns = dict.fromkeys(each.column for each in levels if each.column)
    return Looked(path, tuple(columns), any(each.probe is Probe.ROWS for each in levels))


def _answers(
    ports: Iterable[_Port], now: str, seen: Mapping[Path, Seen], problem: str = ""
) -> Iterator[Measurement]:
    """Whether the ports whose availability is promised could be read; not where nothing could."""
    for port in ports:
        for level in port.of(_ANSWERING):
            problems = (seen[port.path(name)].problem for name in port.descriptor.objects if seen)
            told = problem or next(filter(None, problems), "")
            yield port.found(level, now, 0 if told else 1, told)


def _failing_share(audits: Iterable[StepResult]) -> int:
    """By the check that most rows fail; a single row is never rounded away."""
    shares = (
        check.failed / check.rows
        for each in audits
        for check in each.checks
        if check.rows and check.verdict is not Verdict.ERROR
    )
    return ceil(min(max(shares, default=0.0), 1.0) * PER_MILLION)


def _published(mesh: Opened, release: Release) -> str:
    """When the data of a release that goes back was published first."""
    recorded = mesh.store.journal.releases(release.environment, release.product)
    known = {each.number: each for each in recorded}
    while release.restores in known:
        release = known[release.restores]
    return release.at
