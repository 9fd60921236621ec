"""Next steps that mean the same environment as the command that names them."""

from __future__ import annotations

import re

import click

from weft.app.bootstrap import Opened
from weft.cli.commands import ENTRIES, load

# A command in a sentence ends where the sentence goes on.
_COMMAND = re.compile(r"\bweft ([a-z]+)[^,;:]*")


def same_env(env: str) -> str:
    """Return the option that makes another command mean the same environment, after a space."""
    return f" --env {env}" if env else ""


def env_of(mesh: Opened) -> str:
    """Return that option for the environment of an open mesh; "" for production."""
    return "" if mesh.production else same_env(mesh.environment)


def in_env(next_step: str, env: str) -> str:
    """Return a next step with the option `env` behind every command in it that takes one.

    >>> in_env("weft test a.b, or weft validate", " --env dev")
    'weft test a.b --env dev, or weft validate'
    """

    def with_option(found: re.Match[str]) -> str:
        command = found[0]
        return command + env if _takes_env(found[1]) and "--env" not in command else command

    return _COMMAND.sub(with_option, next_step) if env else next_step


def _takes_env(verb: str) -> bool:
    command: click.Command | None = load(verb) if verb in ENTRIES else None
    return command is not None and any(each.name == "env" for each in command.params)
