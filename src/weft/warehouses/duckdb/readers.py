"""Reading the files of a source as its contract says: names, types and nothing guessed."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from weft.mesh.manifest import Column, FileSource
from weft.sql.duckdb import DIALECT, string
from weft.warehouses.duckdb.exact import exactly, read_as
from weft.warehouses.duckdb.reading import columns_of
from weft.warehouses.protocol import WarehouseError


class Describes(Protocol):
    """What can tell the columns of a SELECT over files without running it."""

    def describe(self, select: str, small: bool = False) -> Sequence[Column]:
        """Return the columns; `small` says that it reads little."""


def reader(spec: FileSource, paths: Sequence[str], engine: Describes) -> str:
    """Return the SELECT that reads these files.

    Raises WarehouseError when the files do not have the columns of the contract, or when the
    format is not known.
    """
    found = _READERS.get(spec.format.lower())
    if found is None:
        raise WarehouseError(
            f"source `{spec.name}` has format `{spec.format}`; there are: {', '.join(_READERS)}"
        )
    return found(spec, paths, engine)


def _csv(spec: FileSource, paths: Sequence[str], engine: Describes) -> str:
    options = spec.options
    header = bool(options.get("header", True))
    delimiter = str(options.get("delimiter", ","))
    mark = str(options.get("quote", '"'))
    if header:
        for path in paths:
            _refuse_other_columns(spec, path, _header(path, delimiter, mark))
    settings = {
        "columns": _types(spec.columns),
        "header": DIALECT.literal(header),
        "delim": string(delimiter),
        "quote": string(mark),
        "escape": string(mark),
        "auto_detect": "false",
    }
    if "nullString" in options:
        settings["nullstr"] = string(str(options["nullString"]))
    return _exactly(spec, "read_csv", paths, settings)


def _json(spec: FileSource, paths: Sequence[str], engine: Describes) -> str:
    settings = {"columns": _types(spec.columns), "format": "'auto'"}
    return _exactly(spec, "read_json", paths, settings)


def _parquet(spec: FileSource, paths: Sequence[str], engine: Describes) -> str:
    for path in paths:
        statement = " ".join(("SELECT * FROM", _table("read_parquet", [path], {})))
        found = {column.name for column in engine.describe(statement, small=True)}
        missing = [column.name for column in spec.columns if column.name not in found]
        if missing:
            raise _other_columns(spec, path, f"`{'`, `'.join(missing)}` missing")
    names = columns_of(column.name for column in spec.columns)
    return " ".join(("SELECT", names, "FROM", _table("read_parquet", paths, {})))


_READERS: dict[str, Callable[[FileSource, Sequence[str], Describes], str]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
}


def _exactly(
    spec: FileSource, function: str, paths: Sequence[str], settings: dict[str, str]
) -> str:
    # Longer than the name of any column, so it is none of them.
    file = max((column.name for column in spec.columns), key=len) + "_"
    table = _table(function, paths, {**settings, "filename": string(file)})
    return exactly(spec.columns, table, file)


def _table(function: str, paths: Sequence[str], settings: dict[str, str]) -> str:
    files = ", ".join(string(path) for path in paths)
    arguments = [f"[{files}]", *(f"{name} = {value}" for name, value in settings.items())]
    arguments.append("hive_partitioning = false")
    return f"{function}({', '.join(arguments)})"


def _types(columns: Sequence[Column]) -> str:
    pairs = (f"{string(each.name)}: {string(read_as(each))}" for each in columns)
    return "{" + ", ".join(pairs) + "}"


def _header(path: str, delimiter: str, mark: str) -> list[str]:
    """Return the first record of a CSV file."""
    dialect: dict[str, Any] = {"delimiter": delimiter, "strict": True}
    if mark:
        dialect["quotechar"] = mark
    else:
        dialect["quoting"] = csv.QUOTE_NONE
    try:
        opened = gzip.open if path.endswith(".gz") else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as stream:
            return next(csv.reader(stream, **dialect), [])
    except UnicodeDecodeError as error:
        raise WarehouseError(f"{path} is not UTF-8, which is how files are read") from error
    except (OSError, EOFError, zlib.error, csv.Error, TypeError) as error:
        # An error of the system names the file itself.
        why = getattr(error, "strerror", None) or error
        raise WarehouseError(f"cannot read the header of {path}: {why}") from error


def _refuse_other_columns(spec: FileSource, path: str, found: list[str]) -> None:
    wanted = [column.name for column in spec.columns]
    if found == wanted:
        return
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    parts = [f"`{'`, `'.join(missing)}` missing"] if missing else []
    if unknown:
        parts.append(f"`{'`, `'.join(unknown)}` not in the contract")
    raise _other_columns(spec, path, "; ".join(parts) or f"in the order {', '.join(found)}")


def _other_columns(spec: FileSource, path: str, what: str) -> WarehouseError:
    return WarehouseError(f"{path} has not the columns of source `{spec.name}`: {what}")
