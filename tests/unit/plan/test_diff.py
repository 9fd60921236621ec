"""What changed between two definitions, and in which of the five classes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_values import (
    COLUMNS,
    file_source,
    port,
    product,
    required,
    shown,
    source,
    transform,
)

from weft.mesh.change import ChangeAction
from weft.mesh.check import Promise
from weft.mesh.contract import Status
from weft.mesh.manifest import Column, PortVersion, ProductManifest
from weft.mesh.product import Materialization, UnitTest
from weft.plan.diff import diff_product, differing_line, port_change
from weft.plan.plan import Change, ChangeClass
from weft.sql.duckdb import DIALECT as DUCKDB

ID, V = COLUMNS
VIEW = Materialization.VIEW


def only(before: ProductManifest, after: ProductManifest) -> Change:
    (change,) = diff_product(after, before)
    return change


def test_nothing_differs_from_itself() -> None:
    one = product(
        "shop.orders",
        [transform("orders", source("raw")), transform("sum", port("a.b.c@1"), kind=VIEW)],
        [shown("orders", checks=(required("id"),))],
        [file_source("raw")],
    )
    assert diff_product(one, one) == ()
    assert diff_product(replace(one, digest="another"), one) == ()
    assert diff_product(None, None) == ()


def test_a_new_product_and_one_that_is_gone() -> None:
    one = product("shop.orders", [transform("orders")], [shown("orders")], [file_source("raw")])
    created = diff_product(one, None)
    assert {each.action for each in created} == {ChangeAction.CREATE}
    assert [each.kind for each in created] == ["product", "port", "model", "source"]
    gone = diff_product(None, one)
    assert [(each.kind, each.action) for each in gone] == [
        ("product", ChangeAction.DELETE),
        ("port", ChangeAction.DELETE),
        ("model", ChangeAction.DELETE),
        ("source", ChangeAction.DELETE),
    ]


def test_a_snapshot_that_ends_says_that_its_states_do() -> None:
    kinds = (Materialization.SNAPSHOT, Materialization.TABLE)
    both = [transform(kind, kind=kind) for kind in kinds]
    gone = diff_product(product("shop.orders", []), product("shop.orders", both))
    said = {each.name: [field.what for field in each.fields] for each in gone}
    assert said == {"snapshot": ["kept states"], "table": []}


def test_words_about_a_product_rebuild_nothing() -> None:
    one = product("shop.orders", [transform("orders")])
    change = only(one, replace(one, digest="x", title="Orders", tags=("a", "b")))
    assert (change.category, change.effect) == (ChangeClass.METADATA, "no rebuild")
    assert [(each.what, each.old, each.new) for each in change.fields] == [
        ("title", "", "Orders"),
        ("tags", "", "a, b"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "category", "effect"),
    [
        (transform("m"), transform("m", meaning="x"), ChangeClass.DATA, "rebuild"),
        (
            transform("m", kind=VIEW),
            transform("m", meaning="x", kind=VIEW),
            "view-only",
            "re-point view",
        ),
        (transform("m"), transform("m", kind=VIEW), "view-only", "re-point view"),
        (transform("m", kind=VIEW), transform("m"), ChangeClass.DATA, "rebuild"),
        (
            transform("m"),
            replace(transform("m"), description="New words."),
            ChangeClass.METADATA,
            "no rebuild",
        ),
        (
            transform("m"),
            transform("m", checks=(required("id").check,)),
            ChangeClass.METADATA,
            "no rebuild",
        ),
    ],
)
def test_a_model(before, after, category, effect) -> None:  # type: ignore[no-untyped-def]
    change = only(product("a.b", [before]), product("a.b", [after]))
    assert (change.kind, change.category, change.effect) == ("model", category, effect)


def test_another_source_text_alone_is_no_change_of_a_model() -> None:
    one = product("a.b", [transform("m")])
    text = replace(one.transforms[0], text="SELECT  1")
    assert diff_product(replace(one, digest="x", transforms=(text,)), one) == ()


@pytest.mark.parametrize(
    ("before", "after", "category", "what"),
    [
        ((ID,), (ID, V), ChangeClass.ADDITIVE, "column v"),
        ((ID, V), (ID,), ChangeClass.BREAKING, "column v"),
        ((ID,), (Column("id", "BIGINT"),), ChangeClass.BREAKING, "column id"),
        ((ID, V), (V, ID), ChangeClass.VIEW, "order of columns"),
    ],
)
def test_columns_of_a_port(
    before: tuple[Column, ...], after: tuple[Column, ...], category: ChangeClass, what: str
) -> None:
    change = port_change("a.b", shown("p", before), shown("p", after), DUCKDB)
    assert change.category is category
    assert [each.what for each in change.fields] == [what]


def test_a_column_more_and_one_less_breaks() -> None:
    change = port_change("a.b", shown("p", (ID,)), shown("p", (V,)), DUCKDB)
    assert change.category is ChangeClass.BREAKING
    assert [(each.action, each.what) for each in change.fields] == [
        (ChangeAction.DELETE, "column id"),
        (ChangeAction.CREATE, "column v"),
    ]


def test_checks_of_a_port() -> None:
    before = shown("p", checks=(required("id"),))
    after = shown("p", checks=(required("v"),))
    change = port_change("a.b", before, after, DUCKDB)
    assert [(each.action, each.what, each.category) for each in change.fields] == [
        (ChangeAction.CREATE, "check required v", ChangeClass.METADATA),
        (ChangeAction.DELETE, "check required id", ChangeClass.BREAKING),
    ]
    severe = replace(required("id").check, severity="info")
    (field,) = port_change(
        "a.b", before, shown("p", checks=(replace(required("id"), check=severe),)), DUCKDB
    ).fields
    assert (field.action, field.what) == (ChangeAction.UPDATE, "check required id")


@pytest.mark.parametrize(
    ("before", "after", "category"),
    [
        (Status.ACTIVE, Status.RETIRED, ChangeClass.BREAKING),
        (Status.ACTIVE, Status.DRAFT, ChangeClass.BREAKING),
        (Status.ACTIVE, Status.DEPRECATED, ChangeClass.METADATA),
        (Status.DRAFT, Status.ACTIVE, ChangeClass.ADDITIVE),
    ],
)
def test_the_status_of_a_port(before: Status, after: Status, category: ChangeClass) -> None:
    change = port_change("a.b", shown("p", status=before), shown("p", status=after), DUCKDB)
    assert change.category is category


def test_objects_of_a_port() -> None:
    one = shown("p")
    none: PortVersion = replace(one, objects=())
    assert port_change("a.b", one, none, DUCKDB).category is ChangeClass.BREAKING
    assert port_change("a.b", none, one, DUCKDB).category is ChangeClass.ADDITIVE
    refilled = port_change("a.b", one, shown("p", filled_by="other"), DUCKDB)
    assert (refilled.category, refilled.fields[0].old, refilled.fields[0].new) == (
        ChangeClass.VIEW,
        "p",
        "other",
    )


def test_words_in_a_contract_are_named_by_what_they_describe() -> None:
    one = shown("p")
    words = {"version": "1.0.0", "schema": [{"name": "p", "properties": [{"name": "id"}]}]}
    before = replace(one, contract=words)
    more = {"schema": [{"name": "p", "properties": [{"name": "id", "description": "Key."}]}]}
    change = port_change("a.b", before, replace(one, contract={**words, **more}), DUCKDB)
    assert change.category is ChangeClass.METADATA
    assert [(each.what, each.note) for each in change.fields] == [
        ("column id", "other description")
    ]


def test_a_port_less_breaks_and_one_more_does_not() -> None:
    one = product("a.b", [transform("m")], [shown("p")])
    two = product("a.b", [transform("m")], [shown("p"), shown("q", status=Status.DRAFT)])
    more, less = only(one, two), only(two, one)
    assert (more.action, more.category) == (ChangeAction.CREATE, ChangeClass.ADDITIVE)
    assert more.effect == "draft, not published"
    assert (less.action, less.category, less.effect) == (
        ChangeAction.DELETE,
        ChangeClass.BREAKING,
        "drop",
    )


def test_sources() -> None:
    raw = file_source("raw")
    one = product("a.b", [transform("m", source("raw"))], sources=[raw])
    moved = replace(one, digest="x", sources=(replace(raw, pattern="data/other.csv"),))
    assert only(one, moved).category is ChangeClass.METADATA
    other = replace(raw, options={"delimiter": ";"}, fingerprint="other")
    reread = only(one, replace(one, digest="x", sources=(other,)))
    assert (reread.category, reread.effect) == (ChangeClass.DATA, "read again")


def test_inputs() -> None:
    one = product("a.b", [transform("m", port("c.d.e@1"))])
    none = product("a.b", [transform("m")])
    named = [(each.kind, each.name) for each in diff_product(one, none)]
    assert ("input", "e@1") in named
    floated = replace(
        one, digest="x", inputs=(replace(one.inputs[0], port="c.d.e@2", pinned=True),)
    )
    assert [(each.what, each.old, each.new) for each in only(one, floated).fields] == [
        ("reads", "c.d.e@1", "c.d.e@2"),
        ("major", "floats", "pinned"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("SELECT a", "SELECT a", None),
        ("SELECT a\nFROM t", "SELECT a\n\n-- why\n  FROM t", None),
        ("SELECT a", "-- once\nSELECT b", ("SELECT a", "SELECT b")),
        ("SELECT a", "SELECT a\nFROM t", ("", "FROM t")),
    ],
)
def test_the_line_that_differs(old: str, new: str, line: tuple[str, str] | None) -> None:
    assert differing_line(old, new) == line


def promised(logical: str, native: str = "") -> PortVersion:
    """A port of one column, promised in the contract's words and perhaps in native ones."""
    one = shown("p", (Column("id", native),))
    thing = replace(one.objects[0], promises=(Promise("id", logical),))
    return replace(one, objects=(thing,))


@pytest.mark.parametrize(
    ("before", "after", "shows", "category"),
    [
        (("integer",), ("string",), ("integer", "string", "other type"), ChangeClass.BREAKING),
        (("integer",), ("date", "DATE"), ("integer", "DATE", "other type"), ChangeClass.BREAKING),
        (
            ("integer",),
            ("integer", "BIGINT"),
            ("integer", "BIGINT", "exactly this type now"),
            ChangeClass.ADDITIVE,
        ),
        (
            ("integer", "BIGINT"),
            ("integer",),
            ("BIGINT", "integer", "may have another type now"),
            ChangeClass.BREAKING,
        ),
        (
            ("number", "INTEGER"),
            ("integer", "INTEGER"),
            ("number", "integer", "other type"),
            ChangeClass.BREAKING,
        ),
    ],
)
def test_the_type_of_a_column(
    before: tuple[str, ...], after: tuple[str, ...], shows: tuple[str, ...], category: ChangeClass
) -> None:
    change = port_change("a.b", promised(*before), promised(*after), DUCKDB)
    (field,) = change.fields
    assert (field.what, field.old, field.new, field.note) == ("column id", *shows)
    assert change.category is category


def test_a_port_that_ends_says_so() -> None:
    change = port_change("a.b", shown("p"), shown("p", status=Status.RETIRED), DUCKDB)
    assert change.effect == "retired, not published"


def test_nothing_is_said_in_the_words_of_the_program() -> None:
    raw = file_source("raw")
    one = product("a.b", [transform("m", source("raw"))], sources=[raw])
    other = replace(raw, options={"delimiter": ";", "header": "no"}, fingerprint="other")
    reread = only(one, replace(one, digest="x", sources=(other,)))
    assert [(each.what, each.old, each.new) for each in reread.fields] == [
        ("options", "", "delimiter ;, header no")
    ]


def test_a_query_is_shown_by_the_line_that_differs() -> None:
    old = replace(transform("m"), text="SELECT id\nFROM raw")
    new = replace(transform("m", meaning="other"), text="SELECT id\nFROM raw\nWHERE id > 0")
    (field,) = only(product("a.b", [old]), product("a.b", [new])).fields
    assert (field.what, field.old, field.new) == ("query", "", "WHERE id > 0")


def test_a_unit_test_that_was_rewritten() -> None:
    one = product("a.b", [transform("m")])
    before = replace(one, tests=(UnitTest("t", "m", "tests/t.yaml"),))
    elsewhere = replace(one, digest="x", tests=(UnitTest("t", "m", "tests/u.yaml"),))
    assert diff_product(elsewhere, before) == ()
    after = replace(one, digest="x", tests=(UnitTest("t", "m", "tests/t.yaml", any_order=False),))
    (field,) = only(before, after).fields
    assert (field.what, field.old, field.new) == ("unit tests", "1", "1, rewritten")


def test_an_input_that_moved_is_named_and_not_hashed() -> None:
    old = transform("m", port("c.d.e@1"))
    new = transform("m", port("c.d.e@2"), meaning="other")
    changes = diff_product(product("a.b", [new]), product("a.b", [old]))
    (change,) = (each for each in changes if each.kind == "model")
    assert change.effect == "rebuild"
    assert [(each.what, each.old, each.new) for each in change.fields] == [
        ("reads c.d.e", "@1", "@2")
    ]
    same = replace(old, fingerprint="other")
    (field,) = only(product("a.b", [old]), product("a.b", [same])).fields
    assert (field.what, field.old, field.new) == ("query", "", "")
    assert field.note == "what it reads has other columns"


def test_types_that_only_the_model_gives_change_the_port_and_not_in_another_dialect() -> None:
    narrow, wide = (
        replace(promised("number").objects[0], given=(Column("id", kind),))
        for kind in ("DOUBLE", "DECIMAL(18,2)")
    )
    before = product("a.b", [], [replace(promised("number"), objects=(narrow,))])
    after = product("a.b", [], [replace(promised("number"), objects=(wide,))])
    change = only(before, after)
    assert (change.kind, change.category) == ("port", ChangeClass.BREAKING)
    assert [(each.what, each.old, each.new) for each in change.fields] == [
        ("column id", "DOUBLE", "DECIMAL(18,2)")
    ]
    assert diff_product(after, replace(before, dialect="other"))[0].kind == "product"
    assert len(diff_product(after, replace(before, dialect="other"))) == 1


def test_a_type_that_becomes_known_is_no_change_of_a_port() -> None:
    known = replace(promised("number").objects[0], given=(Column("id", "DOUBLE"),))
    before = product("a.b", [], [promised("number")])
    assert (
        diff_product(product("a.b", [], [replace(promised("number"), objects=(known,))]), before)
        == ()
    )


def test_nothing_is_compared_where_the_digests_are_equal() -> None:
    before = product("shop.orders", [transform("orders")], [shown("orders")])
    other = replace(before, ports=(shown("orders", COLUMNS[:1]),))
    assert other.digest == before.digest
    assert diff_product(other, before) == ()
