"""What a warehouse can say of data that others made, so that nobody has to write it down."""

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

    def described_files(self, table: FoundTable, files: Sequence[str]) -> FoundTable:
        """Describe files of one format, relative to the mesh, of which name and path are known.

        What cannot be read has a `problem`.
        """
