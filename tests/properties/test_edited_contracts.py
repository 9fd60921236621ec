"""Any change to any contract's text: it says what is meant, and keeps comments on what stays."""

from __future__ import annotations

import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.app.contract_text import ObjectEdit, edit_contract
from weft.app.yaml_edit import CannotEdit
from weft.contract.syncing import Addition, Amendment, Synced

NAMES = "abcdef"
LINES = st.sampled_from(["", "\n", "\n      # {}\n", "      # {}\n", "\n      # {}\n\n"])
BODIES = st.sampled_from(
    [
        "      - {{name: {0}, logicalType: string}}",
        "      - name: {0}\n        logicalType: string",
        "      - name: {0}\n        logicalTypeOptions:\n          minimum: 1",
        "      - name: {0}\n        enum:\n          - value: x\n          - {{value: y}}",
        "      - name: {0}\n        enum: [{{value: x}}]\n        required: true",
        "      - name: {0}\n        description: >-\n          some words\n          and more",
    ]
)
VALUES: dict[tuple[str, ...], st.SearchStrategy[Any]] = {
    ("logicalType",): st.sampled_from(["date", None]),
    ("required",): st.sampled_from([True, None]),
    ("logicalTypeOptions", "minimum"): st.sampled_from([0, None]),
    ("logicalTypeOptions", "maximum"): st.sampled_from([9, None]),
    ("examples",): st.just(["null", 2]),
}


@st.composite
def contracts(draw: st.DrawFn) -> str:
    """A contract of one object, with comments before, beside and behind its columns."""
    text = "schema:\n  - name: o\n    properties:\n"
    for name in NAMES[: draw(st.integers(1, 6))]:
        text += draw(LINES).format(f"before {name}") + draw(BODIES).format(name)
        # Behind words over several lines a comment would be one of them.
        words = text.endswith("more")
        text += draw(st.sampled_from(["\n", "  # beside {}\n"])).format(name) if not words else "\n"
    text += draw(st.sampled_from(["", "\n    # at the end\n    quality: []\n"]))
    return text + draw(st.sampled_from(["", "\n# of all\nstatus: active\n"]))


@st.composite
def changes(draw: st.DrawFn, text: str) -> Synced:
    """Columns that go, that come, and keys that are other ones."""
    names = [each["name"] for each in _columns(text)]
    removed = draw(st.lists(st.sampled_from(names), unique=True, max_size=len(names) - 1))
    amended = []
    for name in names:
        for path, values in VALUES.items():
            if name not in removed and draw(st.booleans()):
                amended.append(Amendment(name, path, draw(values)))
    anchors = st.sampled_from(["", *names])
    after = draw(st.lists(anchors, max_size=2))
    added = [Addition({"name": f"new{n}", "required": True}, each) for n, each in enumerate(after)]
    return Synced(tuple(removed), tuple(amended), tuple(added))


def _columns(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(text)["schema"][0]["properties"]
    return found


def changed(columns: list[dict[str, Any]], synced: Synced) -> dict[str, dict[str, Any]]:
    """The same changes to plain data; the order of columns is another question."""
    found = {each["name"]: each for each in columns}
    for each in synced.amended:
        *around, key = each.path
        holder = found[each.column]
        for name in around:
            holder = holder.setdefault(name, {})
        holder[key] = each.value
        if each.value is None:
            del holder[key]
        for name in around:
            if not found[each.column][name]:
                del found[each.column][name]
    kept = {name: each for name, each in found.items() if name not in synced.removed}
    return kept | {each.column["name"]: each.column for each in synced.added}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_meant_is_what_it_says(data: st.DataObject) -> None:
    text = data.draw(contracts())
    synced = data.draw(changes(text))
    columns = _columns(text)
    places: dict[str, tuple[str | int, ...]] = {
        each["name"]: ("schema", 0, "properties", place) for place, each in enumerate(columns)
    }
    try:
        found = edit_contract(text, [ObjectEdit(("schema", 0), places, synced)]).text
    except CannotEdit:
        return
    after = _columns(found)
    assert {each["name"]: each for each in after} == changed(columns, synced)
    rest = [{**yaml.safe_load(each), "schema": None} for each in (text, found)]
    assert rest[0] == rest[1]
    names = [each["name"] for each in after]
    stayed = [each["name"] for each in columns if each["name"] not in synced.removed]
    assert [each for each in names if each in stayed] == stayed
    for addition in synced.added:
        if addition.after in stayed:
            assert names.index(addition.after) < names.index(addition.column["name"])
    may_go = {f"# {where} {name}" for name in synced.removed for where in ("before", "beside")}
    may_go |= {f"# beside {each.column}" for each in synced.amended if each.value is None}
    for comment in re.findall(r"# [a-z ]+", text):
        assert found.count(comment) == 1 or comment in may_go, (comment, text, found)
