"""Whether unit tests fit what they test: the model, the relations given, and their columns."""

from __future__ import annotations

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import Column
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import UnitTest
from weft.project.parse import ParsedProduct
from weft.project.read_yaml import Document
from weft.project.relations import Relations


def test_problems(parsed: ParsedProduct, relations: Relations) -> list[Diagnostic]:
    """Check every unit test of a product against its compiled models.

    What stands in them about a model that did not compile is passed over: its own errors come
    first.
    """
    product = parsed.product
    if product is None:
        return []
    found: list[Diagnostic] = []
    models = {model.name for model in product.models}
    numbers: dict[str, int] = {}
    for test in product.tests:
        document = parsed.documents[test.path]
        number = numbers.setdefault(test.path, 0)
        numbers[test.path] += 1
        place = _Place(document, (number,) if isinstance(document.data, list) else ())
        if relations.is_broken(test.model):
            continue
        if test.model not in models:
            note = did_you_mean(test.model, models, f"{product.address} has no such model")
            found.append(place.report(f"unknown model `{test.model}`", note, "model"))
            continue
        found += _test_problems(test, relations, place)
    return found


class _Place:
    """One test in its file."""

    def __init__(self, document: Document, prefix: tuple[int, ...]) -> None:
        self._document = document
        self._prefix = prefix

    def report(self, message: str, note: str, *path: str | int, key: bool = False) -> Diagnostic:
        return self._document.diagnostic("W416", message, *self._prefix, *path, key=key, note=note)


def _test_problems(test: UnitTest, relations: Relations, place: _Place) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for name, rows in test.given.items():
        if relations.is_broken(name):
            continue
        known = relations.find(name)
        if known is None:
            message = f"unknown relation `{name}` in a unit test"
            note = did_you_mean(
                name, relations.transforms, f"model `{test.model}` does not read it"
            )
            found.append(place.report(message, note, "given", name, key=True))
        else:
            found += _row_problems(rows, known.columns, place, ("given", name))
    given = relations.transforms[test.model].columns
    return found + _row_problems(test.expect, given, place, ("expect",))


def _row_problems(
    rows: list[dict[str, object]],
    columns: tuple[Column, ...],
    place: _Place,
    path: tuple[str, ...],
) -> list[Diagnostic]:
    """Report the first unknown column of a list of rows."""
    known = [each.name for each in columns]
    for number, row in enumerate(rows):
        for column in row:
            if column not in known:
                note = did_you_mean(column, known, f"known: {', '.join(known)}")
                message = f"unknown column `{column}` in a unit test"
                return [place.report(message, note, *path, number, column, key=True)]
    return []
