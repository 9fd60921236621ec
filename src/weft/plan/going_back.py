"""Go back to an earlier release: the step that does it, and the consumers that it would break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from weft.contract.candidates import is_shown
from weft.contract.document import without_property
from weft.contract.outages import Outage, outage_of
from weft.mesh.contract import Status
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import PortRelease, Release
from weft.plan.impact import columns_read
from weft.plan.plan import Step, StepKind


@dataclass(frozen=True)
class Lacking:
    """A consumer, and the columns that it reads of a port and a release does not have."""

    consumer: str
    port: str
    columns: tuple[str, ...]


def broken_by(
    target: Release, consumers: Iterable[ProductManifest], *, production: bool
) -> Iterator[Lacking]:
    """The consumers that read what a release does not have; in production not as a preview."""
    offered = {
        f"{target.product}.{port.name}": {column for obj in port.objects for column in obj.columns}
        for port in target.ports
        if port.status.published or not production
    }
    for consumer in consumers:
        for each in consumer.inputs:
            if each.product != target.product:
                continue
            missing = columns_read(consumer, each.port) - offered.get(each.port, set())
            if each.port not in offered or missing:
                yield Lacking(consumer.address, each.port, tuple(sorted(missing)))


def step_back(manifest: ProductManifest, current: Release, target: Release, today: str) -> Step:
    """The step that shows what `target` showed, as the release after the current one.

    What was retired since stays away, and so do previews whose last day is over, and outages that
    are not planned by now as they were then: nobody expects these. `manifest` is the applied
    definition, `today` an ISO date.
    """
    planned = {each.name: outage_of(each.contract) for each in current.ports}
    retired = {each.name for each in manifest.ports if each.status is Status.RETIRED}
    restored = replace(
        target.again(current.number + 1),
        ports=tuple(
            _as_planned(each, planned.get(each.name))
            for each in target.ports
            if (not each.candidate or is_shown(each.candidate, today))
            and (each.name in planned or each.name not in retired)
        ),
    )
    return Step(
        id=f"{manifest.address}/{StepKind.PUBLISH}",
        kind=StepKind.PUBLISH,
        product=manifest.address,
        warehouse=manifest.warehouse,
        target=f"release {restored.number}, which is release {target.number} again",
        release=restored,
        expected=current.number,
    )


def _as_planned(port: PortRelease, planned: Outage | None) -> PortRelease:
    """A port version of an earlier release, without its outage where that is not `planned` now."""
    if outage_of(port.contract) in (None, planned):
        return port
    return replace(port, contract=without_property(port.contract, "outage"), outage="")
