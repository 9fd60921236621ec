"""`weft validate`: all that can be known from the files."""

from __future__ import annotations

from pathlib import Path

from weft.app.errors import Exit
from weft.app.system import System
from weft.app.validate import Validation
from weft.app.validate import validate as validated
from weft.app.workspace import find_mesh
from weft.cli.beginning import NO_PRODUCTS
from weft.cli.diagnostics import draw
from weft.cli.output import Column, Kind, Result, Table, put
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb


@verb(
    "validate",
    ("weft validate", "every mistake in the files, with its place"),
    ("weft validate --json", "the same for an editor or a pipeline"),
)
@screen_options
def validate(screen: Screen) -> int:
    """Check everything that can be known from the files, without any warehouse."""
    found = validated(find_mesh(Path.cwd()), System())
    put(_result(found), screen)
    return Exit.DONE if found.loaded.sound else Exit.BLOCKED


def _result(found: Validation) -> Result:
    loaded = found.loaded
    names = ("severity", "code", "file", "line", "column", "message")
    columns = (*(Column(name) for name in names[:-1]), Column("message", Kind.TEXT))
    rows = [
        (
            each.severity,
            each.code,
            each.span.file if each.span else "",
            each.span.line if each.span else None,
            each.span.column if each.span else None,
            each.message,
        )
        for each in loaded.diagnostics
    ]
    data = {
        "diagnostics": loaded.diagnostics,
        "files": loaded.files,
        "products": list(loaded.products),
    }
    return Result(
        "diagnostics",
        data,
        Table("diagnostics", columns, rows),
        lambda screen: _text(found, screen),
    )


def _text(found: Validation, screen: Screen) -> str:
    loaded = found.loaded
    text = draw(loaded.diagnostics, files=loaded.files, seconds=found.seconds, colour=screen.colour)
    if loaded.products or loaded.diagnostics:
        return text
    return text + NO_PRODUCTS
