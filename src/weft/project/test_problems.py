"""Whether unit tests fit what they test: the model, the relations given, and their columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import Transform
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import UnitTest
from weft.project.models import Surroundings
from weft.project.parse import ParsedProduct
from weft.project.read_yaml import Document


def test_problems(
    parsed: ParsedProduct, transforms: Mapping[str, Transform], around: Surroundings
) -> list[Diagnostic]:
    """Check every unit test of a product against its compiled models.

    What stands in them about a model that did not compile is passed over: its own errors come
    first.
    """
    product = parsed.product
    if product is None:
        return []
    found: list[Diagnostic] = []
    models = {model.name for model in product.models}
    broken = around.unresolved | (models - set(transforms))
    numbers: dict[str, int] = {}
    for test in product.tests:
        document = parsed.documents[test.path]
        number = numbers.setdefault(test.path, 0)
        numbers[test.path] += 1
        place = _Place(document, (number,) if isinstance(document.data, list) else ())
        if test.model in broken:
            continue
        if test.model not in models:
            note = did_you_mean(test.model, models, f"{product.address} has no such model")
            found.append(place.report(f"unknown model `{test.model}`", note, "model"))
            continue
        known = _Known(transforms, broken, around)
        found += _test_problems(test, known, place)
    return found


class _Place:
    """One test in its file."""

    def __init__(self, document: Document, prefix: tuple[int, ...]) -> None:
        self._document = document
        self._prefix = prefix

    def report(self, message: str, note: str, *path: str | int, key: bool = False) -> Diagnostic:
        return self._document.diagnostic("W416", message, *self._prefix, *path, key=key, note=note)


@dataclass(frozen=True)
class _Known:
    """What the names in a unit test can stand for; `broken` are those that were reported."""

    transforms: Mapping[str, Transform]
    broken: Collection[str]
    around: Surroundings

    def columns(self, name: str) -> tuple[str, ...] | None:
        """The columns of an own model or an input; None where there is none of the name."""
        known = self.around.known_input(name)
        if known is None and name not in self.transforms:
            return None
        return tuple(each.name for each in (known or self.transforms[name]).columns)


def _test_problems(test: UnitTest, known: _Known, place: _Place) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for name, rows in test.given.items():
        if name.partition(".")[0] in known.broken:
            continue
        columns = known.columns(name)
        if columns is None:
            message = f"unknown relation `{name}` in a unit test"
            note = did_you_mean(name, known.transforms, f"model `{test.model}` does not read it")
            found.append(place.report(message, note, "given", name, key=True))
        else:
            found += _row_problems(rows, columns, place, ("given", name))
    columns = tuple(each.name for each in known.transforms[test.model].columns)
    return found + _row_problems(test.expect, columns, place, ("expect",))


def _row_problems(
    rows: list[dict[str, object]],
    columns: tuple[str, ...],
    place: _Place,
    path: tuple[str, ...],
) -> list[Diagnostic]:
    """Report the first unknown column of a list of rows."""
    for number, row in enumerate(rows):
        for column in row:
            if column not in columns:
                note = did_you_mean(column, columns, f"known: {', '.join(columns)}")
                message = f"unknown column `{column}` in a unit test"
                return [place.report(message, note, *path, number, column, key=True)]
    return []
