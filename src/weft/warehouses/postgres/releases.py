"""Releases: a numbered row for each, and one pointer that every port of the product reads."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from weft.mesh.release import Release
from weft.plan.plan import Step
from weft.sql.postgres import quote, string
from weft.warehouses.postgres.catalog import Catalog, relation
from weft.warehouses.postgres.errors import ALREADY_THERE, Interrupted, Refused
from weft.warehouses.postgres.marks import written
from weft.warehouses.postgres.names import POINTER, RELEASES, Names, Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.sessions import SHORT, Sessions
from weft.warehouses.protocol import Bound, Conflict, Outcome, WarehouseError

# For so long, and so many publishes, may a transaction go on reading what it saw at first.
READABLE_HOURS = 24
READABLE_RELEASES = 16

PRUNING = "pruning"

_MOVED = """
SET number = %s, fence = %s WHERE number = %s AND fence <= %s RETURNING number
"""

_decoder = msgspec.json.Decoder(Release)


class Releases:
    """Publishes, lists and removes releases. What a release says never changes."""

    def __init__(
        self, sessions: Sessions, catalog: Catalog, places: Places, ports: Ports, names: Names
    ) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._places = places
        self._ports = ports
        self._names = names

    def all(self, environment: str, product: str, limit: int = 0) -> tuple[Release, ...]:
        """Return every kept release, or the newest of them, newest first."""
        place = self._names.place(product, environment)
        if place.internal not in self._catalog.schemas.ours():
            return ()
        return self._kept(place, limit)

    def publish(self, step: Step, wanted: Release, bound: Bound) -> Outcome:
        """Make a release current, if the expected one still is. Raises Conflict when it is not.

        The release of the same run with the same content counts as this one, so that publishing
        again finds it: after a crash, and where the connection was lost in the middle.
        """
        wanted = replace(
            wanted, number=step.expected + 1, run=bound.run, fence=bound.fence, at=bound.at
        )
        place = self._places.prepared(self._names.place(wanted.product, wanted.environment))
        # Nothing that is looked at here is pruned meanwhile; and two who publish at once would
        # replace each other's views before one of them moves the pointer.
        locked = self._sessions.locked
        with locked(PRUNING, shared=True), locked(place.internal):
            return self._publish(place, wanted, bound)

    def _publish(self, place: Place, wanted: Release, bound: Bound) -> Outcome:
        here = self._sessions.connection_number()
        kept = self._kept(place, READABLE_RELEASES)
        current = kept[0] if kept else None
        reused = current is not None and _same(current, wanted)
        if not reused:
            _refuse_moved(current, wanted)
            self._catalog.lose(wanted.builds.values())
            self._catalog.need(sorted(_keys(wanted)))
            readable = [each for each in kept if each is current or _was_current(each, kept, bound)]
            together = self._ports.prepare(place, readable, wanted)
            if self._sessions.connection_number() != here:
                raise Interrupted("the connection was lost, and with it the lock; apply again")
            self._move(place, wanted, together)
        shown = current if reused else wanted
        assert shown
        # The release is current; where a reader is in the way, serving does this again.
        with suppress(WarehouseError):
            self._ports.settle(place, shown)
        return Outcome(reused=reused, release=shown)

    def serve(self, environment: str) -> None:
        """Finish what an interrupted publish left undone in an environment."""
        for current in self._catalog.releases():
            if current.environment == environment:
                place = self._names.place(current.product, environment)
                if not self._ports.is_settled(place, current):
                    self._serve(place)

    def _serve(self, place: Place) -> None:
        """Make what is missing, and drop what is too much, as of the release that is current."""
        with self._sessions.locked(place.internal):
            kept = self._kept(place, READABLE_RELEASES)
            if kept:
                self._ports.narrow(place, kept, kept[0])
                self._ports.settle(place, kept[0])

    def remove(self, release: Release) -> str:
        """Remove a release that is not current, and let no port read it; return its name.

        Raises WarehouseError for the current one.
        """
        place = self._names.place(release.product, release.environment)
        kept = self._kept(place)
        if not kept or release.number == kept[0].number:
            raise WarehouseError(
                f"release {release.number} of {release.product} is current and stays"
            )
        self._sessions.ask(
            " ".join(("DELETE FROM", relation(place.internal, RELEASES), "WHERE number = %s")),
            (release.number,),
        )
        return f"{place.internal}.{RELEASES} {release.number}"

    def keys(self) -> frozenset[str]:
        """Return the keys of everything that a kept release of any product names."""
        return frozenset(
            key
            for current in self._catalog.releases()
            for release in self._kept(self._names.place(current.product, current.environment))
            for key in _keys(release)
        )

    def narrow(self, environment: str, product: str) -> None:
        """Let the ports of a product read nothing that is no longer kept."""
        self._serve(self._names.place(product, environment))

    def _kept(self, place: Place, limit: int = 0) -> tuple[Release, ...]:
        newest = "ORDER BY number DESC LIMIT NULLIF(%s, 0)"
        table = relation(place.internal, RELEASES)
        found = self._sessions.ask(" ".join(("SELECT content::text FROM", table, newest)), (limit,))
        return tuple(_decoder.decode(content) for (content,) in found)

    def _move(self, place: Place, wanted: Release, together: list[str]) -> None:
        """Move the pointer; whether it was moved, where that is not known, is read back."""
        try:
            self._sessions.patiently(
                lambda first: self._flip(place, wanted, together, first), SHORT
            )
        except Interrupted:
            if not self._was_moved(place, wanted):
                raise
        except Refused as refused:
            if refused.code.startswith(ALREADY_THERE):
                raise self._conflict(place, wanted) from refused
            raise

    def _was_moved(self, place: Place, wanted: Release) -> bool:
        """Read back what became of a publish whose connection was lost.

        The lost one holds the product's lock until the server has ended what it was at.
        """
        try:
            with self._sessions.locked(place.internal):
                found = self._kept(place, 1)
        except WarehouseError:
            return False
        return bool(found) and _same(found[0], wanted)

    def _flip(self, place: Place, wanted: Release, together: list[str], first: str) -> None:
        """In one transaction: the views that can show one release alone, the row, the pointer."""
        sessions, pointer = self._sessions, relation(place.internal, POINTER)
        with sessions.transaction(f"{first}; SET LOCAL ROLE {quote(place.port_owner)}"):
            for statement in together:
                sessions.ask(statement)
            sessions.ask(
                f"SET LOCAL lock_timeout = 0; SET LOCAL ROLE {quote(place.internal_owner)}"
            )
            moved = sessions.ask(
                " ".join(("UPDATE", pointer, _MOVED)),
                (wanted.number, wanted.fence, wanted.number - 1, wanted.fence),
            )
            if not moved:
                raise self._conflict(place, wanted)
            sessions.ask(
                " ".join(
                    (
                        "INSERT INTO",
                        relation(place.internal, RELEASES),
                        "(number, run, content) VALUES (%s, %s, %s)",
                    )
                ),
                (wanted.number, wanted.run, msgspec.json.encode(wanted).decode()),
            )
            mark = string(written(release=wanted))
            sessions.ask(" ".join(("COMMENT ON TABLE", pointer, "IS", mark)))

    def _conflict(self, place: Place, wanted: Release) -> Conflict:
        found = self._kept(place, 1)
        return _conflict(found[0] if found else None, wanted)


def _was_current(each: Release, kept: tuple[Release, ...], bound: Bound) -> bool:
    """Whether a release was still current a short while ago."""
    follower = next(other for other in reversed(kept) if other.number > each.number)
    ended = datetime.fromisoformat(follower.at)
    return datetime.fromisoformat(bound.at) - ended <= timedelta(hours=READABLE_HOURS)


def _keys(release: Release) -> set[str]:
    shown = (each.key for port in release.ports for each in port.objects)
    return {*release.builds.values(), *shown}


def _same(current: Release, wanted: Release) -> bool:
    return (current.number, current.run, current.content) == (
        wanted.number,
        wanted.run,
        wanted.content,
    )


def _refuse_moved(current: Release | None, wanted: Release) -> None:
    number = current.number if current else 0
    later = current is not None and current.fence > wanted.fence
    if number != wanted.number - 1 or later:
        raise _conflict(current, wanted)


def _conflict(current: Release | None, wanted: Release) -> Conflict:
    number = current.number if current else 0
    by = f" by run {current.run}" if current and current.run else ""
    return Conflict(
        f"{wanted.product} in {wanted.environment} has moved to release {number}{by}, "
        f"expected was {wanted.number - 1}; plan again"
    )
