"""Next steps that mean the same environment as the command that names them."""

from __future__ import annotations

import re

import click

from weft.app.bootstrap import Opened
from weft.cli.commands import ENTRIES, load

# A command in a sentence ends where the sentence goes on.
_COMMAND = re.compile(r"\bweft ([a-z]+)(?: ([a-z]+))?[^,;:`\n]*")


def same_env(env: str) -> str:
    """Return the option that makes another command mean the same environment, after a space."""
    return f" --env {env}" if env else ""


def env_of(mesh: Opened) -> str:
    """Return that option for the environment of an open mesh; "" for production."""
    return "" if mesh.production else same_env(mesh.environment)


def in_env(words: str, env: str) -> str:
    """Return words with the option `env` behind every command in them that takes one.

    >>> in_env("weft test a.b, or weft validate", " --env dev")
    'weft test a.b --env dev, or weft validate'
    """

    def with_option(found: re.Match[str]) -> str:
        command = found[0]
        wants = _takes_env(found[1], found[2]) and "--env" not in command
        return command + env if wants else command

    return _COMMAND.sub(with_option, words) if env else words


def _takes_env(verb: str, below: str | None) -> bool:
    """Whether a verb, or the command `below` it where it has any, takes an environment."""
    command: click.Command | None = load(verb) if verb in ENTRIES else None
    if isinstance(command, click.Group):
        command = command.commands.get(below or "")
    return command is not None and any(each.name == "env" for each in command.params)
