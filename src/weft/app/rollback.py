"""Roll back: point a product to an earlier release, and hold it there until someone decides.

Data and contract go back; access does not, it is always today's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import Opened
from weft.app.errors import Blocked, Breaking, NotFound, Stale, Usage, never_applied
from weft.app.releases import release_before, releases_of
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Hold, RunEvent
from weft.plan.going_back import Lacking, broken_by, step_back
from weft.plan.outages import as_of
from weft.plan.plan import BREAKS, ROLLBACK, Affected, Base, Plan
from weft.plan.planning import plan_id
from weft.store.protocol import Locked
from weft.warehouses.protocol import Scope


@dataclass(frozen=True)
class RollbackOptions:
    """Where to and why: `release` 0 means the one before; `breaks` names consumers to sacrifice."""

    product: str
    release: int = 0
    reason: str = ""
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rollback:
    """A rollback that is ready: the release that is current, the one to restore, who reads it."""

    plan: Plan
    current: Release
    target: Release
    downstream: tuple[str, ...]


def plan_rollback(mesh: Opened, options: RollbackOptions) -> Rollback:
    """Prepare a rollback. Raises NotFound, Usage, Blocked and Breaking."""
    applied = mesh.store.definitions.applied(mesh.environment)
    if options.product not in applied:
        raise _not_applied(mesh, options.product, applied)
    _refuse_foreign(mesh, options.product, applied[options.product].root)
    manifests = mesh.store.definitions.manifests(mesh.environment, applied)
    manifest = manifests[options.product]
    kept = releases_of(mesh, manifest)
    if not kept:
        raise Usage(f"{options.product} has no release", next_step="weft apply")
    current, target = kept[0], _target(kept, options, manifest.warehouse)
    downstream = _downstream(options.product, manifests)
    readers = [each.address for each in downstream]
    for name in options.breaks:
        if name not in readers:
            raise NotFound(f"reader of {options.product} called", name, readers)
    _refuse_damaged(mesh, manifest, target)
    broken = tuple(broken_by(target, downstream, production=mesh.production))
    _refuse_breaking(target, broken, options)
    now = mesh.system.now()
    plan = Plan(
        id="",
        mesh=mesh.settings.mesh,
        root=mesh.settings.root,
        environment=mesh.environment,
        kind=ROLLBACK,
        base={
            options.product: Base(
                applied=applied[options.product].digest,
                release=current.number,
                warehouse=manifest.warehouse,
            )
        },
        affected=_given_up(broken),
        steps=(step_back(manifest, current, _as_of(target, now, mesh), now[:10]),),
    )
    return Rollback(replace(plan, id=plan_id(plan)), current, target, tuple(sorted(readers)))


def _refuse_foreign(mesh: Opened, product: str, owner: str) -> None:
    if owner != mesh.settings.root:
        raise Blocked(
            f"{product} is a product of root {owner}, and this is root {mesh.settings.root}",
            why="Whoever applies a product decides where it stands.",
            next_step=f"weft rollback {product}, in the files of root {owner}",
        )


def _not_applied(mesh: Opened, product: str, applied: Iterable[str]) -> Usage:
    """Why a product cannot go back: it is gone as a whole, or it never was there."""
    if mesh.store.journal.releases(mesh.environment, product):
        return Usage(
            f"{product} was dropped and cannot go back before it is there again",
            why="Bring its files back and apply them; then its releases can be reached again.",
            next_step=f"weft history {product}",
        )
    return never_applied(product, mesh.environment, applied)


def roll_back(mesh: Opened, rollback: Rollback, reason: str) -> Iterator[RunEvent]:
    """Place the hold, then move the pointer; a crash between leaves the product held, not lost.

    Where it is refused, the hold is as it was before. Raises Stale and Locked.
    """
    product = rollback.current.product
    hold = Hold(
        product=product,
        environment=mesh.environment,
        release=rollback.target.number,
        actor=mesh.system.user(),
        reason=reason or f"rolled back to release {rollback.target.number}",
        since=mesh.system.now(),
    )
    journal = mesh.store.journal
    before = journal.holds(mesh.environment).get(product)
    journal.hold(hold)
    base = {product: replace(rollback.plan.base[product], hold=hold.since)}
    try:
        yield from apply_plan(mesh, replace(rollback.plan, base=base), ApplyOptions())
    except (Stale, Locked):
        if before is None:
            journal.lift(product, mesh.environment, hold.actor, mesh.system.now())
        else:
            journal.hold(before)
        raise


def lift_hold(mesh: Opened, product: str) -> None:
    """End a hold. Raises NotFound when there is none, Blocked for another root's product."""
    applied = mesh.store.definitions.applied(mesh.environment)
    if product in applied:
        _refuse_foreign(mesh, product, applied[product].root)
    system = mesh.system
    journal = mesh.store.journal
    if not journal.lift(product, mesh.environment, system.user(), system.now()):
        held = journal.holds(mesh.environment)
        raise NotFound("hold on", product, held, next_step=f"weft history {product}")


def _target(kept: tuple[Release, ...], options: RollbackOptions, home: str) -> Release:
    by_number = {release.number: release for release in kept if not release.damaged}
    if options.release:
        if options.release not in by_number:
            there = ", ".join(str(number) for number in sorted(by_number))
            raise Usage(
                f"{options.product} keeps no release {options.release}",
                why=f"kept are {there}",
                next_step=f"weft history {options.product}",
            )
        target = by_number[options.release]
        if target.empty:
            raise Usage(
                f"release {target.number} of {options.product} shows nothing",
                why=f"The product was dropped then, or did not live on {home}. "
                "To drop it, remove its files.",
                next_step=f"weft history {options.product}",
            )
        return target
    before = release_before(kept)
    if before is None:
        raise Usage(
            f"{options.product} has no earlier release to go back to",
            why=f"Nothing goes back but to what {home} keeps of it." if kept[0].number > 1 else "",
            next_step=f"weft history {options.product}",
        )
    return before


def _refuse_damaged(mesh: Opened, manifest: ProductManifest, target: Release) -> None:
    """A release that lost its data would show nothing but errors."""
    scope = Scope(mesh.environment, (), builds=target.keys)
    there = mesh.warehouse(manifest.warehouse).observe(scope)
    if not target.keys <= there.builds - there.hollow.keys():
        raise Usage(
            f"release {target.number} of {target.product} has lost data",
            why="Files of it are missing in the warehouse, or damaged.",
            next_step=f"weft history {target.product}, and choose another with --to",
        )


def _downstream(product: str, manifests: dict[str, ProductManifest]) -> list[ProductManifest]:
    return [each for each in manifests.values() if product in each.reads]


def _refuse_breaking(target: Release, broken: Iterable[Lacking], options: RollbackOptions) -> None:
    """A consumer that reads what the older contract does not have would break."""
    for each in broken:
        if each.consumer not in options.breaks:
            what = ", ".join(each.columns) or each.port
            raise Breaking(
                f"release {target.number} of {target.product} breaks {each.consumer}",
                why=f"it reads {what}, which that release does not have",
                next_step=f"weft rollback {target.product} --to {target.number} "
                f"--breaks {each.consumer}",
            )


def _given_up(broken: Iterable[Lacking]) -> tuple[Affected, ...]:
    """The consumers that a rollback breaks, as somebody said that it may."""
    return tuple(Affected(each.consumer, each.port, False, f"{BREAKS} reads it") for each in broken)


def _as_of(target: Release, now: str, mesh: Opened) -> Release:
    """A release with the outages of now: data and contract go back, the time does not."""
    return as_of(target, now) if mesh.production else target
