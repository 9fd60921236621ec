"""What a product reads of others that live on another warehouse, and how it is brought over.

A copy has a key of its own: whoever reads the same build on the same warehouse reads one copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from weft.mesh.address import PortAddress
from weft.mesh.manifest import Column, ProductManifest, Read, ReadKind
from weft.plan.examine import (
    Behind,
    Examined,
    Finding,
    Situation,
    behind_released,
    finding_of,
)
from weft.plan.keys import hashed
from weft.plan.plan import CopySpec, Step, StepKind
from weft.plan.waiting import Pending
from weft.sql.carried import OF_VALUES, carried_type
from weft.sql.dialect import Dialect, dialect_named


@dataclass(frozen=True)
class Foreign:
    """Something that a product reads on a warehouse that is not its own."""

    reader: ProductManifest
    read: Read
    behind: Behind

    @property
    def key(self) -> str:
        """The key of its copy."""
        return copy_key(self.behind)

    @property
    def target(self) -> str:
        """What people call it: the address of the port, with the object where it needs one.

        Of a model that moves it is the address of that.
        """
        if self.read.kind is ReadKind.MODEL:
            return f"{self.reader.address}.{self.read.target}"
        named = self.read.object == PortAddress.parse(self.read.target).port
        return self.read.target if named else f"{self.read.target}.{self.read.object}"


def copy_key(behind: Behind) -> str:
    """The key of a copy: of the build, and of the columns that a port shows of it."""
    return hashed("copy-1", behind.key, *behind.columns)


def foreign(
    situation: Situation, examined: Mapping[str, Examined], readers: Iterable[Examined]
) -> Iterator[Foreign]:
    """Everything that these readers, among those in scope, read on other warehouses."""
    find = finding_of(situation, examined)
    for each in readers:
        for read in each.foreign_reads:
            behind = find(read)
            if behind is not None and behind.warehouse != each.manifest.warehouse:
                yield Foreign(each.manifest, read, behind)


class Bringing:
    """Finds the keys by which a product reads others' ports on its own warehouse.

    What is not there is brought over: `steps` are the copies that are still to be made, and what
    they bring is noted in `pending`, with what cannot be kept there.
    """

    def __init__(
        self, reader: ProductManifest, situation: Situation, find: Finding, pending: Pending
    ) -> None:
        self.steps: list[Step] = []
        self._reader = reader
        self._situation = situation
        self._find = find
        self._pending = pending
        self._there = situation.builds.get(reader.warehouse, frozenset())

    def __call__(self, read: Read) -> str | None:
        """The key to read in place of that of the build behind a port; None where there is none."""
        behind = self._find(read)
        if behind is None:
            return None
        if behind.warehouse == self._reader.warehouse or behind.key in self._there:
            return behind.key
        found = Foreign(self._reader, read, behind)
        self.bring(found)
        return found.key

    def bring(self, found: Foreign) -> None:
        """Bring something over, if it is neither there nor on its way."""
        if found.key in self._there or found.key in self._pending.steps:
            return
        read, behind = found.read, found.behind
        made = self._situation.made.get(behind.key)
        spec = CopySpec(
            key=found.key,
            source=behind.warehouse,
            build=behind.key,
            port=found.target if read.kind is ReadKind.MODEL else read.target,
            object=read.object,
            select=select_of(behind, self._dialect_of(found)),
            columns=self.columns(found),
            rows=None if made is None or made.is_view else made.rows,
            bytes=None if made is None or made.is_view else made.bytes,
            released=behind.released or self._released(read, behind.key),
        )
        step = Step(
            id=f"{self._reader.address}/copy/{found.target}",
            kind=StepKind.COPY,
            product=self._reader.address,
            warehouse=self._reader.warehouse,
            target=found.target,
            needs=self._pending.needs([behind.key]),
            copy=spec,
        )
        self._pending.steps[found.key] = step.id
        self.steps.append(step)

    def _released(self, read: Read, key: str) -> str:
        """Since when readers of a port have a build, "" where they do not."""
        shown = behind_released(self._situation, read)
        return shown.released if shown and shown.key == key else ""

    def columns(self, found: Foreign) -> tuple[Column, ...]:
        """The columns of a copy, with their types as far as they are known.

        What cannot be kept is noted in `pending`.
        """
        target = dialect_named(self._reader.native_dialect)
        made = self._situation.made.get(found.behind.key)
        types = {each.name: each.type for each in made.columns} if made else {}
        source = self._dialect_of(found)
        columns = []
        for name in found.behind.columns:
            kept = carried_type(types[name], source, target) if name in types else OF_VALUES
            if kept is None:
                reader, warehouse = self._reader.address, self._reader.warehouse
                self._pending.refused.append(
                    f"{reader} reads {found.target} from {found.behind.warehouse}: "
                    f"{not_kept(Column(name, types[name]), warehouse)}."
                )
            columns.append(Column(name, kept or OF_VALUES))
        return tuple(columns)

    def _dialect_of(self, found: Foreign) -> Dialect:
        return dialect_named(self._situation.dialects[found.behind.warehouse])


def not_kept(column: Column, warehouse: str) -> str:
    """Say that a warehouse has no type for a column."""
    return (
        f"column `{column.name}` is of type {column.type}, which {warehouse} cannot keep as it is; "
        "cast it in the model"
    )


def select_of(behind: Behind, dialect: Dialect) -> str:
    """The columns to be seen, and no other, of a build where it is, in the dialect of that."""
    columns = ", ".join(map(dialect.quote, behind.columns))
    return " ".join(("SELECT", columns, "FROM", dialect.relation("builds", behind.key)))
