"""Measure what is published against its service levels, and keep what was found.

Data does not change between releases, so that it is looked at once for each of them, in one query
per product; only whether a port answers is asked every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from arro3.core import RecordBatchReader

from weft.app.bootstrap import Opened
from weft.app.situation import current_releases
from weft.app.values import values_of
from weft.app.zones import zone_named
from weft.contract.kept_spans import PER_MILLION, seconds_since_1970
from weft.contract.service_levels import service_levels
from weft.mesh.address import PortAddress, ProductAddress
from weft.mesh.check import Verdict
from weft.mesh.manifest import Descriptor
from weft.mesh.release import Release
from weft.mesh.run import StepResult
from weft.mesh.service_level import Measurement, Probe, ServiceLevel
from weft.plan.examine import released_key
from weft.sql.dialect import dialect_named
from weft.sql.extremes import Looked, extremes
from weft.warehouses.protocol import Relation, WarehouseError

KEPT_DAYS = 400
"""How long measurements are kept."""

_OF_DATA = frozenset((Probe.NEWEST, Probe.OLDEST, Probe.ROWS))
_REFRESHED = frozenset((Probe.REFRESH, Probe.BY_TIME))
_AUDIT = "audit"


@dataclass(frozen=True)
class _Port:
    """A published port version with its levels, and what is shown of it now."""

    descriptor: Descriptor
    levels: tuple[ServiceLevel, ...]

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.descriptor.product}.{self.name}"

    @property
    def name(self) -> str:
        """`port@N`."""
        return f"{self.descriptor.port}@{self.descriptor.major}"

    def found(
        self, level: ServiceLevel, at: str, value: int | None, problem: str = ""
    ) -> Measurement:
        """A measurement of one of its levels."""
        here = self.descriptor
        return Measurement(here.product, here.port, here.major, level.name, at, value, problem)

    def of(self, probes: frozenset[Probe]) -> Iterator[ServiceLevel]:
        """Its levels that are measured by one of these probes."""
        return (each for each in self.levels if each.probe in probes)

    def objects(self, level: ServiceLevel) -> tuple[str, ...]:
        """The objects that a level is about."""
        return (level.object,) if level.object else tuple(self.descriptor.objects)


def published_levels(mesh: Opened) -> dict[str, tuple[Descriptor, tuple[ServiceLevel, ...]]]:
    """The service levels of everything that is published here, by port version."""
    descriptors = mesh.store.definitions.descriptors(mesh.environment)
    return {
        address: (each, service_levels(each.contract, zone_named))
        for address, each in descriptors.items()
        if each.status.is_visible(production=mesh.production)
    }


def measure(
    mesh: Opened, products: Iterable[str], releases: Mapping[str, Release] | None = None
) -> tuple[Measurement, ...]:
    """Measure the current releases of these products and keep what was found, in one write.

    `releases` are known to be current; otherwise the warehouses are asked. A warehouse that does
    not answer is a finding. Raises StoreError.
    """
    wanted = frozenset(products)
    ports: dict[str, list[_Port]] = {}
    for descriptor, levels in published_levels(mesh).values():
        if descriptor.product in wanted and any(each.probe for each in levels):
            ports.setdefault(descriptor.product, []).append(_Port(descriptor, levels))
    now = mesh.system.now()
    known = _known(mesh, ports)
    measured: list[Measurement] = []
    for product, here in ports.items():
        release, problem = _current(mesh, product, here, releases)
        measured += _Measuring(mesh, tuple(here), release, known, now).found(problem)
    if measured:
        mesh.store.measurements.add(mesh.environment, measured)
    return tuple(measured)


def _current(
    mesh: Opened, product: str, ports: Sequence[_Port], known: Mapping[str, Release] | None
) -> tuple[Release | None, str]:
    """The release that is current, or why nobody can say."""
    if known is not None:
        return known.get(product), ""
    home = ports[0].descriptor.warehouse
    if home not in mesh.settings.warehouses:
        return None, f"warehouse `{home}` is not in weft.yaml"
    try:
        return current_releases(mesh, [(product, home)]).get(product), ""
    except WarehouseError as error:
        return None, str(error)


def _known(mesh: Opened, products: Iterable[str]) -> frozenset[tuple[str, str, str]]:
    """What is the last measurement of each level and was no failure: port, level and moment."""
    last = mesh.store.measurements.since(mesh.environment, products, mesh.system.now())
    return frozenset((it.port_version, it.level, it.at) for it in last if not it.problem)


@dataclass(frozen=True)
class _Measuring:
    """One product under measurement."""

    mesh: Opened
    ports: tuple[_Port, ...]
    release: Release | None
    known: frozenset[tuple[str, str, str]]
    now: str

    def found(self, problem: str) -> Iterator[Measurement]:
        """Everything that can be said now; `problem` is why the release is not known."""
        if self.release is None or not self.release.at:
            yield from self._answered({}, problem or "nothing that can be read is published")
            return
        yield from self._refreshed(self.release)
        yield from self._failing(self.release)
        wanted = {port.name: tuple(self._unknown(port, self.release)) for port in self.ports}
        looked = list(self._looked(wanted))
        rows = self._rows(looked, self.release) if looked else {}
        for port in self.ports:
            for level in wanted[port.name]:
                yield self._of_data(port, level, rows, self.release)
        yield from self._answered(rows, "")

    def _unknown(self, port: _Port, release: Release) -> Iterator[ServiceLevel]:
        """The levels whose measurement needs a look at data that nobody had yet."""
        for each in port.of(_OF_DATA):
            if (port.address, each.name, release.at) not in self.known:
                yield each

    def _refreshed(self, release: Release) -> Iterator[Measurement]:
        """That this release refreshed the data; one that goes back has data as old as that was."""
        age = 0
        if release.restores:
            then = _published(self.mesh, release)
            age = int(seconds_since_1970(release.at) - seconds_since_1970(then))
        for port in self.ports:
            for level in port.of(_REFRESHED):
                if level.probe is Probe.REFRESH or not release.restores:
                    yield port.found(level, release.at, age)

    def _failing(self, release: Release) -> Iterator[Measurement]:
        """The share of rows that fail, by the audits of the run that published the release."""
        asked = [(port, each) for port in self.ports for each in port.of(_FAILING)]
        steps = self.mesh.store.journal.steps(release.run) if asked else ()
        for port, level in asked:
            names = {f"{port.name}.{each}" for each in port.objects(level)}
            audits = [
                each
                for each in steps
                if each.product == release.product and each.kind == _AUDIT and each.target in names
            ]
            if audits:
                yield port.found(level, release.at, _failing_share(audits))

    def _looked(
        self, wanted: Mapping[str, Sequence[ServiceLevel]]
    ) -> Iterator[tuple[_Port, Looked]]:
        """What has to be looked at, object by object."""
        for port in self.ports:
            asked = any(port.of(_ANSWERING))
            for name in port.descriptor.objects:
                here = [each for each in wanted[port.name] if name in port.objects(each)]
                if here or asked:
                    columns = dict.fromkeys(each.column for each in here if each.column)
                    path = (*port.descriptor.product.split("."), _shown_as(name, port))
                    counted = any(each.probe is Probe.ROWS for each in here)
                    yield port, Looked(path, tuple(columns), counted)

    def _rows(
        self, looked: Sequence[tuple[_Port, Looked]], release: Release
    ) -> dict[tuple[str, ...], dict[str, object] | str]:
        """What was found of each object by path: by column, or the problem in words."""
        try:
            return self._asked(looked, release)
        except WarehouseError:
            found: dict[tuple[str, ...], dict[str, object] | str] = {}
            for each in looked:
                try:
                    found |= self._asked([each], release)
                except WarehouseError as error:
                    found[each[1].path] = str(error).partition("\n")[0]
            return found

    def _asked(
        self, looked: Sequence[tuple[_Port, Looked]], release: Release
    ) -> dict[tuple[str, ...], dict[str, object] | str]:
        """Ask the warehouse one question. Raises WarehouseError."""
        home = self.ports[0].descriptor.warehouse
        warehouse = self.mesh.warehouse(home)
        relations = [_relation(port, each, release) for port, each in looked]
        select = extremes([each for _, each in looked], dialect_named(warehouse.dialect))
        with warehouse.query(select, relations) as rows:
            batches = RecordBatchReader.from_arrow(rows)
            [row] = [row for batch in batches for row in zip(*values_of(batch), strict=True)]
        values = iter(row)
        return {each.path: _values(each, values) for _, each in looked}

    def _of_data(
        self,
        port: _Port,
        level: ServiceLevel,
        rows: Mapping[tuple[str, ...], dict[str, object] | str],
        release: Release,
    ) -> Measurement:
        """One level by what was found of its objects."""
        paths = [_path(port, each) for each in port.objects(level)]
        found = [rows[path] for path in paths]
        problems = [each for each in found if isinstance(each, str)]
        if problems:
            return port.found(level, release.at, None, problems[0])
        values = [each for each in found if not isinstance(each, str)]
        if level.probe is Probe.ROWS:
            return port.found(level, release.at, sum(int(str(it[_COUNT])) for it in values))
        end = f"{_NEWEST if level.probe is Probe.NEWEST else _OLDEST}{level.column}"
        age, problem = _age(values[0][end], release.at)
        return port.found(level, release.at, age, problem)

    def _answered(
        self, rows: Mapping[tuple[str, ...], dict[str, object] | str], problem: str
    ) -> Iterator[Measurement]:
        """Whether the ports whose availability is promised could be read now."""
        for port in self.ports:
            objects = [rows.get(_path(port, name), problem) for name in port.descriptor.objects]
            told = next((each for each in objects if isinstance(each, str) and each), "")
            for level in port.of(_ANSWERING):
                yield port.found(level, self.now, 0 if told or problem else 1, told or problem)


_COUNT, _OLDEST, _NEWEST = "n", "a ", "z "
_ANSWERING = frozenset((Probe.ANSWER,))
_FAILING = frozenset((Probe.FAILING,))


def _shown_as(name: str, port: _Port) -> str:
    return f"{name}_v{port.descriptor.major}"


def _path(port: _Port, name: str) -> tuple[str, ...]:
    return (*port.descriptor.product.split("."), _shown_as(name, port))


def _relation(port: _Port, looked: Looked, release: Release) -> Relation:
    """What stands behind an object. Raises WarehouseError where the release does not have it."""
    here = port.descriptor
    name = looked.path[-1].removesuffix(f"_v{here.major}")
    address = PortAddress(ProductAddress.parse(here.product), here.port, here.major)
    key = released_key(release, address, name)
    if key is None:
        raise WarehouseError(f"release {release.number} of {here.product} does not show {name}")
    columns = tuple(each.name for each in here.objects[name])
    return Relation(looked.path, key, columns)


def _values(looked: Looked, values: Iterator[object]) -> dict[str, object]:
    """What a row says of one object, taken from its front."""
    found = {_COUNT: next(values)}
    for column in looked.columns:
        found[f"{_OLDEST}{column}"] = next(values)
        found[f"{_NEWEST}{column}"] = next(values)
    return found


def _age(value: object, at: str) -> tuple[int | None, str]:
    """How many seconds before a moment a value lies; a day begins at midnight in UTC."""
    if value is None:
        return None, "there is no row with a value"
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None, f"`{value}` is no time that can be compared"
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(seconds_since_1970(at) - known.timestamp()), ""


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
