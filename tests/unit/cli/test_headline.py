"""The first line: what is shown, and how long it took, for people and for nobody else."""

from __future__ import annotations

import pytest

from weft.cli.cells import cells
from weft.cli.headline import headline
from weft.cli.output import Column, Result, Table, written
from weft.cli.screen import FORMATS, Screen

PARTS = ["sales.orders", "prod", "up to date"]
RESULT = Result("it", {"a": 1}, Table("it", (Column("a"),), [(1,)]), lambda _: "a\n", ("b\x1b",))


def test_the_time_stands_at_the_right_end() -> None:
    line = headline(PARTS, "1.2 s", 60)
    assert line.startswith("sales.orders · prod · up to date  ")
    assert line.endswith("  1.2 s")
    assert cells(line) == 60


def test_without_a_terminal_it_is_one_line_however_long() -> None:
    assert cells(headline(PARTS, "1.2 s", 0)) == 80
    assert headline(["a" * 90], "1.2 s", 0) == "a" * 90 + "   1.2 s"


@pytest.mark.parametrize("width", range(20, 60))
def test_what_does_not_fit_goes_on_in_the_next_line(width: int) -> None:
    drawn = headline(PARTS, "1.2 s", width)
    assert all(cells(line) <= width for line in drawn.splitlines())
    assert [each for each in drawn.split() if each != "·"] == [
        *("sales.orders", "prod", "up", "to", "date"),
        *("1.2", "s"),
    ]


def test_colour_makes_the_first_part_stand_out_and_changes_no_place() -> None:
    plain, bold = headline(PARTS, "0.1 s", 50), headline(PARTS, "0.1 s", 50, colour=True)
    assert bold == plain.replace("sales.orders", "\x1b[1msales.orders\x1b[0m", 1)


def test_only_people_are_told_and_nothing_steers_their_terminal() -> None:
    drawn = {each: written(RESULT, Screen(each), 0.25) for each in FORMATS}
    assert drawn["table"].split() == ["b␛", "0.2", "s", "a"]
    assert [each for each in FORMATS if " s" in drawn[each]] == ["table"]
