"""The `weft` command: finds the verb, runs it, and turns what stops it into words and a code.

Nothing heavy is imported here; `weft --version` and `weft --help` load no verb at all.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click
from click.shell_completion import CompletionItem, shell_complete

from weft import __version__
from weft.cli.commands import ENTRIES, EXIT_CODES, SECTIONS, load
from weft.cli.streams import hold_streams, let_go_of_stdout

_COMPLETE = "_WEFT_COMPLETE"
_ENDING = "weft COMMAND --help shows examples · weft explain WORD explains a code, field or verb"


class Commands(click.Group):
    """The verbs in sections; a verb's module is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load(cmd_name) if cmd_name in ENTRIES else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in ENTRIES and not args[0].startswith("-"):
            raise click.NoSuchCommand(args[0], possibilities=ENTRIES, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, entries in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(entry.name, entry.line) for entry in entries], col_max=10)
        with formatter.section("Exit codes"):
            formatter.write_dl(EXIT_CODES)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [name for name in ENTRIES if name.startswith(incomplete)]
        items = [CompletionItem(name, help=ENTRIES[name].line) for name in names]
        # A group's own way would import every verb for its line.
        return items + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_ENDING,
)
@click.version_option(__version__, prog_name="weft", message="%(prog)s %(version)s")
def weft() -> None:
    """Weft: data products from files to published ports."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; exceptions pass through."""
    instruction = os.environ.get(_COMPLETE)
    if instruction:
        return shell_complete(weft, {}, "weft", _COMPLETE, instruction)
    try:
        with weft.make_context("weft", list(arguments)) as context:
            code = weft.invoke(context)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    sys.stdout.flush()
    return int(code or 0)


def main() -> NoReturn:
    """Run the command line of this process and exit; the outermost frame of the program."""
    # A command makes many small values and ends; looking for cycles among them all the time would
    # cost a large mesh a quarter of its time.
    gc.set_threshold(200_000, 50, 100)
    hold_streams()
    signal.signal(signal.SIGTERM, _stop)
    try:
        code = run(sys.argv[1:])
        # All is done and recorded; Ctrl-C while the interpreter ends must not say otherwise.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except BrokenPipeError:
        # Whoever read the help has had enough; results are written by a screen.
        code = 0
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get(_COMPLETE):
            # The line that is being typed is no place for words.
            raise SystemExit(1) from error
        from weft.cli.failure import tell
        from weft.cli.stopped import put_stopped

        code = tell(error)
        put_stopped(error, code, sys.argv[1:])
        raise SystemExit(code) from error
    finally:
        let_go_of_stdout()
    raise SystemExit(code)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    """Stop as Ctrl-C does, and say which signal it was."""
    raise KeyboardInterrupt(number)
