"""Status: what is promised of published ports, and how that is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.measuring import Told, measure, published_levels
from weft.app.promised import promised_before, promises_of, releases_that_differ
from weft.app.zones import zone_named
from weft.contract.attainment import Attainment, attainment, worst_first
from weft.contract.budget import WINDOWS
from weft.contract.candidates import UNFINISHED
from weft.contract.expected_levels import measured_states
from weft.contract.kept_spans import seconds_since_1970
from weft.contract.outages import Outage, outage_of, unreadable
from weft.contract.service_levels import service_levels
from weft.mesh.address import is_part_of, product_of
from weft.mesh.contract import Status
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.mesh.service_level import Measurement, ServiceLevel
from weft.plan.examine import Situation

# A day more, so that what the longest window begins with is known.
_BACK = timedelta(days=max(WINDOWS) + 1)


@dataclass(frozen=True)
class PlannedOutage:
    """When a port version is planned to be in an outage, as ISO times.

    `until` is up to when readers meet an error now, "" where they can read it.
    """

    port: str
    begins: str
    ends: str
    until: str

    def __str__(self) -> str:
        if self.until:
            return unreadable(self.port, self.until)
        return f"{self.port} has a planned outage, {Outage(self.begins, self.ends)}"


@dataclass(frozen=True)
class Preview:
    """A port version that readers see before it is released, up to a day, an ISO date.

    That is "" where no day ends it, as in an environment that shows drafts.
    """

    port: str
    status: Status
    until: str

    def __str__(self) -> str:
        if self.until:
            return f"{self.port} is shown as a preview until {self.until}"
        return f"{self.port} is shown as a {self.status}"


@dataclass(frozen=True)
class Beside:
    """What there is to know of port versions beside their service levels."""

    outages: tuple[PlannedOutage, ...] = ()
    previews: tuple[Preview, ...] = ()


def status(
    mesh: Opened,
    address: str = "",
    *,
    fresh: bool = False,
    told: Told = lambda done, total: None,
) -> tuple[Attainment, ...]:
    """How every service level stands, worst first; of a product or port where one is named.

    With `fresh` all is measured first, of which `told` hears. Raises NotFound and StoreError.
    """
    published = published_levels(mesh)
    chosen = {port: each for port, each in published.items() if _is_meant(port, address)}
    if not chosen and address:
        known = [*published, *{product_of(port) for port in published}]
        raise NotFound("published product or port", address, known, next_step="weft ls")
    products = {descriptor.product for descriptor, _ in chosen.values()}
    if fresh:
        measure(mesh, products, told=told)
    asked = {port: levels for port, (_, levels) in chosen.items()}
    return worst_first(_attainments(mesh, asked, products))


def outages(mesh: Opened, address: str = "") -> tuple[PlannedOutage, ...]:
    """The outages of published ports that are not over, or not ended yet, the first one first.

    They are those of a product or port where one is named.
    """
    now = mesh.system.now()
    found = []
    for port, each in mesh.store.definitions.descriptors(mesh.environment).items():
        outage = outage_of(each.contract) if each.status is Status.DEPRECATED else None
        planned = outage is not None and now < outage.ends
        if _is_meant(port, address) and outage and (planned or each.outage):
            found.append(PlannedOutage(port, outage.begins, outage.ends, each.outage))
    return tuple(sorted(found, key=lambda each: (each.begins, each.port)))


def previews(mesh: Opened, address: str = "") -> tuple[Preview, ...]:
    """What is shown here before it is released, of a product or port where one is named."""
    shown = mesh.store.definitions.descriptors(mesh.environment)
    return tuple(
        Preview(port, each.status, each.candidate)
        for port, each in sorted(shown.items())
        if each.status in UNFINISHED and _is_meant(port, address)
    )


def attained_by(mesh: Opened, product: str, port: PortVersion) -> tuple[Attainment, ...]:
    """How the levels stand that a port promises now, applied or not, worst first."""
    levels = service_levels(port.contract, zone_named)
    asked = {f"{product}.{port.name}": levels}
    return worst_first(_attainments(mesh, asked, {product}) if levels else ())


def with_attained(
    mesh: Opened, situation: Situation, everyone: Iterable[ProductManifest]
) -> Situation:
    """Add how the service levels are kept that consumers expect of products in scope.

    Raises StoreError.
    """
    expected = [
        (consumer.address, each)
        for consumer in everyone
        for each in consumer.expectations
        if each.levels and product_of(each.port) in situation.desired.products
    ]
    if not expected:
        return situation
    products = {product_of(each.port) for _, each in expected}
    measured: dict[str, dict[str, list[Measurement]]] = {}
    for (port, level), found in _measured(mesh, products).items():
        measured.setdefault(port, {})[level] = found
    published = published_levels(mesh, products)
    moment = seconds_since_1970(mesh.system.now())
    attained = {}
    for consumer, each in expected:
        if each.port in published:
            contract, of_port = published[each.port][0].contract, measured.get(each.port, {})
            states = measured_states(each.levels, contract, of_port, moment, zone_named)
            attained[consumer, each.input] = states
    return replace(situation, attained=attained)


def _is_meant(port: str, address: str) -> bool:
    """Whether a port version is asked for; without an address all are."""
    return not address or is_part_of(port, address)


def _attainments(
    mesh: Opened, ports: Mapping[str, Sequence[ServiceLevel]], products: Collection[str]
) -> Iterable[Attainment]:
    """How the levels of port versions of these products stand."""
    by_level = _measured(mesh, products)
    moment = seconds_since_1970(mesh.system.now())
    releases = releases_that_differ(mesh, products)
    for address, levels in ports.items():
        product, _, name = address.rpartition(".")
        promised = promised_before(releases.get(product, ()), name)
        for level in levels:
            measured = by_level.get((address, level.name), [])
            history = promises_of(level, promised)
            yield attainment(address, level, measured, moment, zone_named, history)


def _measured(mesh: Opened, products: Iterable[str]) -> dict[tuple[str, str], list[Measurement]]:
    """What was measured of products as far back as anything counts, by port version and level."""
    since = (datetime.fromisoformat(mesh.system.now()) - _BACK).isoformat()
    by_level: dict[tuple[str, str], list[Measurement]] = {}
    for each in mesh.store.measurements.since(mesh.environment, products, since):
        by_level.setdefault((each.port_version, each.level), []).append(each)
    return by_level
