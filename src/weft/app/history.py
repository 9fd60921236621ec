"""History: the releases of a product, and the runs of an environment."""

from __future__ import annotations

from dataclasses import dataclass

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.releases import releases_of
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
    """Everything that was ever released of a product, newest first, and the hold on it."""

    product: str
    releases: tuple[ReleaseLine, ...]
    hold: Hold | None


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
        raise NotFound("applied product", product, applied, next_step="weft ls")
    manifests = mesh.store.definitions.manifests(mesh.environment, [product])
    kept: tuple[Release, ...] = ()
    if product in manifests:
        kept = releases_of(mesh, manifests[product])
    known = {each.number: each for each in (*recorded, *kept)}
    reachable = {each.number for each in kept}
    newest = max(reachable, default=0)
    lines = tuple(
        ReleaseLine(release, number == newest, number in reachable, journal.run(release.run))
        for number, release in sorted(known.items(), reverse=True)
    )
    return ProductHistory(product, lines, journal.holds(mesh.environment).get(product))


def run_history(mesh: Opened, limit: int = 20) -> tuple[Run, ...]:
    """The newest runs of an environment, newest first."""
    return mesh.store.journal.runs(mesh.environment, limit)


def run_detail(mesh: Opened, run: str) -> RunDetail:
    """One run by its id or the beginning of it. Raises NotFound."""
    runs = mesh.store.journal.runs("", 0)
    found = [each for each in runs if each.id.startswith(run)]
    if len(found) != 1:
        raise NotFound("run", run, [each.id for each in runs], next_step="weft history")
    return RunDetail(found[0], mesh.store.journal.steps(found[0].id))
