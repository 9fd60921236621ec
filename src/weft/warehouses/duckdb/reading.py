"""Builds and sources as parts of statements: what a statement reads is defined in front of it.

There is no catalogue to keep: a definition costs nothing until it is read, and is then bound once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weft.mesh.growth import Part
from weft.mesh.manifest import Column
from weft.mesh.release import Build
from weft.plan.plan import Source
from weft.sql.duckdb import DIALECT, quote, string
from weft.warehouses.auditing import counted
from weft.warehouses.duckdb.layout import Layout

# So many bytes are read by one core before others could have joined in.
SMALL = 16 * 2**20

_MAKES_ROWS = re.compile(
    rf"\b({'|'.join(sorted(DIALECT.functions.generators))})\s*\(", re.IGNORECASE
)


@dataclass(frozen=True)
class Readable:
    """A build or source under its name. `select` gives its rows, and may read `needs` by name.

    `shape` is a SELECT of the same columns for binding alone; that of a build opens no file.
    `bytes` is the size of its own files, 0 for a view.
    """

    name: str
    select: str
    shape: str
    needs: tuple[str, ...] = ()
    bytes: int = 0


@dataclass(frozen=True)
class Reading:
    """What one statement reads: `direct` is named by it, `all` is that and what that needs.

    In `all` everything stands after what it needs.
    """

    direct: tuple[Readable, ...] = ()
    all: tuple[Readable, ...] = ()

    def __add__(self, other: Reading) -> Reading:
        """Return both, what `other` has after what is here."""
        return Reading(self.direct + other.direct, self.all + other.all)

    def over(self, select: str) -> str:
        """Return a SELECT with all that it reads defined in front of it."""
        return _with(((each.name, each.select) for each in self.all), select)

    def shaped(self, select: str) -> str:
        """Return a SELECT to be bound and not to be run: it has the columns of `over`."""
        return _with(((each.name, each.shape) for each in self.direct), select)

    def is_small(self, statement: str) -> bool:
        """Whether a statement made by `over` has little to do.

        It reads little, and calls nothing that makes rows: those may be many.
        """
        size = sum(each.bytes for each in self.all)
        return size <= SMALL and not _MAKES_ROWS.search(statement)


def build_relation(key: str) -> str:
    """Return the quoted name of a build's relation."""
    return DIALECT.relation("builds", key)


def source_relation(key: str) -> str:
    """Return the quoted name of a source's relation."""
    return DIALECT.relation("sources", key)


def parquet(paths: Iterable[str]) -> str:
    """Return the table function that reads exactly these Parquet files."""
    files = ", ".join(string(path) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false)"


def new_relation(key: str) -> str:
    """Return the quoted name of the rows of a build that its base does not have."""
    return DIALECT.relation("new", key)


def kept_relation(key: str) -> str:
    """Return the quoted name of the rows that a build shares with its base."""
    return DIALECT.relation("kept", key)


def count_relation(key: str) -> str:
    """Return the quoted name of the row that says how many rows a build shares with its base."""
    return DIALECT.relation("count", key)


def columns_of(names: Iterable[str]) -> str:
    """Return a list of quoted column names."""
    return ", ".join(map(quote, names))


def definition(build: Build, layout: Layout) -> str:
    """Return the SELECT that a build's relation stands for; that of a view names others."""
    if build.is_view:
        return build.select
    if build.files:
        return " ".join(("SELECT * FROM", table(build, layout)))
    return select_parts(build.parts, build.columns, layout)


def table(build: Build, layout: Layout) -> str:
    """Return what stands in FROM for the data of a build that is no view."""
    if build.files:
        return parquet(map(layout.file, build.files))
    return "".join(("(\n", select_parts(build.parts, build.columns, layout), '\n) AS "parts"'))


def select_parts(
    parts: Sequence[Part], columns: Sequence[Column], layout: Layout, file: str = ""
) -> str:
    """Return a SELECT of columns over parts, which has no rows where there are none.

    `file` is the name of one more column, with the path of the part that a row is in.
    """
    if not parts:
        named = [*columns, *([Column(file, "VARCHAR")] if file else [])]
        return " ".join((_shape(named), "WHERE FALSE"))
    paths: dict[tuple[str, ...], list[str]] = {}
    for part in parts:
        paths.setdefault(part.lacks, []).append(layout.file(part.file))
    more = [f"filename AS {quote(file)}"] if file else []
    selects = (
        " ".join(
            ("SELECT", ", ".join([*_with_nulls(columns, lacks), *more]), "FROM", parquet(each))
        )
        for lacks, each in paths.items()
    )
    return "\nUNION ALL ".join(selects)


def _readable_parts(
    name: str, parts: Sequence[Part], columns: Sequence[Column], layout: Layout
) -> Readable:
    size = sum(each.bytes for each in parts)
    return Readable(name, select_parts(parts, columns, layout), _shape(columns), bytes=size)


def _with_nulls(columns: Iterable[Column], lacks: Sequence[str]) -> list[str]:
    return [_null(each) if each.name in lacks else quote(each.name) for each in columns]


def _null(column: Column) -> str:
    return f"CAST(NULL AS {column.type}) AS {quote(column.name)}"


def readable_build(build: Build, layout: Layout) -> Readable:
    """Return a build to read from."""
    return Readable(
        name=build_relation(build.key),
        select=definition(build, layout),
        shape=_shape(build.columns),
        needs=build.needs,
        bytes=build.bytes,
    )


def readable_growth(build: Build, layout: Layout) -> tuple[Readable, ...]:
    """Return what a build has beyond its base, what it shares with that one, and how much it is."""
    own = [each for each in build.parts if not build.base or layout.is_of(each.file, build.key)]
    shared = [each for each in build.parts if each not in own]
    count = counted(sum(each.rows for each in shared))
    return (
        _readable_parts(new_relation(build.key), own, build.columns, layout),
        _readable_parts(kept_relation(build.key), shared, build.columns, layout),
        Readable(count_relation(build.key), count, count),
    )


def readable_source(source: Source, select: str, size: int) -> Readable:
    """Return a source to read from by a SELECT over its files of `size` bytes.

    Its types may be those of the files, so that its shape is the SELECT itself.
    """
    return Readable(source_relation(source.key), select, shape=select, bytes=size)


def _shape(columns: Iterable[Column]) -> str:
    return " ".join(("SELECT", ", ".join(map(_null, columns))))


def _with(defined: Iterable[tuple[str, str]], select: str) -> str:
    """Define names in front of a SELECT; one that begins otherwise, as with WITH, stays whole."""
    items = ",\n".join(f"{name} AS NOT MATERIALIZED ({text}\n)" for name, text in defined)
    if not items:
        return select
    rest = (select,) if select.startswith("SELECT ") else ("SELECT * FROM (\n", select, "\n)")
    return " ".join(("WITH", items, *rest))
