"""Text in columns of a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weft.cli.cells import cells, cut, flow, pad, visible


@given(st.text(max_size=40), st.integers(1, 30))
def test_what_is_cut_fits(text: str, room: int) -> None:
    assert cells(cut(text, room)) <= max(room, 1)


@given(st.text(max_size=20))
def test_what_fits_is_not_cut(text: str) -> None:
    assert cut(text, cells(text)) == text


@given(st.text(max_size=20), st.integers(0, 40), st.booleans())
def test_padding_fills_and_never_cuts(text: str, room: int, right: bool) -> None:
    padded = pad(text, room, right=right)
    assert cells(padded) == max(cells(text), room)
    assert text in padded


@given(st.text())
def test_nothing_visible_steers_a_terminal(text: str) -> None:
    assert not {chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x202E)} & set(visible(text))


def test_wide_and_combining_characters_count_as_they_are_shown() -> None:
    assert (cells("数据"), cells("e\u0301"), cells("é")) == (4, 1, 1)


def test_items_flow_into_lines_and_are_never_broken() -> None:
    text = flow("read by: ", ["a.b"] * 12, 40)
    lines = text.splitlines()
    assert len(lines) > 1
    assert all(cells(line) <= 40 for line in lines)
    assert all(line.startswith("         a.b") for line in lines[1:])
    assert text.count("a.b") == 12


def test_what_goes_on_in_the_next_line_fits_with_the_joint_behind_it() -> None:
    assert flow("", ["abc", "def", "g"], 10) == "abc ·\ndef · g"


def test_items_flow_in_one_line_where_there_is_no_width() -> None:
    assert flow("x: ", ["a", "b"], 0) == "x: a · b"


def test_words_flow_without_spaces_at_the_ends() -> None:
    assert flow("  ", ["one", "two", "数据"], 9, joint=" ") == "  one two\n  数据"
