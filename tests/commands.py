"""Commands of `weft`, called in this process, and what they said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from weft.cli.main import run


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """All that was shown."""
        return self.out + self.err

    @property
    def data(self) -> Any:
        """What it wrote as JSON."""
        return json.loads(self.out)


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """Run a command in the current folder, without what was written before it."""
    capsys.readouterr()
    code = run(arguments)
    said = capsys.readouterr()
    return Said(code, said.out, said.err)
