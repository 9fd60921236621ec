"""Which releases are there: the rows of a product, and what its pointer says is current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from weft.mesh.release import Release
from weft.warehouses.postgres.catalog import Catalog, relation
from weft.warehouses.postgres.names import POINTER, RELEASES, Names, Place
from weft.warehouses.postgres.sessions import Sessions

# For so long, and so many publishes, may a transaction go on reading what it saw at first.
READABLE_HOURS = 24
READABLE_RELEASES = 16

_KEPT = """
SELECT number, content::text
FROM (SELECT number FROM {releases} UNION SELECT number FROM {pointer} WHERE number > 0) AS every
LEFT JOIN {releases} USING (number)
ORDER BY number DESC LIMIT NULLIF(%s, 0)
"""

_decoder = msgspec.json.Decoder(Release)


class Released:
    """Reads releases. What one says never changes.

    One whose words are lost still holds its place in the sequence: it stands for a damaged
    release, after which the next one can be published.
    """

    def __init__(self, sessions: Sessions, catalog: Catalog, names: Names) -> None:
        self.names = names
        self._sessions = sessions
        self._catalog = catalog

    def all(self, environment: str, product: str, limit: int = 0) -> tuple[Release, ...]:
        """Return every kept release, or the newest of them, newest first."""
        place = self.names.place(product, environment)
        if place.internal not in self._catalog.schemas.ours():
            return ()
        return self.of(place, limit)

    def current(self, pointers: Mapping[str, Release | None]) -> list[Release]:
        """Return what these pointers say is current; where the mark of one is lost, it is read."""
        found: list[Release] = []
        for schema, release in pointers.items():
            mark = self._catalog.schemas.known()[schema]
            if release is None and mark.product:
                found += self.of(self.names.place(mark.product, mark.environment), 1)
            elif release and release.number:
                found.append(release)
        return found

    def everywhere(self) -> list[Release]:
        """Return the current release of every product in every environment."""
        return self.current(self._catalog.pointers())

    def kept(self) -> list[Release]:
        """Return every kept release of every product in every environment."""
        return [
            release
            for current in self.everywhere()
            for release in self.of(self.names.place(current.product, current.environment))
        ]

    def of(self, place: Place, limit: int = 0) -> tuple[Release, ...]:
        """Return the kept releases of a place that is there, newest first."""
        return tuple(self.numbered(place, limit).values())

    def numbered(self, place: Place, limit: int = 0) -> dict[int, Release]:
        """Return what is kept under each number of a place that is there, newest first."""
        releases, pointer = (relation(place.internal, each) for each in (RELEASES, POINTER))
        found = self._sessions.ask(_KEPT.format(releases=releases, pointer=pointer), (limit,))
        return {
            number: _decoded(content) or Release(place.product, place.environment, number, ())
            for number, content in found
        }


def readable_releases(kept: Sequence[Release], at: str) -> list[Release]:
    """Return those releases, newest first, that a transaction may still read at a time.

    They are the current one, and what was current a short while ago. What a damaged one showed is
    not known, so that reading it is an error.
    """
    return [
        each
        for place, each in enumerate(kept)
        if not each.damaged
        and (place == 0 or not kept[place - 1].at or _is_recent(kept[place - 1].at, at))
    ]


def shown_keys(releases: Iterable[Release]) -> list[str]:
    """Return the keys of the builds that ports show in these releases."""
    return [each.key for release in releases for port in release.ports for each in port.objects]


def _is_recent(at: str, now: str) -> bool:
    age = datetime.fromisoformat(now) - datetime.fromisoformat(at)
    return age <= timedelta(hours=READABLE_HOURS)


def _decoded(content: str | None) -> Release | None:
    try:
        return _decoder.decode(content or "")
    except msgspec.MsgspecError:
        return None
