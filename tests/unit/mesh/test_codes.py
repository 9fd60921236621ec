from __future__ import annotations

import re

import pytest

from weft.mesh.codes import CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_is_explained(code: str) -> None:
    entry = CODES[code]
    assert re.fullmatch("W[1-4][0-9]{2}", code)
    assert entry.title[0].isupper() or entry.title[0] in "`$"
    assert not entry.title.endswith(".")
    assert entry.explanation.endswith(".")
    assert len(re.findall(r"[.:;] |\.$", entry.explanation)) >= 2
