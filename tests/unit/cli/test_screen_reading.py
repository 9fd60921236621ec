"""Lists and pages of what is there, drawn from nouns made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.app.history import ProductHistory, ReleaseLine, RunDetail, RunHistory
from weft.app.lineage import Branch, Lineage
from weft.app.new_files import Draft, Edit, NewFile
from weft.app.show import Detail, Line, Listing
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.draft import draw_draft
from weft.cli.screens.history import (
    audit_table,
    locks_table,
    releases_result,
    runs_result,
    steps_result,
)
from weft.cli.screens.lineage import lineage_result
from weft.cli.screens.products import port_result, product_result, products_result, sql_result
from weft.mesh.check import Check, CheckKind, CheckResult, Promise, Verdict
from weft.mesh.contract import Status
from weft.mesh.manifest import (
    CheckQuery,
    Column,
    PortObject,
    PortVersion,
    ProductManifest,
    Query,
    ResolvedInput,
    Transform,
)
from weft.mesh.product import Materialization
from weft.mesh.release import PortRelease, Release
from weft.mesh.run import AuditEntry, Hold, Lock, Run, RunState, StepResult, StepState
from weft.project.graph import Node

Golden = Callable[[str, str], None]
FLIGHTS = "operations.flights"
AT = "2026-11-21T00:59:35.716Z"
LINE = Line(
    product=FLIGHTS,
    title="Flights",
    owner="mara",
    status="active",
    ports=("departures@1",),
    models=2,
    release=3,
    published=AT,
    state="applied",
    reads=(),
    root="skyline",
)
NEW = replace(
    LINE,
    product="weather.observations",
    title="",
    owner="nils",
    status="draft",
    ports=("hourly@1",),
    models=1,
    release=0,
    published="",
    state="new",
)
MODEL = Transform(
    "departures",
    "domains/operations/flights/models/departures.sql",
    Materialization.TABLE,
    "f",
    Query(("",)),
    (Column("id", "BIGINT"),),
    "SELECT id\nFROM stg_flights -- \x1b[2J\n",
)
PORT = PortVersion(
    "departures",
    1,
    "1.4.2",
    Status.ACTIVE,
    (
        PortObject(
            "departures",
            "departures",
            (Column("id", "BIGINT"), Column("note")),
            promises=(Promise("id", "integer"), Promise("note", "string")),
            checks=(CheckQuery(Check("r", "required id", CheckKind.REQUIRED, ("id",))),),
        ),
    ),
    {
        "schema": [
            {
                "name": "departures",
                "properties": [{"name": "id", "description": "Identifies the departure."}],
            }
        ]
    },
    "Every departure.",
)
MANIFEST = ProductManifest(
    "operations",
    "flights",
    "skyline",
    "domains/operations/flights",
    "lake",
    "duckdb",
    "Flights from New York",
    "What became of every flight.",
    inputs=(ResolvedInput("aircraft", "fleet.aircraft.aircraft@1"), ResolvedInput("b", "", "bts")),
    transforms=(MODEL,),
    ports=(PORT,),
)
RUN = Run("7c23a1da11e6", "apply", "prod", "p", RunState.HELD, AT, AT, "mara", commit="0123456789")
RELEASE = Release(
    FLIGHTS,
    "prod",
    3,
    (PortRelease("departures", 1, "1.4.2", Status.ACTIVE, ()),),
    run=RUN.id,
    at=AT,
    restores=1,
)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_list_of_products(golden: Golden, width: int) -> None:
    listing = Listing((LINE, NEW))
    golden(f"ls_{width}", written(products_result(listing, "prod"), Screen(width=width)))


def test_a_page_of_a_product(golden: Golden) -> None:
    detail = Detail(MANIFEST, LINE, None, ("loyalty.members", "punctuality.performance"))
    golden("show_product", written(product_result(detail), Screen(width=80)))
    golden("show_product_40", written(product_result(detail), Screen(width=40)))


def test_a_page_says_whose_a_product_of_another_root_is() -> None:
    line = replace(LINE, state="elsewhere", root="fleets")
    text = product_result(Detail(MANIFEST, line, None, ())).text(Screen())
    assert "  applied by root fleets · active" in text


def test_a_page_of_a_port(golden: Golden) -> None:
    golden("show_port", written(port_result(MANIFEST, PORT), Screen(width=80)))


def test_the_next_command_is_for_the_same_environment() -> None:
    env = " --env dev"
    results = (
        products_result(Listing((LINE,)), "dev", env),
        product_result(Detail(MANIFEST, LINE, None, ()), env),
        port_result(MANIFEST, PORT, env),
        releases_result(ProductHistory(FLIGHTS, (), Hold(FLIGHTS, "dev", 1, "mara", "", AT)), env),
    )
    for result in results:
        assert written(result, Screen()).endswith(f"{env}\n")


def test_the_sql_behind_a_port_is_the_models_text() -> None:
    result = sql_result(MANIFEST, PORT)
    assert written(result, Screen()) == (
        "-- domains/operations/flights/models/departures.sql\nSELECT id\nFROM stg_flights -- ␛[2J\n"
    )
    assert written(result, Screen()) == written(sql_result(MANIFEST, MODEL), Screen())
    (model,) = json.loads(written(result, Screen("json")))["rows"]
    assert model["model"] == "departures"
    assert model["sql"].strip() == MODEL.text.strip()


def test_runs_and_their_steps(golden: Golden) -> None:
    golden("history_runs", written(runs_result(RunHistory((RUN,)), "prod"), Screen(width=80)))
    older = runs_result(RunHistory((RUN,), older=True), "dev", " --env dev")
    golden("history_older", written(older, Screen(width=80)))
    none = runs_result(RunHistory(()), "dev", " --env dev")
    golden("history_none", written(none, Screen(width=80)))
    step = StepResult("s", FLIGHTS, "build", "departures", StepState.DONE, 336_776, 9_000, 0.25)
    golden("history_steps", written(steps_result(RunDetail(RUN, (step,))), Screen(width=80)))
    failed = replace(step, state=StepState.FAILED, message="1 / 0", only_of=("departures@2",))
    alone = steps_result(RunDetail(RUN, (failed,)))
    golden("history_kept_back", written(alone, Screen(width=120)))
    [row] = json.loads(written(alone, Screen("json")))["rows"]
    assert (row["message"], row["only_of"]) == ("1 / 0", ["departures@2"])
    found = (
        CheckResult("required_id", "required id", Verdict.PASS, 9),
        CheckResult(
            "enum_kind", "kind is one of 2", Verdict.FAIL, 9, 3, keys=("a", "b"), quarantined=True
        ),
    )
    audit = StepResult(
        "s2", FLIGHTS, "audit", "departures@1.departures", StepState.DONE, 9, 0, 0.5, checks=found
    )
    detail = steps_result(RunDetail(RUN, (step, audit)), " --env dev")
    golden("history_checks", written(detail, Screen(width=80)))
    [_, told] = json.loads(written(detail, Screen("json")))["rows"]
    assert [each["verdict"] for each in told["checks"]] == ["pass", "fail"]
    gone = replace(RUN, ended="", state=RunState.RUNNING, message="a \x1b[2J word")
    golden("history_no_steps", written(steps_result(RunDetail(gone, ())), Screen(width=80)))


def test_releases_and_a_hold(golden: Golden) -> None:
    lines = (
        ReleaseLine(RELEASE, True, True, RUN),
        ReleaseLine(replace(RELEASE, number=2, restores=0), False, True, None),
        ReleaseLine(replace(RELEASE, number=1, restores=0), False, False, None),
    )
    hold = Hold(FLIGHTS, "prod", 1, "mara", "wrong delays", AT)
    free = releases_result(ProductHistory(FLIGHTS, lines, None, before=2))
    golden("history_releases", written(free, Screen(width=120)))
    forgotten = releases_result(ProductHistory(FLIGHTS, (lines[0], lines[2]), None))
    golden("history_forgotten", written(forgotten, Screen(width=120)))
    after = releases_result(ProductHistory(FLIGHTS, lines, None), " --env dev")
    golden("history_nothing_before", written(after, Screen(width=120)))
    end = ReleaseLine(Release(FLIGHTS, "prod", 4, (), at=AT), True, True, RUN)
    kept = replace(lines[0], current=False)
    dropped = releases_result(ProductHistory(FLIGHTS, (end, kept), None, 3), " --env dev")
    golden("history_dropped", written(dropped, Screen(width=120)))
    held = releases_result(ProductHistory(FLIGHTS, lines, hold))
    golden("history_hold", written(held, Screen(width=120)))


def test_locks_and_audit(golden: Golden) -> None:
    lock = Lock("4f1c", FLIGHTS, "prod", 7, "mara", "laptop", 42, AT)
    golden("locks", written(locks_table((lock,)), Screen(width=100)))
    entry = AuditEntry(1, AT, "mara", "run.ended", RUN.id, '{"state":"done"}', "0", "1")
    golden("audit", written(audit_table((entry,)), Screen(width=100)))


def lineage() -> Lineage:
    source = Node(f"{FLIGHTS}.bts", "source", "bts", FLIGHTS)
    model = Node(f"{FLIGHTS}.stg", "model", "stg", FLIGHTS)
    port = Node(f"{FLIGHTS}.departures@1", "port", "departures@1", FLIGHTS)
    daily = Node("punctuality.daily", "product", "daily", "punctuality.daily")
    upstream = (Branch(model, (Branch(source),)), Branch(source, cut=True))
    return Lineage(port, upstream, (Branch(daily),))


def test_lineage_is_two_trees(golden: Golden) -> None:
    golden("lineage", written(lineage_result(lineage(), "prod"), Screen(width=80)))


def test_lineage_as_a_table_has_a_row_for_every_edge() -> None:
    rows = lineage_result(lineage(), "prod").table.rows
    assert [tuple(row)[:2] for row in rows] == [
        ("upstream", 1),
        ("upstream", 2),
        ("upstream", 1),
        ("downstream", 1),
    ]


def test_a_draft_shows_whole_files_and_only_what_an_edit_changes(golden: Golden) -> None:
    edit = Edit("b.yaml", "a: 1\nb: 2\nc: 3\nd: 4\n", "a: 1\nb: 2\nc: 5\nd: 4\n")
    draft = Draft((NewFile("a.sql", "SELECT 1\n"),), (edit,))
    golden("draft", draw_draft(draft, colour=False))


def test_a_draft_shows_lines_that_look_like_the_head_of_a_difference() -> None:
    edit = Edit("m.sql", "-- refresh: always\nSELECT 1\n", "++ 1\nSELECT 1\n")
    lines = draw_draft(Draft((), (edit,)), colour=False).splitlines()
    assert lines == ["~ m.sql", "    --- refresh: always", "    +++ 1", "     SELECT 1"]


def test_of_a_long_draft_only_the_paths_are_shown() -> None:
    files = (NewFile("a.sql", "SELECT\n" * 400), NewFile("b.sql", "SELECT 1\n"))
    drawn = draw_draft(Draft(files), colour=False)
    assert drawn == "+ a.sql\n    400 lines\n\n+ b.sql\n    1 line\n"


def test_a_draft_cannot_steer_a_terminal() -> None:
    new = NewFile("a\x1b.sql", "SELECT '\x1b[2J'\n")
    drawn = draw_draft(Draft((new,), (Edit("b", "", "\x07"),)), colour=False)
    assert drawn == "+ a␛.sql\n    SELECT '␛[2J'\n\n~ b\n    +␇\n"
