"""The environments of a mesh: whose they are, how old, what they hold, and when they end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from weft.app.bootstrap import Opened
from weft.app.environments import known_environments
from weft.app.runs import is_alive
from weft.mesh.run import Run, RunState
from weft.warehouses.protocol import Environments, HasEnvironments, Holding

END = "end"
"""The kind of the runs that end an environment."""


@dataclass(frozen=True)
class EnvironmentLine:
    """One environment.

    `state` is `production`; `declared` where nothing ever ran; `busy` while a run goes on;
    `ending` where ending it was interrupted; `expired` past its time to live; else `live`.
    `owner` is who applied it last and `branch` what from, `made` who applied it first. `products`
    have a release of their own there. `own_bytes` is the size of what ends with it, `shown_bytes`
    of all that its own releases show. Times are ISO in UTC; `ends` is "" for ever.
    """

    name: str
    state: str
    owner: str = ""
    branch: str = ""
    made_by: str = ""
    made: str = ""
    released: str = ""
    ttl_days: int = 0
    ends: str = ""
    products: int = 0
    own_bytes: int = 0
    shown_bytes: int = 0


def list_environments(mesh: Opened) -> tuple[EnvironmentLine, ...]:
    """All environments, production first. Raises WarehouseError and StoreError."""
    production = mesh.settings.production
    names = sorted(environment_names(mesh), key=lambda name: (name != production, name))
    runs = {name: runs_of(mesh, name) for name in names}
    ran = {name: frozenset(each.id for each in found) for name, found in runs.items()}
    held = [each.holdings(ran) for _, each in ending_warehouses(mesh)]
    return tuple(_line(mesh, name, runs[name], [each[name] for each in held]) for name in names)


def environment_names(mesh: Opened) -> frozenset[str]:
    """What is declared, where anything ran, and what any warehouse has something of."""
    here = (each for _, keeper in ending_warehouses(mesh) for each in keeper.names())
    return frozenset((*known_environments(mesh), *here))


def ending_warehouses(mesh: Opened) -> Iterator[tuple[str, Environments]]:
    """The warehouses of a mesh that know what each environment has there, by name."""
    for name in mesh.settings.warehouses:
        found = mesh.warehouse(name)
        if isinstance(found, HasEnvironments):
            yield name, found.environments


def runs_of(mesh: Opened, environment: str) -> tuple[Run, ...]:
    """All runs of an environment, newest first."""
    return mesh.store.journal.runs(environment, 0)


def _line(mesh: Opened, name: str, runs: Sequence[Run], held: Sequence[Holding]) -> EnvironmentLine:
    """Say what is known of an environment: what ran there, and what each warehouse holds."""
    applied = [each for each in runs if each.kind != END]
    newest, oldest = (applied[0], applied[-1]) if applied else (None, None)
    releases = [release for each in held for release in each.releases]
    shown = [each for each in releases if not each.empty]
    released = max((each.at for each in releases), default="")
    line = EnvironmentLine(
        name=name,
        state="",
        owner=newest.actor if newest else "",
        branch=newest.branch if newest else "",
        made_by=oldest.actor if oldest else "",
        made=oldest.started if oldest else "",
        released=released,
        products=len(shown),
        shown_bytes=sum(each.shown for each in held),
    )
    if name == mesh.settings.production:
        return replace(line, state="production")
    ttl = mesh.settings.environment(name).ttl_days
    since = released or (newest.started if newest else "")
    ends = _days_after(since, ttl) if ttl and since else ""
    return replace(
        line,
        state=_state(mesh, runs, ends, has_anything=bool(runs or releases)),
        ttl_days=ttl,
        ends=ends,
        own_bytes=sum(each.own for each in held),
    )


def _state(mesh: Opened, runs: Sequence[Run], ends: str, *, has_anything: bool) -> str:
    if not has_anything:
        return "declared"
    if any(each.state is RunState.RUNNING and is_alive(mesh, each) for each in runs):
        return "busy"
    if runs and runs[0].kind == END:
        return "ending"
    over = ends and datetime.fromisoformat(ends) <= datetime.fromisoformat(mesh.system.now())
    return "expired" if over else "live"


def _days_after(at: str, days: int) -> str:
    after = datetime.fromisoformat(at) + timedelta(days=days)
    return after.isoformat(timespec="milliseconds").replace("+00:00", "Z")
