"""Every diagnostic code stands in docs/diagnostics.md, with the words that `weft explain` gives."""

from __future__ import annotations

import os
import re
from pathlib import Path

from weft.mesh.codes import CODES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "diagnostics.md"
SECTIONS = {
    "W1": "Files and YAML",
    "W2": "Products, contracts and ports",
    "W3": "Models and SQL",
    "W4": "The mesh as a whole",
}
HEAD = """# Diagnostics

Every finding of `weft validate` and `weft plan` has a code that stays the same. `weft explain CODE`
says the same as this page, which is written from the codes themselves.
"""


def page() -> str:
    lines = [HEAD]
    for prefix, title in SECTIONS.items():
        lines.append(f"## {title}\n")
        for code in sorted(CODES):
            if code.startswith(prefix):
                lines.append(f"### {code}: {CODES[code].title}\n\n{CODES[code].explanation}\n")
    return "\n".join(lines)


def test_the_page_is_what_the_codes_say() -> None:
    if os.environ.get("WEFT_GOLDEN") == "write":
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


def test_every_code_has_a_section() -> None:
    assert {code[:2] for code in CODES} == set(SECTIONS)


def test_every_code_is_used_and_every_used_code_is_explained() -> None:
    used: set[str] = set()
    for file in (ROOT / "src" / "weft").rglob("*.py"):
        if file.parent.name != "codes":
            used |= set(re.findall(r'"(W\d{3})"', file.read_text()))
    assert used == set(CODES)
