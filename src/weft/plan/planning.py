"""Make the plan: what changed, what is held and why, what is blocked, and the steps that follow.

The second half of planning; `examine.py` is the first, and the caller fetches verdicts between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from weft.contract.evaluate import blocked
from weft.mesh.check import CheckResult
from weft.mesh.manifest import ProductManifest
from weft.plan.diff import diff_product
from weft.plan.drops import destructive_last, drops_of_removed
from weft.plan.examine import Examined, Situation, upstream_of
from weft.plan.impact import affected_by, blocking_sentences, breaking_ports
from weft.plan.keys import key_of
from weft.plan.newer_data import data_changes
from weft.plan.plan import Base, Change, HeldBack, Plan, Step
from weft.plan.steps import Asked, Pending, product_steps

Verdicts = Mapping[str, Sequence[CheckResult]]


@dataclass
class _Draft:
    """The plan while it is being made."""

    changes: list[Change] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    manifests: dict[str, ProductManifest] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    pending: Pending = field(default_factory=Pending)


def audits_to_know(examined: Mapping[str, Examined]) -> tuple[str, ...]:
    """The keys of all audits whose verdicts matter to the plan."""
    return tuple(key for each in examined.values() for key in each.audits)


def assemble(
    situation: Situation,
    examined: Mapping[str, Examined],
    verdicts: Verdicts,
    everyone: Mapping[str, ProductManifest],
    kind: str = "apply",
) -> Plan:
    """Make the plan of what was examined; `everyone` are all definitions, to find consumers."""
    draft = _Draft()
    for address, found in examined.items():
        _plan_product(address, found, situation, examined, verdicts, draft)
    for address in situation.removed:
        draft.changes += diff_product(None, situation.applied.get(address))
    draft.steps += drops_of_removed(situation)
    affected = affected_by(draft.changes, everyone)
    read = [each.port for each in affected if each.verdict != "ok"]
    breaking = breaking_ports(draft.changes, situation.applied, (*situation.broken, *read))
    draft.blocked += blocking_sentences(breaking, affected)
    plan = Plan(
        id="",
        mesh=situation.desired.mesh,
        root=situation.desired.root,
        environment=situation.desired.environment,
        kind=kind,
        base={address: base_of(situation, address) for address in _touched(draft, situation)},
        changes=tuple(draft.changes),
        data=data_changes(situation, examined, draft.changes),
        held=tuple(draft.held),
        affected=affected,
        breaking=breaking,
        blocked=tuple(dict.fromkeys(draft.blocked)),
        steps=destructive_last(draft.steps, situation),
        sources=draft.pending.sources,
        salts=dict(situation.new_salts),
        manifests=draft.manifests,
        removed=situation.removed,
    )
    return replace(plan, id=plan_id(plan))


def plan_id(plan: Plan) -> str:
    """Name a plan by its content, 12 hex digits; two equal plans have one name."""
    text = msgspec.json.encode(replace(plan, id=""), order="sorted")
    return hashlib.sha256(text).hexdigest()[:12]


def base_of(situation: Situation, address: str) -> Base:
    """What a product looks like now, as far as a plan depends on it."""
    manifest = situation.desired.products.get(address)
    known = manifest or situation.applied[address]
    release = situation.releases.get(address)
    hold = situation.holds.get(address)
    return Base(
        definition=manifest.digest if manifest else "",
        applied=situation.digests.get(address, ""),
        release=release.number if release else 0,
        inputs=situation.input_contracts.get(address, ""),
        hold=hold.since if hold else "",
        warehouse=known.warehouse,
    )


def _touched(draft: _Draft, situation: Situation) -> list[str]:
    named = {step.product for step in draft.steps} | set(draft.manifests)
    return sorted(named | set(situation.removed))


def _plan_product(
    address: str,
    found: Examined,
    situation: Situation,
    examined: Mapping[str, Examined],
    verdicts: Verdicts,
    draft: _Draft,
) -> None:
    manifest = found.manifest
    changed = situation.digests.get(address) != manifest.digest
    if found.settled:
        return
    if found.missing:
        draft.changes += diff_product(manifest, situation.applied.get(address))
        draft.blocked += [
            f"{address} reads {each}, which is not published in "
            f"{situation.desired.environment} yet: apply {each.rsplit('.', 2)[0]} first."
            for each in found.missing
        ]
        return
    waits = _waits_for(found, situation, examined, draft)
    if waits:
        _hold(draft, found, situation, f"waits for {waits}", ())
        return
    if changed:
        draft.changes += diff_product(manifest, situation.applied.get(address))
    if changed or not situation.is_recorded(address):
        draft.manifests[address] = manifest
    failing = _failing(found, verdicts)
    hold = situation.holds.get(address)
    stays = hold is not None and not changed
    if failing:
        _hold(draft, found, situation, "checks failed", failing)
    elif hold is not None and stays:
        _hold(draft, found, situation, f"held by {hold.actor}: {hold.reason}", ())
    asked = Asked(
        frozenset(key for key in found.audits if key not in verdicts),
        publish=not failing and not stays,
    )
    draft.steps += product_steps(found, situation, examined, asked, draft.pending)


def _hold(
    draft: _Draft, found: Examined, situation: Situation, cause: str, checks: tuple[str, ...]
) -> None:
    """Note that a product stays on its release; what it would show must not be read."""
    address = found.manifest.address
    current = situation.releases.get(address)
    draft.held.append(HeldBack(address, current.number if current else 0, cause, checks))
    released = set(current.builds.values()) if current else set()
    for key in found.keyed.builds.values():
        if key not in released:
            draft.unreadable[key] = address


def _waits_for(
    found: Examined, situation: Situation, examined: Mapping[str, Examined], draft: _Draft
) -> str:
    """The product whose held candidate this one would read, or ""."""
    if not draft.unreadable:
        return ""
    upstream = upstream_of(situation, examined)
    for read in found.foreign_reads:
        key = key_of(read, found.keyed, upstream)
        if key in draft.unreadable:
            return draft.unreadable[key]
    return ""


def _failing(found: Examined, verdicts: Verdicts) -> tuple[str, ...]:
    """Labels of checks that are known to block this product's candidate."""
    return tuple(
        result.label
        for key in found.audits
        if key in verdicts
        for result in verdicts[key]
        if blocked([result])
    )
