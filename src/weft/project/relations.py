"""What the rules and unit tests of a product may name: its own models and its input ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from weft.mesh.manifest import Read, ReadKind, Transform
from weft.mesh.product import Model
from weft.project.models import Surroundings
from weft.sql.query import Known


@dataclass(frozen=True)
class Relations:
    """Compiled models by name, and what stands around them.

    `broken` are names of models and input ports that were reported already.
    """

    transforms: Mapping[str, Transform]
    around: Surroundings
    broken: frozenset[str]

    @staticmethod
    def of(
        models: Iterable[Model], transforms: Mapping[str, Transform], around: Surroundings
    ) -> Relations:
        """The relations of a product; of `models`, those that are no `transforms` are broken."""
        failed = {each.name for each in models}.difference(transforms)
        return Relations(transforms, around, around.unresolved | failed)

    def find(self, name: str) -> Known | None:
        """What a name, or `port.object`, stands for; None where it is nothing."""
        if name in self.transforms:
            return Known(Read(ReadKind.MODEL, name), self.transforms[name].columns)
        return self.around.known_input(name)

    def is_broken(self, name: str) -> bool:
        """Whether a name stands for something that was reported already."""
        return name.partition(".")[0] in self.broken

    def names(self) -> tuple[str, ...]:
        """The names of all models and input ports."""
        return (*self.transforms, *self.around.names())
