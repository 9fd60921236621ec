"""Whole numbers as arguments, with a mistake told in words."""

from __future__ import annotations

import re
from typing import Any

import click

_WHOLE = re.compile("[0-9]{1,15}")


class Number(click.ParamType[int]):
    """A whole number that is at least `least`."""

    name = "number"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; fails where it is none or too small."""
        text = str(value)
        if not _WHOLE.fullmatch(text) or int(text) < self._least:
            self.fail(f"`{text}` is no whole number from {self._least} on.", param, ctx)
        return int(text)
