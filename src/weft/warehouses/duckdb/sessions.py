"""Two engines: one that works in the caller's thread alone, for little data, and one on all cores.

Sharing a statement of a millisecond among cores costs more than it brings. On all cores one
statement runs at a time: two would not end sooner, and would need the memory of both.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, TypeVar

from weft.mesh.manifest import Column
from weft.sql.duckdb import string
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine, OutOfMemory, Session

T = TypeVar("T")
Execute = Callable[[str], list[tuple[Any, ...]]]

# What reads little may still make much of it; then the large engine, which can spill, takes over.
_SMALL_MEMORY = "1GB"

# The file has a temporary name of ours already.
_PARQUET = "FORMAT parquet, USE_TMP_FILE false"
_IN_ANY_ORDER = f"{_PARQUET}, PRESERVE_ORDER false"


class Sessions:
    """Runs statements on the engine that suits them. All methods may be called from threads."""

    def __init__(self, engine: Engine, scratch: Scratch) -> None:
        limit = engine.memory_limit or _SMALL_MEMORY
        alone = replace(engine, threads=1, memory_limit=limit, spills=False)
        self._large = Session(engine, scratch)
        self._small = Session(alone, scratch)
        self._turn = threading.Lock()

    def execute(self, statement: str, small: bool = False) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows; `small` says that it reads little.

        Raises Unmeasurable when the statement is at fault, WarehouseError when the outside is.
        """
        return self.together(lambda execute: execute(statement), small)

    def together(self, work: Callable[[Execute], T], small: bool = False) -> T:
        """Do what needs several statements on one engine, as for temporary tables.

        `work` gets what runs a statement. Where memory ends on the small engine, it begins again.
        """
        if small:
            try:
                return work(self._small.execute)
            except OutOfMemory:
                pass
        with self._turn:
            return work(self._large.execute)

    def describe(self, select: str, small: bool = False) -> tuple[Column, ...]:
        """Return the columns of a SELECT without running it. Raises as `execute` does."""
        return (self._small if small else self._large).describe(select)

    def write_parquet(self, select: str, path: str, small: bool = False) -> tuple[int, int]:
        """Write the rows of a SELECT to a file; return how many, and the size in bytes."""
        return self._written(parquet_copy(select, path), path, small)

    def write_stream(self, select: str, path: str) -> tuple[int, int]:
        """Write the rows of a SELECT over a stream to a file, in any order; return the same.

        To keep their order the engine would keep ever more of them in memory.
        """
        return self._written(parquet_copy(select, path, in_order=False), path)

    def _written(self, statement: str, path: str, small: bool = False) -> tuple[int, int]:
        rows: int = self.execute(statement, small)[0][0]
        return rows, os.path.getsize(path)

    def stream(self, select: str) -> AbstractContextManager[Any]:
        """Run one SELECT; inside of the context its rows are read batch by batch.

        It does not wait for its turn: whoever reads it may well run other statements meanwhile.
        """
        return self._large.stream(select)

    def register(self, name: str, table: Any) -> None:
        """Show an Arrow table under a name to what this thread runs on the large engine."""
        self._large.register(name, table)

    def unregister(self, name: str) -> None:
        """Forget an Arrow table."""
        self._large.unregister(name)

    def cancel(self) -> None:
        """Stop the running statements, and let no other begin."""
        self._small.cancel()
        self._large.cancel()

    def close(self) -> None:
        """Close both engines; they open again when they are needed."""
        self._small.close()
        self._large.close()


def parquet_copy(select: str, path: str, *, in_order: bool = True) -> str:
    """Return the statement that writes the rows of a SELECT to a file."""
    how = _PARQUET if in_order else _IN_ANY_ORDER
    return " ".join(("COPY (\n", select, "\n) TO", string(path), f"({how})"))
