"""End environments: those past their time to live, or named ones; never production.

What a warehouse removes is decided there: nothing that another environment shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.branch_environment import resolved
from weft.app.environment_list import (
    END,
    EnvironmentLine,
    ending_warehouses,
    environment_names,
    list_environments,
    runs_of,
)
from weft.app.errors import Blocked, NotFound, Stale
from weft.app.prune import builds_to_keep, outdated
from weft.app.releases import keeper_of
from weft.app.runs import begun_run, is_alive
from weft.mesh.run import RunState
from weft.store.protocol import WHOLE, Locked, StoreError
from weft.warehouses.protocol import Ended, Ending, KeepsReleases

_OVER = frozenset(["expired", "ending"])


@dataclass(frozen=True)
class EnvironmentEnd:
    """What goes with an environment, or went; `rows` are the store's. `why` it is to end."""

    environment: str
    why: str
    releases: int = 0
    builds: int = 0
    bytes: int = 0
    served: bool = False
    rows: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing of it."""
        return not (self.releases or self.builds or self.bytes or self.rows)


def plan_ends(mesh: Opened, names: Sequence[str] = ()) -> tuple[EnvironmentEnd, ...]:
    """What ending environments would remove: these, or all whose time is over. Nothing is changed.

    Raises NotFound for an unknown one and Blocked for production, WarehouseError and StoreError.
    """
    chosen = _named(mesh, names) if names else _over(list_environments(mesh))
    keep = _kept(mesh, chosen)
    found: list[EnvironmentEnd] = []
    for environment, why in chosen.items():
        without = frozenset(each.environment for each in found)
        ended = _each_warehouse(mesh, environment, keep, without, dry_run=True)
        found.append(_told(environment, why, ended, mesh.store.rows(environment)))
    return tuple(each for each in found if not each.empty)


def end_environments(mesh: Opened, planned: Sequence[EnvironmentEnd]) -> Iterator[EnvironmentEnd]:
    """End environments one after the other; yields what went with each.

    Raises Locked where a run is going on, Stale where one was meanwhile, WarehouseError and
    StoreError. What was interrupted is finished by ending it again.
    """
    keep = _kept(mesh, [each.environment for each in planned])
    for each in planned:
        yield _end(mesh, each, keep)


def _named(mesh: Opened, names: Iterable[str]) -> dict[str, str]:
    known = environment_names(mesh)
    names = [resolved(each, mesh.folder, mesh.settings.production) for each in names]
    for name in names:
        if name == mesh.settings.production:
            raise Blocked(
                f"{name} is production, which never ends",
                why="Products are dropped there by removing their files.",
                next_step="weft env ls",
            )
        if name not in known:
            raise NotFound("environment", name, known, next_step="weft env ls")
    return dict.fromkeys(names, "named")


def _over(lines: Iterable[EnvironmentLine]) -> dict[str, str]:
    return {each.name: each.state for each in lines if each.state in _OVER}


def _kept(mesh: Opened, ending: Iterable[str]) -> frozenset[str]:
    return builds_to_keep(mesh, _keepers(mesh), tuple(ending))


def _keepers(mesh: Opened) -> tuple[KeepsReleases, ...]:
    found = (keeper_of(mesh, name) for name in mesh.settings.warehouses)
    return tuple(each for each in found if each is not None)


def _end(mesh: Opened, planned: EnvironmentEnd, keep: frozenset[str]) -> EnvironmentEnd:
    """Lock all of an environment, clear the warehouses, then the store, which forgets the lock."""
    environment, store = planned.environment, mesh.store
    run = begun_run(mesh, END, environment)
    if store.rows(environment) != planned.rows:
        raise Stale(
            f"{environment} is not what it was when its end was planned",
            why="something ran there meanwhile",
            next_step="weft env gc",
        )
    try:
        store.journal.begin(run, [WHOLE], b"{}", lambda lock: is_alive(mesh, lock))
        ended = _each_warehouse(mesh, environment, keep, frozenset())
        removed = [build.key for each in ended for build in each.builds]
        store.end(run, mesh.system.now(), outdated(mesh, _keepers(mesh), removed))
    except Locked:
        raise
    except BaseException as error:
        # A beginning that failed may have been recorded or not.
        stopped = replace(run, state=RunState.INTERRUPTED, ended=mesh.system.now())
        with suppress(StoreError, KeyError):
            store.journal.end(replace(stopped, message=str(error)))
        raise
    return _told(environment, planned.why, ended, planned.rows)


def _each_warehouse(
    mesh: Opened,
    environment: str,
    keep: frozenset[str],
    without: frozenset[str],
    *,
    dry_run: bool = False,
) -> list[Ended]:
    runs = frozenset(each.id for each in runs_of(mesh, environment))
    ending = Ending(environment, runs, keep, without)
    return [each.end(ending, dry_run=dry_run) for _, each in ending_warehouses(mesh)]


def _told(environment: str, why: str, ended: Iterable[Ended], rows: int) -> EnvironmentEnd:
    found = tuple(ended)
    return EnvironmentEnd(
        environment=environment,
        why=why,
        releases=sum(len(each.releases) for each in found),
        builds=sum(len(each.builds) for each in found),
        bytes=sum(each.bytes for each in found),
        served=any(each.served for each in found),
        rows=rows,
    )
