"""Builds and landed sources by key, wherever they are in the database."""

from __future__ import annotations

from collections.abc import Iterable

from weft.warehouses.hollow import hollow
from weft.warehouses.messages import missing_build
from weft.warehouses.postgres.catalog import Catalog, Located, refuse_strange
from weft.warehouses.protocol import Outcome, WarehouseError


class Known:
    """Finds what has a key. It never changes, so that what was found once is kept.

    What has lost its data, or is a stranger's, is there and is not whole: it is to be made again.
    """

    def __init__(self, catalog: Catalog, production: str, place: str) -> None:
        """`place` is how messages name the database."""
        self.catalog = catalog
        self._production = production
        self._place = place
        self._found: dict[str, Located] = {}

    def find(self, keys: Iterable[str]) -> dict[str, Located]:
        """Return builds by key, whole or not; absent ones are left out.

        Of two that were made at the same time production's counts, which nobody takes over.
        """
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in self._found]
        if missing:
            found = self.catalog.with_keys(missing)
            for each in sorted(found, key=self._rank, reverse=True):
                self._found[each.build.key] = each
        return {key: self._found[key] for key in wanted if key in self._found}

    def _rank(self, each: Located) -> tuple[bool, bool, str]:
        mark = self.catalog.schemas.known()[each.schema]
        return (each.stranger != "", mark.environment != self._production, each.schema)

    def whole(self, keys: Iterable[str]) -> dict[str, Located]:
        """Return those of these builds that have their data, and what their views lead to too."""
        wanted = tuple(keys)
        found = self.reached(wanted)
        lost = self.catalog.emptied(found.values())
        lost.update(key for key, each in found.items() if each.mark.damaged or each.stranger)
        views = {key: each.build.needs for key, each in found.items()}
        lost.update(need for needs in views.values() for need in needs if need not in found)
        lost.update(hollow(views, lost))
        return {key: found[key] for key in wanted if key in found and key not in lost}

    def reused(self, key: str) -> Outcome | None:
        """Return the outcome for a build that need not be made; None where it has to be."""
        found = self.whole([key])
        return Outcome.of(found[key].build, reused=True) if found else None

    def need(self, keys: Iterable[str]) -> dict[str, Located]:
        """Return builds by key. Raises WarehouseError when one is missing, or has lost its data."""
        wanted = tuple(keys)
        found = self.sought(wanted)
        for key in wanted:
            if key not in found:
                raise self.missing(key)
        return found

    def sought(self, keys: Iterable[str]) -> dict[str, Located]:
        """Return those of these builds that have their data, wherever they are by now.

        Another program may have made the schema that they are in, made them again, or taken them
        over.
        """
        wanted = tuple(keys)
        found = self.whole(wanted)
        if len(found) < len(set(wanted)):
            self.catalog.schemas.ours()
            self.lose((*wanted, *self.reached(wanted)))
            found = self.whole(wanted)
        return found

    def missing(self, key: str) -> WarehouseError:
        """Return the error for a build that is needed and not there."""
        return missing_build(key, self._place)

    def reached(self, keys: Iterable[str]) -> dict[str, Located]:
        """Return these builds and all that their views lead to, as far as they are there."""
        reached: dict[str, Located] = {}
        waiting = set(keys)
        while waiting:
            more = self.find(waiting)
            reached |= more
            waiting = {need for each in more.values() for need in each.build.needs} - reached.keys()
        return reached

    def broken(self, key: str) -> Located | None:
        """Return a build that is there and not whole, as it is now; None when there is none.

        One that was not there a moment ago may be whole by now: another program made it. Raises
        WarehouseError where it is a stranger's.
        """
        self.lose([key])
        found = self.find([key]).get(key)
        if found is None or key in self.whole([key]):
            return None
        refuse_strange(found, self._place)
        return found

    def add(self, found: Located) -> None:
        """Remember a build that was just made."""
        self._found[found.build.key] = found

    def lose(self, keys: Iterable[str]) -> None:
        """Look for these builds anew when they are next asked for."""
        for key in keys:
            self._found.pop(key, None)
