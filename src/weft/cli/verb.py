"""Commands whose help opens with examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

ADDRESS = "ADDRESS"


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


class AddressGroup(VerbGroup):
    """A command whose first word is an address, unless it names one of the commands under it.

    What is done with an address is its command called `ADDRESS`.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take any word that names no command as an address."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            return ADDRESS, self.commands[ADDRESS], args
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands, and the addresses that the one for addresses takes."""
        found = super().shell_complete(ctx, incomplete)
        below = self.commands[ADDRESS]
        [address] = (each for each in below.params if isinstance(each, click.Argument))
        return [
            *(each for each in found if each.value != ADDRESS),
            *address.shell_complete(ctx, incomplete),
        ]
