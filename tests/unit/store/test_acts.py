"""The words of the audit log. What each change of state says is in the conformance suite."""

from __future__ import annotations

from weft.mesh.run import Hold
from weft.store.acts import act, hold_placed
from weft.store.audit_chain import Act


def test_an_act_has_its_facts_as_compact_json_in_order() -> None:
    assert act("run.begun", "r1", z=1, a=["é"], m="x") == Act(
        "run.begun", "r1", '{"a":["é"],"m":"x","z":1}'
    )


def test_what_people_write_stays_on_one_line() -> None:
    placed = hold_placed(Hold("a.p", "prod", 3, "ana", 'two\nlines "quoted"', "t"))
    assert placed.detail == (
        '{"environment":"prod","reason":"two\\nlines \\"quoted\\"","release":3}'
    )
