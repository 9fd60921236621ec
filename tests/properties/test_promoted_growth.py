"""Whatever was tried before: production has after a promotion what it could have had by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from arro3.core import RecordBatchReader
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from applying import apply_files
from environment_meshes import plan_of
from memory_disk import quick_folder
from mesh_files import Port, Product, Source, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.query import query
from weft.app.system import System
from weft.app.values import values_of

GROWN = "ops.grown"
COLUMNS = {"id": "integer", "day": "date", "place": "string"}
MORE = {"states": {"valid_from": "date", "valid_to": "date"}}
HEADS = {
    "days": "-- materialized: incremental\n-- time_column: day\n-- look_back: 1\n",
    "merged": "-- materialized: incremental\n-- unique_key: id\n-- changed_at: day\n",
    "states": "-- materialized: snapshot\n-- unique_key: id\n-- changed_at: day\n",
}
AS_IT_IS = "place"
EXPRESSIONS = st.sampled_from([AS_IT_IS, AS_IT_IS, "place || '!'"])
ROWS = st.tuples(st.integers(1, 4), st.integers(1, 6), st.sampled_from(["x", "y"]))


@dataclass(frozen=True)
class State:
    """The files at one time: the data, and what the models below and those that grow make of it."""

    rows: Sequence[tuple[int, int, str]]
    below: str = AS_IT_IS
    grown: str = AS_IT_IS

    @property
    def definitions(self) -> tuple[str, str]:
        """All but the data."""
        return self.below, self.grown

    def files(self) -> Mapping[str, bytes]:
        """A product that reads the data, and one of models that grow and read that."""
        source = Source("raw", "data/raw.csv", COLUMNS)
        below = f"SELECT id, day, {self.below} AS place FROM raw\n"
        grown = f"SELECT id, day, {self.grown} AS place FROM given\n"
        products = [
            Product("ops.given", {"given": below}, (Port("given", COLUMNS),), sources=(source,)),
            Product(
                GROWN,
                {name: head + grown for name, head in HEADS.items()},
                tuple(Port(name, {**COLUMNS, **MORE.get(name, {})}) for name in HEADS),
                ("ops.given.given",),
            ),
        ]
        lines = (f"{id},2026-01-{day:02},{place}\n" for id, day, place in self.rows)
        data = "".join(["id,day,place\n", *lines]).encode()
        return {**mesh_files(products), "data/raw.csv": data}


DATA = st.lists(ROWS, min_size=1, max_size=3, unique_by=lambda row: row[0])
BEFORE = st.lists(st.builds(State, DATA), min_size=1, max_size=2)
TRIED = st.lists(st.builds(State, DATA, EXPRESSIONS, EXPRESSIONS), min_size=1, max_size=3)


def rows_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What production shows of the models that grow, by model."""
    found = {}
    for name in HEADS:
        asked = f"FROM {GROWN}.{name}"
        with opened(folder, "", System()) as mesh, query(mesh, asked) as answer:
            batches = RecordBatchReader.from_arrow(answer.rows)
            rows = [row for each in batches for row in zip(*values_of(each), strict=True)]
        found[name] = sorted(rows, key=repr)
    return found


def alone(states: Iterable[State]) -> dict[str, list[tuple[object, ...]]]:
    """What there is where production goes through all of this by itself."""
    with quick_folder() as folder:
        for each in states:
            apply_files(Path(folder), each.files())
        return rows_of(Path(folder))


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(BEFORE, TRIED)
def test_what_is_promoted_is_what_its_definitions_made(
    before: list[State], tried: list[State]
) -> None:
    last = tried[-1]
    same = list(takewhile(lambda each: each.definitions == last.definitions, reversed(tried)))
    with quick_folder() as folder:
        for each in before:
            apply_files(Path(folder), each.files())
        for each in tried:
            apply_files(Path(folder), each.files(), environment="dev")
        lay_out(Path(folder), last.files())
        plan = plan_of(Path(folder))
        built = [step.target for step in plan.steps if step.build]
        if len(same) == len(tried):
            assert built == []
        apply_files(Path(folder))
        promoted = rows_of(Path(folder))
    adopted = {model for each in plan.adopted if each.product == GROWN for model in each.models}
    at_once, step_by_step = alone([*before, last]), alone([*before, *reversed(same)])
    for model, rows in promoted.items():
        assert rows == (step_by_step if model in adopted else at_once)[model]
