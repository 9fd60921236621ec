"""One result in five formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from weft.cli.cells import cells
from weft.cli.output import Column, Kind, Result, Table, draw_table, written
from weft.cli.screen import Screen

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
