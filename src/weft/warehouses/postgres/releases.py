"""Publish releases: a row for each, and one pointer that every port of the product reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from weft.mesh.release import Release
from weft.plan.plan import Step
from weft.sql.postgres import quote
from weft.warehouses.postgres.catalog import Located, relation
from weft.warehouses.postgres.errors import ALREADY_THERE, Interrupted, Refused
from weft.warehouses.postgres.known import Known
from weft.warehouses.postgres.marks import Mark, marking
from weft.warehouses.postgres.names import POINTER, RELEASES, Place
from weft.warehouses.postgres.places import Places
from weft.warehouses.postgres.ports import Ports
from weft.warehouses.postgres.released import (
    READABLE_RELEASES,
    Released,
    readable_releases,
    recording,
    shown_keys,
)
from weft.warehouses.postgres.sessions import SHORT, Sessions
from weft.warehouses.protocol import Bound, Conflict, Outcome, WarehouseError
from weft.warehouses.succession import conflict, is_same, refuse_moved

PRUNING = "pruning"
"""The lock that keeps pruning and publishing apart."""


class Releases:
    """Publishes and removes releases, and sees to it that the current ones are shown."""

    def __init__(
        self, sessions: Sessions, known: Known, places: Places, ports: Ports, released: Released
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._places = places
        self._ports = ports
        self._released = released
        self._names = released.names

    def publish(self, step: Step, wanted: Release, bound: Bound) -> Outcome:
        """Make a release current, if the expected one still is. Raises Conflict when it is not.

        The release of the same run with the same content counts as this one, so that publishing
        again finds it: after a crash, and where the connection was lost in the middle.
        """
        wanted = replace(wanted, run=bound.run, fence=bound.fence, at=bound.at)
        place = self._places.prepared(self._names.place(wanted.product, wanted.environment))
        # Nothing that is looked at here is pruned meanwhile; and two who publish at once would
        # replace each other's views before one of them moves the pointer.
        locked = self._sessions.locked
        with locked(PRUNING, shared=True), locked(place.internal):
            return self._publish(place, wanted, step.expected)

    def _publish(self, place: Place, wanted: Release, expected: int) -> Outcome:
        here = self._sessions.connection_number()
        kept = self._released.of(place, READABLE_RELEASES)
        current = kept[0] if kept else None
        reused = current is not None and is_same(current, wanted)
        if not reused:
            refuse_moved(current, wanted, expected)
            self._known.lose(wanted.builds.values())
            builds = self._known.need(sorted(wanted.keys)).values()
            if self._adopt(place, builds):
                self._known.lose(wanted.keys)
                builds = self._known.need(sorted(wanted.keys)).values()
            self._places.sharing.share(place, builds)
            readable = readable_releases(kept, wanted.at)
            found = self._known.find(shown_keys((*readable, wanted)))
            changes = self._ports.changes(place, readable, wanted, found)
            self._ports.prepare(place, changes)
            if self._sessions.connection_number() != here:
                raise Interrupted("the connection was lost, and with it the lock; apply again")
            self._move(place, wanted, expected, changes.together)
        shown = current if reused else wanted
        assert shown
        # The release is current; where a reader is in the way, serving does this again.
        with suppress(WarehouseError):
            self._ports.settle(place, shown)
        return Outcome(reused=reused, release=shown)

    def _adopt(self, place: Place, builds: Collection[Located]) -> bool:
        """Make builds of other environments production's own; whether there were any.

        A view is read with the rights of its owner, who therefore has to have them before.
        """
        sharing = self._places.sharing
        for each in builds:
            if each != sharing.adopted(place, each):
                for need in self._known.find(each.build.needs).values():
                    if need not in builds:
                        self._places.let_read(place.internal_owner, need)
        return sharing.adopt(place, builds)

    def serve(self, environment: str) -> None:
        """Finish what an interrupted publish left undone in an environment."""
        for place in self._unsettled(environment):
            self._serve(place)

    def is_served(self, environment: str) -> bool:
        """Whether every view of an environment is there, and no other of ours."""
        return not self._unsettled(environment)

    def _unsettled(self, environment: str) -> list[Place]:
        current = [
            each
            for each in self._released.everywhere()
            if each.environment == environment and not each.damaged
        ]
        places = [self._names.place(each.product, environment) for each in current]
        views = self._known.catalog.views([place.ports for place in places])
        return [
            place
            for release, place in zip(current, places, strict=True)
            if not self._ports.is_settled(release, views[place.ports])
        ]

    def _serve(self, place: Place, without: Collection[int] = ()) -> None:
        """Make what is missing, and drop what is too much, as of the release that is current.

        Earlier releases can still be read but for those `without`, which are numbers.
        """
        with self._sessions.locked(place.internal):
            readable = self._released.of(place, READABLE_RELEASES)
            kept = [each for each in readable if each.number not in without]
            # What a damaged one showed is not known, so that nothing is taken away.
            if kept and not kept[0].damaged:
                found = self._known.find(shown_keys(kept))
                for key in shown_keys(kept[:1]):
                    if key not in found:
                        raise self._known.missing(key)
                changes = self._ports.changes(place, kept[1:], kept[0], found)
                self._ports.prepare(place, changes)
                if changes.together:
                    # They have columns of a release that was never published.
                    role = f"SET LOCAL ROLE {quote(place.port_owner)}"
                    self._sessions.together(changes.together, role, SHORT)
                self._ports.settle(place, kept[0])

    def refuse_current(self, releases: Iterable[Release]) -> None:
        """Raise WarehouseError when one of these releases is current."""
        for release in releases:
            kept = self._released.all(release.environment, release.product, 1)
            if not kept or release.number == kept[0].number:
                raise WarehouseError(
                    f"release {release.number} of {release.product} is current and stays"
                )

    def remove(self, release: Release) -> None:
        """Remove a release that is not current, and that no port reads any longer."""
        table = relation(self._names.place(release.product, release.environment).internal, RELEASES)
        statement = " ".join(("DELETE FROM", table, "WHERE number = %s"))
        self._sessions.ask(statement, (release.number,))

    def narrow(self, gone: Iterable[Release], unneeded: Iterable[Located]) -> None:
        """Let no port read releases that are about to go, nor builds that no other one shows.

        A port also reads what was to be published when a program was killed. Ports whose own data
        is lost are left as they are.
        """
        without: dict[Place, set[int]] = {}
        for each in gone:
            place = self._names.place(each.product, each.environment)
            without.setdefault(place, set()).add(each.number)
        for schema in self._known.catalog.showing(unneeded):
            without.setdefault(self._places.at(schema), set())
        for place, numbers in without.items():
            shown = shown_keys(self._released.of(place, 1))
            if self._known.find(shown).keys() >= set(shown):
                self._serve(place, numbers)

    def _move(self, place: Place, wanted: Release, expected: int, together: Sequence[str]) -> None:
        """Move the pointer; whether it was moved, where that is not known, is read back."""
        try:
            self._sessions.patiently(
                lambda first: self._flip(place, wanted, expected, (first, together)), SHORT
            )
        except Interrupted:
            if not self._was_moved(place, wanted):
                raise
        except Refused as refused:
            if refused.code.startswith(ALREADY_THERE):
                raise self._conflict(place, wanted, expected) from refused
            raise

    def _was_moved(self, place: Place, wanted: Release) -> bool:
        """Read back what became of a publish whose connection was lost.

        The lost one holds the product's lock until the server has ended what it was at.
        """
        try:
            with self._sessions.locked(place.internal):
                found = self._released.of(place, 1)
        except WarehouseError:
            return False
        return bool(found) and is_same(found[0], wanted)

    def _flip(
        self,
        place: Place,
        wanted: Release,
        expected: int,
        statements: tuple[str, Sequence[str]],
    ) -> None:
        """In one transaction: the views that can show one release alone, the row, the pointer."""
        first, together = statements
        sessions, pointer = self._sessions, relation(place.internal, POINTER)
        with sessions.transaction(f"{first}; SET LOCAL ROLE {quote(place.port_owner)}"):
            for statement in together:
                sessions.ask(statement)
            sessions.ask(
                f"SET LOCAL lock_timeout = 0; SET LOCAL ROLE {quote(place.internal_owner)}"
            )
            if not sessions.ask(moving(place, wanted.number, expected, str(wanted.fence))):
                raise self._conflict(place, wanted, expected)
            sessions.ask(recording(place, wanted))
            sessions.ask(marking("TABLE", pointer, Mark(release=wanted)))

    def _conflict(self, place: Place, wanted: Release, expected: int) -> Conflict:
        found = self._released.of(place, 1)
        return conflict(found[0] if found else None, wanted, expected)


def moving(place: Place, number: int, expected: int, fence: str) -> str:
    """Return the statement that makes a release current; without a row it did not."""
    pointer = relation(place.internal, POINTER)
    moved = f"SET number = {number}, fence = {fence}"
    before = f"WHERE number = {expected} AND fence <= {fence} RETURNING number"
    return " ".join(("UPDATE", pointer, moved, before))
