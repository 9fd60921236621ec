"""docs/commands.md describes every command with its options and examples, word for word.

WEFT_GOLDEN=write writes the part below its first section anew from the commands themselves.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from weft.app.errors import Exit
from weft.cli.commands import ENTRIES, EXIT_CODES, SECTIONS, load
from weft.cli.screen import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
EVERYWHERE = {"output", "as_json", "quiet", "no_color", "no_input"}


def described(path: str, command: click.Command) -> str:
    """The chapter of one command."""
    context = click.Context(command)
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    usage = [each.make_metavar(context) for each in arguments]
    options = [
        each
        for each in command.params
        if isinstance(each, click.Option) and each.name not in EVERYWHERE
    ]
    examples: tuple[tuple[str, str], ...] = command.examples  # type: ignore[attr-defined]
    lines = [f"{'#' * (len(path.split()) + 2)} weft {path}", "", "```"]
    lines += [line for text, meaning in examples for line in (f"$ {text}", f"    {meaning}")]
    lines += ["```", "", inspect.cleandoc(command.help or "")]
    if usage:
        lines += ["", f"`weft {path} {' '.join(usage)}`"]
    if options:
        lines += ["", "| option | |", "|---|---|"]
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.opts)
        value = "" if option.is_flag else f" `{option.make_metavar(context)}`"
        lines.append(f"| {names}{value} | {option.help} |".replace("  [", " ["))
    return "\n".join(lines) + "\n"


def chapters() -> Iterator[tuple[str, str]]:
    """Every command with its chapter, in the order of the page."""
    for title, entries in SECTIONS:
        yield f"# {title}", f"## {title}\n"
        for entry in entries:
            command = load(entry.name)
            yield entry.name, described(entry.name, command)
            if isinstance(command, click.Group):
                for name, below in command.commands.items():
                    path = f"{entry.name} {name}"
                    yield path, described(path, below)


CHAPTERS = dict(chapters())


@pytest.fixture(scope="module")
def page() -> str:
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("WEFT_GOLDEN") == "write":
        head = text.partition(f"## {SECTIONS[0][0]}\n")[0]
        text = head + "\n".join(CHAPTERS.values())
        PAGE.write_text(text, encoding="utf-8")
    return text


@pytest.mark.parametrize("path", CHAPTERS)
def test_every_command_is_described(path: str, page: str) -> None:
    assert CHAPTERS[path] in page


def test_nothing_else_is_described(page: str) -> None:
    heads = [line.lstrip("# ") for line in page.splitlines() if line.startswith(("### ", "#### "))]
    assert heads == [f"weft {path}" for path in CHAPTERS if not path.startswith("#")]


def test_the_options_of_every_command_are_described(page: str) -> None:
    head = page.partition(f"## {SECTIONS[0][0]}\n")[0]
    for option in load(next(iter(ENTRIES))).params:
        if option.name in EVERYWHERE:
            assert any(f"`{name}`" in head for name in option.opts), option.name
    assert all(f"`{name}`" in head for name in FORMATS)


def test_every_exit_code_is_described(page: str) -> None:
    assert all(f"| {code.value} |" in page for code in Exit)


def test_exit_codes_are_described_as_in_the_help(page: str) -> None:
    assert all(f"| {code} | {words} |\n" in page for code, words in EXIT_CODES)
