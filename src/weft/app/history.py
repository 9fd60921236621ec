"""History: the releases of a product, and the runs of an environment."""

from __future__ import annotations

from dataclasses import dataclass

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage, never_applied
from weft.app.releases import release_before, releases_of, releases_of_dropped
from weft.mesh.release import Release
from weft.mesh.run import Hold, Run, StepResult


@dataclass(frozen=True)
class ReleaseLine:
    """A recorded release: whether it is current, can still be reached, and the run behind it."""

    release: Release
    current: bool
    kept: bool
    run: Run | None

    @property
    def reachable(self) -> bool:
        """Whether a rollback can go back to it; one that shows nothing is no place to be."""
        return self.kept and not self.current and not self.release.empty


@dataclass(frozen=True)
class ProductHistory:
    """Everything that was ever released of a product, newest first, and the hold on it.

    `before` is the number of the release that a rollback goes back to by itself, 0 for none.
    """

    product: str
    releases: tuple[ReleaseLine, ...]
    hold: Hold | None
    before: int = 0

    @property
    def dropped(self) -> bool:
        """Whether the product was dropped, so that it has to come back before it can go back."""
        return any(each.current and each.release.empty for each in self.releases)


@dataclass(frozen=True)
class RunHistory:
    """The newest runs of an environment, newest first, and whether there are older ones."""

    runs: tuple[Run, ...]
    older: bool = False


@dataclass(frozen=True)
class RunDetail:
    """A run with what its steps did."""

    run: Run
    steps: tuple[StepResult, ...]


def product_history(mesh: Opened, product: str) -> ProductHistory:
    """The releases of a product. Raises NotFound when it was never applied."""
    journal = mesh.store.journal
    recorded = journal.releases(mesh.environment, product)
    applied = mesh.store.definitions.applied(mesh.environment)
    if product not in applied and not recorded:
        raise never_applied(product, mesh.environment, applied)
    manifests = mesh.store.definitions.manifests(mesh.environment, [product])
    manifest = manifests.get(product)
    kept = releases_of(mesh, manifest) if manifest else releases_of_dropped(mesh, product)
    before = release_before(kept) if kept else None
    readable = [each for each in kept if not each.damaged]
    known = {each.number: each for each in (*readable, *recorded)}
    # Where a product was left for another warehouse, an empty one has the number of that release.
    reachable = {each.number for each in readable if each.empty is known[each.number].empty}
    newest = max((each.number for each in kept), default=0)
    lines = tuple(
        ReleaseLine(release, number == newest, number in reachable, journal.run(release.run))
        for number, release in sorted(known.items(), reverse=True)
    )
    hold = journal.holds(mesh.environment).get(product)
    return ProductHistory(product, lines, hold, before.number if before else 0)


def run_history(mesh: Opened, limit: int = 20) -> RunHistory:
    """The newest runs of an environment, all of them when `limit` is 0."""
    runs = mesh.store.journal.runs(mesh.environment, limit and limit + 1)
    return RunHistory(runs[:limit], older=True) if 0 < limit < len(runs) else RunHistory(runs)


def run_detail(mesh: Opened, run: str) -> RunDetail:
    """One run by its id or the beginning of it. Raises NotFound, and Usage where several fit."""
    runs = mesh.store.journal.runs("", 0)
    found = [each for each in runs if each.id.startswith(run)]
    if not found:
        raise NotFound("run", run, [each.id for each in runs], next_step="weft history")
    if len(found) > 1:
        raise Usage(
            f"{len(found)} runs begin with `{run}`",
            why=f"The newest of them is {found[0].id}.",
            next_step="weft history",
        )
    return RunDetail(found[0], mesh.store.journal.steps(found[0].id))
