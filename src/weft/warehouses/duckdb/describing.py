"""What is in files that nobody has described yet: their columns, and types that lose nothing.

A type is guessed by the engine, and then everything is read as a source of that type would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from weft.mesh.found import FoundColumn, FoundTable
from weft.mesh.manifest import Column, FileSource
from weft.sql.duckdb import DIALECT, quote, string
from weft.warehouses.duckdb.readers import reader
from weft.warehouses.duckdb.reading import parquet
from weft.warehouses.duckdb.session import Engine, connect, explaining
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import Unmeasurable, WarehouseError

_TEXT = "VARCHAR"
_NONE = "(empty)"

# How many digits of a number a double gives back.
_KEPT_DIGITS = 15
_DIGITS = "max(length(regexp_replace(regexp_replace({name}, '[eE].*', ''), '[^0-9]', '', 'g')))"


class Describing:
    """Describes files of a mesh, with an engine that reaches nothing else."""

    def __init__(self, sources: SourceFiles) -> None:
        self._sources = sources

    def described_files(self, table: FoundTable, files: Sequence[str]) -> FoundTable:
        """Describe files of one format, of which name and path are known."""
        found = replace(table, dialect=DIALECT.name)
        try:
            if not any(self._sources.stamp(each).size for each in files):
                return replace(found, problem="it is empty")
            paths = [self._sources.path(each) for each in files]
            connection = connect(Engine(folders=(self._sources.folder,), spills=False), "")
            try:
                return _Files(connection, paths, found).described()
            finally:
                connection.close()
        except WarehouseError as error:
            return replace(found, problem=str(error))


class _Files:
    """Some files, and an engine to look into them."""

    def __init__(self, connection: Any, paths: Sequence[str], found: FoundTable) -> None:
        self._connection = connection
        self._paths = paths
        self._found = found

    def described(self) -> FoundTable:
        """Describe the files. Raises WarehouseError."""
        look = {"csv": self._csv, "json": self._json, "parquet": self._parquet}
        columns, found = look[self._found.kind]()
        if found.kind == "csv":
            columns = self._with_all_digits(columns, found)
        # Files of this format say their types themselves; of others every text is a value or not.
        if found.kind != "parquet" and not self._reads(columns, found):
            columns = [self._kept(each, columns, found) for each in columns]
            self._count(columns, found)
        described = tuple(FoundColumn(each.name, each.type) for each in columns)
        return replace(found, columns=described)

    def describe(self, select: str, small: bool = False) -> tuple[Column, ...]:
        """Return the columns of a SELECT."""
        with explaining():
            shape = self._connection.sql(select)
            return tuple(map(Column, shape.columns, map(str, shape.types)))

    def _parquet(self) -> tuple[list[Column], FoundTable]:
        """The columns that all files have."""
        each = [self.describe(" ".join(("SELECT * FROM", parquet([path])))) for path in self._paths]
        names = [{column.name for column in columns} for columns in each]
        shared = set.intersection(*names)
        lacking = sorted(set.union(*names) - shared)
        unread = tuple(f"column `{name}`: not every file has it" for name in lacking)
        columns = [column for column in each[0] if column.name in shared]
        return columns, replace(self._found, unread=unread)

    def _json(self) -> tuple[list[Column], FoundTable]:
        listed = ", ".join(map(string, self._paths))
        table = f"read_json([{listed}], sample_size = -1)"
        return list(self.describe(" ".join(("SELECT * FROM", table)))), self._found

    def _csv(self) -> tuple[list[Column], FoundTable]:
        """What the first file looks like."""
        asked = f"FROM sniff_csv({string(self._paths[0])}, sample_size = -1)"
        with explaining():
            sniffed = self._connection.sql(asked)
            facts = dict(zip(sniffed.columns, sniffed.fetchone(), strict=True))
        options: list[tuple[str, str | bool]] = []
        if facts["Delimiter"] != ",":
            options.append(("delimiter", facts["Delimiter"]))
        if facts["Quote"] not in ('"', _NONE):
            options.append(("quote", facts["Quote"]))
        if not facts["HasHeader"]:
            options.append(("header", False))
        columns = [Column(each["name"], each["type"]) for each in facts["Columns"]]
        return columns, replace(self._found, options=tuple(options))

    def _with_all_digits(self, columns: Sequence[Column], found: FoundTable) -> list[Column]:
        """The columns, those as text whose numbers have more digits than a double keeps."""
        near = [each for each in columns if each.type == "DOUBLE"]
        if not near:
            return list(columns)
        lengths = ", ".join(_DIGITS.format(name=quote(each.name)) for each in near)
        texts = [Column(each.name, _TEXT) for each in columns]
        [longest] = self._ask(lengths, texts, found)
        long = {
            each.name
            for each, count in zip(near, longest, strict=True)
            if (count or 0) > _KEPT_DIGITS
        }
        return [Column(each.name, _TEXT) if each.name in long else each for each in columns]

    def _kept(self, column: Column, columns: Sequence[Column], found: FoundTable) -> Column:
        """The column in its type if all of its values are that, else as text."""
        texts = [column if each is column else Column(each.name, _TEXT) for each in columns]
        return column if self._reads(texts, found) else Column(column.name, _TEXT)

    def _reads(self, columns: Sequence[Column], found: FoundTable) -> bool:
        """Whether all values of the files are read as columns of these types."""
        try:
            self._count(columns, found)
        except Unmeasurable:
            return False
        return True

    def _count(self, columns: Sequence[Column], found: FoundTable) -> None:
        """Read every value as a source of these columns does. Raises WarehouseError."""
        self._ask(", ".join(f"count({quote(each.name)})" for each in columns), columns, found)

    def _ask(
        self, values: str, columns: Sequence[Column], found: FoundTable
    ) -> list[tuple[Any, ...]]:
        """Ask for values over the rows that a source of these columns has."""
        spec = FileSource(found.name, found.path, found.kind, tuple(columns), dict(found.options))
        select = reader(spec, self._paths, self)
        with explaining():
            asked = self._connection.sql(" ".join(("SELECT", values, "FROM (", select, ")")))
            rows: list[tuple[Any, ...]] = asked.fetchall()
            return rows
