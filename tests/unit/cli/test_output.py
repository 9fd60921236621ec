"""One result in five formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import yaml

from weft.cli.cells import cells
from weft.cli.output import Column, Kind, Result, Table, draw_table, put, written
from weft.cli.screen import FORMATS, Screen

LONG = "A description that goes on and on, and says a little more than a screen has room for."
TABLE = Table(
    "products",
    (Column("product"), Column("rows", Kind.NUMBER), Column("text", Kind.TEXT)),
    [
        ("operations.flights", 336_776, LONG),
        ("fleet.aircraft", -3_322, "=1+1"),
        ("weather.observations", None, "a|b\x1b[2J"),
    ],
)


def test_a_table_on_screens_of_all_widths(golden: Callable[[str, str], None]) -> None:
    for width in (0, 40, 80, 120):
        golden(f"table_{width}", draw_table(TABLE, Screen(width=width)))


def test_a_table_fits_the_screen_and_keeps_names_whole() -> None:
    for width in range(36, 130):
        text = draw_table(TABLE, Screen(width=width))
        assert "operations.flights" in text
        if "\n\n" not in text:
            assert all(cells(line) <= width for line in text.splitlines()), width


def test_nothing_is_cut_in_a_pipe() -> None:
    assert LONG in draw_table(TABLE, Screen())


def test_json_names_its_schema() -> None:
    document = json.loads(written(TABLE, Screen("json")))
    assert document["schema"] == "weft.products/1"
    assert document["rows"][0] == {"product": "operations.flights", "rows": 336_776, "text": LONG}


def test_json_has_null_for_what_is_no_number() -> None:
    table = Table("rows", (Column("x", Kind.NUMBER),), [(float("nan"),)])
    assert json.loads(written(table, Screen("json")))["rows"] == [{"x": None}]


def test_yaml_says_the_same_as_json() -> None:
    as_yaml = yaml.safe_load(written(TABLE, Screen("yaml")))
    assert as_yaml == json.loads(written(TABLE, Screen("json")))


def test_csv_is_complete_and_runs_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(written(TABLE, Screen("csv")))))
    assert rows[0] == ["product", "rows", "text"]
    assert rows[1] == ["operations.flights", "336776", LONG]
    assert rows[2] == ["fleet.aircraft", "-3322", "'=1+1"]
    assert rows[3][1] == ""


def test_csv_has_values_as_programs_write_them() -> None:
    columns = tuple(Column(name) for name in ("a", "=b", "c", "d"))
    table = Table("rows", columns, [(True, [1, "é", None], {"k": 2**70}, "-Infinity")])
    rows = list(csv.reader(io.StringIO(written(table, Screen("csv")))))
    assert rows[0] == ["a", "'=b", "c", "d"]
    assert rows[1] == ["true", '[1, "é", null]', f'{{"k": {2**70}}}', "-Infinity"]


def test_people_read_nested_values_as_json() -> None:
    table = Table("rows", (Column("x", Kind.TEXT),), [([1, "\x1b", {"a": None}],)])
    assert draw_table(table, Screen()) == 'x\n[1, "\\u001b", {"a": null}]\n'


def test_integers_of_any_size_are_numbers_in_json() -> None:
    table = Table("rows", (Column("x", Kind.NUMBER),), [(2**127,), (-(2**70),)])
    assert f'"x": {2**127}\n' in written(table, Screen("json"))


STEERING = Table("rows", (Column("a|b\x1b[2J\n"),), [("c\x1b[31m\nd\x9b",)])


@pytest.mark.parametrize("format", ["csv", "json", "yaml"])
def test_a_pipe_gets_data_as_it_is(format: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    put(STEERING, Screen(format))
    text = capfdbinary.readouterr().out.decode()
    if format == "csv":
        assert list(csv.reader(io.StringIO(text))) == [["a|b\x1b[2J\n"], ["c\x1b[31m\nd\x9b"]]
    else:
        read = json.loads if format == "json" else yaml.safe_load
        assert read(text)["rows"] == [{"a|b\x1b[2J\n": "c\x1b[31m\nd\x9b"}]


@pytest.mark.parametrize("format", FORMATS)
def test_a_terminal_is_never_steered(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    put(STEERING, Screen(format, width=80))
    text = capsys.readouterr().out
    assert not {"\x1b", "\x9b"} & set(text)


def test_markdown_is_one_line_per_row_with_its_head() -> None:
    lines = written(STEERING, Screen("md")).splitlines()
    assert lines == ["| a\\|b␛[2J␊ |", "| --- |", "| c␛[31m␊d� |"]


def test_markdown_keeps_its_columns(golden: Callable[[str, str], None]) -> None:
    golden("table_md", written(TABLE, Screen("md")))


def test_a_result_may_have_more_in_json_than_on_the_screen() -> None:
    @dataclass(frozen=True)
    class Noun:
        name: str

    result = Result("thing", {"noun": Noun("a")}, TABLE, lambda screen: f"drawn {screen.width}\n")
    assert written(result, Screen(width=80)) == "drawn 80\n"
    assert json.loads(written(result, Screen("json"))) == {
        "schema": "weft.thing/1",
        "noun": {"name": "a"},
    }
    assert written(result, Screen("csv")).startswith("product,rows,text\n")


def test_a_table_without_rows_still_has_its_head() -> None:
    empty = Table("products", TABLE.columns, [])
    assert draw_table(empty, Screen(width=80)) == "product  rows  text\n"
