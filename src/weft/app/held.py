"""Since when checks have held a product back: the first run after its release that found so."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from weft.app.bootstrap import Opened
from weft.contract.evaluate import holds
from weft.mesh.run import RunState, StepResult

_RUNS = 200


def held_since(mesh: Opened, products: Iterable[str]) -> dict[str, str]:
    """When each product was first held by its checks, ISO time; too long ago is left out."""
    journal = mesh.store.journal
    steps = cache(journal.steps)
    found: dict[str, str] = {}
    for product in products:
        releases = journal.releases(mesh.environment, product)
        published = releases[0].at if releases else ""
        for run in reversed(journal.runs(mesh.environment, _RUNS)):
            after = run.started > published and run.state is not RunState.DONE
            if after and _holds(product, steps(run.id)):
                found[product] = run.started
                break
    return found


def _holds(product: str, steps: Iterable[StepResult]) -> bool:
    return holds(each for each in steps if each.product == product)
