"""Which files of a source are landed together, so that one more leaves the others where they are.

Nothing here asks the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from weft.plan.keys import source_key
from weft.plan.plan import Source
from weft.warehouses.files import SourceFiles

SMALL_BYTES = 4_000_000
"""Less than this is read whole sooner than in parts, whether it is landed or queried."""

MOST_PARTS = 64
"""About so many parts are the most, as a statement locks every table that it reads."""


def parts_of(source: Source, files: SourceFiles) -> tuple[Source, ...]:
    """Return the sources that a source consists of: itself, or several of some of its files.

    The key of each is that of a source of just these files, so that it knows nothing of the
    others, and all sources that have it share it. Raises WarehouseError when a file cannot be read.
    """
    if is_small(source, files):
        return (source,)
    groups = tuple(grouped(source.files, _bytes(source, files)))
    return tuple(_part(source, each, files) for each in groups) if len(groups) > 1 else (source,)


def is_small(source: Source, files: SourceFiles) -> bool:
    """Whether the files of a source are small in all. Raises WarehouseError."""
    return _bytes(source, files) < SMALL_BYTES


def _bytes(source: Source, files: SourceFiles) -> int:
    return sum(files.stamp(each).size for each in source.files)


def _part(source: Source, group: tuple[str, ...], files: SourceFiles) -> Source:
    content = files.content(group)
    return replace(source, key=source_key(source.spec, content), files=group, content=content)


def grouped(files: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield groups of neighbours: of one file each, unless they are very many or small.

    `size` is that of all in bytes. Which file ends a group its name alone says, so that a new one
    changes only its own group.

    >>> list(grouped(["a.csv", "b.csv"], 20_000_000))
    [('a.csv',), ('b.csv',)]
    """
    together = 1
    while len(files) > together * MOST_PARTS or len(files) * SMALL_BYTES > together * size:
        together *= 2
    group: list[str] = []
    for file in files:
        group.append(file)
        if int.from_bytes(hashlib.sha256(file.encode()).digest()) % together == 0:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)
