"""A build that grows as layers: tables that later builds share, and which rows of each count.

Nothing here asks the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from weft.mesh.growth import VALID_TO, Range
from weft.mesh.manifest import Column
from weft.plan.intervals import merged
from weft.sql.growing import in_ranges
from weft.sql.postgres import DIALECT, quote
from weft.warehouses.merging import same

SMALL_ROWS = 100_000
"""A layer of fewer rows and keys is written anew sooner than it is read as one more table."""

# In all of them `b` is a row of a layer, and `n` the key of one that no longer counts.
_ARM = "SELECT {output} FROM {table} AS b{joined}{where}"
_GONE = "NOT EXISTS (SELECT 1 FROM {keys} AS n WHERE {same})"
_NOTHING = "SELECT {output} FROM (SELECT {columns}) AS b{joined} WHERE FALSE"


@dataclass(frozen=True)
class Layer:
    """A table of rows, made by one build and never changed afterwards.

    Of the layers before it, rows do not count any more whose time lies in `ranges`, or whose key
    is in the table `keys`. `rows` and `gone` are how many rows and keys there are, `bytes` the
    size of both tables. `lacks` are columns that were added to the model later.
    """

    table: str
    rows: int
    bytes: int
    ranges: tuple[Range, ...] = ()
    keys: str = ""
    gone: int = 0
    lacks: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of its tables."""
        return (self.table, self.keys) if self.keys else (self.table,)

    @property
    def weight(self) -> int:
        """How much it is to write it anew."""
        return self.rows + self.gone


@dataclass(frozen=True)
class Layers:
    """The layers of a build, earliest first, the last of them its own.

    `time` and `key` are the columns by which rows of earlier layers no longer count, of which only
    the one of these is set by which it grows. With `current` such keys are only those of rows whose
    state still holds.
    """

    layers: tuple[Layer, ...] = ()
    time: str = ""
    key: tuple[str, ...] = ()
    current: bool = False


@dataclass(frozen=True)
class Stack:
    """Layers, the columns of the build that reads them, and the quoted names of their tables."""

    of: Layers
    columns: tuple[Column, ...]
    relations: Mapping[str, str] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, earliest first."""
        return self.of.layers

    def above(self, number: int) -> Stack:
        """The same without so many first layers."""
        return self._with(self.layers[number:])

    def below(self, number: int) -> Stack:
        """So many first layers, as if there were no others."""
        return self._with(self.layers[:number])

    def lacking(self, names: tuple[str, ...]) -> Stack:
        """The same, where no layer has these columns."""
        return self._with(tuple(replace(each, lacks=(*each.lacks, *names)) for each in self.layers))

    def all(self, names: Sequence[str]) -> Callable[[Layer], str]:
        """What `rows` may give: these columns; null where a layer does not have one."""
        return lambda layer: ", ".join(self.value(layer, name) for name in names)

    def value(self, layer: Layer, name: str) -> str:
        """A column of a layer, under its name."""
        if name not in layer.lacks:
            return f"b.{quote(name)}"
        kind = next(each.type for each in self.columns if each.name == name)
        return f"CAST(NULL AS {kind}) AS {quote(name)}"

    def rows(
        self,
        output: Callable[[Layer], str],
        joined: str = "",
        where: str = "",
        without: int = 0,
    ) -> str:
        """The SELECT of all rows that count, but for those of so many last layers.

        `joined` and `where` are asked of each layer by itself, so that its indexes serve them.
        """
        arms = []
        for number, layer in enumerate(self.layers[: len(self.layers) - without]):
            conditions = [*self._counts(number), *([f"({where})"] if where else [])]
            arms.append(
                _ARM.format(
                    output=output(layer),
                    table=self.relations[layer.table],
                    joined=joined,
                    where=f" WHERE {' AND '.join(conditions)}" if conditions else "",
                )
            )
        return "\nUNION ALL\n".join(arms) or self._nothing(output, joined)

    def newest(self, names: Sequence[str]) -> str:
        """The SELECT of the rows of the last layer."""
        return self.above(len(self.layers) - 1).rows(self.all(names))

    def _with(self, layers: tuple[Layer, ...]) -> Stack:
        return replace(self, of=replace(self.of, layers=layers))

    def _counts(self, number: int) -> list[str]:
        """The conditions that a row of a layer counts, as the layers after it have it."""
        later = self.layers[number + 1 :]
        ranges = merged(each for layer in later for each in layer.ranges)
        conditions = []
        if ranges:
            kind = next(each.type for each in self.columns if each.name == self.of.time)
            conditions.append(f"NOT ({in_ranges(self.of.time, kind, ranges, DIALECT)})")
        condition = same(DIALECT, self.of.key)
        if self.of.current:
            condition = f"{condition} AND b.{VALID_TO} IS NULL"
        conditions += (
            _GONE.format(keys=self.relations[layer.keys], same=condition)
            for layer in later
            if layer.keys
        )
        return conditions

    def _nothing(self, output: Callable[[Layer], str], joined: str) -> str:
        columns = ", ".join(
            f"CAST(NULL AS {each.type}) AS {quote(each.name)}" for each in self.columns
        )
        return _NOTHING.format(output=output(Layer("", 0, 0)), columns=columns, joined=joined)


def joining(layers: Sequence[Layer], rows: int) -> int:
    """Return how many of the last layers are to join one that gets so many rows.

    It is written anew with them while they are small, or hardly larger than what is written by
    then. So there are never many layers, and each row is written a few times in all.

    >>> joining([Layer("a", 50_000_000, 0), Layer("b", 900_000, 0)], 500_000)
    1
    """
    count = 0
    for layer in reversed(layers):
        if layer.weight > max(SMALL_ROWS, 2 * rows):
            break
        rows += layer.weight
        count += 1
    return count
