"""What the fault loop needs of the place where a mesh keeps its data, whatever kind that is.

Consumers see products; a product is described by what each object of its ports contains, so that
two descriptions of one version are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from effects import Effects

# An object's columns by name, how many rows it has, and a number made from all of them.
Content = tuple[tuple[str, ...], int, int]
# By object with its major.
Shown = dict[str, Content]
# By product.
Seen = dict[str, Shown]


def content_of(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Content:
    """Describe rows so that equal ones are equal wherever they lie, and in whichever order."""
    names = tuple(columns)
    order = sorted(range(len(names)), key=names.__getitem__)
    lines = sorted("\t".join(str(row[place]) for place in order) for row in map(tuple, rows))
    return tuple(sorted(names)), len(lines), crc32("\n".join(lines).encode())


class Ground(Protocol):
    """A kind of place; the mesh that it is of is given by its folder."""

    def seen(self, folder: Path) -> dict[str, Seen]:
        """What consumers see, in every way that there is, by what that way is called."""

    def builds(self, folder: Path) -> list[str]:
        """The names of all builds and of what they consist of, as far as they tell of no run."""

    def spoil(self, folder: Path) -> None:
        """Change what Weft left of `small_mesh` from outside, each product in another way."""

    def leftovers(self, folder: Path, tidy: bool) -> Iterator[str]:
        """What lies there and belongs to nothing; `tidy` says that an apply had work to do."""

    def keep(self, folder: Path, kept: Path) -> None:
        """Keep a mesh as it is."""

    def renew(self, kept: Path, folder: Path) -> None:
        """Make a mesh what it was when it was kept."""

    def watched(self, effects: Effects) -> AbstractContextManager[None]:
        """Count the effects that only this kind of place has, as long as this lasts."""
