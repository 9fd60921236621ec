"""Every kind of change that a contract can go through, from the documents that people write."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from compiling import DUCKDB, manifest

from mesh_files import Port, Product, mesh_files
from weft.contract.change_kinds import KINDS
from weft.contract.compatibility import contract_changes
from weft.mesh.change import ContractChange, Effect
from weft.mesh.manifest import PortVersion

Document = dict[str, Any]
Edit = Callable[[Document], None]

PATH = "domains/shop/orders/orders.v1.odcs.yaml"
TYPES = {
    "id": "INTEGER",
    "amount": "DECIMAL(10,2)",
    "state": "VARCHAR",
    "note": "VARCHAR",
    "at": "TIMESTAMP",
    "address": "STRUCT(city VARCHAR, zip INTEGER)",
    "items": "VARCHAR[]",
    "extra": "VARCHAR",
}
COLUMNS = [
    {"name": "id", "logicalType": "integer", "primaryKey": True},
    {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
    {"name": "state", "logicalType": "string", "enum": [{"value": "open"}, {"value": "paid"}]},
    {"name": "note", "logicalType": "string", "classification": "internal"},
    {"name": "at", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": False}},
    {"name": "address", "logicalType": "object"},
    {"name": "items", "logicalType": "array"},
]


def version(document: Document, types: dict[str, str]) -> PortVersion:
    """The port of a product that gives columns of these types and promises this of them."""
    names = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in types.items())
    objects = {each["name"] for each in document["schema"]}
    models = {name: f"SELECT {names}" for name in {*objects, "customers"}}
    product = Product("shop.orders", models, (Port("orders", {"id": "integer"}),))
    text = json.dumps(document, indent=1).encode()
    (port,) = manifest(product, changed={PATH: text}).ports
    return port


def base() -> Document:
    """A contract with something of everything."""
    product = Product("shop.orders", {"orders": "SELECT 1 AS id"}, (Port("orders", {}),))
    document: Document = json.loads(mesh_files([product])[PATH])
    document["schema"][0]["properties"] = deepcopy(COLUMNS)
    document["schema"][0]["quality"] = [
        {"id": "some", "metric": "rowCount", "mustBeGreaterThan": 10}
    ]
    document["slaProperties"] = [
        {"property": "latency", "value": 4, "unit": "h"},
        {"property": "retention", "value": 3, "unit": "y"},
        {"property": "availability", "value": 99.5, "unit": "percent"},
        {"property": "endOfSupport", "value": "2030-06-30"},
        {"property": "generalBeauty", "value": "high"},
    ]
    document["roles"] = [{"role": "analyst", "access": "read"}, {"role": "clerk"}]
    document["description"] = {"purpose": "Orders.", "usage": "Reporting."}
    return document


def outage(day: str) -> Edit:
    """Plan an outage on a day."""
    value = {"from": day, "to": day}
    custom = [{"vendor": "weft", "property": "outage", "value": value}]
    return lambda document: document.update(customProperties=custom)


def column(name: str, **keys: Any) -> Edit:
    """Give keys of a column other values; None takes one away."""

    def edit(document: Document) -> None:
        found = next(each for each in document["schema"][0]["properties"] if each["name"] == name)
        found.update(keys)
        for key in [key for key, value in keys.items() if value is None]:
            del found[key]

    return edit


def root(**keys: Any) -> Edit:
    """Give keys of the document other values."""
    return lambda document: document.update(keys)


def listed(key: str, number: int, **keys: Any) -> Edit:
    """Give keys of an entry of a list of the document other values."""
    return lambda document: document[key][number].update(keys)


def less(key: str, number: int) -> Edit:
    """Take an entry out of a list of the document."""
    return lambda document: document[key].pop(number)


def rule(**keys: Any) -> Edit:
    """Give keys of the rule of the object other values."""
    return lambda document: document["schema"][0]["quality"][0].update(keys)


def columns(change: Callable[[list[Any]], Any]) -> Edit:
    """Do something to the list of columns."""
    return lambda document: change(document["schema"][0]["properties"])


def options(**keys: Any) -> Edit:
    """Options of the type of `note`."""
    return column("note", logicalTypeOptions=keys)


def nothing(_: Document) -> None:
    """The document as it is."""


EXTRA = {"name": "extra", "logicalType": "string"}
OTHER = {"name": "customers", "logicalType": "object", "properties": [dict(COLUMNS[0])]}
LINKED = [{"to": "customers.id"}]
WEFT = "weft"


def custom(name: str, value: Any) -> list[dict[str, Any]]:
    return [{"property": name, "vendor": WEFT, "value": value}]


def typed(**types: str) -> dict[str, str]:
    """What the model gives, but for these columns."""
    return {**TYPES, **types}


# The kind of the change, what is there before it, what it does, and what the model gives then.
ROWS: list[tuple[str, Edit, Edit, dict[str, str] | None]] = [
    ("object-added", nothing, lambda d: d["schema"].append(deepcopy(OTHER)), None),
    ("object-removed", lambda d: d["schema"].append(deepcopy(OTHER)), nothing, None),
    ("status-published", root(status="draft"), nothing, None),
    ("status-deprecated", nothing, root(status="deprecated"), None),
    ("status-reactivated", root(status="deprecated"), nothing, None),
    ("status-withdrawn", nothing, root(status="retired"), None),
    ("details-changed", root(status="draft"), root(status="proposed"), None),
    ("column-added", nothing, columns(lambda own: own.append(EXTRA)), None),
    ("column-removed", columns(lambda own: own.append(EXTRA)), nothing, None),
    (
        "column-renamed",
        columns(lambda own: own.append(EXTRA)),
        columns(
            lambda own: own.append(
                {**EXTRA, "name": "more", "customProperties": custom("renamed_from", "extra")}
            )
        ),
        typed(more="VARCHAR"),
    ),
    ("columns-reordered", nothing, columns(lambda own: own.reverse()), None),
    ("field-added", nothing, nothing, typed(address="STRUCT(city VARCHAR, zip INTEGER, x DATE)")),
    ("field-removed", nothing, nothing, typed(address="STRUCT(city VARCHAR)")),
    ("field-type-changed", nothing, nothing, typed(address="STRUCT(city DATE, zip INTEGER)")),
    ("field-type-widened", nothing, nothing, typed(address="STRUCT(city VARCHAR, zip BIGINT)")),
    ("field-type-narrowed", nothing, nothing, typed(address="STRUCT(city VARCHAR, zip TINYINT)")),
    ("field-type-promised", nothing, column("items", items={"logicalType": "string"}), None),
    ("type-changed", nothing, column("note", logicalType="date"), typed(note="DATE")),
    ("type-changed", nothing, nothing, typed(amount="DOUBLE")),
    ("type-widened", nothing, nothing, typed(id="BIGINT")),
    ("type-widened", nothing, nothing, typed(amount="DECIMAL(12,2)")),
    ("type-narrowed", nothing, nothing, typed(id="SMALLINT")),
    ("type-narrowed", nothing, nothing, typed(amount="DECIMAL(8,2)")),
    ("type-changed", nothing, nothing, typed(amount="DECIMAL(10,4)")),
    ("type-promised", nothing, column("amount", physicalType="DECIMAL(10,2)"), None),
    ("type-freed", column("amount", physicalType="DECIMAL(10,2)"), nothing, None),
    ("details-changed", nothing, column("note", physicalType="TEXT"), None),
    (
        "time-zone-added",
        nothing,
        column("at", logicalTypeOptions={"timezone": True}),
        typed(at="TIMESTAMPTZ"),
    ),
    ("required-added", nothing, column("note", required=True), None),
    ("required-removed", column("note", required=True), nothing, None),
    ("unique-added", nothing, column("note", unique=True), None),
    ("unique-removed", column("note", unique=True), nothing, None),
    ("primary-key-added", column("id", primaryKey=None, required=True), nothing, None),
    ("primary-key-removed", nothing, column("id", primaryKey=None, required=True), None),
    ("enum-added", column("state", enum=None), nothing, None),
    ("enum-removed", nothing, column("state", enum=None), None),
    (
        "enum-value-added",
        nothing,
        column("state", enum=[{"value": each} for each in ("open", "paid", "lost")]),
        None,
    ),
    ("enum-value-removed", nothing, column("state", enum=[{"value": "open"}]), None),
    (
        "enum-changed",
        nothing,
        column("state", enum=[{"value": "open"}, {"value": "lost"}]),
        None,
    ),
    ("pattern-added", nothing, options(pattern="^a"), None),
    ("pattern-removed", options(pattern="^a"), nothing, None),
    ("pattern-changed", options(pattern="^a"), options(pattern="^b"), None),
    ("format-added", nothing, options(format="email"), None),
    ("format-removed", options(format="email"), nothing, None),
    ("format-changed", options(format="email"), options(format="uuid"), None),
    ("length-added", nothing, options(maxLength=9), None),
    ("length-removed", options(maxLength=9), nothing, None),
    ("length-tightened", options(maxLength=9), options(maxLength=8), None),
    ("length-loosened", options(maxLength=8), options(maxLength=9), None),
    ("range-added", column("amount", logicalTypeOptions=None), nothing, None),
    ("range-removed", nothing, column("amount", logicalTypeOptions=None), None),
    ("range-tightened", nothing, column("amount", logicalTypeOptions={"minimum": 1}), None),
    ("range-loosened", nothing, column("amount", logicalTypeOptions={"minimum": -1}), None),
    ("rule-added", lambda d: d["schema"][0]["quality"].pop(), nothing, None),
    ("rule-removed", nothing, lambda d: d["schema"][0]["quality"].pop(), None),
    ("rule-tightened", nothing, rule(mustBeGreaterThan=20), None),
    ("rule-loosened", nothing, rule(mustBeGreaterThan=5), None),
    (
        "rule-changed",
        nothing,
        lambda d: d["schema"][0].update(
            quality=[{"id": "some", "metric": "rowCount", "mustBe": 5}]
        ),
        None,
    ),
    ("rule-blocks", rule(severity="warning"), nothing, None),
    ("rule-blocks-no-more", nothing, rule(severity="warning"), None),
    ("rule-described", nothing, rule(name="enough rows"), None),
    ("relationship-added", nothing, column("id", relationships=LINKED), None),
    ("relationship-removed", column("id", relationships=LINKED), nothing, None),
    (
        "relationship-changed",
        column("id", relationships=LINKED),
        column("id", relationships=[{"to": "customers.amount"}]),
        None,
    ),
    ("service-level-added", less("slaProperties", 0), nothing, None),
    ("service-level-removed", nothing, less("slaProperties", 0), None),
    ("service-level-improved", nothing, listed("slaProperties", 0, value=90, unit="min"), None),
    ("service-level-worsened", nothing, listed("slaProperties", 0, value=1, unit="d"), None),
    ("service-level-improved", nothing, listed("slaProperties", 2, value=99.9), None),
    ("service-level-worsened", nothing, listed("slaProperties", 2, value=95), None),
    ("service-level-changed", nothing, listed("slaProperties", 4, value="low"), None),
    ("details-changed", nothing, listed("slaProperties", 0, driver="operational"), None),
    ("retention-lengthened", nothing, listed("slaProperties", 1, value=4), None),
    ("retention-shortened", nothing, listed("slaProperties", 1, value=24, unit="months"), None),
    ("end-set", less("slaProperties", 3), nothing, None),
    ("end-earlier", nothing, listed("slaProperties", 3, value="2029-06-30"), None),
    ("end-later", nothing, listed("slaProperties", 3, value="2031-06-30"), None),
    ("end-taken-back", nothing, less("slaProperties", 3), None),
    ("outage-set", nothing, outage("2030-03-10"), None),
    ("outage-moved", outage("2030-03-10"), outage("2030-03-11"), None),
    ("outage-taken-back", outage("2030-03-10"), nothing, None),
    ("classification-added", nothing, column("id", classification="public"), None),
    ("classification-removed", nothing, column("note", classification=None), None),
    ("classification-raised", nothing, column("note", classification="restricted"), None),
    ("classification-lowered", nothing, column("note", classification="public"), None),
    ("classification-changed", nothing, column("note", classification="pii"), None),
    ("role-added", less("roles", 0), nothing, None),
    ("role-removed", nothing, less("roles", 0), None),
    ("role-changed", nothing, listed("roles", 0, access="write"), None),
    ("details-changed", nothing, listed("roles", 0, description="Reads."), None),
    ("terms-changed", nothing, root(description={"purpose": "Orders.", "usage": "All."}), None),
    (
        "description-changed",
        nothing,
        root(description={"purpose": "Sales.", "usage": "Reporting."}),
        None,
    ),
    ("description-changed", nothing, column("note", description="A note."), None),
    ("description-changed", nothing, column("note", businessName="Note"), None),
    ("tags-changed", nothing, column("note", tags=["a"]), None),
    ("tags-changed", nothing, root(tags=["a"]), None),
    ("details-changed", nothing, column("note", examples=["x"]), None),
    ("details-changed", nothing, column("note", criticalDataElement=True), None),
    ("team-changed", nothing, root(team={"members": [{"username": "ann"}]}), None),
    ("support-changed", nothing, root(support=[{"channel": "#orders"}]), None),
    ("price-changed", nothing, root(price={"priceAmount": 1, "priceCurrency": "EUR"}), None),
    (
        "details-changed",
        nothing,
        root(customProperties=custom("successor", "shop.sales.s@1")),
        None,
    ),
    (
        "server-changed",
        nothing,
        root(servers=[{"server": "a", "type": "local", "path": "a.csv", "format": "csv"}]),
        None,
    ),
]


def changes_of(
    before: Edit, edit: Edit, types: dict[str, str] | None
) -> tuple[ContractChange, ...]:
    old, new = base(), base()
    before(old)
    # What takes something away from the old contract leaves it in the new one.
    edit(new)
    return contract_changes(version(old, TYPES), version(new, types or TYPES), DUCKDB)


@pytest.mark.parametrize(
    ("kind", "before", "edit", "types"), ROWS, ids=[f"{n}-{row[0]}" for n, row in enumerate(ROWS)]
)
def test_one_change_is_found_and_nothing_beside_it(
    kind: str, before: Edit, edit: Edit, types: dict[str, str] | None
) -> None:
    (found,) = changes_of(before, edit, types)
    assert found.kind == kind
    known = KINDS[kind]
    assert (found.provider, found.consumer, found.verb) == (
        known.provider,
        known.consumer,
        known.verb,
    )


def test_every_kind_of_change_has_a_row() -> None:
    # Ports come and go as wholes; the last two are mirrors of rows above.
    others = {"port-added", "port-removed", "time-zone-removed"}
    assert {row[0] for row in ROWS} | others == set(KINDS)
    assert len(ROWS) >= 60


@pytest.mark.parametrize("row", ROWS, ids=[f"{n}-{row[0]}" for n, row in enumerate(ROWS)])
def test_a_change_taken_back_is_the_opposite(
    row: tuple[str, Edit, Edit, dict[str, str] | None],
) -> None:
    """What breaks or loosens one way gives or tightens the other way, or cannot be compared."""
    _, before, edit, types = row
    old, new = base(), base()
    before(old)
    edit(new)
    first, second = version(old, TYPES), version(new, types or TYPES)
    (there,) = contract_changes(first, second, DUCKDB)
    back = contract_changes(second, first, DUCKDB)
    assert back
    if there.consumer in (Effect.ADDITIVE, Effect.TIGHTENED) and there.kind not in (
        "columns-reordered",
        "type-promised",
        "field-type-promised",
    ):
        assert any(
            each.consumer in (Effect.BREAKING, Effect.LOOSENED, Effect.METADATA) for each in back
        )


def test_a_version_is_equal_to_itself_whatever_its_number() -> None:
    one = version(base(), TYPES)
    later = replace(one, version="1.7.0", contract={**one.contract, "version": "1.7.0"})
    assert contract_changes(one, later, DUCKDB) == ()


def test_a_likely_rename_is_proposed_in_place_of_a_loss() -> None:
    def renamed(own: list[Any]) -> None:
        own[3] = {**own[3], "name": "notes"}

    gone, come = changes_of(nothing, columns(renamed), typed(notes="VARCHAR"))
    assert (gone.kind, come.kind) == ("column-removed", "column-added")
    assert gone.note == "removed; if notes is it, write `renamed_from: note` there"


def test_a_renamed_column_is_compared_further_under_its_new_name() -> None:
    def renamed(own: list[Any]) -> None:
        own[0] = {**own[0], "name": "number", "customProperties": custom("renamed_from", "id")}

    found = changes_of(nothing, columns(renamed), typed(number="BIGINT"))
    assert [(each.kind, each.columns) for each in found[:2]] == [
        ("column-renamed", ("id",)),
        ("type-widened", ("id",)),
    ]


def test_the_checks_and_words_of_a_renamed_column_are_compared_with_what_they_were() -> None:
    def renamed(own: list[Any]) -> None:
        own[1] = {
            **own[1],
            "name": "total",
            "logicalTypeOptions": {"minimum": 1},
            "classification": "public",
            "customProperties": custom("renamed_from", "amount"),
        }

    found = changes_of(
        column("amount", classification="internal"),
        columns(renamed),
        typed(total="DECIMAL(10,2)"),
    )
    assert [(each.title, each.kind, each.columns) for each in found] == [
        ("column amount renamed", "column-renamed", ("amount",)),
        ("check total >= 1 more closely bounded", "range-tightened", ("amount",)),
        ("column total classified lower", "classification-lowered", ("amount",)),
    ]


def test_a_renamed_key_is_still_the_key() -> None:
    def renamed(own: list[Any]) -> None:
        own[0] = {**own[0], "name": "number", "customProperties": custom("renamed_from", "id")}

    found = changes_of(nothing, columns(renamed), typed(number="INTEGER"))
    assert [each.kind for each in found] == ["column-renamed"]


def test_a_column_that_was_never_published_cannot_have_been_renamed() -> None:
    extra = {**EXTRA, "customProperties": custom("renamed_from", "extr")}
    (found,) = changes_of(nothing, columns(lambda own: own.append(extra)), None)
    assert found.kind == "column-added"
    assert found.note == "VARCHAR; it cannot be extr renamed, which was not published"


def test_the_mark_of_a_rename_stays_without_a_meaning() -> None:
    marked = column("note", customProperties=custom("renamed_from", "text"))
    assert changes_of(marked, marked, None) == ()


def test_changes_of_several_objects_say_in_which_they_are() -> None:
    def two(document: Document) -> None:
        document["schema"].append(deepcopy(OTHER))

    def both_renamed(document: Document) -> None:
        two(document)
        for obj in document["schema"]:
            obj["properties"][0]["description"] = "A number."
        document["schema"][1]["description"] = "Customers."

    found = changes_of(two, both_renamed, None)
    assert sorted(each.title for each in found) == [
        "column id of customers described otherwise",
        "column id of orders described otherwise",
        "object customers described otherwise",
    ]


def test_waivers_and_the_mark_of_a_candidate_are_no_part_of_a_promise() -> None:
    marks = [*custom("waivers", []), *custom("candidate", {"until": "2027-01-31"})]
    assert changes_of(nothing, root(customProperties=marks), None) == ()
