from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.mesh.manifest import Column, Read, ReadKind
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.query import Known, compile_select, parse_select

QUERIES = (Path(__file__).parents[2] / "golden" / "sql" / "queries.sql").read_text().splitlines()
DIALECT = dialect_named("duckdb")
KNOWN = {
    name: Known(Read(ReadKind.MODEL, name), tuple(Column(each, "BIGINT") for each in columns))
    for name, columns in {"t": "abc", "u": "ax", "p.o": "az"}.items()
}


def fingerprint(text: str, known: Mapping[str, Known] = KNOWN, dialect: Dialect = DIALECT) -> str:
    parsed, problems = parse_select(text, dialect)
    assert parsed is not None, problems
    result, problems = compile_select(parsed, dialect, known)
    assert result is not None, problems
    return result.fingerprint


SAME = [
    ("select a, b from t", "SELECT A,\n  B -- why\nFROM T;"),
    ("select a as x from t", "select a x from t /* here */"),
    ("select a from t", 'select "a" from "t"'),
    ("select a from t", "select t.a from t"),
    ("select a from t", "select q.a from t as q"),
    ("select a, b, c from t", "select * from t"),
    ("select a from t group by a", "select a from t group by 1"),
    ("select t.a from t join u using (a)", "select l.a from t l join u r on l.a = r.a"),
    ("with x as (select a from t) select a from x", "with y as (select a from t) select a from y"),
    ("select a from (select a from t) x", "select a from (select a from t)"),
    ("select a from t", "(select a from t)"),
]

DIFFERENT = [
    "select a, b from t",
    "select b, a from t",
    "select a, b as bb from t",
    "select a, a as b from t",
    "select a, b from t where a > 1",
    "select a, b from t where a >= 1",
    "select a, b from t where a > 2",
    "select a, b from t where a > '1'",
    "select distinct a, b from t",
    "select a, b from t limit 1",
    "select a, b from t group by a, b",
    "select a, x as b from u",
    "select t.a, b from t join u using (a)",
    "select t.a, b from t left join u using (a)",
    "select t.a, b from t, u",
    "select a, b from t union select a, b from t",
    "select a, b from t union all select a, b from t",
    "select a, sum(b) over (order by a) as b from t",
    "select a, sum(b) over (order by a desc) as b from t",
    "select l.a, r.b from t l join t r on l.a = r.a",
    "select r.a, r.b from t l join t r on l.a = r.a and l.b = 1",
    "select l.a, r.b from t l join t r on l.a = r.a and r.b = 1",
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_texts_of_one_meaning_are_equal(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


def test_other_meanings_differ() -> None:
    prints = [fingerprint(text) for text in DIFFERENT]
    equal = [
        (DIFFERENT[i], DIFFERENT[j])
        for i, j in combinations(range(len(prints)), 2)
        if prints[i] == prints[j]
    ]
    assert not equal


def test_what_a_name_stands_for_counts_and_the_name_does_not() -> None:
    port = Read(ReadKind.PORT, "fleet.aircraft.planes@1", "planes")
    known = {"t": replace(KNOWN["t"], read=port), "q": replace(KNOWN["t"], read=port)}
    assert fingerprint("select a from t", known) == fingerprint("select a from q", known)
    assert fingerprint("select a from t", known) != fingerprint("select a from t")
    later = {"t": replace(KNOWN["t"], read=replace(port, target="fleet.aircraft.planes@2"))}
    assert fingerprint("select a from t", known) != fingerprint("select a from t", later)


def test_an_unused_column_upstream_changes_nothing_but_a_star() -> None:
    wider = {"t": Known(KNOWN["t"].read, (*KNOWN["t"].columns, Column("new", "DATE")))}
    assert fingerprint("select a from t", wider) == fingerprint("select a from t")
    assert fingerprint("select * from t", wider) != fingerprint("select * from t")


def test_it_is_32_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{32}", fingerprint("select a from t"))


SPACES = st.sampled_from([" ", "\n", "\t ", "  -- a comment\n", " /* a 'comment' */ "])
TOKENS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\$\$.*?\$\$|\S+?(?=[\s'\"$]|$)|\s+|.")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_white_space_and_comments_never_count(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    if "$$" in text:
        return
    other = "".join(
        data.draw(SPACES) if piece.isspace() else piece for piece in TOKENS.findall(text)
    )
    assert fingerprint(text) == fingerprint(other)
