"""Diagnostics as a result, whether a verb was asked for them or stopped because of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screen import Screen
from weft.mesh.diagnostic import Diagnostic

_COLUMNS = (
    *(Column(name) for name in ("severity", "code", "file", "line", "column")),
    Column("message", Kind.TEXT),
)


def findings_result(
    diagnostics: Sequence[Diagnostic],
    files: int,
    products: Sequence[str],
    code: int,
    text: Callable[[Screen], str],
) -> Result:
    """Return diagnostics for every format; `products` are those without errors.

    `files` is how many were looked at, `code` what the command exits with.
    """
    rows = [
        (
            each.severity,
            each.code,
            each.span.file if each.span else "",
            each.span.line if each.span else None,
            each.span.column if each.span else None,
            each.message,
        )
        for each in diagnostics
    ]
    data = {
        "exit": code,
        "diagnostics": diagnostics,
        "files": files,
        "products": products,
    }
    return Result("diagnostics", data, Table("diagnostics", _COLUMNS, rows), text)
