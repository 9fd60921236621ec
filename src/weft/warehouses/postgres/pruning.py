"""Remove what no kept release reaches: only what is marked, and nothing that is still read."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from threading import Lock

from weft.mesh.release import Build
from weft.warehouses.postgres.catalog import Catalog, Located
from weft.warehouses.postgres.copying import SOURCE
from weft.warehouses.postgres.errors import LOCK_NOT_AVAILABLE, STILL_NEEDED, Refused
from weft.warehouses.postgres.sessions import LOCKS, SHORT, Sessions, lock_timeout, signed

_VIEW = "view"

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
    """Removes builds and failing rows, but never those of a run that is going on."""

    def __init__(self, sessions: Sessions, catalog: Catalog, living: Living) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._living = living

    def unneeded(self, keep: Iterable[str]) -> list[Located]:
        """Return every build that is not kept, each before what it reads.

        A kept view keeps what it reads, and a kept build the sources that it was made from.
        """
        builds = {_build(each).key: each for each in self._catalog.builds()}
        kept = _reached(keep, builds)
        living = self._living.among({_build(each).run for each in builds.values()})
        gone = {
            key: each
            for key, each in builds.items()
            if key not in kept and _build(each).run not in living
        }
        return list(_readers_first(gone))

    def forget_builds(self, keep: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Remove every build that is not kept; yield names and sizes in bytes."""
        for each in self.unneeded(keep):
            build = _build(each)
            if self._drop(each, "VIEW" if build.kind == _VIEW else "TABLE"):
                self._catalog.lose([build.key])
                yield f"{each.schema}.{each.name}", build.bytes

    def forget_rows(self, now: str) -> Iterator[tuple[str, int]]:
        """Remove failing rows that were kept long enough; yield names and sizes in bytes."""
        for each in self._catalog.rows():
            if each.mark.rows and each.mark.rows.is_old(now):
                size = self._sessions.ask(
                    "SELECT pg_total_relation_size(%s::regclass)", (each.relation,)
                )
                if self._drop(each, "TABLE"):
                    yield f"{each.schema}.{each.name}", size[0][0]

    def _drop(self, each: Located, kind: str) -> bool:
        """Drop one thing, unless something else reads it or somebody does; say if it is gone."""
        try:
            with self._sessions.transaction(lock_timeout(SHORT[0])):
                self._sessions.ask(f"DROP {kind} IF EXISTS {each.relation}")
        except Refused as refused:
            if refused.code not in (STILL_NEEDED, LOCK_NOT_AVAILABLE):
                raise
            return False
        return True


def _build(each: Located) -> Build:
    assert each.mark.build
    return each.mark.build


def _reached(keep: Iterable[str], builds: dict[str, Located]) -> set[str]:
    reached: set[str] = set()
    waiting = list(keep)
    while waiting:
        key = waiting.pop()
        if key in builds and key not in reached:
            reached.add(key)
            build = _build(builds[key])
            waiting += (
                read
                for read in build.reads
                if build.kind == _VIEW or (read in builds and _build(builds[read]).kind == SOURCE)
            )
    return reached


def _readers_first(gone: dict[str, Located]) -> Iterator[Located]:
    """Yield everything before what it reads."""
    left: dict[str, int] = dict.fromkeys(gone, 0)
    for each in gone.values():
        for read in _build(each).reads:
            if read in left:
                left[read] += 1
    ready = [key for key, readers in left.items() if not readers]
    while ready:
        each = gone[ready.pop()]
        yield each
        for read in _build(each).reads:
            if read in left:
                left[read] -= 1
                if not left[read]:
                    ready.append(read)
