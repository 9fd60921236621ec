"""Marks in comments: found behind a description, and nowhere else."""

from __future__ import annotations

import pytest

from weft.mesh.manifest import Column
from weft.mesh.release import Build
from weft.warehouses.postgres.marks import Mark, PortMark, SchemaMark, marking, read_mark

BUILD = Build("k", "sales.orders", "m", "table", (Column("it's", "text"),), reads=("a",))
PORT = PortMark("orders", 1, "orders", "1.0.0")


@pytest.mark.parametrize(
    "mark",
    [
        Mark(build=BUILD),
        Mark(port=PORT),
        Mark(schema=SchemaMark("skyline", "s", "sales.orders", "prod", internal=True)),
    ],
)
@pytest.mark.parametrize("description", ["", "Orders.", 'two\nlines with {"weft": 1}', "ends\n"])
def test_read_as_written(mark: Mark, description: str) -> None:
    statement = marking("TABLE", "t", mark, description)
    literal = statement.removeprefix("COMMENT ON TABLE t IS ")
    assert read_mark(literal[1:-1].replace("''", "'")) == mark


@pytest.mark.parametrize(
    "comment",
    [
        None,
        "",
        "Orders.",
        "{}",
        '{"weft":',
        '{"weft":{"build":{}}}',
        '{"weft":[]}',
        'Orders. {"weft":{}}',
        '{"weft":{"port":{"port":1}}}',
    ],
)
def test_no_mark(comment: str | None) -> None:
    assert read_mark(comment) is None
