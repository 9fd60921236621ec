"""What the views of products have to be, in the words in which the server keeps them.

It is asked for these: what it makes of one and the same SELECT differs from version to version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from weft.mesh.manifest import Column
from weft.mesh.release import Release
from weft.sql.postgres import quote, string
from weft.warehouses.postgres.catalog import Catalog, Located
from weft.warehouses.postgres.inspection import Inspection
from weft.warehouses.postgres.marks import read_mark
from weft.warehouses.postgres.names import Place
from weft.warehouses.postgres.ports import Ports, There, View
from weft.warehouses.postgres.released import shown_keys
from weft.warehouses.postgres.sessions import Sessions
from weft.warehouses.protocol import Unmeasurable
from weft.warehouses.shown import Shown

Definition = tuple[tuple[Column, ...], str]
"""The columns of a view and its SELECT; that is "" where nothing can be said of it."""

# How the server writes which releases a branch of a view is for.
_NUMBERS = re.compile(r"= (?:ANY \(ARRAY\[([0-9, ]+)\]\)|([0-9]+))")


@dataclass(frozen=True)
class Published:
    """A product as it was published: its releases, newest first, and what is shown of the first.

    `kept` is what its place has under the number of each release, None where that cannot be read;
    `there` is all that lies in it.
    """

    place: Place
    releases: tuple[Release, ...]
    kept: Mapping[int, Release] | None
    shown: tuple[Shown, ...]
    there: Inspection


class Definitions:
    """Makes views for one connection alone, reads how the server wrote them, and drops them."""

    def __init__(self, sessions: Sessions, catalog: Catalog, ports: Ports) -> None:
        self._sessions = sessions
        self._catalog = catalog
        self._ports = ports

    def of(self, products: Sequence[Published]) -> list[dict[str, Definition]]:
        """Return the views of each product by name, as far as they can be told.

        Nothing can be said where what a view reads is not there, or is not as it was; nor of a
        view that was made ready for a release which no pointer names yet.
        """
        products = [_with_passing(each) for each in products]
        keys = (key for each in products for key in shown_keys(each.releases[:1] + _earlier(each)))
        found = {each.build.key: each for each in self._catalog.with_keys(set(keys))}
        views = [self._views(each, found) for each in products]
        try:
            return self._written(views)
        except Unmeasurable:
            return [self._alone(each) for each in views]

    def _views(self, product: Published, found: Mapping[str, Located]) -> dict[str, View]:
        current = product.releases[0]
        if not found.keys() >= set(shown_keys([current])):
            return {}
        there = _views_there(product)
        made: dict[frozenset[int], dict[str, View]] = {}
        views: dict[str, View] = {}
        for each in product.shown:
            numbers = _numbers(product, each)
            if numbers not in made:
                kept = [release for release in _earlier(product) if release.number in numbers]
                made[numbers] = self._ports.views(product.place, kept, current, found, there)
            if all(number <= current.number for number in numbers):
                views[each.name] = made[numbers][each.name]
        return views

    def _alone(self, views: dict[str, View]) -> dict[str, Definition]:
        try:
            return self._written([views])[0]
        except Unmeasurable:
            return {name: (view.columns, "") for name, view in views.items()}

    def _written(self, products: Sequence[Mapping[str, View]]) -> list[dict[str, Definition]]:
        """Ask the server for all of them at once. Raises Unmeasurable where one cannot be made."""
        every = [view for views in products for view in views.values()]
        if not every:
            return [{} for _ in products]
        names = [f"pg_temp.{quote(f'view {number}')}" for number in range(len(every))]
        with self._sessions.transaction():
            self._sessions.ask("; ".join(map(_create, names, every)))
            asked = (f"(pg_get_viewdef({string(name)}::regclass))" for name in names)
            rows = self._sessions.ask(f"VALUES {', '.join(asked)}")
            self._sessions.ask(f"DROP VIEW {', '.join(names)}")
        written = iter(rows)
        return [
            {name: (view.columns, next(written)[0]) for name, view in views.items()}
            for views in products
        ]


def _with_passing(product: Published) -> Published:
    """Add the releases that a view names and that gave way to the next before they were recorded.

    They showed what was new beside what went: only the last release of a run is recorded, and none
    of a run that was killed there. Fences only grow, so theirs lie between those of the recorded.
    """
    recorded = {each.number for each in product.releases}
    missing = _all_numbers(product) - recorded
    current, *earlier = product.releases
    oldest = min((each.fence for each in earlier), default=0)
    passing = [
        each
        for number, each in (product.kept or {}).items()
        if number in missing and number < current.number and oldest <= each.fence <= current.fence
    ]
    earlier = sorted((*earlier, *passing), key=lambda each: each.number, reverse=True)
    return replace(product, releases=(current, *earlier))


def _create(name: str, view: View) -> str:
    listed = ", ".join(quote(each.name) for each in view.columns)
    return "\n".join((f"CREATE VIEW {name} ({listed}) AS", view.select))


def _earlier(product: Published) -> tuple[Release, ...]:
    """The earlier releases that any view of a product says it shows."""
    numbers = _all_numbers(product)
    return tuple(each for each in product.releases[1:] if each.number in numbers)


def _all_numbers(product: Published) -> frozenset[int]:
    """The releases that any view of a product says it shows."""
    return frozenset[int]().union(*(_numbers(product, each) for each in product.shown))


def _numbers(product: Published, each: Shown) -> frozenset[int]:
    """The releases that the view with a version says it shows; the plain one reads that."""
    found = product.there.relations.get((product.place.ports, each.versioned))
    return frozenset(_numbers_in(found.definition)) if found else frozenset()


def _numbers_in(definition: str) -> Iterable[int]:
    for several, one in _NUMBERS.findall(definition):
        yield from map(int, (several or one).split(","))


def _views_there(product: Published) -> There:
    there = There({}, {})
    for (schema, name), found in product.there.relations.items():
        if schema == product.place.ports and found.kind == "v":
            there.columns[name] = found.columns
            mark = read_mark(found.comment)
            if mark and mark.port:
                there.marks[name] = mark.port
    return there
