from __future__ import annotations

import re
from pathlib import Path

import pytest

import weft
from weft.mesh.codes import CODES

CODE = re.compile(r'"(W[1-4][0-9]{2})"')


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_is_explained(code: str) -> None:
    entry = CODES[code]
    assert re.fullmatch("W[1-4][0-9]{2}", code)
    assert entry.title[0].isupper() or entry.title[0] in "`$"
    assert not entry.title.endswith(".")
    assert entry.explanation.endswith(".")
    assert len(re.findall(r"[.:;] |\.$", entry.explanation)) >= 2


def test_every_code_that_is_reported_is_explained() -> None:
    """Collects the codes written in the source, and so finds one without an entry."""
    source = Path(weft.__file__).parent
    used = {code for file in source.rglob("*.py") for code in CODE.findall(file.read_text())}
    assert used <= set(CODES)
