"""Prune: remove releases that rollback need not reach any more, and the builds behind them.

Which releases those are is decided here; a warehouse removes nothing that it did not make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

import msgspec

from weft.app.bootstrap import Opened
from weft.app.environments import known_environments
from weft.app.measuring import KEPT_DAYS
from weft.app.releases import histories, keeper_of
from weft.app.remembered import remembered
from weft.app.run import applied_products
from weft.app.situation import gather
from weft.mesh.release import Build, Release
from weft.plan.copies import foreign
from weft.plan.examine import examine
from weft.store.protocol import Outdated
from weft.warehouses.protocol import KeepsReleases, WarehouseError


@dataclass(frozen=True)
class Pruned:
    """What is removed from one warehouse, or would be; `bytes` is the size of it.

    Failing rows that were kept long enough, and data that killed runs left, count in it too.
    """

    warehouse: str
    releases: tuple[Release, ...] = ()
    builds: tuple[Build, ...] = ()
    bytes: int = 0


def prune(mesh: Opened, *, dry_run: bool = False) -> tuple[Pruned, ...]:
    """Remove what no kept release reaches, in all environments; or only say what that is.

    Kept are, of every product, the newest releases and the young ones as `keep` of `weft.yaml`
    says, and always the current one; whatever other roots have; and builds that wait for a hold
    to end. The store forgets what belongs to the rest. Raises WarehouseError and StoreError.
    """
    found = {name: keeper_of(mesh, name) for name in mesh.settings.warehouses}
    keepers = {name: keeper for name, keeper in found.items() if keeper is not None}
    waiting = builds_to_keep(mesh, keepers.values())
    try:
        pruned = tuple(
            _prune_warehouse(mesh, name, keeper, waiting, dry_run=dry_run)
            for name, keeper in keepers.items()
        )
    except WarehouseError as error:
        # No run was interrupted: what is not removed yet waits for the next time.
        error.interrupted = False
        raise
    if not dry_run:
        removed = (build.key for each in pruned for build in each.builds)
        mesh.store.forget(outdated(mesh, keepers.values(), removed))
    return pruned


def prune_after(mesh: Opened, published: Iterable[Release]) -> tuple[Pruned, ...]:
    """Prune after these releases were published, unless none of their products has too many."""
    if any(_has_surplus(mesh, release) for release in published):
        return prune(mesh)
    return ()


def surplus(releases: tuple[Release, ...], keep: int, oldest: str) -> tuple[Release, ...]:
    """The releases of one product, given newest first, that are not to be kept.

    Kept are the first `keep` of them, those at or after `oldest`, an ISO time, and the first. A
    damaged one is taken for old, as nothing can be done with it.

    >>> surplus((), 1, "2026-01-01T00:00:00Z")
    ()
    """
    limit = datetime.fromisoformat(oldest)
    return tuple(
        each
        for each in releases[max(keep, 1) :]
        if each.damaged or datetime.fromisoformat(each.at) < limit
    )


def _prune_warehouse(
    mesh: Opened, name: str, keeper: KeepsReleases, waiting: frozenset[str], *, dry_run: bool
) -> Pruned:
    releases = tuple(_all_surplus(mesh, keeper))
    now = mesh.system.now()
    removed = keeper.forget(releases, waiting, now, dry_run=dry_run)
    if removed.names and not dry_run:
        detail = msgspec.json.encode(
            {
                "releases": [
                    f"{each.environment} {each.product} {each.number}" for each in releases
                ],
                "builds": len(removed.builds),
                "bytes": removed.bytes,
            }
        )
        mesh.store.audit.add(mesh.system.user(), "prune", name, detail.decode(), now)
    return Pruned(name, releases, removed.builds, removed.bytes)


def outdated(mesh: Opened, keepers: Iterable[KeepsReleases], builds: Iterable[str]) -> Outdated:
    """What the store need not remember, now that these builds, by their keys, are gone."""
    kept = [each for keeper in keepers for each in _all_releases(keeper)]
    newest = mesh.store.journal.runs("", mesh.settings.keep.releases)
    return Outdated(
        root=mesh.settings.root,
        before=_oldest(mesh),
        builds=frozenset(builds),
        runs=frozenset([*(each.run for each in kept), *(run.id for run in newest)]),
        definitions=frozenset(each.manifest for each in kept),
        measured=_days_ago(mesh, KEPT_DAYS),
    )


def _all_releases(keeper: KeepsReleases) -> Iterator[Release]:
    return chain.from_iterable(histories(keeper))


def _all_surplus(mesh: Opened, keeper: KeepsReleases) -> Iterator[Release]:
    """What is too much of this root's products; other roots prune theirs themselves."""
    for history in histories(keeper):
        if history[0].root == mesh.settings.root:
            yield from surplus(history, mesh.settings.keep.releases, _oldest(mesh))


def _has_surplus(mesh: Opened, release: Release) -> bool:
    """Whether the product of a release just published has others that are not to be kept.

    Numbers count from 1, so that mostly nothing has to be read for the answer.
    """
    if release.number <= mesh.settings.keep.releases:
        return False
    for name in mesh.connected:
        keeper = keeper_of(mesh, name)
        if keeper is not None:
            history = keeper.history(release.environment, release.product)
            if surplus(history, mesh.settings.keep.releases, _oldest(mesh)):
                return True
    return False


def _oldest(mesh: Opened) -> str:
    return _days_ago(mesh, mesh.settings.keep.days)


def _days_ago(mesh: Opened, days: int) -> str:
    now = datetime.fromisoformat(mesh.system.now())
    return (now - timedelta(days=days)).isoformat()


def _of_damaged(keepers: Iterable[KeepsReleases]) -> frozenset[str]:
    """The products whose current release is damaged: any of their builds may be behind it."""
    current = (history[0] for keeper in keepers for history in histories(keeper))
    return frozenset(each.product for each in current if each.damaged)


def builds_to_keep(
    mesh: Opened, keepers: Iterable[KeepsReleases], without: Collection[str] = ()
) -> frozenset[str]:
    """The builds that applied definitions want now, and the copies that they read.

    Those of the environments `without` are not counted.

    Of held products they are not released. Where something cannot be read now, nobody can say
    which these are: then it is the product whose builds are all kept.
    """
    keepers = tuple(keepers)
    environments = {mesh.environment, *known_environments(mesh)}
    environments.update(each for keeper in keepers for each in keeper.released())
    keys: set[str] = set()
    for environment in environments.difference(without):
        there = replace(mesh, environment=environment)
        memory = remembered(there)
        desired = applied_products(there, memory)
        if desired.order:
            situation = gather(there, desired, desired.products, memory)
            examined = examine(situation)
            for address, each in examined.items():
                keys.update(each.keyed.builds.values())
                keys.update(each.keyed.tables(each.manifest))
                if len(each.keyed.builds) < len(each.manifest.transforms):
                    keys.add(address)
            copies = foreign(situation, examined, examined.values())
            keys.update(each.key for each in copies)
    return frozenset(keys) | _of_damaged(keepers)
