"""Make the plan: what changed, what is held and why, what is blocked, and the steps that follow.

The second half of planning; `examine.py` is the first, and the caller fetches verdicts between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from weft.contract.candidates import is_shown
from weft.contract.evaluate import blocked
from weft.mesh.address import product_of
from weft.mesh.change import ChangeAction
from weft.mesh.check import CheckResult
from weft.mesh.manifest import ProductManifest
from weft.mesh.product import Materialization
from weft.plan.audited import audits_before, passed_before
from weft.plan.diff import BUILDING, diff_product
from weft.plan.drops import destructive_last, drops_of_removed
from weft.plan.endings import going_back, overridden, retiring, still_queried, too_early
from weft.plan.examine import (
    Examined,
    Finding,
    Situation,
    finding_of,
    keys_behind,
    lost_models,
    offered_builds,
)
from weft.plan.expectations import Watched, expecting, in_plan, watched
from weft.plan.following import how_to_stay, moving, new_majors, with_followers
from weft.plan.gate import refusals, released_versions, returns, useless_waivers, with_waivers
from weft.plan.growing import in_words
from weft.plan.impact import affected_by, blocking_sentences, breaking_ports, with_readers
from weft.plan.missed import bereaved, missing
from weft.plan.newer_data import data_changes
from weft.plan.outages import Outages, unannounced, with_waiting
from weft.plan.plan import (
    Affected,
    Base,
    Change,
    ChangeClass,
    Expected,
    HeldBack,
    KeptBack,
    Plan,
    Step,
    StepKind,
)
from weft.plan.previews import as_of_today, failed_before, kept_back
from weft.plan.signing import Ballot, ballots, objections
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
    kept: dict[str, KeptBack] = field(default_factory=dict)
    failed: list[KeptBack] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    manifests: dict[str, ProductManifest] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    expected: list[Expected] = field(default_factory=list)
    ballots: list[Ballot] = field(default_factory=list)
    outages: Outages = field(default_factory=Outages)


def audits_to_know(
    situation: Situation,
    examined: Mapping[str, Examined],
    everyone: Mapping[str, ProductManifest],
) -> tuple[str, ...]:
    """The keys of all audits whose verdicts matter to the plan; `everyone` is as in `assemble`."""
    found, expectations = examined.values(), expecting(everyone.values())
    keys = (key for each in found for key in (*each.audits, *each.standing, *audits_before(each)))
    expected = (each.key for one in found for each in watched(one, situation, expectations))
    return tuple(dict.fromkeys((*keys, *filter(None, expected))))


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
        outages=Outages.before(situation),
    )
    find = finding_of(situation, examined)
    expectations = expecting(everyone.values())
    for found in examined.values():
        expected = watched(found, situation, expectations)
        told = [in_plan(each, verdicts) for each in expected]
        draft.expected += told
        draft.ballots += ballots(found, situation, everyone, told)
        earlier = len(draft.steps)
        _plan_product(found, situation, find, verdicts, expected, draft)
        own = draft.steps[earlier:]
        draft.failed += failed_before(found, situation, own)
        begun = draft.outages.of(found.manifest, situation, own)
        draft.steps += begun.steps
        draft.changes += begun.changes
    for address in situation.removed:
        draft.changes += diff_product(None, situation.applied.get(address))
    draft.steps += drops_of_removed(situation)
    affected, breaking = _weighed(draft, situation, everyone)
    plan = Plan(
        id="",
        mesh=situation.desired.mesh,
        root=situation.desired.root,
        environment=situation.desired.environment,
        kind=kind,
        base={address: base_of(situation, address) for address in _touched(draft, situation)},
        changes=with_readers(draft.changes, everyone, situation.applied),
        data=data_changes(situation, examined, draft.changes, draft.steps),
        held=tuple(_seen(each, situation, draft) for each in draft.held),
        kept=(*draft.kept.values(), *draft.failed),
        affected=affected,
        breaking=breaking,
        blocked=tuple(dict.fromkeys((*draft.blocked, *draft.pending.refused))),
        steps=destructive_last(draft.steps, situation),
        sources=draft.pending.sources,
        salts=dict(situation.new_salts),
        manifests=draft.manifests,
        removed=situation.removed,
        expected=tuple(draft.expected),
        signoffs=tuple(signoff for each in draft.ballots for signoff in each.signoffs),
        suspensions=tuple(draft.outages.begun),
    )
    return replace(plan, id=plan_id(plan))


def _weighed(
    draft: _Draft, situation: Situation, everyone: Mapping[str, ProductManifest]
) -> tuple[tuple[Affected, ...], tuple[str, ...]]:
    """Note in a draft why its changes must not be applied.

    Returned are who is affected by them, and the ports whose promises they break.
    """
    versions = released_versions(draft.changes, situation.desired.products, situation.applied)
    draft.changes = [
        with_waivers(each, versions.get(each.address), situation.today) for each in draft.changes
    ]
    affected = affected_by(draft.changes, everyone, production=situation.in_production)
    read = [each.port for each in affected if each.breaks]
    ending = retiring(draft.changes, situation.desired.products, situation.applied)
    by_hand = overridden(ending)
    ended = [each for each in (*situation.broken, *read) if each not in by_hand]
    breaking = breaking_ports(draft.changes, situation.applied, ended)
    begun = new_majors(draft.changes, everyone)
    changed = [each for each in breaking if each not in begun]
    draft.blocked += blocking_sentences(changed, affected, draft.changes)
    affected = with_followers(affected, moving(draft.changes, everyone, situation))
    affected = with_waiting(affected, draft.outages.begun)
    draft.blocked += how_to_stay(affected, draft.changes, everyone)
    draft.blocked += useless_waivers(draft.changes, versions, situation.today)
    if situation.in_production:
        draft.blocked += refusals(draft.changes, versions)
        known = (situation.desired.products, situation.applied)
        draft.blocked += returns(draft.changes, *known, situation.evidenced)
        draft.blocked += unannounced(draft.changes, *known, situation.now)
        lately = (situation.reads, situation.today, situation.quiet_days)
        draft.blocked += too_early(ending, *lately)
        gone = [each for each in draft.changes if each.product not in situation.proposed]
        draft.blocked += still_queried(gone, situation.applied, *lately)
        shown = {**situation.releases, **situation.lost}
        draft.blocked += going_back(situation.proposed, shown)
        draft.blocked += objections(draft.ballots, situation)
    return affected, breaking


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
    found: Examined,
    situation: Situation,
    find: Finding,
    verdicts: Verdicts,
    expected: Sequence[Watched],
    draft: _Draft,
) -> None:
    manifest = found.manifest
    address = manifest.address
    waits = _waits_for(found, find, situation, verdicts, draft)
    if waits is not None:
        _wait(found, situation, waits, _failing(found.standing, verdicts), draft)
        return
    kept = _keep_back(found, situation, verdicts, draft)
    hold = situation.hold_on(address)
    to_measure = tuple(each for each in expected if each.key and each.key not in verdicts)
    as_wanted = found.settled and not found.audits
    if as_wanted and hold is None and not to_measure:
        return
    stuck = _unread(found, situation) or bereaved(found, find, situation)
    if stuck is not None:
        _hold(draft, found, situation, stuck)
        return
    held = _held_back(found, situation, verdicts)
    is_told = _is_told(found, situation, held)
    changes = _changes_of(found, situation) if is_told else ()
    if found.missing:
        draft.changes += changes
        draft.blocked += [missing(address, each, situation) for each in found.missing]
        _keep_from_readers(draft, found, situation)
        return
    if is_told or _is_to_record(found, situation):
        draft.manifests[address] = manifest
    lost = lost_models(situation, manifest, found.keyed)
    builds = found.keyed.builds.items()
    there = situation.builds.get(manifest.warehouse, frozenset())
    renewed = _with_views((name for name, key in builds if key not in there), manifest)
    if held is not None:
        _hold(draft, found, situation, held)
    asked = Asked(
        # What is built again is checked again: its rows need not be those that were there.
        frozenset(
            key
            for key, audit in found.audits.items()
            if key not in verdicts or audit.model in renewed
        ),
        publish=held is None and not as_wanted,
        passed=passed_before(found, keys_behind(find), verdicts),
        expected=to_measure,
        kept=kept,
    )
    steps = product_steps(found, situation, find, asked, draft.pending)
    draft.steps += steps
    built = {step.target: step for step in steps if step.kind is StepKind.BUILD}
    draft.changes += [_as_built(each, built) for each in changes]
    draft.blocked += [_stuck(address, *each) for each in found.keyed.stuck.items()]
    draft.changes += [_built_again(address, model) for model in lost]
    draft.changes += _ended_previews(found, situation)
    draft.changes += [_published_again(step) for step in steps if _heals(step, situation)]


def _is_told(found: Examined, situation: Situation, held: HeldBack | None) -> bool:
    """Whether a plan tells what differs: it is new, or it was held back when it was applied."""
    manifest = found.manifest
    if situation.definition(manifest.address) != manifest.digest:
        return True
    return held is None and manifest.address in situation.unpublished


def _changes_of(found: Examined, situation: Situation) -> tuple[Change, ...]:
    """What differs from the applied definition of a product, as it is told today."""
    manifest = found.manifest
    changes = diff_product(manifest, situation.applied.get(manifest.address))
    return tuple(as_of_today(each, manifest, situation.today) for each in changes)


def _unread(found: Examined, situation: Situation) -> HeldBack | None:
    """What keeps a product from being built at all: data that cannot be read, or that is lost."""
    address = found.manifest.address
    cause = situation.unread.get(address, "")
    if not cause and found.keyed.lost:
        cause = _bereft(address, found.keyed.lost)
    release = situation.release_number(address)
    return HeldBack(address, release, cause, unread=True) if cause else None


def _keep_back(
    found: Examined, situation: Situation, verdicts: Verdicts, draft: _Draft
) -> frozenset[str]:
    """Note the unreleased port versions that are kept back alone; returned are their names."""
    failing = {key: _failing([key], verdicts) for key in found.audits}
    kept = tuple(kept_back(found, situation, failing))
    draft.kept |= {each.address: each for each in kept}
    return frozenset(each.port for each in kept)


def _held_back(found: Examined, situation: Situation, verdicts: Verdicts) -> HeldBack | None:
    """What keeps a product from being published: checks that fail, or a person."""
    address = found.manifest.address
    release = situation.release_number(address)
    failing = _failing((key for key, each in found.audits.items() if not each.previews), verdicts)
    if failing:
        return HeldBack(address, release, "checks failed", failing)
    hold = situation.hold_on(address)
    if hold is None:
        return None
    cause = f"held by {hold.actor}: {hold.reason}"
    return HeldBack(address, release, cause, by_person=True)


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
        is_view = transform.materialized is Materialization.VIEW
        if is_view and not found.isdisjoint(transform.models_read):
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


def _ended_previews(found: Examined, situation: Situation) -> Iterator[Change]:
    """The candidates whose last day is over, while nothing else became of them."""
    address = found.manifest.address
    release = situation.releases.get(address)
    defined = {each.name: each.candidate for each in found.manifest.ports}
    for port in release.ports if release else ():
        is_over = port.candidate and not is_shown(port.candidate, situation.today)
        if is_over and defined.get(port.name) == port.candidate:
            effect = f"preview ended on {port.candidate}, shown no longer"
            yield Change(address, "port", port.name, ChangeAction.WARN, ChangeClass.VIEW, effect)


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


def _hold(draft: _Draft, found: Examined, situation: Situation, held: HeldBack) -> None:
    """Note that a product stays on its release; what it would show must not be read."""
    draft.held.append(held)
    _keep_from_readers(draft, found, situation)
    if len(found.keyed.builds) < len(found.manifest.transforms):
        draft.incomplete.add(held.product)


def _keep_from_readers(draft: _Draft, found: Examined, situation: Situation) -> None:
    """Note which builds of a product readers do not get."""
    address = found.manifest.address
    offered = offered_builds(address, situation)
    for key in found.keyed.builds.values():
        if key not in offered:
            draft.unreadable[key] = address


def _waits_for(
    found: Examined, find: Finding, situation: Situation, verdicts: Verdicts, draft: _Draft
) -> HeldBack | None:
    """What keeps a product waiting: it would read what is held, lost, or in an outage."""
    waits = _waits_for_data(found, find, situation, draft)
    return waits or draft.outages.waits(found, situation, verdicts)


def _waits_for_data(
    found: Examined, find: Finding, situation: Situation, draft: _Draft
) -> HeldBack | None:
    """What keeps a product waiting: it would read a held candidate, or data that is lost."""
    if not (draft.unreadable or draft.incomplete or draft.damaged or draft.kept):
        return None
    address = found.manifest.address
    release = situation.release_number(address)
    for read in found.foreign_reads:
        behind = find(read)
        key = behind.key if behind else None
        product = product_of(read.target)
        if read.target in draft.kept:
            return HeldBack(address, release, f"waits for {read.target}")
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
        result.label for key in audits for result in verdicts.get(key, ()) if blocked([result])
    )
