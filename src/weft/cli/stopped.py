"""What programs are told of a command that stopped: a document where its result would stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

import click

from weft.app.errors import Invalid
from weft.cli.failure import RunStopped, reason, what
from weft.cli.output import Column, Kind, Result, Table, put
from weft.cli.screen import FORMATS, Screen
from weft.cli.screens.findings import findings_result

_COLUMNS = (
    Column("exit", Kind.NUMBER),
    *(Column(name, Kind.TEXT) for name in ("error", "why", "next")),
)
# Arguments are joined by a character that none can have.
_ASKED = re.compile(rf"(?:^|\0)(?:--output[=\0]|-[a-z]*o\0?)({'|'.join(FORMATS)})(?=\0|$)")


def put_stopped(error: BaseException, code: int, arguments: Sequence[str]) -> None:
    """Write a document to stdout, where the arguments ask for JSON or YAML.

    It has the diagnostics where definitions have errors, else what people are told, in parts.
    """
    asked = _format_asked(arguments)
    if asked:
        with suppress(OSError):
            put(_result(error, code), Screen(asked))


def _format_asked(arguments: Sequence[str]) -> str:
    """Return `json`, `yaml` or "", also for arguments that make no sense otherwise."""
    if "--json" in arguments:
        return "json"
    found = _ASKED.findall("\0".join(arguments))
    return found[-1] if found and found[-1] in ("json", "yaml") else ""


def _result(error: BaseException, code: int) -> Result | Table:
    if isinstance(error, Invalid):
        return findings_result(
            error.diagnostics, error.files, error.products, code, lambda _: str(error)
        )
    match error:
        case click.UsageError():
            path = error.ctx.command_path if error.ctx else "weft"
            parts = error.format_message(), "", f"{path} --help"
        case RunStopped():
            parts = "stopped", "", error.again
        case KeyboardInterrupt():
            parts = "stopped", "", ""
        case _:
            parts = what(error), *reason(error)
    names = [column.name for column in _COLUMNS]
    row = (code, *parts)
    table = Table("stop", _COLUMNS, [row])
    return Result("stop", dict(zip(names, row, strict=True)), table, lambda _: parts[0])
