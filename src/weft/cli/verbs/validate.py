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
from weft.cli.output import Result, put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.findings import findings_result
from weft.cli.verb import verb


@verb(
    "validate",
    ("weft validate", "every mistake in the files, with its place"),
    ("weft validate --json", "the same for an editor or a pipeline"),
)
@screen_options
def validate(screen: Screen) -> int:
    """Check everything that can be known from the files, without any warehouse.

    What other repositories publish is not in them: the store is asked, and where it cannot be
    opened, ports that may be theirs are warned of.
    """
    found = validated(find_mesh(Path.cwd()), System())
    code = Exit.DONE if found.loaded.sound else Exit.BLOCKED
    put(_result(found, code), screen)
    return code


def _result(found: Validation, code: Exit) -> Result:
    loaded = found.loaded
    return findings_result(
        loaded.diagnostics,
        loaded.files,
        tuple(loaded.products),
        code,
        lambda screen: _text(found, screen),
    )


def _text(found: Validation, screen: Screen) -> str:
    loaded = found.loaded
    text = draw(loaded.diagnostics, files=loaded.files, seconds=found.seconds, colour=screen.colour)
    if loaded.products and loaded.sound:
        return f"{text}  next:  weft plan\n"
    return text if loaded.diagnostics else text + NO_PRODUCTS
