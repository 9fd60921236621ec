"""Which releases are there: the rows of a product, and what its pointer says is current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from weft.mesh.release import Release
from weft.sql.postgres import string
from weft.warehouses.postgres.catalog import Catalog, relation
from weft.warehouses.postgres.names import POINTER, RELEASES, Names, Place
from weft.warehouses.postgres.sessions import Sessions

# For so long, and so many publishes, may a transaction go on reading what it saw at first.
READABLE_HOURS = 24
READABLE_RELEASES = 16

_EVERY = """
SELECT {place} AS place, number, content::text
FROM (SELECT number FROM {releases} UNION SELECT number FROM {pointer} WHERE number > 0) AS every
LEFT JOIN {releases} USING (number)
"""
_KEPT = "SELECT * FROM ({every}) AS every ORDER BY place, number DESC LIMIT NULLIF(%s, 0)"

_RECORDED = "INSERT INTO {releases} (number, run, content) VALUES ({number}, {run}, {content})"

# Each place costs a statement two locks, of which a server has some thousands.
_AT_ONCE = 100

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
        current = self.everywhere()
        places = [self.names.place(each.product, each.environment) for each in current]
        return [
            release
            for begin in range(0, len(places), _AT_ONCE)
            for kept in self._numbered(places[begin : begin + _AT_ONCE])
            for release in kept.values()
        ]

    def of(self, place: Place, limit: int = 0) -> tuple[Release, ...]:
        """Return the kept releases of a place that is there, newest first."""
        return tuple(self.numbered(place, limit).values())

    def numbered(self, place: Place, limit: int = 0) -> dict[int, Release]:
        """Return what is kept under each number of a place that is there, newest first."""
        return self._numbered([place], limit)[0]

    def _numbered(self, places: Sequence[Place], limit: int = 0) -> list[dict[int, Release]]:
        """Ask for what is kept in some places, in one statement."""
        every = " UNION ALL ".join(
            _EVERY.format(
                place=number,
                releases=relation(place.internal, RELEASES),
                pointer=relation(place.internal, POINTER),
            )
            for number, place in enumerate(places)
        )
        found: list[dict[int, Release]] = [{} for _ in places]
        for at, number, content in self._sessions.ask(_KEPT.format(every=every), (limit,)):
            place = places[at]
            lost = Release(place.product, place.environment, number, ())
            found[at][number] = _decoded(content) or lost
        return found


def recording(place: Place, release: Release) -> str:
    """Return the statement that writes a release down."""
    return _RECORDED.format(
        releases=relation(place.internal, RELEASES),
        number=release.number,
        run=string(release.run),
        content=string(msgspec.json.encode(release).decode()),
    )


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
