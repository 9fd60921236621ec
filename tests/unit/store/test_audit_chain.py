"""The audit chain: a good one is good, and whatever is changed in it is found."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from weft.mesh.run import AuditEntry
from weft.store.audit_chain import Act, AuditRow, Head, examined, linked

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
acts = st.builds(Act, texts, texts, texts)
FIELDS = ("number", "at", "actor", "action", "subject", "detail", "previous", "hash")


@st.composite
def chains(draw: st.DrawFn, least: int = 1) -> list[AuditRow]:
    """A good chain of a few entries."""
    head, rows = Head(), []
    for done in draw(st.lists(acts, min_size=least, max_size=6)):
        entry = linked(head, done, draw(texts), draw(texts))
        rows.append(row_of(entry))
        head = Head(entry.number, entry.hash)
    return rows


def row_of(entry: AuditEntry) -> AuditRow:
    row: AuditRow = astuple(entry)
    return row


def head_of(rows: list[AuditRow]) -> Head:
    return Head(rows[-1][0], rows[-1][7]) if rows else Head()


def test_a_link_can_be_checked_without_weft() -> None:
    entry = linked(Head(4, "ab" * 32), Act("run.begun", "r1", '{"é":"\\""}'), "ana", "2026-03-01")
    fields = (5, "2026-03-01", "ana", "run.begun", "r1", '{"é":"\\""}', "ab" * 32)
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    assert entry == AuditEntry(*fields, hash=hashlib.sha256(text.encode()).hexdigest())


def test_no_entries_are_a_good_chain() -> None:
    assert examined([], Head()) == (0, "")


@given(rows=chains(least=0))
def test_a_good_chain_is_good(rows: list[AuditRow]) -> None:
    assert examined(rows, head_of(rows)) == (len(rows), "")


@given(rows=chains(), data=st.data())
def test_any_altered_field_is_found_at_its_entry(rows: list[AuditRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(FIELDS) - 1))
    old = rows[place][column]
    others: st.SearchStrategy[Any] = st.integers() if column == 0 else texts
    changed = list(rows[place])
    changed[column] = data.draw(others.filter(lambda value: value != old))
    altered = [*rows[:place], tuple(changed), *rows[place + 1 :]]
    good, fault = examined(altered, head_of(rows))  # type: ignore[arg-type]
    assert good == place
    assert fault in (f"entry {place + 1} was altered", f"entry {place + 1} is missing")


@given(rows=chains(), data=st.data())
def test_a_missing_entry_is_found(rows: list[AuditRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    good, fault = examined(rows[:place] + rows[place + 1 :], head_of(rows))
    assert good == place
    assert "missing" in fault


@given(rows=chains(least=2), data=st.data())
def test_a_changed_order_is_found(rows: list[AuditRow], data: st.DataObject) -> None:
    moved = data.draw(st.permutations(rows).filter(lambda each: each != rows))
    good, fault = examined(moved, head_of(rows))
    assert good < len(rows)
    assert fault


@given(rows=chains(), other=chains())
def test_a_replaced_beginning_is_found(rows: list[AuditRow], other: list[AuditRow]) -> None:
    mixed = other[:1] + rows[1:]
    good, fault = examined(mixed, head_of(rows))
    assert (fault == "") == (mixed == rows)
    assert good == (len(rows) if mixed == rows else 1)


@given(rows=chains(least=2), data=st.data())
def test_a_cut_end_is_found_by_the_head(rows: list[AuditRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    fault = f"entries {place + 1} to {len(rows)} are missing: the end was cut off"
    assert examined(rows[:place], head_of(rows)) == (place, fault)


@given(rows=chains(), done=acts)
def test_an_end_that_was_written_anew_is_found_by_the_head(rows: list[AuditRow], done: Act) -> None:
    last = row_of(linked(head_of(rows[:-1]), done, "eve", "then"))
    good, fault = examined([*rows[:-1], last], head_of(rows))
    assert good == len(rows)
    assert (fault == "") == (last == rows[-1])
