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
}


@pytest.mark.parametrize("name", ["weft.json", "domain.json", "tests.json"])
def test_every_key_of_our_own_files_is_named(name: str) -> None:
    keys = set(_keys(_schema(name)))
    assert [key for key in sorted(keys) if not re.search(rf"\b{re.escape(key)}\b", FORMATS)] == []


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
    return set(document) == {"quality"}


def _schema(name: str) -> Any:
    if name != "odcs":
        return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    spec = find_spec("open_data_contract_standard")
    assert spec is not None and spec.origin is not None
    return json.loads((Path(spec.origin).parent / "schema.json").read_text(encoding="utf-8"))


def _keys(schema: Any) -> Iterator[str]:
    """The keys that a schema knows, but for those of the shared `$defs` of the standards."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "properties":
                yield from value
            if name != "$defs" or set(value) == {"Test"}:
                yield from _keys(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _keys(each)


class _Loader(yaml.SafeLoader):
    """Dates stay text, as in YAML 1.2."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
