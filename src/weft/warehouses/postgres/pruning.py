"""Remove what no kept release reaches: only what is marked, and nothing that is still read."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from weft.mesh.release import Release
from weft.warehouses.postgres.catalog import Located, Shared
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.layer_tables import LayerTables, drop
from weft.warehouses.postgres.released import Released
from weft.warehouses.postgres.releases import PRUNING, Releases
from weft.warehouses.postgres.sessions import LOCKS, Sessions, signed
from weft.warehouses.protocol import Removal

_LIVING = """
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND mode = 'ShareLock'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Living:
    """Which runs are going on, in this process or another: each holds a lock of the server."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._held: set[tuple[int, str]] = set()
        self._guard = Lock()

    def begin(self, run: str) -> None:
        """Say, until its connection ends, that a run is going on."""
        here = (self._sessions.connection_number(), run)
        with self._guard:
            known = here in self._held
            self._held.add(here)
        if not known:
            self._sessions.ask("SELECT pg_advisory_lock_shared(%s, %s)", (LOCKS, signed(run)))

    def among(self, runs: Iterable[str]) -> set[str]:
        """Return those of some runs that are going on."""
        held = {number for (number,) in self._sessions.ask(_LIVING, (LOCKS,))}
        return {run for run in runs if zlib.crc32(run.encode()) in held}


class Pruning:
    """Removes releases, builds and failing rows, but never those of a run that is going on."""

    def __init__(
        self,
        sessions: Sessions,
        known: Known,
        living: Living,
        releases: Releases,
        released: Released,
        layers: LayerTables,
    ) -> None:
        self._sessions = sessions
        self._layers = layers
        self._known = known
        self._living = living
        self._releases = releases
        self._released = released

    def removal(self, releases: Iterable[Release], keep: frozenset[str], now: str) -> Removal:
        """Return what `remove` would remove, as long as nobody reads it. Raises as it does."""
        gone = tuple(releases)
        self._releases.refuse_current(gone)
        unneeded = self._of_nobody(gone, keep)
        return _told(gone, unneeded, self._layers.unread(unneeded), self._old_rows(now))

    def remove(self, releases: Iterable[Release], keep: frozenset[str], now: str) -> Removal:
        """Remove releases, builds that are not kept, and failing rows that are too old.

        What somebody reads or builds on just now stays. Raises WarehouseError for a current
        release.
        """
        gone = tuple(releases)
        with self._sessions.locked(PRUNING):
            self._releases.refuse_current(gone)
            unneeded, rows = self._of_nobody(gone, keep), self._old_rows(now)
            # What a view shows is always there, wherever this is cut off.
            self._releases.narrow(gone, unneeded)
            for release in gone:
                self._releases.remove(release)
            dropped = [each for each in unneeded if self.drop(each)]
            self._known.lose(each.build.key for each in dropped)
            tables = [each for each in self._layers.unread(()) if self.drop(each)]
            kept = {each: size for each, size in rows.items() if self.drop(each)}
            return _told(gone, dropped, tables, kept)

    def unneeded(
        self,
        there: Mapping[str, Located],
        keep: frozenset[str],
        ended: frozenset[str] = frozenset(),
    ) -> list[Located]:
        """Return what of all that is there is not kept, nor its product, each before what it reads.

        A kept view keeps what it reads, and a kept build the sources that it was made from. What
        a run made that is going on is kept too, unless that run has `ended`.
        """
        starts = [key for key, each in there.items() if each.build.product in keep]
        kept = reached(keep.union(starts), there)
        living = self._living.among({each.build.run for each in there.values()} - ended)
        unneeded = {
            key: each
            for key, each in there.items()
            if key not in kept and each.build.run not in living
        }
        return list(_readers_first(unneeded))

    def _of_nobody(self, gone: tuple[Release, ...], keep: frozenset[str]) -> list[Located]:
        """Return the builds that neither `keep` nor any release but these names."""
        without = {(each.environment, each.product, each.number) for each in gone}
        named = (
            each.keys
            for each in self._released.kept()
            if (each.environment, each.product, each.number) not in without
        )
        there = {each.build.key: each for each in self._known.catalog.readable()}
        return self.unneeded(there, keep.union(*named))

    def _old_rows(self, now: str) -> dict[Located, int]:
        """Return the failing rows that were kept long enough, and their sizes in bytes."""
        found = self._known.catalog.rows()
        old = [each for each in found if each.mark.rows and each.mark.rows.is_old(now)]
        return {each: self._known.catalog.stored(each.relation).bytes for each in old}

    def drop(self, each: Located | Shared) -> bool:
        """Drop one thing, unless something else reads it or somebody does; say if it is gone."""
        return drop(self._sessions, each, each.kind)


def _told(
    releases: Iterable[Release],
    builds: Iterable[Located],
    tables: Iterable[Shared],
    rows: Mapping[Located, int],
) -> Removal:
    readable, shared = list(builds), list(tables)
    names = [
        *(f"release {each.number} of {each.product} in {each.environment}" for each in releases),
        *(f"{each.schema}.{each.name}" for each in (*readable, *shared, *rows)),
    ]
    return Removal(
        tuple(each.mark.build for each in readable if each.mark.build),
        tuple(names),
        sum(each.own_bytes for each in readable)
        + sum(each.bytes for each in shared)
        + sum(rows.values()),
    )


def reached(keep: Iterable[str], there: Mapping[str, Located]) -> set[str]:
    """Return keys with all that their views lead to, and the landed sources behind their builds.

    `there` is everything that is there, by key; nothing else is returned.
    """
    found: set[str] = set()
    waiting = list(keep)
    while waiting:
        key = waiting.pop()
        if key in there and key not in found:
            found.add(key)
            build = there[key].build
            waiting += build.needs
            waiting += (read for read in build.reads if read in there and there[read].mark.landed)
    return found


def _readers_first(gone: Mapping[str, Located]) -> Iterator[Located]:
    """Yield everything before what it reads."""
    left: dict[str, int] = dict.fromkeys(gone, 0)
    for each in gone.values():
        for read in each.build.reads:
            if read in left:
                left[read] += 1
    ready = [key for key, readers in left.items() if not readers]
    while ready:
        each = gone[ready.pop()]
        yield each
        for read in each.build.reads:
            if read in left:
                left[read] -= 1
                if not left[read]:
                    ready.append(read)
