"""Who reads a port, on a screen and for programs, drawn from nouns made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from weft.app.consumers import Board, Consumer, OnOffer, Person
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.consumers import board_result
from weft.contract.endings import Ending
from weft.contract.outages import Outage
from weft.mesh.consumption import Notice, NoticeKind
from weft.mesh.contract import Status

PORT = "operations.flights.departures"
NOW = "2027-02-01T12:00:00.000Z"
ENDING = Ending("2027-03-01", f"{PORT}@2", "a clearer\x1b[2J name")
TOLD = Notice(
    "operations.flights",
    "departures",
    1,
    "punctuality.performance",
    NoticeKind.DEPRECATED,
    "departures@1 ends 2027-03-01; successor @2",
    "2026-12-01T08:00:00.000Z",
)
VERSIONS = (
    OnOffer(f"{PORT}@1", "1.4.3", Status.DEPRECATED, "", ENDING),
    OnOffer(f"{PORT}@2", "2.0.0", Status.ACTIVE, "", Ending()),
)
LEFT = Consumer(
    "punctuality.performance",
    "skyline",
    1,
    True,
    "on 1",
    ("column dep_delay renamed",),
    "2027-01-31T06:00:00.000Z",
    30,
    (TOLD,),
    "no",
)
TESTED = Consumer("network.routes", "other", 1, False, "tested 2", answer="yes")
MOVED = Consumer("weather.delays", "skyline", 2, False, "moved", (), NOW, 1)
ANA = Person("ana", 1, "2027-01-30T12:00:00.000Z", 4)


def test_a_board_of_who_has_moved(golden: Callable[[str, str], None]) -> None:
    found = board_result(Board(PORT, VERSIONS, (TESTED, LEFT, MOVED), (ANA,)), "prod", NOW)
    golden("consumers", written(found, Screen(width=140)))


def test_what_everybody_left_can_end(golden: Callable[[str, str], None]) -> None:
    golden(
        "consumers_moved",
        written(board_result(Board(PORT, VERSIONS, (MOVED,), ()), "prod", NOW), Screen()),
    )


def test_a_version_in_an_outage_says_until_when(golden: Callable[[str, str], None]) -> None:
    until = "2027-02-01T15:00:00.000Z"
    outage = Outage("2027-02-01T09:00:00.000Z", until)
    out = replace(VERSIONS[0], ending=replace(ENDING, outage=outage), outage=until)
    found = board_result(Board(PORT, (out, VERSIONS[1]), (LEFT,), ()), "prod", NOW)
    golden("consumers_outage", written(found, Screen(width=140)))


def test_a_port_that_nobody_reads(golden: Callable[[str, str], None]) -> None:
    preview = OnOffer(f"{PORT}@2", "2.0.0", Status.DRAFT, "2027-03-01", Ending())
    found = board_result(Board(PORT, (VERSIONS[1], preview), (), ()), "prod", NOW)
    golden("consumers_none", written(found, Screen()))


def test_programs_get_all_of_it() -> None:
    found = board_result(Board(PORT, VERSIONS, (LEFT,), (ANA,)), "prod", NOW)
    told = json.loads(written(found, Screen(format="json")))
    board = told["board"]
    assert board["consumers"][0]["told"][0]["message"] == TOLD.message
    assert board["versions"][0]["ending"]["until"] == "2027-03-01"
    assert board["people"] == [
        {"name": "ana", "major": 1, "last": "2027-01-30T12:00:00.000Z", "reads": 4}
    ]
