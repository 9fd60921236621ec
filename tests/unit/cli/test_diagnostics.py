from __future__ import annotations

from weft.cli.diagnostics import draw
from weft.mesh.diagnostic import Diagnostic, Severity, Span


def drawn(*diagnostics: Diagnostic, colour: bool = False) -> str:
    return draw(diagnostics, files=12, seconds=0.2, colour=colour)


UNKNOWN_COLUMN = Diagnostic(
    "W214",
    "unknown column `dep_dellay` in quality rule",
    Span("domains/operations/flights/departures.v1.odcs.yaml", 41, 37, 10),
    note="not in `departures`; did you mean `dep_delay`?",
    excerpt="          arguments: {properties: [dep_dellay]}",
)


def test_a_finding_with_all_its_parts() -> None:
    assert (
        drawn(UNKNOWN_COLUMN)
        == """\
error[W214]: unknown column `dep_dellay` in quality rule
  --> domains/operations/flights/departures.v1.odcs.yaml:41:37
   |
41 |           arguments: {properties: [dep_dellay]}
   |                                     ^^^^^^^^^^ not in `departures`; did you mean `dep_delay`?
   = help: weft explain W214
1 error, 0 warnings in 12 files (0.2 s)
"""
    )


def test_nothing_found() -> None:
    assert (
        draw([], files=1, seconds=1.25, colour=False) == "0 errors, 0 warnings in 1 file (1.2 s)\n"
    )
    assert draw([], files=0, seconds=0, colour=False) == "0 errors, 0 warnings\n"


def test_without_place_or_line() -> None:
    everywhere = Diagnostic("W405", "a circle", note="one has to go", severity=Severity.WARNING)
    whole = Diagnostic("W101", "too large", Span("a.yaml"), help="make it small")
    assert (
        drawn(whole, everywhere)
        == """\
warning[W405]: a circle
   = note: one has to go
   = help: weft explain W405
error[W101]: too large
  --> a.yaml:1:1
   = help: make it small
1 error, 1 warning in 12 files (0.2 s)
"""
    )


def test_findings_stand_by_place_and_once() -> None:
    second = Diagnostic("W2", "second", Span("a", 2, 1), excerpt="two")
    first = Diagnostic("W1", "first", Span("a", 1, 9), excerpt="one", severity=Severity.INFO)
    text = drawn(second, first, second)
    assert text.index("info[W1]") < text.index("error[W2]")
    assert text.count("error[W2]") == 1
    assert text.endswith("1 error, 0 warnings in 12 files (0.2 s)\n")


def test_what_a_terminal_would_act_on_is_shown() -> None:
    evil = Diagnostic(
        "W1", "m\x1b[2J", Span("a\nb", 1, 3), excerpt="\ta\x1b]0;x\x07\u202eb", note="\r"
    )
    lines = drawn(evil).splitlines()
    assert lines[0] == "error[W1]: m␛[2J"
    assert lines[1] == " --> a␊b:1:3"
    assert lines[3] == "1 | ␉a␛]0;x␇�b"
    assert lines[4] == "  |   ^ ␍"


def test_what_nobody_would_see_is_shown_by_its_number() -> None:
    evil = Diagnostic("W1", "m", Span("a", 1, 2, 2), excerpt="a\u200bb\u00a0c")
    lines = drawn(evil).splitlines()
    assert lines[3] == "1 | a\\u200bb\\u00a0c"
    assert lines[4] == "  |  ^^^^^^^"


def test_long_lines_are_cut_around_the_caret() -> None:
    line = "".join(str(n % 10) for n in range(5000))
    lines = drawn(Diagnostic("W1", "m", Span("a", 1, 3001, 4000), excerpt=line)).splitlines()
    assert lines[3].startswith("1 | …0123456789")
    assert lines[3].endswith("…")
    assert len(lines[3]) == 106
    assert lines[4].index("^") == lines[3].index("…") + 41
    assert len(lines[4]) == 105


def test_carets_stand_below_what_they_mean_in_any_script() -> None:
    found = Diagnostic("W1", "m", Span("a", 1, 4, 2), excerpt="飛e\u0301機x")
    assert drawn(found).splitlines()[4] == "  |    ^^^"


def test_a_place_past_the_line_has_a_caret_at_its_end() -> None:
    assert drawn(Diagnostic("W1", "m", Span("a", 1, 99, 5), excerpt="ab")).splitlines()[4] == (
        "  |   ^"
    )


def test_colours() -> None:
    text = drawn(UNKNOWN_COLUMN, colour=True)
    assert "\x1b[1;31merror[W214]\x1b[0m" in text
    plain = text
    for style in ("1;31", "1;34", "1", "0"):
        plain = plain.replace(f"\x1b[{style}m", "")
    assert plain == drawn(UNKNOWN_COLUMN)
