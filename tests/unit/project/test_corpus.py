"""The corpus of bad definitions: each case is the base mesh with some files put over it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from weft.cli.diagnostics import draw
from weft.mesh.codes import CODES
from weft.mesh.diagnostic import Diagnostic
from weft.project.fragments import NO_FRAGMENTS, Fragments, read_fragments
from weft.project.parse import parse_domain, parse_product, parse_settings
from weft.project.source import SourceFile

CORPUS = Path(__file__).parents[2] / "golden" / "diagnostics"
BASE = CORPUS / "base"
EXPECTED = "expected.txt"
REMOVED = "removed.txt"


def cases() -> list[str]:
    """The names of all cases."""
    return sorted(each.name for each in CORPUS.iterdir() if each != BASE)


def mesh_of(case: str) -> dict[str, bytes]:
    """The files of a case by path: those of the base, changed and removed."""
    files = _files(BASE) | _files(CORPUS / case)
    for path in files.pop(REMOVED, b"").decode().split():
        del files[path]
    return files


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != EXPECTED
    }


def diagnose(files: dict[str, bytes]) -> list[Diagnostic]:
    """Everything that is wrong with a mesh of such files."""
    sources = {path: SourceFile(path, data, len(data)) for path, data in files.items()}
    _, found = parse_settings(sources["weft.yaml"], {"PGPASSWORD": "secret"})
    diagnostics = list(found)
    products: dict[tuple[str, str], list[SourceFile]] = {}
    shared: dict[str, list[SourceFile]] = {}
    for path, file in sources.items():
        parts = path.split("/")
        if "shared" in parts[:3]:
            shared.setdefault(parts[1] if len(parts) > 2 else "", []).append(file)
        elif parts[0] == "domains" and len(parts) > 3:
            products.setdefault((parts[1], parts[2]), []).append(file)
        elif parts[0] == "domains":
            diagnostics += parse_domain(file)[1]
    fragments: dict[str, Fragments] = {}
    for place, inside in shared.items():
        fragments[place], found = read_fragments(inside)
        diagnostics += found
    for (domain, name), inside in products.items():
        usable = fragments.get(domain, NO_FRAGMENTS).over(fragments.get("", NO_FRAGMENTS))
        parsed = parse_product(f"domains/{domain}/{name}", domain, inside, usable)
        diagnostics += parsed.diagnostics
    return diagnostics


@pytest.mark.parametrize("case", cases())
def test_a_bad_mesh_is_explained(case: str) -> None:
    files = mesh_of(case)
    found = diagnose(files)
    drawn = draw(found, files=len(files), seconds=0.04, colour=False).encode()
    golden = CORPUS / case / EXPECTED
    if os.environ.get("WEFT_GOLDEN") == "write":
        golden.write_bytes(drawn)
    assert drawn == golden.read_bytes()
    assert found
    assert all(each.code in CODES for each in found)


def test_the_base_of_the_corpus_is_right() -> None:
    assert diagnose(mesh_of("base")) == []


def test_the_corpus_is_large() -> None:
    assert len(cases()) >= 45
