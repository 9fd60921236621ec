"""Which files of a folder are one table, by their names alone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from weft.mesh.found import FoundTable
from weft.project.adopting.product import Told

_FORMATS = {
    **dict.fromkeys((".csv", ".csv.gz", ".tsv", ".tsv.gz"), "csv"),
    **dict.fromkeys((".json", ".json.gz", ".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"), "json"),
    ".parquet": "parquet",
}
_MAGIC = re.compile(r"[*?[]")


@dataclass(frozen=True)
class FileGroup:
    """Files that are read as one table, of which as much is known as their names say."""

    table: FoundTable
    files: tuple[str, ...]


def file_groups(folder: str, files: Iterable[str], told: list[Told]) -> Iterator[FileGroup]:
    """Group the files of a folder: each one, and each folder in it whose files have one ending.

    All are paths relative to the mesh; what no source can read is told.
    """
    below: dict[str, list[str]] = {}
    for file in sorted(files):
        inside = file.removeprefix(f"{folder}/").split("/") if file != folder else [file]
        if "${" in file:
            told.append(Told(file, "`${` in a path means a variable", is_lost=True))
        elif not ending_of(file):
            told.append(Told(file, "it is no Parquet, CSV or JSON file", is_lost=True))
        elif len(inside) == 1:
            yield _group(posixpath.basename(file).removesuffix(ending_of(file)), file, (file,))
        else:
            below.setdefault(f"{folder}/{inside[0]}", []).append(file)
    for path, found in below.items():
        yield from _of_folder(path, found, told)


def ending_of(file: str) -> str:
    """The ending of a file that can be read, as it is written; "" for another.

    >>> ending_of("a.b/c.csv.gz"), ending_of("c.CSV"), ending_of("c.xlsx")
    ('.csv.gz', '', '')
    """
    name = posixpath.basename(file)
    fitting = [each for each in _FORMATS if name.endswith(each) and name != each]
    return max(fitting, key=len, default="")


def _of_folder(path: str, files: list[str], told: list[Told]) -> Iterator[FileGroup]:
    endings = {ending_of(each) for each in files}
    if len(endings) > 1:
        why = f"its files have several endings: {', '.join(sorted(endings))}"
        told.append(Told(path, why, is_lost=True))
        return
    is_flat = all(posixpath.dirname(each) == path for each in files)
    below = "*" if is_flat else "**/*"
    [ending] = endings
    pattern = f"{_escaped(path)}/{below}{ending}"
    yield _group(posixpath.basename(path), files[0], tuple(files), pattern)


def _group(name: str, file: str, files: tuple[str, ...], pattern: str = "") -> FileGroup:
    path = pattern or _escaped(file)
    return FileGroup(FoundTable("", name, _FORMATS[ending_of(file)], path=path), files)


def _escaped(path: str) -> str:
    """A path as the pattern that means it alone."""
    return _MAGIC.sub(lambda found: f"[{found.group()}]", path)
