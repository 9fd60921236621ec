"""An engine: one database in memory, one cursor per thread, and only some folders in reach."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from weft.mesh.manifest import Column
from weft.sql.duckdb import string
from weft.warehouses.duckdb.disk import DENIED_TEXTS, FULL_TEXTS, full_disk, not_writable
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.messages import one_line
from weft.warehouses.protocol import Stopped, Unmeasurable, WarehouseError

_MORE_MEMORY = "raise `memory_limit` of the warehouse in weft.yaml, or ask for less at a time"

# In seconds.
_PAUSE = 0.005

_ADVICE = re.compile(r"\n\n|\s*(?:Possible fixes|Candidate functions):")
_RECORD = re.compile(r"CSV Error on Line: (\d+)\n")
_CSV_ADVICE = re.compile(r"\n\s*Possible (?:fixes|Solution):")
_FILE = re.compile(r"^ *file = (.+)$", re.MULTILINE)


class OutOfMemory(WarehouseError):
    """The statement needs more memory than its engine may take."""


@dataclass(frozen=True)
class Engine:
    """How an engine is to run. 0 threads and no limit leave it to the engine.

    `folders` are the only ones it can reach. `spills` says whether it may put on disk what does
    not fit into memory.
    """

    folders: tuple[str, ...]
    threads: int = 0
    memory_limit: str = ""
    spills: bool = True

    @property
    def config(self) -> dict[str, Any]:
        """What is to be set before a database is opened."""
        limit = {"memory_limit": self.memory_limit} if self.memory_limit else {}
        return {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            # The system keeps files in memory already.
            "enable_external_file_cache": "false",
            "threads": self.threads or os.cpu_count() or 1,
            **limit,
        }


def started(engine: Engine) -> Any:
    """Open a database in memory that reaches everything; `lock` is to follow.

    Raises WarehouseError, for example for a memory limit that is none.
    """
    import duckdb

    try:
        return duckdb.connect(":memory:", config=engine.config)
    except duckdb.Error as error:
        text = shortened(str(error))
        raise WarehouseError(f"the engine does not start: {text}", denied=True) from error


def connect(engine: Engine, temporary: str) -> Any:
    """Open a database in memory that reaches nothing but the engine's folders.

    `temporary` is where it may put what does not fit into memory; "" is nowhere.
    """
    import duckdb

    connection = started(engine)
    try:
        folders = ", ".join(string(folder) for folder in engine.folders)
        connection.execute(" ".join(("SET temp_directory =", string(temporary))))
        connection.execute(" ".join(("SET allowed_directories = [", folders, "]")))
        lock(connection)
    except duckdb.Error as error:
        raise explained(error) from error
    return connection


def lock(connection: Any) -> None:
    """Set what every session shares, and let nothing be set afterwards."""
    for setting in (
        "SET GLOBAL TimeZone = 'UTC'",
        "SET GLOBAL Calendar = 'gregorian'",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(setting)


class Session:
    """The engine, opened when the first statement comes. All methods may be called from threads."""

    def __init__(self, engine: Engine, scratch: Scratch) -> None:
        self._engine = engine
        self._scratch = scratch
        self._owner = ""
        self._database: Any = None
        self._cursors: list[Any] = []
        self._local = threading.local()
        self._guard = threading.Lock()
        self._running = 0
        self._cancelled = False

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows.

        Raises Unmeasurable when the statement is at fault, WarehouseError when the outside is.
        """
        import duckdb

        cursor = self._cursor()
        self._count(1)
        try:
            if self._cancelled:
                raise Stopped()
            rows: list[tuple[Any, ...]] = cursor.execute(statement).fetchall()
        except duckdb.Error as error:
            raise explained(error) from error
        finally:
            self._count(-1)
        return rows

    def describe(self, select: str) -> tuple[Column, ...]:
        """Return the columns of a SELECT without running it.

        Binding it costs less than half of what DESCRIBE does.
        """
        import duckdb

        cursor = self._cursor()
        try:
            bound = cursor.sql(select)
            return tuple(map(Column, bound.columns, map(str, bound.types)))
        except duckdb.Error as error:
            raise explained(error) from error

    @contextmanager
    def stream(self, select: str) -> Iterator[Any]:
        """Run one SELECT on a cursor of its own; its rows are read inside of the context."""
        cursor = self._new_cursor()
        self._count(1)
        try:
            if self._cancelled:
                raise Stopped()
            with explaining():
                rows = cursor.sql(select)
            yield rows
        finally:
            self._count(-1)
            with self._guard:
                self._cursors.remove(cursor)
            cursor.close()

    def register(self, name: str, table: Any) -> None:
        """Show an Arrow table to this thread's statements under a name. Raises WarehouseError."""
        with explaining():
            self._cursor().register(name, table)

    def unregister(self, name: str) -> None:
        """Forget an Arrow table."""
        self._cursor().unregister(name)

    def cancel(self) -> None:
        """Stop the running statements, and let no other begin; none runs any more afterwards.

        One that is just beginning does not hear it, so that it is said until all have ended.
        """
        self._cancelled = True
        while self._running:
            with self._guard:
                for cursor in self._cursors:
                    cursor.interrupt()
            time.sleep(_PAUSE)

    def close(self) -> None:
        """Close the database; it opens again when it is needed."""
        with self._guard:
            for cursor in self._cursors:
                cursor.close()
            self._cursors.clear()
            if self._database is not None:
                self._database.close()
            if self._owner:
                self._scratch.drop(self._owner)
            self._database, self._owner = None, ""
            self._local = threading.local()

    def _count(self, change: int) -> None:
        with self._guard:
            self._running += change

    def _cursor(self) -> Any:
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._new_cursor()
        return cursor

    def _new_cursor(self) -> Any:
        with self._guard:
            if self._database is None:
                self._database = connect(self._engine, self._spill())
            cursor = self._database.cursor()
            self._cursors.append(cursor)
        return cursor

    def _spill(self) -> str:
        if not self._engine.spills:
            return ""
        self._owner = self._scratch.take_free("engine")
        return self._scratch.file(self._owner, "spill")


@contextmanager
def explaining() -> Iterator[None]:
    """Turn the engine's errors into ours, for the main thread.

    Ctrl-C during a statement comes out of the engine as a RuntimeError and not as what it is.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise explained(error) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            # What the handler of the signal raised may say which one it was.
            raise KeyboardInterrupt(*getattr(error.__context__, "args", ())) from error
        raise


def explained(error: Exception) -> WarehouseError:
    """Turn an error of the engine into ours, shortened to what helps."""
    import duckdb

    text = shortened(str(error))
    if isinstance(error, duckdb.InterruptException):
        return Stopped()
    if any(each in text for each in FULL_TEXTS):
        return full_disk(_named_file(text))
    if any(each in text for each in DENIED_TEXTS):
        return not_writable(_named_file(text))
    if isinstance(error, duckdb.OutOfMemoryException):
        return OutOfMemory(text, interrupted=True, next_step=_MORE_MEMORY)
    if isinstance(error, (duckdb.IOException, duckdb.InternalException, duckdb.FatalException)):
        return WarehouseError(text, interrupted=True)
    return Unmeasurable(text)


def shortened(message: str) -> str:
    """Return the first paragraph of a message in one short line.

    What follows are a copy of the statement, advice on options that are not the user's, and, where
    a file is at fault, its name: that one is put in front.
    """
    record = _RECORD.search(message)
    first = _of_record(message, record) if record else _ADVICE.split(message.strip(), maxsplit=1)[0]
    file = _FILE.search(message)
    return one_line(f"{file.group(1)}: {first}" if file else first)


def _of_record(message: str, record: re.Match[str]) -> str:
    """What is wrong with a record of a CSV file, which itself can be of any length."""
    told = _CSV_ADVICE.split(message, maxsplit=1)[0].rstrip()
    return f"line {record.group(1)}: {told.rpartition(chr(10))[2]}"


def _named_file(text: str) -> str:
    parts: Sequence[str] = text.split('"')
    return parts[1] if len(parts) > 2 else "the lake"
