"""The steps that bring back what was changed outside, around those that build what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from weft.mesh.drift import Deviation, Drift, ThingKind
from weft.mesh.release import Release
from weft.plan.plan import Plan, RevertSpec, Step, StepKind

# What stands in the way of anything else comes first, each after what it lies in.
_FIRST = (
    ThingKind.TRIGGER,
    ThingKind.RULE,
    ThingKind.POLICY,
    ThingKind.OTHER,
    ThingKind.ROLE,
    ThingKind.SCHEMA,
    ThingKind.POINTER,
    ThingKind.RELEASE,
    ThingKind.COPY,
    ThingKind.BUILD,
)
_LAST = (ThingKind.VIEW, ThingKind.GRANT, ThingKind.FOLDER, ThingKind.FILE)


@dataclass(frozen=True)
class Undone:
    """A drift that is to be brought back, and the product under whose lock that happens."""

    product: str
    drift: Drift


def around(
    plan: Plan,
    undone: Iterable[Undone],
    recorded: Mapping[str, tuple[Release, ...]],
    rebuilt: Plan | None,
) -> Plan:
    """Fill a plan with steps: first what the builds of `rebuilt` need, and last what needs them.

    `recorded` are the releases that the store knows, newest first, by product. What is lost is
    brought back as a whole, also of versions that are not released.
    """
    ordered = sorted(undone, key=lambda each: (*_FIRST, *_LAST).index(each.drift.kind))
    last: dict[str, str] = {}
    before = [
        _step(each, recorded, last)
        for each in ordered
        if each.drift.kind in _FIRST and not _is_only_built(each.drift)
    ]
    built = [
        replace(
            step,
            needs=(*step.needs, *filter(None, [last.get(step.product)])),
            only_of=step.only_of if step.audit else (),
        )
        for step in (rebuilt.steps if rebuilt else ())
    ]
    of_product: dict[str, list[str]] = {}
    for step in built:
        of_product.setdefault(step.product, []).append(step.id)
    after = []
    for each in ordered:
        if each.drift.kind in _LAST:
            step = _step(each, recorded, last)
            after.append(replace(step, needs=(*of_product.get(each.product, ()), *step.needs)))
    steps = (*before, *built, *after)
    if rebuilt is None:
        return replace(plan, steps=steps)
    return replace(rebuilt, kind=plan.kind, base={**plan.base, **rebuilt.base}, steps=steps)


def _is_only_built(drift: Drift) -> bool:
    """Whether nothing is left of it, so that there is nothing to do before it is built."""
    return drift.kind is ThingKind.BUILD and drift.deviation is Deviation.MISSING


def _step(each: Undone, recorded: Mapping[str, tuple[Release, ...]], last: dict[str, str]) -> Step:
    """A step after the last one of its product, which `last` notes."""
    drift = each.drift
    known = recorded.get(drift.product, ())
    about = (
        release
        for place, release in enumerate(known)
        if place == 0 or (drift.kind is ThingKind.RELEASE and str(release.number) == drift.key)
    )
    step = Step(
        id=f"{each.product}/{StepKind.REVERT}/{drift.id}",
        kind=StepKind.REVERT,
        product=each.product,
        warehouse=drift.warehouse,
        target=f"{drift.kind} {drift.name}",
        needs=(last[each.product],) if each.product in last else (),
        revert=RevertSpec(drift, tuple(about)),
    )
    last[each.product] = step.id
    return step
