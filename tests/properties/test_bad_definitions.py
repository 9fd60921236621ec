"""However bad the definitions are, reading them ends soon, never raises, and says what is wrong."""

from __future__ import annotations

import tracemalloc
from copy import deepcopy
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.cli.diagnostics import draw
from weft.mesh.codes import CODES
from weft.mesh.diagnostic import Diagnostic
from weft.project.parse import parse_domain, parse_product, parse_settings
from weft.project.read_yaml import read_yaml
from weft.project.schema import Format, schema_of
from weft.project.source import MAX_BYTES, SourceFile
from yaml_text import yaml_text

BASE = Path(__file__).parents[1] / "golden" / "diagnostics" / "base"
FILES = {
    path.relative_to(BASE).as_posix(): path.read_bytes()
    for path in sorted(BASE.rglob("*"))
    if path.is_file()
}
FOLDER = "domains/operations/flights"
PIECES = [
    b"[", b"]", b"{", b"}", b":", b": ", b"- ", b"\n", b"\t", b"  ", b"#", b"'", b'"', b"&a ",
    b"*a", b"!x ", b"|", b">", b"%", b"@", b"<<", b"? ", b"---\n", b"null", b"true", b"1e999",
    b"\xff", b"\x00", b"\xe2\x80\xa8", "飛".encode(), b"mustBe: 1\n", b"${", b"-- unique: [\n",
]  # fmt: skip

KEYS = sorted(
    key
    for format in Format
    for node in (schema_of(format), *schema_of(format).get("$defs", {}).values())
    for key in node.get("properties", {})
)


def diagnose(files: dict[str, bytes]) -> list[Diagnostic]:
    sources = {path: SourceFile(path, data, len(data)) for path, data in files.items()}
    inside = [file for path, file in sources.items() if path.startswith(FOLDER)]
    parsed = parse_product(FOLDER, "operations", inside)
    mesh, found = parse_settings(sources["weft.yaml"], {"PGPASSWORD": "x"})
    domain, more = parse_domain(sources["domains/operations/domain.yaml"])
    diagnostics = [*parsed.diagnostics, *found, *more]
    assert diagnostics or (parsed.product and mesh and domain)
    for each in diagnostics:
        assert each.code in CODES
        assert each.message
        assert each.span is not None
        assert each.span.line >= 1
        assert each.span.column >= 1
    draw(diagnostics, files=len(files), seconds=0, colour=False).encode()
    return diagnostics


@st.composite
def mangled(draw_: st.DrawFn) -> dict[str, bytes]:
    """The base mesh with one file cut, doubled or sprinkled with odd pieces."""
    path = draw_(st.sampled_from(sorted(FILES)))
    data = FILES[path]
    for _ in range(draw_(st.integers(1, 4))):
        start = draw_(st.integers(0, len(data)))
        end = draw_(st.integers(start, min(len(data), start + 40)))
        piece = draw_(
            st.sampled_from(PIECES) | st.just(data[start:end] * 2) | st.binary(max_size=8)
        )
        data = data[:start] + piece + data[end:]
    return {**FILES, path: data}


@given(mangled())
@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
def test_mangled_files_are_explained(files: dict[str, bytes]) -> None:
    diagnose(files)


@given(st.sampled_from(sorted(FILES)), st.binary(max_size=400))
@settings(deadline=2000)
def test_random_bytes_are_explained(path: str, data: bytes) -> None:
    diagnose({**FILES, path: data})


ODD_VALUES = """
[null, true, 0, -1, 1.5, "", x, a.b, "yes", schema/a/properties/b, "${", "${X}", [], [1], [x], {},
{x: 1}, [[]], [null], [{}], {name: x}, [{name: x}, {name: X}]]
"""
ODD = st.sampled_from(yaml.safe_load(ODD_VALUES)).map(deepcopy)


@st.composite
def reshaped(draw_: st.DrawFn) -> dict[str, bytes]:
    """The base mesh with values of one document replaced, removed or added."""
    path = draw_(st.sampled_from(sorted(each for each in FILES if each.endswith(".yaml"))))
    document, _ = read_yaml(SourceFile(path, FILES[path]))
    assert document is not None
    data = {"all": document.data}
    for _ in range(draw_(st.integers(1, 3))):
        place: Any = data
        key: Any = "all"
        while isinstance(place[key], dict | list) and place[key] and draw_(st.integers(0, 5)):
            place = place[key]
            key = draw_(
                st.sampled_from(sorted(place) if isinstance(place, dict) else [*range(len(place))])
            )
        if isinstance(place, dict) and place is not data and draw_(st.booleans()):
            del place[key]
            if draw_(st.booleans()):
                place[draw_(st.sampled_from(KEYS))] = draw_(ODD)
        else:
            place[key] = draw_(ODD)
    return {**FILES, path: yaml_text(data["all"]).encode()}


@given(reshaped())
@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
def test_reshaped_documents_are_explained(files: dict[str, bytes]) -> None:
    diagnose(files)


HEAD = b"apiVersion: v3.2.0\nkind: DataContract\nid: a.b.c\nversion: 1.0.0\n"
HEAVY = {
    "flow list": b"a: [" + b"a," * 490_000 + b"]",
    "nested lists": b"[" * 990_000,
    "nested mappings": b"{" * 990_000,
    "nested entries": b"- " * 490_000,
    "nested questions": b"? " * 490_000,
    "one word": b"-" * 990_000,
    "quotes": b'"' * 990_000,
    "zeros": b"\0" * 990_000,
    "lines": b"\n" * 990_000,
    "digits": b"a: " + b"9" * 990_000,
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(45_000)),
    "one key": b"a: 1\n" * 190_000,
    "tags": b"- !a x\n" * 140_000,
    "anchors": b"- &a x\n" * 140_000,
    "documents": b"---\n" * 240_000,
    "bad entries": HEAD + b"tags: [" + b"1," * 45_000 + b"]",
    "bad rules": HEAD + b"schema:\n- name: x\n  quality:\n" + b"  - {metric: rowCount}\n" * 20_000,
    "few bad rules": HEAD + b"schema:\n- name: x\n  quality:\n" + b"  - {metric: a}\n" * 2_900,
    "nested fields": HEAD
    + b"schema: [{name: x, properties: "
    + b"[{name: y, logicalType: object, oops: 1, properties: " * 22
    + b"[]"
    + b"}]" * 22
    + b"}]",
    "wide aliases": b"a: &a [" + b"x," * 900 + b"]\n" + b"b: [" + b"*a," * 99 + b"]",
}


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_heavy_files_are_refused_at_little_cost(name: str) -> None:
    path = f"{FOLDER}/departures.v1.odcs.yaml"
    began = process_time()
    assert diagnose({**FILES, path: HEAVY[name]})
    assert process_time() - began < 3  # the promise is one second on a machine of its own


def test_a_refused_file_needs_little_memory() -> None:
    tracemalloc.start()
    diagnose({**FILES, f"{FOLDER}/product.yaml": HEAVY["many keys"]})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


def test_a_file_of_50_megabytes_is_not_looked_at() -> None:
    path = f"{FOLDER}/departures.v1.odcs.yaml"
    huge = SourceFile(path, b"", 50_000_000)
    others = [
        SourceFile(name, data)
        for name, data in FILES.items()
        if name.startswith(FOLDER) and name != path
    ]
    (found,) = parse_product(FOLDER, "operations", [*others, huge]).diagnostics
    assert found.code == "W101"
    assert f"{MAX_BYTES:,}" in found.message
