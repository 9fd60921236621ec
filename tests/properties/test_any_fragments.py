"""Contracts that use fragments of any shape: no crash, an end, and nothing left over."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from weft.project.fragments import KINDS, Fragments, read_fragments
from weft.project.parse import parse_product
from weft.project.read_yaml import MAX_VALUES, Document, read_yaml
from weft.project.resolving import USE, ResolvedDocument, resolve
from weft.project.source import SourceFile

NAMES = st.sampled_from(["a", "b", "c", "d"])
KEYS = st.sampled_from(["name", "properties", "items", "quality", "enum", "value", "tags", USE])
USES = st.one_of(NAMES, st.lists(NAMES, max_size=3), st.just(3))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(0, 9), NAMES)


def values() -> st.SearchStrategy[Any]:
    return st.recursive(
        LEAVES,
        lambda inside: st.one_of(
            st.lists(inside, max_size=3),
            st.dictionaries(KEYS, inside, max_size=3),
            st.fixed_dictionaries({USE: USES}, optional={"name": NAMES, "properties": inside}),
        ),
        max_leaves=12,
    )


SHARED = st.dictionaries(
    st.sampled_from(["contract", "properties", "quality", "enum", "tags"]),
    st.dictionaries(NAMES, values(), min_size=1, max_size=4),
    max_size=4,
)
CONTRACTS = st.dictionaries(st.one_of(KEYS, st.just("schema")), values(), max_size=4)


def source(content: Any, path: str) -> SourceFile:
    data = json.dumps(content).encode()
    return SourceFile(path, data, len(data))


def read(content: Any) -> tuple[Document, Fragments]:
    contract, shared = content
    document, _ = read_yaml(source(contract, "domains/d/p/o.v1.odcs.yaml"))
    assert document is not None
    fragments, problems = read_fragments([source(shared, "shared/a.yaml")])
    assert problems == ()
    return document, fragments


def size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(size, value.values()))
    return 1 + sum(map(size, value)) if isinstance(value, list) else 1


def left_over(value: Any, kind: str = "contract") -> bool:
    """Whether a `use` stands where one would have been followed."""
    if isinstance(value, list):
        return any(left_over(each, kind) for each in value)
    if not isinstance(value, dict):
        return False
    if kind in KINDS and USE in value:
        return True
    return any(
        left_over(each, kind if key == "items" else key)
        for key, each in value.items()
        if key in KINDS or (key == "items" and kind == "properties")
    )


@given(st.tuples(CONTRACTS, SHARED))
def test_a_contract_is_resolved_or_refused(content: Any) -> None:
    document, fragments = read(content)
    found = resolve(document, fragments)
    assert (found.document is None) == bool(found.diagnostics)
    assert all(each.span and each.span.file == document.path for each in found.diagnostics)
    if found.document is not None:
        assert not left_over(found.document.data)
        assert size(found.document.data) <= MAX_VALUES
    if isinstance(found.document, ResolvedDocument):
        again, _ = read_yaml(source(found.document.data, document.path))
        assert again is not None
        assert resolve(again, fragments).document is again


@given(st.tuples(CONTRACTS, SHARED))
def test_every_place_of_a_resolved_contract_can_be_pointed_at(content: Any) -> None:
    document, fragments = read(content)
    found = resolve(document, fragments).document
    if found is None:
        return
    for path in _paths(found.data):
        reported = found.diagnostic("W125", "wrong", *path)
        assert reported.span is not None and reported.span.file == document.path
        place = found.place(*path)
        written = document.data
        for step in place:
            written = written[step]


def _paths(value: Any, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [before]
    steps = range(len(value)) if isinstance(value, list) else ()
    for step in value if isinstance(value, dict) else steps:
        found += _paths(value[step], (*before, step))
    return found


@given(st.tuples(CONTRACTS, SHARED))
def test_a_product_with_such_a_contract_is_read(content: Any) -> None:
    contract, shared = content
    fragments, _ = read_fragments([source(shared, "shared/a.yaml")])
    file = source(contract, "domains/d/p/o.v1.odcs.yaml")
    parsed = parse_product("domains/d/p", "d", [file], fragments)
    assert all(each.code for each in parsed.diagnostics)
