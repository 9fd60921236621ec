"""Documents of unit tests to unit tests; whether they fit their models is checked in compiling.

The documents have the shape of their schema when they get here.
"""

from __future__ import annotations

from typing import Any

from weft.mesh.product import UnitTest
from weft.project.read_yaml import Document


def read_tests(document: Document) -> tuple[UnitTest, ...]:
    """Make unit tests of a document that holds one test, or a list of them."""
    entries = document.data if isinstance(document.data, list) else [document.data]
    return tuple(_test(each, document.path) for each in entries)


def _test(entry: dict[str, Any], path: str) -> UnitTest:
    return UnitTest(
        name=entry["test"],
        model=entry["model"],
        path=path,
        given=entry.get("given", {}),
        expect=entry["expect"],
        any_order=entry.get("order", "any") == "any",
    )
