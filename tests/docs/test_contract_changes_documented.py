"""Every kind of change of a contract stands in docs/contract-changes.md, as it is compared."""

from __future__ import annotations

import os
from pathlib import Path

from weft.contract.change_kinds import KINDS
from weft.contract.versions import Bump, min_bump
from weft.mesh.change import Effect

PAGE = Path(__file__).parents[2] / "docs" / "contract-changes.md"
HEAD = """# Changes of a contract

The contract that is published is compared with the new one, and every difference has one of these
kinds. Each is weighed twice: by what it means for the provider, who keeps the promise, and for
consumers, who rely on it. What consumers feel decides the next version. `weft explain KIND` says
the same as this page, which is written from the kinds themselves.

| for consumers | it is … | the version needs |
|---|---|---|
| breaking | wrong now, what was built on the contract | a new major, or a waiver and a minor |
| loosened | less that they can rely on | a new minor |
| tightened | more that they can rely on | a new minor |
| additive | more than before | a new minor |
| metadata | told in other words | a new patch |

| kind | said as | provider | consumers | needs | |
|---|---|---|---|---|---|
"""


def page() -> str:
    rows = []
    for name, kind in KINDS.items():
        breaks = kind.consumer is Effect.BREAKING
        bump = Bump.MAJOR if breaks else min_bump([kind.consumer])
        words = (f"`{name}`", f"… {kind.verb}", kind.provider, kind.consumer, bump, kind.meaning)
        rows.append(f"| {' | '.join(words)} |\n")
    return HEAD + "".join(rows)


def test_the_page_is_what_the_kinds_say() -> None:
    if os.environ.get("WEFT_GOLDEN") == "write":
        PAGE.write_text(page())
    assert PAGE.read_text() == page()
