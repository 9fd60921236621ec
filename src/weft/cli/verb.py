"""Commands whose help opens with examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click


class _OpensWithExamples(click.Command):
    """A command with `examples`: pairs of a command line and what it does."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for line, meaning in self.examples:
            formatter.write(f"  {line}\n      {meaning}\n")
        formatter.write("\n")
        super().format_help(ctx, formatter)


class Verb(_OpensWithExamples):
    """A command of its own, such as `weft plan`."""


class VerbGroup(_OpensWithExamples, click.Group):
    """A command with commands under it, such as `weft new`."""


def verb(name: str, *examples: tuple[str, str]) -> Callable[[Callable[..., Any]], Verb]:
    """Make a function into the command `name` with these examples."""
    return click.command(name, cls=Verb, examples=examples)
