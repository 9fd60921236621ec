"""Next steps stay in the environment of the command that names them."""

from __future__ import annotations

import pytest

from weft.cli.next_step import in_env, same_env


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("weft apply --allow-drop", "weft apply --allow-drop --env dev"),
        ("weft history a.b, and choose another", "weft history a.b --env dev, and choose another"),
        ("weft validate, or weft plan", "weft validate, or weft plan --env dev"),
        ("wait, or:  weft unlock 4f1c", "wait, or:  weft unlock 4f1c"),
        ("weft plan --env NAME", "weft plan --env NAME"),
        ("weft new port a.b.c --keep 1", "weft new port a.b.c --keep 1 --env dev"),
        ("weft new product a.b", "weft new product a.b"),
        ("weft new", "weft new"),
        ("`weft ls` shows it", "`weft ls --env dev` shows it"),
        ("weft plan\nwhat else", "weft plan --env dev\nwhat else"),
        ("add --yes", "add --yes"),
        ("weft nothing", "weft nothing"),
        ("", ""),
    ],
)
def test_commands_that_take_an_environment_get_it(named: str, meant: str) -> None:
    assert in_env(named, same_env("dev")) == meant
    assert in_env(named, same_env("")) == named
