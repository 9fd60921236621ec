"""What a warehouse can say of data that others made, so that people need not write it down again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from weft.mesh.found import FoundTable


@runtime_checkable
class DescribesTables(Protocol):
    """A warehouse with a catalogue of the tables and views that others have there."""

    def described(self, schemas: Sequence[str]) -> tuple[FoundTable, ...]:
        """Describe all tables and views in these schemas, in all that are others' where none is
        named, in the order of their names. Raises WarehouseError, also for a schema that is none.
        """


@runtime_checkable
class DescribesFiles(Protocol):
    """A warehouse that reads files, and can tell what is in them."""

    def described_files(self, name: str, path: str, files: Sequence[str]) -> FoundTable:
        """Describe files of one format that are read as one table.

        `path` names them all, as a source contract does; they are relative to the mesh. What
        cannot be read has a `problem`.
        """
