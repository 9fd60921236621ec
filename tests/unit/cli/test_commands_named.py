"""Every `weft …` command that Weft names anywhere is one that its own command line takes."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from weft.cli.commands import ENTRIES, load
from weft.cli.verb import Verb, VerbGroup

ROOT = Path(__file__).parents[3]

# A command stands at the start of a text, after two spaces, a prompt or in backticks.
_COMMAND = re.compile(r"(?:^|  |\$ |`)weft ([^`\n]+)")
# What ends it in running text.
_ENDS = re.compile(r", |\.  |  | \.\.\.| ·(?: |$)| (?:says|shows|writes|goes) | > |\s#|[,.;)]*$")
_MINE = ("src/weft/app", "src/weft/cli", "src/weft/plan", "src/weft/project", "src/weft/mesh")


def texts_of_code() -> Iterator[tuple[str, str]]:
    """The string literals of the program, with `1` for words that are filled in: it fits all."""
    for folder in _MINE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            inside: set[int] = set()
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.JoinedStr):
                    inside |= {id(each) for each in node.values}
                    yield path.name, filled(node)
                elif isinstance(node, ast.Constant) and id(node) not in inside:
                    yield path.name, str(node.value)


def filled(text: ast.JoinedStr) -> str:
    """An f-string as text. What stands right behind a word is an option that may be left out."""
    so_far = ""
    for each in text.values:
        if isinstance(each, ast.Constant):
            so_far += str(each.value)
        elif not so_far or so_far[-1] in " .@":
            so_far += "1"
    return so_far


def texts_of_files() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "tests/golden").rglob("*.txt")):
        yield path.name, path.read_text(errors="replace")
    for path in [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]:
        # A line that is nothing but a command in backticks says what a verb's arguments are.
        lines = path.read_text().splitlines()
        yield path.name, "\n".join(line for line in lines if not line.startswith("`weft "))


def commands_in(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for found in _COMMAND.finditer(line):
            command = _ENDS.split(found.group(1))[0].strip()
            if command and command.split()[0] not in ("COMMAND", "VERB"):
                yield command


def named() -> list[tuple[str, str]]:
    found = {
        (command, where)
        for where, text in (*texts_of_code(), *texts_of_files())
        for command in commands_in(text)
    }
    return sorted({command: where for command, where in sorted(found, reverse=True)}.items())


def taken(command: str) -> None:
    """Raise click.UsageError when our command line does not take this."""
    words = shlex.split(command.partition(" < ")[0])
    if words[0].startswith("-"):
        return
    if words[0] not in ENTRIES:
        raise click.UsageError(f"there is no verb {words[0]}")
    verb: click.Command = load(words[0])
    rest = words[1:]
    while isinstance(verb, VerbGroup) and rest and not rest[0].startswith("-"):
        name, below, rest = verb.resolve_command(click.Context(verb), rest)
        assert below is not None, name
        verb = below
    assert isinstance(verb, Verb | VerbGroup)
    if not rest:
        # Only the verb is meant, not a command to give.
        return
    # Names in capitals stand for numbers too.
    verb.make_context(words[0], ["1" if each in ("NUMBER", "N") else each for each in rest])


@pytest.mark.parametrize(("command", "where"), named())
def test_a_command_that_is_named_can_be_given(command: str, where: str) -> None:
    try:
        taken(command)
    except click.exceptions.Exit as shown:
        assert shown.exit_code == 0
    except click.UsageError as wrong:
        pytest.fail(f"{where} names `weft {command}`: {wrong.format_message()}")


@pytest.mark.parametrize("command", ["teach", "plan --no-such", "new domain sales", "new planet x"])
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    with pytest.raises(click.UsageError):
        taken(command)
