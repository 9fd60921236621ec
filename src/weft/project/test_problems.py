"""Whether unit tests fit what they test: the model, the relations given, and their columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import Transform
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import UnitTest
from weft.project.parse import ParsedProduct
from weft.project.read_yaml import Document
from weft.sql.query import Known

# Finds what a name in FROM stands for among the input ports.
KnownInput = Callable[[str], "Known | None"]


def test_problems(
    parsed: ParsedProduct, transforms: Mapping[str, Transform], known_input: KnownInput
) -> list[Diagnostic]:
    """Check every unit test of a product against its compiled models.

    Tests of a model that did not compile are passed over: its own errors come first.
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
        if test.model not in models:
            note = did_you_mean(test.model, models, f"{product.address} has no such model")
            found.append(place.report(f"unknown model `{test.model}`", note, "model"))
        elif test.model in transforms:
            found += _test_problems(test, transforms, known_input, place)
    return found


class _Place:
    """One test in its file."""

    def __init__(self, document: Document, prefix: tuple[int, ...]) -> None:
        self._document = document
        self._prefix = prefix

    def report(self, message: str, note: str, *path: str | int, key: bool = False) -> Diagnostic:
        return self._document.diagnostic("W416", message, *self._prefix, *path, key=key, note=note)


def _test_problems(
    test: UnitTest,
    transforms: Mapping[str, Transform],
    known_input: KnownInput,
    place: _Place,
) -> list[Diagnostic]:
    model = transforms[test.model]
    found: list[Diagnostic] = []
    for name, rows in test.given.items():
        known = known_input(name)
        columns = (
            known.columns if known else transforms[name].columns if name in transforms else None
        )
        if columns is None:
            note = did_you_mean(name, transforms, f"model `{test.model}` does not read it")
            found.append(
                place.report(
                    f"unknown relation `{name}` in a unit test", note, "given", name, key=True
                )
            )
            continue
        names = tuple(column.name for column in columns)
        found += _row_problems(rows, names, place, ("given", name))
    names = tuple(column.name for column in model.columns)
    found += _row_problems(test.expect, names, place, ("expect",))
    return found


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
