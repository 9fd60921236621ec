"""The command table and the help of every command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from weft.cli.commands import ENTRIES, load
from weft.cli.main import run, weft
from weft.cli.verb import Verb, VerbGroup


def every_command() -> Iterator[tuple[str, click.Command]]:
    for name in ENTRIES:
        command = load(name)
        yield name, command
        if isinstance(command, click.Group):
            for below, each in command.commands.items():
                yield f"{name} {below}", each


COMMANDS = dict(every_command())


@pytest.mark.parametrize("path", COMMANDS)
def test_help_opens_with_examples(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = COMMANDS[path]
    assert isinstance(command, Verb | VerbGroup)
    assert len(command.examples) >= 2
    assert run([*path.split(), "--help"]) == 0
    first = capsys.readouterr().out.splitlines()[0].strip()
    assert first == command.examples[0][0]


@pytest.mark.parametrize("path", COMMANDS)
def test_examples_are_commands_that_exist(path: str) -> None:
    for line, _ in COMMANDS[path].examples:  # type: ignore[attr-defined]
        words = shlex.split(line.partition(" < ")[0].partition(" > ")[0])
        assert words[0] == "weft"
        command: click.Command = weft
        while isinstance(command, click.Group):
            name, found, rest = command.resolve_command(click.Context(command), words[1:])
            assert found is not None, line
            command, words = found, [str(name), *rest]
        with command.make_context(path, words[1:]) as context:
            assert context.command is command


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_is_explained(path: str) -> None:
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_table_and_the_commands_agree_on_names() -> None:
    assert [load(name).name for name in ENTRIES] == list(ENTRIES)


def test_an_unknown_command_offers_the_nearest() -> None:
    with pytest.raises(click.NoSuchCommand) as stopped:
        run(["plna"])
    assert "Did you mean 'plan'" in stopped.value.format_message()


def test_an_unknown_option_offers_the_nearest() -> None:
    with pytest.raises(click.NoSuchOption) as stopped:
        run(["apply", "--alow-drop"])
    assert "Did you mean '--allow-drop'" in stopped.value.format_message()


def test_completion_knows_the_commands_without_loading_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_WEFT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "weft va")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert run([]) == 0
    assert capsys.readouterr().out == "plain,validate\n"


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "", "٣", "9" * 5000])
def test_what_is_no_number_is_told_in_words(text: str) -> None:
    with pytest.raises(click.BadParameter) as stopped:
        run(["audit", "log", "--limit", text])
    assert f"`{text}` is no whole number from 0 on" in stopped.value.format_message()


def test_the_help_says_what_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    assert "Exit codes:\n  0         done, or nothing to do\n" in said
