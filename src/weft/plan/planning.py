"""Make the plan: what changed, what is held and why, what is blocked, and the steps that follow.

The second half of planning; `examine.py` is the first, and the caller fetches verdicts between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from weft.contract.evaluate import blocked
from weft.mesh.address import PortAddress, product_of
from weft.mesh.change import ChangeAction
from weft.mesh.check import CheckResult
from weft.mesh.manifest import ProductManifest, ReadKind
from weft.mesh.product import Materialization
from weft.plan.audited import audits_before, passed_before
from weft.plan.diff import BUILDING, diff_product
from weft.plan.drops import destructive_last, drops_of_removed
from weft.plan.examine import (
    Examined,
    Finding,
    Situation,
    finding_of,
    keys_behind,
    lost_models,
    released_key,
)
from weft.plan.gate import refusals, released_versions, with_waivers
from weft.plan.growing import in_words
from weft.plan.impact import affected_by, blocking_sentences, breaking_ports
from weft.plan.newer_data import data_changes
from weft.plan.plan import Base, Change, ChangeClass, HeldBack, Plan, Step, StepKind
from weft.plan.steps import Asked, product_steps
from weft.plan.waiting import Pending

Verdicts = Mapping[str, Sequence[CheckResult]]


@dataclass
class _Draft:
    """The plan while it is being made; `damaged` says that some data of releases was lost."""

    damaged: bool
    pending: Pending
    changes: list[Change] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    manifests: dict[str, ProductManifest] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)


def audits_to_know(examined: Mapping[str, Examined]) -> tuple[str, ...]:
    """The keys of all audits whose verdicts matter to the plan."""
    found = examined.values()
    keys = (key for each in found for key in (*each.audits, *each.standing, *audits_before(each)))
    return tuple(dict.fromkeys(keys))


def assemble(
    situation: Situation,
    examined: Mapping[str, Examined],
    verdicts: Verdicts,
    everyone: Mapping[str, ProductManifest],
    kind: str = "apply",
) -> Plan:
    """Make the plan of what was examined; `everyone` are all definitions, to find consumers."""
    draft = _Draft(
        damaged=situation.damaged,
        pending=Pending(hollow=situation.hollow),
        blocked=[_taken(*each, situation) for each in situation.taken.items()],
    )
    find = finding_of(situation, examined)
    for found in examined.values():
        _plan_product(found, situation, find, verdicts, draft)
    for address in situation.removed:
        draft.changes += diff_product(None, situation.applied.get(address))
    draft.steps += drops_of_removed(situation)
    versions = released_versions(draft.changes, situation.desired.products, situation.applied)
    draft.changes = [
        with_waivers(each, versions.get(each.address), situation.today) for each in draft.changes
    ]
    affected = affected_by(draft.changes, everyone, production=situation.in_production)
    read = [each.port for each in affected if each.breaks]
    breaking = breaking_ports(draft.changes, situation.applied, (*situation.broken, *read))
    draft.blocked += blocking_sentences(breaking, affected, draft.changes)
    if situation.in_production:
        draft.blocked += refusals(draft.changes, versions)
    plan = Plan(
        id="",
        mesh=situation.desired.mesh,
        root=situation.desired.root,
        environment=situation.desired.environment,
        kind=kind,
        base={address: base_of(situation, address) for address in _touched(draft, situation)},
        changes=tuple(draft.changes),
        data=data_changes(situation, examined, draft.changes, draft.steps),
        held=tuple(_seen(each, situation, draft) for each in draft.held),
        affected=affected,
        breaking=breaking,
        blocked=tuple(dict.fromkeys((*draft.blocked, *draft.pending.refused))),
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
    home = situation.homes.get(address) if address in situation.releases else None
    hold = situation.holds.get(address)
    return Base(
        definition=manifest.digest if manifest else "",
        applied=situation.digests.get(address, ""),
        release=situation.release_number(address),
        inputs=situation.input_contracts.get(address, ""),
        hold=hold.since if hold else "",
        warehouse=home or known.warehouse,
    )


def _touched(draft: _Draft, situation: Situation) -> list[str]:
    named = {step.product for step in draft.steps} | set(draft.manifests)
    return sorted(named | set(situation.removed))


def _plan_product(
    found: Examined, situation: Situation, find: Finding, verdicts: Verdicts, draft: _Draft
) -> None:
    manifest = found.manifest
    address = manifest.address
    changed = situation.definition(address) != manifest.digest
    release = situation.release_number(address)
    waits = _waits_for(found, find, situation, draft)
    if waits is not None:
        _wait(found, situation, waits, _failing(found.standing, verdicts), draft)
        return
    hold = situation.hold_on(address)
    if found.settled and hold is None and not found.audits:
        return
    if address in situation.unread:
        unread = HeldBack(address, release, situation.unread[address], unread=True)
        _hold(draft, found, situation, unread)
        return
    if found.keyed.lost:
        bereft = HeldBack(address, release, _bereft(address, found.keyed.lost), unread=True)
        _hold(draft, found, situation, bereft)
        return
    changes = diff_product(manifest, situation.applied.get(address)) if changed else ()
    if found.missing:
        draft.changes += changes
        draft.blocked += [_missing(address, each, situation) for each in found.missing]
        _keep_from_readers(draft, found, situation)
        return
    if _is_to_record(found, situation):
        draft.manifests[address] = manifest
    lost = lost_models(situation, manifest, found.keyed)
    builds = found.keyed.builds.items()
    there = situation.builds.get(manifest.warehouse, frozenset())
    renewed = _with_views((name for name, key in builds if key not in there), manifest)
    failing = _failing(found.audits, verdicts)
    if failing:
        _hold(draft, found, situation, HeldBack(address, release, "checks failed", failing))
    elif hold is not None:
        cause = f"held by {hold.actor}: {hold.reason}"
        _hold(draft, found, situation, HeldBack(address, release, cause, by_person=True))
    asked = Asked(
        # What is built again is checked again: its rows need not be those that were there.
        frozenset(
            key
            for key, audit in found.audits.items()
            if key not in verdicts or audit.model in renewed
        ),
        publish=not failing and hold is None,
        passed=passed_before(found, keys_behind(find), verdicts),
    )
    steps = product_steps(found, situation, find, asked, draft.pending)
    draft.steps += steps
    built = {step.target: step for step in steps if step.kind is StepKind.BUILD}
    draft.changes += [_as_built(each, built) for each in changes]
    draft.blocked += [_stuck(address, *each) for each in found.keyed.stuck.items()]
    draft.changes += [_built_again(address, model) for model in lost]
    draft.changes += [_published_again(step) for step in steps if _heals(step, situation)]


def _is_to_record(found: Examined, situation: Situation) -> bool:
    """Whether the store is to learn the definition; not while it is only production's, as shown."""
    address = found.manifest.address
    if found.settled and situation.followed(address) is not None:
        return False
    applied = situation.digests.get(address) == found.manifest.digest
    return not (applied and situation.is_recorded(address))


def _wait(
    found: Examined,
    situation: Situation,
    waits: HeldBack,
    failing: tuple[str, ...],
    draft: _Draft,
) -> None:
    """Hold a product that waits; `failing` are its checks that failed over what is published."""
    if failing:
        _hold(draft, found, situation, replace(waits, cause="checks failed", checks=failing))
    # Where only a check is to look again, nothing is kept from anybody.
    elif not (found.settled and found.refers):
        _hold(draft, found, situation, waits)


def _with_views(models: Iterable[str], manifest: ProductManifest) -> frozenset[str]:
    """Models and the views that show them, directly or through others."""
    found = set(models)
    for transform in manifest.transforms:
        if transform.materialized == Materialization.VIEW and any(
            read.kind is ReadKind.MODEL and read.target in found for read in transform.query.reads
        ):
            found.add(transform.name)
    return frozenset(found)


def _as_built(change: Change, built: Mapping[str, Step]) -> Change:
    """A change whose effect says so where its build is there already, or comes from an earlier."""
    if change.kind != "model":
        return change
    step = built.get(change.name)
    spec = step.build if step else None
    if spec is not None and spec.growing is not None:
        return replace(change, effect=in_words(spec.kind, spec.growing))
    if change.effect in BUILDING and spec is None:
        return replace(change, effect="reused, its build is still there")
    return change


def _built_again(address: str, model: str) -> Change:
    effect = "its data is gone or damaged, built again"
    return Change(address, "model", model, ChangeAction.WARN, ChangeClass.DATA, effect)


def _heals(step: Step, situation: Situation) -> bool:
    """Whether a step publishes the release that comes after a damaged one."""
    current = situation.releases.get(step.product)
    return step.kind is StepKind.PUBLISH and current is not None and current.damaged


def _published_again(step: Step) -> Change:
    effect = f"release {step.expected} is damaged, published again"
    return Change(step.product, "product", "", ChangeAction.WARN, ChangeClass.DATA, effect)


def _taken(address: str, owner: str, situation: Situation) -> str:
    """Say that another root's product is in these files; `owner` is that root."""
    desired = situation.desired
    env = "" if situation.in_production else f" --env {desired.environment}"
    return (
        f"{address} was applied by root {owner}, and these files are of root {desired.root}.\n"
        f"if it moved here for good:  weft apply --product {address} --take-over{env}"
    )


def _bereft(address: str, models: Sequence[str]) -> str:
    """Say that snapshots have lost what they kept, and how to get at what is left of it."""
    named = ", ".join(f"`{each}`" for each in models)
    return f"snapshot {named} has lost its states: go back with weft rollback {address}"


def _stuck(address: str, model: str, why: str) -> str:
    """Say that a snapshot would have to forget what it has kept, which nobody can build again."""
    return (
        f"{address}: snapshot `{model}` cannot go on, because {why}.\n"
        "take that back, or give the model another name, under which it begins anew"
    )


def _missing(address: str, wanted: str, situation: Situation) -> str:
    """Say that a product reads what nobody publishes; `wanted` is `a.b.c@1.object`."""
    target, _, obj = wanted.rpartition(".")
    port = PortAddress.parse(target)
    product = str(port.product)
    environment = situation.desired.environment
    release = situation.releases.get(product)
    if release and released_key(release, port, obj):
        return (
            f"{address} reads {wanted}, which is published in {environment} and which "
            f"{product} no longer defines."
        )
    return (
        f"{address} reads {wanted}, which is not published in {environment} yet: "
        f"apply {product} first."
    )


def _hold(draft: _Draft, found: Examined, situation: Situation, held: HeldBack) -> None:
    """Note that a product stays on its release; what it would show must not be read."""
    draft.held.append(held)
    _keep_from_readers(draft, found, situation)
    if len(found.keyed.builds) < len(found.manifest.transforms):
        draft.incomplete.add(held.product)


def _keep_from_readers(draft: _Draft, found: Examined, situation: Situation) -> None:
    """Note which builds of a product do not come to be released."""
    address = found.manifest.address
    released = situation.released_builds(address)
    for key in found.keyed.builds.values():
        if key not in released:
            draft.unreadable[key] = address


def _waits_for(
    found: Examined, find: Finding, situation: Situation, draft: _Draft
) -> HeldBack | None:
    """What keeps a product waiting: it would read a held candidate, or data that is lost."""
    if not (draft.unreadable or draft.incomplete or draft.damaged):
        return None
    address = found.manifest.address
    release = situation.release_number(address)
    for read in found.foreign_reads:
        behind = find(read)
        key = behind.key if behind else None
        product = product_of(read.target)
        if key in draft.unreadable:
            return HeldBack(address, release, f"waits for {draft.unreadable[key]}")
        if key is None and product in draft.incomplete:
            return HeldBack(address, release, f"waits for {product}")
        lost = _lost(product, key, situation, draft)
        if lost:
            in_scope = product in situation.desired.products
            advice = "" if in_scope else f": apply {product} first"
            cause = f"waits for {product}, whose {lost}{advice}"
            return HeldBack(address, release, cause, unread=True)
    return None


def _lost(product: str, key: str | None, situation: Situation, draft: _Draft) -> str:
    """Say what of a product was lost, so that `key` behind its port cannot be read; or nothing."""
    if key is None:
        return "release is damaged" if situation.is_damaged(product) else ""
    return "data is lost" if draft.damaged and _is_lost([key], situation, draft) else ""


def _is_lost(keys: Iterable[str], situation: Situation, draft: _Draft) -> bool:
    """Whether builds, or what their views lead to, are neither there nor built by this plan."""
    pending = draft.pending
    return any(key not in pending.steps and not situation.has(key) for key in pending.behind(keys))


def _seen(held: HeldBack, situation: Situation, draft: _Draft) -> HeldBack:
    """What is held back, and whether the release that readers stay on can still be read."""
    release = situation.shown(held.product)
    if release is None or (release.empty and not release.damaged):
        return held
    own = situation.desired.environment
    environment = "" if release.environment == own else release.environment
    lost = draft.damaged and (release.damaged or _is_lost(release.keys, situation, draft))
    return replace(held, release=release.number, environment=environment, lost=lost)


def _failing(audits: Iterable[str], verdicts: Verdicts) -> tuple[str, ...]:
    """Labels of checks that are known to block a product, as these audits found."""
    return tuple(
        result.label
        for key in audits
        if key in verdicts
        for result in verdicts[key]
        if blocked([result])
    )
