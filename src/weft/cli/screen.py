"""How this process talks: format, width, colour, whether it may ask, and the options for these."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import IO, Any

import click

from weft.app.errors import Usage
from weft.cli.streams import let_go_of_stdout

FORMATS = ("table", "json", "yaml", "csv", "md")
_FOR_PROGRAMS = frozenset(["json", "yaml", "csv"])


@dataclass(frozen=True)
class Screen:
    """Where results go and how they look; `width` 0 means as wide as they are (no terminal)."""

    format: str = "table"
    width: int = 0
    colour: bool = False
    quiet: bool = False
    asks: bool = False

    def put(self, text: str) -> None:
        """Write a result to stdout, every character of it; what programs read is UTF-8 always.

        Once its reader has gone away nothing is written any more, and nothing else changes.
        Raises OSError, which names stdout, where it cannot be written.
        """
        line = text if text.endswith("\n") else text + "\n"
        whole = line.encode("utf-8", "backslashreplace") if self.format in _FOR_PROGRAMS else line
        try:
            # Whatever looks like a colour here is one that was asked for, or data.
            click.echo(whole, nl=False, color=True)
        except BrokenPipeError:
            let_go_of_stdout()
        except OSError as error:
            raise OSError(error.errno, error.strerror, "stdout") from error

    def show(self, text: str) -> None:
        """Write what is for people alone: a result on a screen, talk beside another format."""
        self.put(text) if self.format == "table" else self.say(text)

    def say(self, text: str) -> None:
        """Write talk to stderr, unless it is to be quiet; what cannot be written is lost."""
        if not self.quiet:
            with suppress(OSError):
                click.echo(text, err=True, color=colour_wanted(sys.stderr) and self.colour)

    def agree(self, question: str, *, yes: bool) -> bool:
        """Ask for a yes; Ctrl-D is a no.

        Raises Usage where nobody can be asked and `--yes` is not given, and KeyboardInterrupt
        where the command is stopped at the question.
        """
        if yes:
            return True
        if not self.asks:
            raise Usage("this needs a yes, and nobody can be asked here", next_step="add --yes")
        try:
            return click.confirm(question, err=True)
        except click.Abort as stop:
            # The cursor still stands behind the question.
            click.echo(err=True)
            if isinstance(stop.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt(*stop.__context__.args) from stop
            return False


def colour_wanted(stream: IO[str]) -> bool:
    """Whether a stream is a terminal whose owner has nothing against colour."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


def _screen(output: str, as_json: bool, quiet: bool, no_color: bool, no_input: bool) -> Screen:
    terminal = sys.stdout.isatty()
    return Screen(
        format="json" if as_json else output,
        width=shutil.get_terminal_size().columns if terminal else 0,
        colour=colour_wanted(sys.stdout) and not no_color,
        quiet=quiet,
        asks=sys.stdin.isatty() and sys.stderr.isatty() and not no_input,
    )


_OPTIONS = (
    click.option(
        "-o",
        "--output",
        type=click.Choice(FORMATS),
        default="table",
        help="How results are written.  [default: table]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Short for `-o json`."),
    click.option("-q", "--quiet", is_flag=True, help="Results only, no talk."),
    click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same."),
    click.option("--no-input", is_flag=True, help="Never ask; fail instead."),
)


def screen_options(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options every verb has; it receives them as `screen`."""

    @wraps(function)
    def on_screen(**given: Any) -> int:
        shown = {
            name: given.pop(name) for name in ("output", "as_json", "quiet", "no_color", "no_input")
        }
        return function(screen=_screen(**shown), **given)

    command: Callable[..., int] = on_screen
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
