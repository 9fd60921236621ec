"""Whatever came before: an audit of new rows finds what an audit of all rows finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_files import Port, Product, Source, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.mesh.check import CheckResult

Row = tuple[int | None, int, str]
File = Sequence[Row]

COLUMNS = {"id": "integer", "day": "date", "place": "string"}
RULES = (
    {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["id"]}},
    {
        "metric": "duplicateValues",
        "mustBeLessThan": 2,
        "arguments": {"properties": ["id", "place"]},
    },
    {"metric": "rowCount", "mustBeLessThan": 12},
    {
        "metric": "invalidValues",
        "mustBeLessOrEqualTo": 20,
        "unit": "percent",
        "arguments": {"properties": ["place"], "validValues": ["x", "y"]},
    },
)
QUERY = "SELECT id, day, place FROM raw\n"
INCREMENTAL = "-- materialized: incremental\n-- time_column: day\n"
HEADS = {
    "days": f"{INCREMENTAL}-- look_back: 1\n",
    "merged": f"{INCREMENTAL}-- look_back: 2\n-- unique_key: [id, day]\n",
}
ROWS = st.tuples(
    st.one_of(st.none(), st.integers(3, 9)), st.integers(2, 6), st.sampled_from(["x", "y", "z"])
)
GOOD: File = ((1, 1, "x"), (2, 2, "y"), (3, 3, "x"), (4, 3, "y"))
"""What is published first, so that there is something to grow from."""

HISTORIES = st.lists(st.lists(ROWS, min_size=1, max_size=3), min_size=1, max_size=3)


def files(history: Sequence[File]) -> dict[str, bytes]:
    """A mesh of two growing models over the files that came so far."""
    source = Source("raw", "data/*.csv", COLUMNS)
    products = [
        Product(
            f"ops.{name}",
            {name: head + QUERY},
            (Port(name, COLUMNS, required=("id",), rules=RULES),),
            sources=(source,),
        )
        for name, head in HEADS.items()
    ]
    data = {
        f"data/{number}.csv": "".join(
            ["id,day,place\n"]
            + [f"{'' if id is None else id},2026-01-{day:02},{place}\n" for id, day, place in rows]
        ).encode()
        for number, rows in enumerate(history)
    }
    return mesh_files(products) | data


@dataclass
class Audits:
    """What audits found, by build, and how many of them looked at new rows alone."""

    found: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    of_new_rows: int = 0


def audits(folder: Path, *, forgetful: bool) -> Audits:
    """Apply, and say what was audited; a forgetful mesh knows of no earlier verdict."""
    done = Audits()
    with opened(folder, "", System()) as mesh:
        if forgetful:
            with closing(sqlite3.connect(folder / ".weft/store.db")) as store, store:
                store.execute("DELETE FROM verdicts")
        plan = make_plan(mesh, PlanOptions()).plan
        specs = {step.id: step.audit for step in plan.steps if step.audit}
        for event in apply_plan(mesh, plan, ApplyOptions()):
            if event.result and event.result.checks:
                spec = specs[event.result.step]
                done.found[spec.key] = {_told(each) for each in event.result.checks}
                done.of_new_rows += bool(spec.base)
    return done


def _told(each: CheckResult) -> tuple[object, ...]:
    return (each.check, each.verdict, each.rows, each.failed, each.value)


@settings(max_examples=8, deadline=None)
@given(HISTORIES)
def test_what_is_remembered_changes_no_verdict(history: list[File]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        for count in range(len(history) + 1):
            for folder in (one, other):
                lay_out(Path(folder), files([GOOD, *history[:count]]))
            whole = audits(Path(other), forgetful=True)
            new = audits(Path(one), forgetful=False)
            assert whole.of_new_rows == 0
            assert new.found == {key: whole.found[key] for key in new.found}


def test_what_is_remembered_spares_looking_again(tmp_path: Path) -> None:
    lay_out(tmp_path, files([GOOD]))
    assert audits(tmp_path, forgetful=False).of_new_rows == 0
    lay_out(tmp_path, files([GOOD, [(9, 4, "x")]]))
    assert audits(tmp_path, forgetful=False).of_new_rows == len(HEADS)
