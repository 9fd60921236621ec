"""What is inside of a column of the embedded lake, against contracts and readers' builds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from warehouse_steps import audit, bound, build

from weft.mesh.check import Promise, Verdict


def test_what_is_inside_of_a_column_is_compared_with_the_build_that_readers_have(
    the_lake: Any,
) -> None:
    the_lake.run(build("old", "SELECT CAST(1 AS BIGINT) AS n, {'x': 1, 'y': 2} AS s"), bound())
    the_lake.run(build("new", "SELECT CAST(1 AS SMALLINT) AS n, {'x': 1.5, 'y': 2} AS s"), bound())
    parts = (Promise("x", "number"), Promise("y", "integer"))
    step = audit("new", [], [Promise("n", "integer"), Promise("s", "object", properties=parts)])
    step = replace(step, audit=replace(step.audit, succeeds="old"))
    results = the_lake.run(step, bound()).checks
    assert [(each.check, each.verdict, each.message) for each in results] == [
        ("type_n", Verdict.FAIL, "n is SMALLINT now, it was BIGINT"),
        ("type_s.x", Verdict.FAIL, "s.x is DECIMAL(2,1) now, it was INTEGER"),
    ]


def test_what_is_inside_of_a_column_is_compared_with_the_contract(the_lake: Any) -> None:
    the_lake.run(build("n", "SELECT {'city': 'x', 'zip': 'y'} AS a"), bound())
    inside = (Promise("city", "string"), Promise("zip", "integer"), Promise("street", "string"))
    promises = [Promise("a", "object", properties=inside)]
    results = the_lake.run(audit("n", [], promises), bound()).checks
    assert [(each.check, each.verdict) for each in results] == [
        ("type_a.zip", Verdict.FAIL),
        ("column_a.street", Verdict.FAIL),
    ]
