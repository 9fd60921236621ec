"""Unit tests of dbt as unit tests of a product: rows as mappings, inputs by their names here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weft.mesh.manifest import Column
from weft.project.adopting.dbt_manifest import DbtProject, DbtUnitTest, UnitTestRows
from weft.project.adopting.dbt_tests import Setting
from weft.project.adopting.names import fitting_name
from weft.project.adopting.product import Told


class _NoPlace(ValueError):
    """A unit test that cannot be said here; the message says why."""


def unit_tests(
    project: DbtProject,
    columns: Mapping[str, Sequence[Column]],
    reads: Mapping[str, Sequence[str]],
    setting: Setting,
    told: list[Told],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Unit tests by the names of their files; those that have no place are told.

    `columns` are those of all that FROM may name, `reads` what models read, both by name.
    """
    taken: set[str] = set()
    for test in project.unit_tests:
        try:
            document = _document(test, columns, reads, setting)
        except _NoPlace as problem:
            told.append(Told(f"unit test {test.model}.{test.name}", str(problem), is_lost=True))
            continue
        name = fitting_name(f"{document['model']}_{test.name}", taken, instead="test")
        taken.add(name)
        yield name, document


def _document(
    test: DbtUnitTest,
    columns: Mapping[str, Sequence[Column]],
    reads: Mapping[str, Sequence[str]],
    setting: Setting,
) -> dict[str, Any]:
    model = setting.names.get(test.depends_on.nodes[0], "") if test.depends_on.nodes else ""
    if model not in reads:
        raise _NoPlace("its model is left out")
    given = {}
    for each in test.given:
        name = setting.named(each.input)
        if name not in reads[model]:
            raise _NoPlace(f"`{each.input}` is nothing that the model reads here")
        given[name] = _rows(each, columns[name])
    return {
        "test": (test.description or test.name).strip(),
        "model": model,
        "given": given,
        "expect": _rows(test.expect, columns[model]),
    }


def _rows(part: UnitTestRows, columns: Sequence[Column]) -> list[dict[str, Any]]:
    rows = part.rows if part.rows is not None else []
    if part.format != "dict" or not isinstance(rows, list):
        raise _NoPlace(f"its rows are written as {part.format}")
    known = {each.name for each in columns}
    for row in rows:
        strange = sorted(set(row) - known) if isinstance(row, dict) else ["?"]
        if strange:
            raise _NoPlace(f"its rows have `{strange[0]}`, which is no column there")
    return rows
