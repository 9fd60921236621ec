"""Look at the rows that a model has made: what they show of its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from weft.app.bootstrap import Opened
from weft.app.remembered import Remembered
from weft.app.situation import gather
from weft.app.values import Row, rows_of
from weft.contract.profile import Profile, ProfileScan
from weft.mesh.manifest import Column, Manifest, ProductManifest
from weft.plan.building import sources_now
from weft.plan.examine import Situation, examine
from weft.sql.dialect import Dialect, dialect_named

# Of each column six things are asked, and servers give no more than 1,664 at once.
_AT_ONCE = 200


@dataclass(frozen=True)
class Made:
    """A build of a model that is there; `columns` have native types of the warehouse.

    `is_current` says that it is of the model as it is in the files, over what that reads now.
    """

    key: str
    columns: tuple[Column, ...]
    is_current: bool = True


def profile_of(
    made: Made, dialect: Dialect, ask: Callable[[str], Any], key: Sequence[str] = ()
) -> Profile:
    """Look through all rows of a build, and for the values of columns that have few.

    `ask` runs a SELECT over the build and gives its rows, as `Warehouse.rows` does. `key` are
    columns that are looked at as a key. Raises WarehouseError.
    """
    columns, relation = made.columns, dialect.relation("builds", made.key)
    parts = [columns[at : at + _AT_ONCE] for at in range(0, len(columns), _AT_ONCE)]
    first, *others = (
        _profile(ProfileScan(relation, part, dialect, () if number else key), ask)
        for number, part in enumerate(parts or [()])
    )
    found = {name: each for profile in others for name, each in profile.columns.items()}
    return replace(first, columns={**first.columns, **found})


def _profile(scan: ProfileScan, ask: Callable[[str], Any]) -> Profile:
    """What one scan finds, with the values of columns that have few."""
    [row] = _rows(ask(scan.statement))
    profile = scan.profile(row)
    statement = scan.values_statement(profile)
    listed: dict[str, list[str]] = {}
    for place, value in _rows(ask(statement)) if statement else ():
        listed.setdefault(scan.names[int(place)], []).append(value)
    columns = {
        name: replace(each, values=tuple(sorted(listed.get(name, ()))))
        for name, each in profile.columns.items()
    }
    return replace(profile, columns=columns)


def _rows(answer: Any) -> list[Row]:
    with answer as rows:
        return rows_of(rows)


class MadeRows:
    """The builds of one product's models: as they would be released next, else as released."""

    def __init__(self, mesh: Opened, memory: Remembered, manifest: ProductManifest) -> None:
        """Ask the warehouses what is there. Raises WarehouseError and StoreError."""
        address = manifest.address
        desired = Manifest(
            mesh.settings.mesh, mesh.environment, manifest.root, {address: manifest}, (address,)
        )
        situation = gather(mesh, desired, desired.products, memory)
        self._found = examine(situation)[address]
        self._situation: Situation = situation
        self._environment = mesh.environment
        self._manifest = manifest
        self._warehouse = mesh.warehouse(manifest.warehouse)

    def made(self, model: str) -> Made | None:
        """The newest build of a model that is there; None where there is none."""
        release = self._situation.shown(self._manifest.address)
        released = release.builds if release is not None else {}
        there = self._situation.builds.get(self._manifest.warehouse, frozenset())
        wanted = self._found.keyed.builds.get(model)
        for key in (wanted, released.get(model)):
            if key in there and (build := self._warehouse.built([key]).get(key)):
                return Made(key, build.columns, key == wanted)
        return None

    def profile(self, made: Made, key: Sequence[str] = ()) -> Profile:
        """Look through all rows of a build; see `profile_of`. Raises WarehouseError."""
        # Those that a view reads.
        sources = {each.key: each for each in sources_now(self._found, self._situation)}

        def ask(select: str) -> Any:
            return self._warehouse.rows(select, (made.key,), sources, self._environment)

        return profile_of(made, dialect_named(self._warehouse.dialect), ask, key)
