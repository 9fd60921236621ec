"""What a warehouse can say of data that others made, so that nobody has to write it down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

from weft.mesh.found import FoundTable, TableName


@runtime_checkable
class DescribesTables(Protocol):
    """A warehouse with a catalogue of the tables and views that others have there."""

    def tables_of_others(self, schemas: Sequence[str] = ()) -> tuple[TableName, ...]:
        """Name the tables and views in these schemas, in all that are others' where none is named.

        In the order of their names. Raises WarehouseError, also for a schema that is none.
        """

    def described(self, tables: Collection[TableName]) -> tuple[FoundTable, ...]:
        """Describe tables and views, those that are there, in the order of their names.

        Raises WarehouseError.
        """


@runtime_checkable
class DescribesFiles(Protocol):
    """A warehouse that reads files, and can tell what is in them."""

    def described_files(self, table: FoundTable, files: Sequence[str]) -> FoundTable:
        """Describe files of one format, relative to the mesh, of which name and path are known.

        What cannot be read has a `problem`.
        """
