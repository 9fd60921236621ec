"""Every noun has its word: each class of `weft.mesh` is in the glossary, no shunned word is one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GLOSSARY.splitlines()
    if line.startswith("| ") and not line.startswith("| term ")
]


def test_every_noun_stands_in_the_glossary() -> None:
    named = {name for row in ROWS for name in re.findall(r"`([A-Za-z]+)`", row[2])}
    assert _nouns() - named == set()


def test_the_glossary_names_no_class_that_is_gone() -> None:
    named = {name for row in ROWS for name in re.findall(r"`([A-Z][A-Za-z]+)`", row[2])}
    assert named - _nouns() == set()


def test_every_term_stands_once() -> None:
    terms = [row[0] for row in ROWS]
    assert sorted(terms) == sorted(set(terms))


def test_no_shunned_word_names_a_noun() -> None:
    shunned = {
        word.strip().title().replace(" ", "") for row in ROWS for word in row[3].split(",")
    } - {"–"}
    assert shunned & _nouns() == set()


def _nouns() -> set[str]:
    return {
        node.name
        for file in (ROOT / "src" / "weft" / "mesh").glob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }
