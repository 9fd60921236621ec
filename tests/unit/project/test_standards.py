"""Documents of the standards, written without Weft in mind, are read or refused at their lines."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from weft.app.yaml_write import yaml_text
from weft.cli.diagnostics import draw
from weft.mesh.contract import DataContract, SchemaProperty
from weft.mesh.product import DataProduct
from weft.project.odcs import read_contract
from weft.project.odps import read_product
from weft.project.parse import ParsedProduct, parse_product
from weft.project.read_yaml import Document, read_yaml
from weft.project.schema import Format, check_shape
from weft.project.source import SourceFile

STANDARDS = Path(__file__).parents[2] / "golden" / "standards"
FILES = sorted(
    path.relative_to(STANDARDS).as_posix()
    for folder in ("package", "own")
    for path in (STANDARDS / folder).glob("*.yaml")
)
# What the standard itself has changed since, so that it cannot be read as it stands.
REFUSED = {"own/before-3.v1.odcs.yaml", "own/future.v1.odcs.yaml"}
PRODUCT = """apiVersion: v1.1.0
kind: DataProduct
id: coast.harbour
status: draft
name: Harbour
version: 1.0.0
outputPorts:
  - {{name: {port}, type: tables, version: {version}, contractId: {id}}}
"""


def document_of(text: bytes) -> Document:
    document, found = read_yaml(SourceFile("a.yaml", text))
    assert document is not None
    assert found == ()
    return document


def format_of(name: str) -> Format:
    return Format.ODPS if name.endswith(".odps.yaml") else Format.ODCS


def is_read(name: str) -> bool:
    return not check_shape(document_of((STANDARDS / name).read_bytes()), format_of(name))


def meaning(name: str, document: Document) -> DataContract | DataProduct:
    """What a document says, but for the document itself."""
    if format_of(name) is Format.ODPS:
        return replace(read_product(document.data, "coast", "harbour", "p"), document={})
    return replace(read_contract(document.data), document={})


def parsed(name: str) -> ParsedProduct:
    """A product with this document as its own, or as the contract of its only port."""
    text = (STANDARDS / name).read_bytes()
    folder = "domains/coast/harbour"
    if format_of(name) is Format.ODPS:
        files = {"product.yaml": text}
    else:
        data = document_of(text).data
        product = PRODUCT.format(port="port", version=data["version"], id=data.get("id", "none"))
        files = {"product.yaml": product.encode(), "port.v1.odcs.yaml": text}
    sources = [SourceFile(f"{folder}/{path}", each) for path, each in files.items()]
    return parse_product(folder, "coast", sources)


@pytest.mark.parametrize("name", FILES)
def test_what_linting_finds_of_it(name: str) -> None:
    found = parsed(name).diagnostics
    drawn = draw(found, files=2, seconds=0.0, colour=False).encode()
    golden = STANDARDS / "expected" / f"{name.rpartition('/')[2]}.txt"
    if os.environ.get("WEFT_GOLDEN") == "write":
        golden.write_bytes(drawn)
    assert drawn == golden.read_bytes()
    assert all(each.span for each in found)


@pytest.mark.parametrize("name", FILES)
def test_its_shape_is_that_of_the_standard(name: str) -> None:
    assert is_read(name) == (name not in REFUSED)


@pytest.mark.parametrize("name", sorted(set(FILES) - REFUSED))
def test_what_is_written_means_the_same(name: str) -> None:
    document = document_of((STANDARDS / name).read_bytes())
    again = document_of(yaml_text(document.data).encode())
    assert again.data == document.data
    assert meaning(name, again) == meaning(name, document)


def columns_in(column: SchemaProperty) -> int:
    inside = (*column.properties, *([column.items] if column.items else []))
    return 1 + sum(map(columns_in, inside))


def test_nothing_of_the_largest_is_lost() -> None:
    name = "package/full-example-v3.2.0.odcs.yaml"
    contract = meaning(name, document_of((STANDARDS / name).read_bytes()))
    assert isinstance(contract, DataContract)
    properties = [each for thing in contract.objects for each in thing.properties]
    data = document_of((STANDARDS / name).read_bytes()).data
    assert [each.name for each in contract.objects] == [each["name"] for each in data["schema"]]
    assert len(properties) == sum(len(each.get("properties", ())) for each in data["schema"])
    assert sum(map(columns_in, properties)) >= len(properties)
