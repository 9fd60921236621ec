"""Diff: what published ports show in one environment and not in another, or in another version.

Data stays in the warehouse: it compares, and what comes back is one row of numbers per object, and
example rows where somebody asks for them. Of an object that lives on two of them both sides are
brought together, in a warehouse that is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from weft.app.bootstrap import Opened
from weft.app.current import shown_releases
from weft.app.errors import NotFound
from weft.app.joining import Distant, brought_together
from weft.app.remembered import remembered
from weft.app.values import Row, rows_of
from weft.contract.document import object_named, primary_key
from weft.mesh.address import PortAddress, is_part_of
from weft.mesh.manifest import Column, Descriptor
from weft.mesh.release import Release
from weft.plan.examine import released_key
from weft.sql.compare import Comparison, differences, differing_rows, shared_keys, totals
from weft.sql.dialect import dialect_named
from weft.warehouses.protocol import Relation, Warehouse, WarehouseError

# Under these paths a comparison finds its two relations.
_PATHS = (("first", "compared", "rows"), ("second", "compared", "rows"))


@dataclass(frozen=True)
class DiffOptions:
    """What to compare: a product, port or port version, all ports by default.

    `key` are columns that identify a row in place of the contract's; `rows` is how many differing
    rows are wanted of each object.
    """

    address: str = ""
    key: tuple[str, ...] = ()
    rows: int = 0


@dataclass(frozen=True)
class ColumnDiff:
    """A column: in how many rows it changed, and how often it is null on each side.

    None stands for a side that does not have the column.
    """

    name: str
    changed: int = 0
    first_nulls: int | None = None
    second_nulls: int | None = None


@dataclass(frozen=True)
class RowDiff:
    """A row that one environment shows `times` more often than the other."""

    environment: str
    times: int
    values: dict[str, Any]


@dataclass(frozen=True)
class ObjectDiff:
    """An object of a port version on both sides.

    `state` is `same build`, where nothing had to be read; `equal`; `differs`; `only in ENV`; or
    `not compared`, for the reason in `note`. `changed` counts rows with another content under the
    same key, `unclear` those of them whose key repeats, so that no column can be blamed; `keys`
    are the numbers of keys on the first side, on the second, and on both. `as_text`
    are columns that are not known to be of one type on both sides, so that their values are
    compared as texts.
    """

    port: str
    object: str
    state: str
    note: str = ""
    first_rows: int = 0
    second_rows: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    unclear: int = 0
    key: tuple[str, ...] = ()
    keys: tuple[int, int, int] | None = None
    columns: tuple[ColumnDiff, ...] = ()
    rows: tuple[RowDiff, ...] = ()
    as_text: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether readers find the same in both environments."""
        return self.state in ("same build", "equal")


@dataclass(frozen=True)
class _Side:
    """What one side shows, by the address under which ports are compared, and the releases."""

    environment: str
    ports: Mapping[str, Descriptor]
    releases: Mapping[str, Release]

    def key(self, port: str, obj: str) -> str | None:
        shown = self.ports.get(port)
        release = self.releases.get(shown.product) if shown else None
        if shown is None or release is None:
            return None
        return released_key(release, shown.address, obj)


def diff(first: Opened, second: Opened, options: DiffOptions) -> Iterator[ObjectDiff]:
    """Compare what two environments show, object by object.

    Raises NotFound, Usage for a key that an object does not have, WarehouseError and StoreError.
    """
    sides = (_side(first), _side(second))
    known = {**sides[0].ports, **sides[1].ports}
    wanted = options.address
    chosen = sorted(port for port in known if not wanted or is_part_of(port, wanted))
    if options.address and not chosen:
        raise NotFound("published port", options.address, known, next_step="weft ls")
    for port in chosen:
        objects = dict.fromkeys(obj for each in sides for obj in _objects(each, port))
        for obj in objects:
            yield _compared(second, sides, port, obj, options)


def diff_versions(
    mesh: Opened, first: PortAddress, second: PortAddress, options: DiffOptions
) -> Iterator[ObjectDiff]:
    """Compare what two versions of a port show, candidates too; sides are called `v1` and `v2`.

    Raises NotFound for a version that is not shown, Usage, WarehouseError and StoreError.
    """
    shown = _side(mesh)
    for each in (first, second):
        if str(each) not in shown.ports:
            raise NotFound("published port", str(each), shown.ports, next_step="weft ls")
    address = str(second)
    before, after = (
        replace(shown, environment=f"v{each.major}", ports={address: shown.ports[str(each)]})
        for each in (first, second)
    )
    for obj in dict.fromkeys((*_objects(before, address), *_objects(after, address))):
        yield _compared(mesh, (before, after), address, obj, options)


def _side(mesh: Opened) -> _Side:
    descriptors = remembered(mesh).descriptors
    homes = {each.product: each.warehouse for each in descriptors.values()}
    return _Side(mesh.environment, descriptors, shown_releases(mesh, homes.items()))


def _objects(side: _Side, port: str) -> Iterable[str]:
    descriptor = side.ports.get(port)
    names = descriptor.objects if descriptor else ()
    return (each for each in names if side.key(port, each) is not None)


def _compared(
    mesh: Opened, sides: tuple[_Side, _Side], port: str, obj: str, options: DiffOptions
) -> ObjectDiff:
    first, second = (each.key(port, obj) for each in sides)
    found = ObjectDiff(port, obj, "same build")
    if first is None or second is None:
        there = sides[1 if first is None else 0].environment
        return replace(found, state=f"only in {there}")
    columns = tuple(each.ports[port].objects[obj] for each in sides)
    if first == second and columns[0] == columns[1]:
        return found
    homes = tuple(each.ports[port].warehouse for each in sides)
    distant = [
        Distant(home, port, Relation(path, key, tuple(each.name for each in own)))
        for home, path, key, own in zip(homes, _PATHS, (first, second), columns, strict=True)
    ]
    with ExitStack() as opened:
        try:
            beside = opened.enter_context(_side_by_side(mesh, distant))
        except WarehouseError as error:
            if error.denied or error.interrupted:
                raise
            return replace(found, state="not compared", note=str(error))
        key = options.key or primary_key(object_named(sides[1].ports[port].contract, obj))
        comparison = _comparison(beside, key, strict=bool(options.key))
        asked = _Asked(beside, comparison, tuple(each.environment for each in sides))
        return asked.answer(found, columns, options.rows)


@dataclass(frozen=True)
class _Beside:
    """Two relations in one warehouse, with the columns that they have there, as far as known."""

    warehouse: Warehouse
    relations: tuple[Relation, ...]
    columns: tuple[tuple[Column, ...], ...]


@contextmanager
def _side_by_side(mesh: Opened, distant: Sequence[Distant]) -> Iterator[_Beside]:
    """Find one warehouse that has both sides; they are brought to one where none does."""
    homes = {each.warehouse for each in distant}
    if len(homes) == 1:
        yield _beside(mesh.warehouse(homes.pop()), [each.relation for each in distant])
        return
    with brought_together(mesh, distant) as together:
        yield _beside(together.warehouse, together.relations)


def _beside(warehouse: Warehouse, relations: Sequence[Relation]) -> _Beside:
    kept = warehouse.built(each.key for each in relations)
    types = [
        {column.name: column.type for column in kept[each.key].columns} if each.key in kept else {}
        for each in relations
    ]
    columns = tuple(
        tuple(Column(name, known.get(name, "")) for name in each.columns)
        for each, known in zip(relations, types, strict=True)
    )
    return _Beside(warehouse, tuple(relations), columns)


def _comparison(beside: _Beside, key: Sequence[str], *, strict: bool) -> Comparison:
    """What both sides have in common; a key that not both have is none, unless it was asked for."""
    dialect = dialect_named(beside.warehouse.dialect)
    there = {each.name: each.type for each in beside.columns[1]}
    common = {
        each.name: Column(each.name, each.type if each.type == there[each.name] else "")
        for each in beside.columns[0]
        if each.name in there
    }
    missing = [name for name in key if name not in common]
    if missing and strict:
        raise NotFound("column", missing[0], common, where="that both environments have")
    identity = tuple(common[name] for name in key) if not missing else ()
    others = tuple(each for each in common.values() if each not in identity)
    first, second = (".".join(map(dialect.quote, path)) for path in _PATHS)
    return Comparison(first, second, identity, others, dialect)


@dataclass(frozen=True)
class _Asked:
    """A comparison with what is needed to ask the warehouse for it."""

    beside: _Beside
    comparison: Comparison
    environments: tuple[str, ...]

    def answer(
        self, found: ObjectDiff, columns: Sequence[Sequence[Column]], most: int
    ) -> ObjectDiff:
        """Ask what differs; rows only where they are wanted."""
        comparison = self.comparison
        names = [tuple(each.name for each in own) for own in columns]
        counted = [int(each) for each in self._one(totals(comparison, *names))]
        first, second = counted[: len(names[0]) + 1], counted[len(names[0]) + 1 :]
        if not comparison.all_columns:
            state = "differs"
            return replace(found, state=state, added=second[0], removed=first[0])
        added, removed, changed, clear, *by_column = map(int, self._one(differences(comparison)))
        changes = dict(zip((each.name for each in comparison.columns), by_column, strict=False))
        nulls = [
            {name: side[0] - values for name, values in zip(own, side[1:], strict=True)}
            for own, side in zip(names, (first, second), strict=True)
        ]
        equal = names[0] == names[1] and not (added or removed or changed)
        return replace(
            found,
            state="equal" if equal else "differs",
            first_rows=first[0],
            second_rows=second[0],
            added=added,
            removed=removed,
            changed=changed,
            unclear=changed - clear,
            key=tuple(each.name for each in comparison.key),
            keys=self._keys(),
            columns=tuple(
                ColumnDiff(name, changes.get(name, 0), nulls[0].get(name), nulls[1].get(name))
                for name in dict.fromkeys((*names[0], *names[1]))
            ),
            rows=() if equal or not most else tuple(self._rows(most)),
            as_text=tuple(each.name for each in comparison.all_columns if not each.type),
        )

    def _keys(self) -> tuple[int, int, int] | None:
        if not self.comparison.key:
            return None
        first, second, shared = map(int, self._one(shared_keys(self.comparison)))
        return first, second, shared

    def _rows(self, most: int) -> Iterator[RowDiff]:
        names = [each.name for each in self.comparison.all_columns]
        for surplus, *values in self._all(differing_rows(self.comparison, most)):
            environment = self.environments[0 if surplus > 0 else 1]
            yield RowDiff(environment, abs(int(surplus)), dict(zip(names, values, strict=True)))

    def _one(self, select: str) -> Row:
        [row] = self._all(select)
        return row

    def _all(self, select: str) -> list[Row]:
        with self.beside.warehouse.query(select, self.beside.relations) as rows:
            return rows_of(rows)
