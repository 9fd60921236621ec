"""The page on file formats names every key of our own files, and its examples are right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from weft.project.head import KEYS, PYTHON_KEYS
from weft.project.sources import OPTIONS
from weft.warehouses.loading import options_of, warehouse_types

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "src" / "weft" / "project" / "schemas"
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
# Blocks in a section of this title are checked against the schema beside it.
SECTIONS = {
    "weft.yaml": "weft.json",
    "domain.yaml": "domain.json",
    "product.yaml": "odps-1.1.json",
    "Unit tests": "tests.json",
    "Contracts of ports": "odcs",
    "Contracts of sources": "odcs",
    "What a product expects": "odcs",
    "Fragments": "shared.json",
}


def test_every_key_of_our_own_files_has_a_row_in_its_table() -> None:
    assert _undocumented(FORMATS) == []


@pytest.mark.parametrize("title", ["weft.yaml", "domain.yaml", "Unit tests", "Models"])
def test_a_row_that_is_missing_is_noticed(title: str) -> None:
    rows = _rows(FORMATS, title)
    assert rows
    for row in rows:
        assert _undocumented(FORMATS.replace(f"{row}\n", "")) != [], row


@pytest.mark.parametrize("option", OPTIONS)
def test_a_reading_option_that_is_missing_is_noticed(option: str) -> None:
    [row] = [each for each in _rows(FORMATS, "Contracts of sources") if f"`{option}`" in each]
    assert _undocumented(FORMATS.replace(f"{row}\n", "")) == [f"Contracts of sources: {option}"]


def _undocumented(page: str) -> list[str]:
    """The keys that have no row in the table of their own format."""
    wanted = {
        "weft.yaml": [*_paths(_schema("weft.json")), *_warehouse_options()],
        "domain.yaml": list(_paths(_schema("domain.json"))),
        "Unit tests": list(_paths(_schema("tests.json")["$defs"]["Test"])),
        "Models": [*KEYS, *PYTHON_KEYS],
        "Contracts of sources": list(OPTIONS),
    }
    return [
        f"{title}: {path}"
        for title, paths in wanted.items()
        for path in paths
        if not _is_documented(path, _rows(page, title))
    ]


def _warehouse_options() -> list[str]:
    return [option.name for each in warehouse_types() for option in options_of(each)]


def _is_documented(path: str, rows: list[str]) -> bool:
    """Whether a key has a row, or is named in the row of what it stands in."""
    if any(f"`{path}`" in row.split("|")[1] for row in rows):
        return True
    around, _, name = path.removesuffix(".<name>").rpartition(".")
    around = around.removesuffix(".<name>")
    own = [row for row in rows if f"`{around}`" in row.split("|")[1]]
    return any(f"`{name}`" in row for row in own)


def _rows(page: str, title: str) -> list[str]:
    """The rows of the tables in a section that begin with a key."""
    section = page.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    return [line for line in section.splitlines() if re.match(r"\| [^|]*`", line)]


def _paths(schema: Any, before: str = "") -> Iterator[str]:
    """The keys with a value that a schema knows, with dots; `$defs` of standards are left out."""
    for name, value in schema.get("properties", {}).items():
        if "properties" not in value:
            yield before + name
        yield from _paths(value, f"{before}{name}.")
    named = schema.get("additionalProperties")
    if isinstance(named, dict):
        yield from _paths(named, f"{before}<name>.")


@pytest.mark.parametrize("title", SECTIONS)
def test_the_examples_are_valid(title: str) -> None:
    section = FORMATS.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    documents = [yaml.load(block, _Loader) for block in blocks]
    whole = [each for each in documents if not _is_excerpt(each)]
    validator = jsonschema_rs.validator_for(_schema(SECTIONS[title]))
    assert whole
    assert [error.message for each in whole for error in validator.iter_errors(each)] == []


def _is_excerpt(document: dict[str, Any]) -> bool:
    return set(document) <= {"customProperties", "properties", "quality", "slaProperties"}


def _schema(name: str) -> Any:
    if name != "odcs":
        return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    spec = find_spec("open_data_contract_standard")
    assert spec is not None and spec.origin is not None
    return json.loads((Path(spec.origin).parent / "schema.json").read_text(encoding="utf-8"))


class _Loader(yaml.SafeLoader):
    """Dates stay text, as in YAML 1.2."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
