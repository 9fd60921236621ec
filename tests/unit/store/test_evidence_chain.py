"""The chain of evidence: a good one is good, and whatever is changed in it is found and named."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from weft.mesh.contract import Status
from weft.mesh.evidence import Evidence, EvidenceHead, EvidenceRecord
from weft.store.evidence_chain import content_of, faults, head_of, is_whole, linked

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
told = st.builds(
    Evidence,
    *(texts, texts, texts, st.integers(1, 9), texts, st.sampled_from(Status)),
    *(texts, texts, st.integers(1, 99), texts, texts, texts, texts, texts, texts, texts),
    sources=st.dictionaries(texts, texts, max_size=3),
)


@st.composite
def chains(draw: st.DrawFn, least: int = 1) -> list[EvidenceRecord]:
    """A good chain of a few records."""
    records: list[EvidenceRecord] = []
    for each in draw(st.lists(told, min_size=least, max_size=6)):
        records.append(linked(head_of(records), each))
    return records


def test_a_record_can_be_checked_without_weft() -> None:
    words = ["é"] * 4
    evidence = Evidence(
        "prod", "a.b", "c", 1, "1.0.0", Status.ACTIVE, *words[:2], 3, *words, "", "", ""
    )
    record = linked(EvidenceHead(4, "ab" * 32), evidence)
    fields = {"evidence": record.evidence, "number": 5, "previous": "ab" * 32}
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert record.hash == hashlib.sha256(text.encode()).hexdigest()
    assert content_of(5, record.previous, record.evidence) == text.encode()


def test_no_records_are_a_good_chain() -> None:
    assert faults([], EvidenceHead()) == ()


@given(records=chains(least=0))
def test_a_good_chain_is_good(records: list[EvidenceRecord]) -> None:
    assert faults(records, head_of(records)) == ()


@given(records=chains())
def test_a_record_says_the_same_after_a_way_through_json(records: list[EvidenceRecord]) -> None:
    read = msgspec.json.decode(msgspec.json.encode(records), type=list[EvidenceRecord])
    assert faults(read, head_of(records)) == ()
    assert [msgspec.convert(each.evidence, Evidence) for each in read]


@given(records=chains(), data=st.data())
def test_an_altered_record_is_named(records: list[EvidenceRecord], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    name = data.draw(st.sampled_from(sorted(records[place].evidence)))
    altered = {**records[place].evidence, name: "something else"}
    changed = [*records]
    changed[place] = replace(records[place], evidence=altered)
    assert faults(changed, head_of(records)) == (f"record {place + 1} was altered",)
    assert not is_whole(changed[place])


@given(records=chains(), data=st.data())
def test_facts_that_are_added_are_an_alteration(
    records: list[EvidenceRecord], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    changed = [*records]
    changed[place] = replace(records[place], evidence={**records[place].evidence, "more": 1})
    assert faults(changed, head_of(records)) == (f"record {place + 1} was altered",)


@given(records=chains(least=2), data=st.data())
def test_a_missing_record_is_named(records: list[EvidenceRecord], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(records) - 2))
    left = records[:place] + records[place + 1 :]
    assert faults(left, head_of(records)) == (f"record {place + 1} is missing",)


@given(records=chains(least=2), data=st.data())
def test_a_moved_record_is_named(records: list[EvidenceRecord], data: st.DataObject) -> None:
    moved = data.draw(st.permutations(records).filter(lambda each: each != records))
    found = faults(moved, head_of(records))
    assert found
    assert all("was moved behind record" in each for each in found)


@given(records=chains(), data=st.data())
def test_a_cut_end_is_named(records: list[EvidenceRecord], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    [found] = faults(records[:place], head_of(records))
    gone = f"records {place + 1} to {len(records)} are"
    if place + 1 == len(records):
        gone = f"record {len(records)} is"
    assert found == f"{gone} missing: the end was cut off"


@given(records=chains(least=2), other=told, data=st.data())
def test_a_record_that_was_written_anew_does_not_fit(
    records: list[EvidenceRecord], other: Evidence, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    changed = [*records]
    changed[place] = linked(head_of(records[:place]), other)
    found = faults(changed, head_of(records))
    if changed[place] == records[place]:
        assert found == ()
    elif place + 1 < len(records):
        assert found == (
            f"record {place + 2} does not follow record {place + 1}: one was replaced",
        )
    else:
        assert found == (f"record {place + 1} is not the end of the chain: the end was replaced",)


@given(records=chains(), data=st.data())
def test_a_record_that_is_there_twice_is_named(
    records: list[EvidenceRecord], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    twice = records[: place + 1] + records[place:]
    assert faults(twice, head_of(records)) == (f"record {place + 1} is there 2 times",)
