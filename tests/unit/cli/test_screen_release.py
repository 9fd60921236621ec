"""What is not released yet, what was, and whether its evidence is whole, as people see it."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec

from weft.app.evidence import EvidenceChain, Verification
from weft.app.release import Bumped, Unreleased, Waived
from weft.cli.output import written
from weft.cli.screen import Screen
from weft.cli.screens.evidence import evidence_result, verification_result
from weft.cli.screens.release import nothing_to_bump, unreleased_result
from weft.contract.change_kinds import change
from weft.contract.versions import Bump
from weft.mesh.change import ChangeAction
from weft.mesh.check import Verdict
from weft.mesh.contract import Status
from weft.mesh.evidence import (
    Evidence,
    EvidencedCheck,
    EvidencedInput,
    EvidencedObject,
    EvidencedSignoff,
    EvidenceHead,
)
from weft.mesh.signoff import Answer
from weft.mesh.waiver import Waiver
from weft.store.evidence_chain import head_of, linked

DEPARTURES = "operations.flights.departures@1"
REMOVED = change("column-removed", ChangeAction.DELETE, "column dep_delay", "int")
ADDED = change("column-added", ChangeAction.CREATE, "column delay_cause", "", "text")
WORDS = change("description-changed", ChangeAction.UPDATE, "description.purpose")
WAIVER = Waiver("column dep_delay removed", "mara.lind", "nobody reads it", "2027-01-31")
EVIDENCE = Evidence(
    environment="prod",
    product="operations.flights",
    port="departures",
    major=2,
    version="2.0.0",
    status=Status.ACTIVE,
    contract="c0" * 32,
    definition="d1" * 16,
    release=7,
    plan="7f3a0c12beef",
    run="r1",
    commit="c0ffee12" * 5,
    branch="main",
    root="skyline",
    actor="mara",
    at="2027-01-05T06:00:12.345Z",
    objects=(
        EvidencedObject("departures", "departures", "b1" * 16, 336_776),
        EvidencedObject("carriers", "carriers", "b2" * 16),
    ),
    checks=(
        EvidencedCheck("departures", "rows", "rowCount > 10", Verdict.PASS, 336_776),
        EvidencedCheck("departures", "tail", "tailnum exists", Verdict.FAIL, 336_776, 17),
        EvidencedCheck(
            *("departures", "late", "delay is known", Verdict.FAIL, 336_776, 4),
            consumer="punctuality.performance",
        ),
    ),
    inputs=(EvidencedInput("network.places.airports@1", "1.0.0", 3),),
    sources={"bts_on_time": "a7" * 16},
    waivers=(WAIVER,),
    signoffs=(
        EvidencedSignoff("loyalty.members", Answer.YES, "ana", "fits", "2027-01-04T08:00:00Z"),
        EvidencedSignoff("punctuality.performance", Answer.OPEN, "", "", ""),
    ),
)
FIRST = linked(EvidenceHead(), EVIDENCE)
SECOND = linked(head_of([FIRST]), EVIDENCE)
CHAIN = EvidenceChain("prod", "", head_of([SECOND]), (FIRST, SECOND))


def test_what_is_not_released(golden: Callable[[str, str], None]) -> None:
    found = (
        Unreleased(DEPARTURES, "1.4.2", "1.4.2", (WORDS,), (), Bump.PATCH, "1.4.3"),
        Unreleased(DEPARTURES, "1.4.2", "1.4.2", (REMOVED, ADDED), (), Bump.MAJOR, "2.0.0"),
        Unreleased(
            *(DEPARTURES, "1.4.2", "1.5.0", (REMOVED, ADDED)),
            *((Waived(WAIVER.change, WAIVER),), Bump.MINOR, ""),
        ),
        Unreleased(DEPARTURES, "1.4.2", "1.4.2"),
        Unreleased(DEPARTURES, "1.4.2", "1.4.3"),
        Unreleased(DEPARTURES, "", "1.0.0"),
    )
    golden("unreleased", written(unreleased_result(found), Screen(width=100)))


def test_nothing_to_bump_is_told(golden: Callable[[str, str], None]) -> None:
    found = nothing_to_bump(Bumped(DEPARTURES, None, "nothing differs from 1.4.2, as released"))
    golden("release_nothing", written(found, Screen()))


def test_a_chain_is_a_list_and_a_port_is_told_in_full(golden: Callable[[str, str], None]) -> None:
    golden("evidence", written(evidence_result(CHAIN), Screen(width=140)))
    one = EvidenceChain("prod", DEPARTURES, CHAIN.head, (SECOND,))
    golden("evidence_port", written(evidence_result(one, " --env dev"), Screen(width=100)))
    none = EvidenceChain("dev", "", EvidenceHead(), ())
    golden("evidence_none", written(evidence_result(none, " --env dev"), Screen()))


def test_programs_get_records_that_can_be_checked() -> None:
    told = json.loads(written(evidence_result(CHAIN), Screen(format="json")))
    assert told["schema"] == "weft.evidence/1"
    assert told["head"] == {"number": 2, "hash": SECOND.hash}
    assert told["records"][1] == msgspec.to_builtins(SECOND)


def test_what_is_wrong_is_told(golden: Callable[[str, str], None]) -> None:
    head = EvidenceHead(12, "3f" * 32)
    faults = ("record 3 was altered", "records 9 to 12 are missing: the end was cut off")
    found = (
        Verification("prod", 12, "", head),
        Verification("evidence.json", 1, DEPARTURES, head),
        Verification("dev", 0, "", EvidenceHead()),
        Verification("prod", 8, "", head, faults),
    )
    golden(
        "evidence_verified",
        "".join(written(verification_result(each), Screen()) for each in found),
    )
