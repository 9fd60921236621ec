"""What the embedded lake says that its steps will do is what they do then."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_steps import (
    audit,
    bound,
    build,
    port,
    publish,
    relation,
    required,
    rows_of,
)

from weft.mesh.manifest import Column, FileSource
from weft.plan.plan import Source, Step, StepKind
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import Act, TellsSteps

SOURCE = '"sources.src"'


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "orders.csv").write_bytes(b"id\n1\n2\n")
    spec = FileSource("orders", "orders.csv", "csv", (Column("id", "HUGEINT"),), {})
    content = SourceFiles(str(tmp_path)).content(["orders.csv"])
    return Source("src", spec, ("orders.csv",), content)


def steps() -> list[Step]:
    return [
        build("first", f"SELECT id, id + 1 AS next FROM {SOURCE}", ["src"]),
        build("seen", f"SELECT id FROM {relation('first')}", ["first"], "view"),
        build("second", f"SELECT sum(id) AS total FROM {relation('seen')}", ["seen"]),
        audit("seen", required("id")),
        publish([port({"orders": ("second", ["total"])})]),
    ]


def statements(acts: Sequence[Act]) -> list[str]:
    return [each.text for each in acts if each.is_statement]


def words(acts: Sequence[Act]) -> str:
    return "\n".join(each.text for each in acts if not each.is_statement)


def as_run(text: str, folder: Path) -> str:
    """A told statement with the names that files have in the end."""
    for name in os.listdir(folder / "lake/files"):
        text = text.replace(f"{name.partition('-')[0]}-RUN-N.parquet", name)
    return text


def test_telling_changes_nothing(the_lake: Any, source: Source, tmp_path: Path) -> None:
    assert isinstance(the_lake, TellsSteps)
    told = the_lake.tell(steps(), {"src": source})
    assert list(told) == [step.id for step in steps()]
    assert not (tmp_path / "lake").exists()


def test_telling_leaves_what_is_damaged_as_it_is(open_lake: Any, tmp_path: Path) -> None:
    open_lake().run(build("a", "SELECT 1 AS id"), bound())
    for data in (tmp_path / "lake/files").iterdir():
        data.unlink()
    reader = build("reader", f"SELECT id FROM {relation('a')}", ["a"])
    told = open_lake().tell([reader], {})
    assert "build a is missing" in words(told["build reader"])
    assert os.listdir(tmp_path / "lake/builds") == ["a.json"]


def test_told_statements_write_and_count_what_the_steps_do(
    the_lake: Any, source: Source, tmp_path: Path
) -> None:
    told = the_lake.tell(steps(), {"src": source})
    outcomes = {step.id: the_lake.run(step, bound(sources={"src": source})) for step in steps()}
    with duckdb.connect() as engine:
        for key in ("first", "second"):
            (copy,) = statements(told[f"build {key}"])
            path = str(tmp_path / f"{key}.parquet")
            draft = re.search(r"TO '(.*)' \(", copy)
            assert draft and draft[1] == f"{tmp_path}/lake/tmp/RUN/N-data.parquet"
            engine.execute(as_run(copy, tmp_path).replace(draft[1], path))
            found = engine.execute("SELECT * FROM read_parquet($1)", [path])
            names = [column[0] for column in found.description]
            columns = outcomes[f"build {key}"].columns
            assert [(column.name, column.type) for column in columns] == [
                (column[0], str(column[1])) for column in found.description
            ]
            assert [tuple(map(str, row)) for row in found.fetchall()] == [
                tuple(map(str, row)) for row in rows_of(the_lake, key, names)
            ]
        (scan,) = statements(told["audit seen"])
        assert engine.execute(as_run(scan, tmp_path)).fetchall()[0][0] == 2
    assert statements(told["build seen"]) == [f"SELECT id FROM {relation('first')}"]


def test_files_are_told_by_their_names(the_lake: Any, source: Source, tmp_path: Path) -> None:
    told = the_lake.tell(steps(), {"src": source})
    for step in steps():
        the_lake.run(step, bound(sources={"src": source}))
    named = re.findall(r"(?:builds|releases)/[\w/]+\.json", "\n".join(map(words, told.values())))
    assert len(named) == 4
    assert all((tmp_path / "lake" / name).is_file() for name in named)
    assert "orders@1 orders: build second" in words(told["publish sales.orders"])


def test_a_drop_tells_what_is_left(the_lake: Any) -> None:
    step = publish([], expected=3, kind=StepKind.DROP)
    assert words(the_lake.tell([step], {})[step.id]).splitlines() == [
        "link releases/prod/sales/orders/00000004.json, which makes this current:",
        "  nothing",
    ]


def test_a_step_that_fails_is_told_as_it_was_meant(the_lake: Any) -> None:
    wrong = build("wrong", "SELECT 1 + [] AS x")
    reader = build("reader", f"SELECT x FROM {relation('wrong')}", ["wrong"])
    told = the_lake.tell([wrong, reader], {})
    assert statements(told["build wrong"]) == ["SELECT 1 + [] AS x"]
    assert "this is going to fail" in words(told["build wrong"])
    assert "build wrong is missing" in words(told["build reader"])
