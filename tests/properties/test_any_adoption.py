"""Whatever is adopted, the draft compiles: what is not fit for it is told, and nothing raises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from weft.app.adopted_files import draft_of
from weft.mesh.address import ProductAddress
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.found import FoundColumn, FoundCondition, FoundReference, FoundTable
from weft.mesh.product import Domain
from weft.project.adopting.dbt_manifest import NoManifest, read_manifest
from weft.project.adopting.dbt_product import product_of_project
from weft.project.adopting.product import AdoptedProduct, Place, product_of_tables
from weft.project.adopting.types import Around
from weft.project.compile import compile_product
from weft.project.faces import Faces, faces_of_product
from weft.project.names import MeshNames
from weft.project.parse import parse_product
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_named

MANIFEST = json.loads(
    (Path(__file__).parents[1] / "golden/dbt/shop/target/manifest.json").read_text()
)
SHOP = ProductAddress("sales", "shop")
FOLDER = "domains/sales/shop"
POSTGRES, DUCKDB = dialect_named("postgres"), dialect_named("duckdb")
PLACE = Place(
    {"server": "db", "type": "postgres", "host": "h", "port": 5432, "database": "d"}, "db"
)
SEEDS = {
    "seed.shop.raw_customers": ("id bigint", "first_name text", "last_name text"),
    "seed.shop.raw_orders": ("id bigint", "user_id bigint", "order_date date", "status text"),
    "seed.shop.raw_payments": (
        *("id bigint", "order_id bigint", "payment_method text", "amount bigint"),
    ),
}
ODD = st.sampled_from(
    [
        *(None, "", 5, [], {}, True, "x'; DROP TABLE y; --", "${table}", "a" * 300, "{{ this }}"),
        *('"', "*/ -- materialized: view\nunique: [", "日本", "select 1", "orders", 1.5, ["id"]),
        *("\x00", "-- unique: [a\nselect 1 as a", {"nodes": ["x"]}, "select * from", "main"),
    ]
)


def errors(adopted: AdoptedProduct, dialect: str) -> list[Diagnostic]:
    """What is wrong with the files of a draft."""
    draft = draft_of([adopted], "somewhere")
    files = [
        SourceFile(each.path, each.text.encode(), len(each.text.encode()))
        for each in draft.files
        if not each.path.endswith(".md")
    ]
    parsed = parse_product(FOLDER, "sales", files)
    found = list(parsed.diagnostics)
    if parsed.product is not None:
        home = dialect_named(dialect)
        faces = Faces(faces_of_product(parsed.product, home), ())
        domain = Domain("sales", "lake", dialect)
        found += compile_product(parsed, domain, "root", faces, MeshNames()).diagnostics
    return [each for each in found if each.severity is Severity.ERROR]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    for key, each in items:
        yield from places(each, (*path, key))


INSIDE = [each for each in places(MANIFEST) if len(each) > 2]
TESTED = ("nodes", "test.shop.unique_stg_customers_customer_id.0000000002", "column_name")


def _is_in(there: Any, step: Any) -> bool:
    return isinstance(there, list) and isinstance(step, int) and step < len(there)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([(TESTED, "no_column_of_it")])
@given(st.lists(st.tuples(st.sampled_from(INSIDE), ODD), min_size=1, max_size=4))
def test_any_project(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document = json.loads(json.dumps(MANIFEST))
    for path, value in changes:
        there = document
        for step in path[:-1]:
            inside = step in there if isinstance(there, dict) else _is_in(there, step)
            there = there[step] if inside else None
        if isinstance(there, dict) or _is_in(there, path[-1]):
            there[path[-1]] = value
    try:
        project = read_manifest(json.dumps(document).encode())
    except NoManifest as problem:
        assert str(problem)
        return
    found = {
        id: FoundTable(
            "main",
            id.rpartition(".")[2],
            "table",
            "postgres",
            tuple(FoundColumn(*each.split()) for each in columns),
        )
        for id, columns in SEEDS.items()
    }
    adopted = product_of_project(SHOP, project, found, PLACE, Around(POSTGRES, DUCKDB, DUCKDB))
    assert errors(adopted, "duckdb") == []


NAMES = ["id", "Id", "ID", "select", "a b", 'q"x', "é", "order", "user", "x" * 70, "n", "${t}", "'"]
WORDS = st.sampled_from(NAMES)
KINDS = st.sampled_from(
    """
    integer|bigint|numeric|numeric(12,2)|numeric(50,2)|text|character varying(5)|character(3)
    timestamp(3) with time zone|time with time zone|jsonb|uuid|bytea|bit(3)|crm.mood|crm.mood[]
    text[]|interval|inet|money|point|"char"|oid|boolean|date|double precision|int4range|a.b."c[]"
    """.strip()
    .replace("\n", "|")
    .split("|")
).map(str.strip)
CONDITIONS = st.sampled_from(
    [
        *("(id > 0)", "((id)::text ~ 'x'::text)", "(id = ANY (ARRAY[1, 2]))", "(((", ""),
        *("(char_length(n) < 0)", "(n <> ''::text)", "(n IS NOT NULL)", "pg_sleep(5) IS NULL"),
        *("((n)::text = ANY (ARRAY['a', NULL]))", "(id < n)", "(n LIKE '%${table}%')"),
        *("(id BETWEEN 1 AND 5)", "(EXISTS (SELECT 1 FROM pg_user))", "('a' ~ n)", "(1 = 1)"),
        "(((id >= 1) AND (id <= 5)) AND ((n)::text ~ '(?=x)'::text))",
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> FoundTable:
    names = draw(st.lists(WORDS, min_size=1, max_size=5, unique=True))
    some = st.lists(st.sampled_from(names), max_size=2, unique=True).map(tuple)
    return FoundTable(
        draw(WORDS),
        draw(WORDS),
        draw(st.sampled_from(["table", "view"])),
        "postgres",
        tuple(
            FoundColumn(
                each,
                draw(KINDS),
                draw(st.sampled_from(["", "said\n: -- #", "é"])),
                draw(st.booleans()),
                draw(st.sampled_from([(), ("a", "b:"), ("null", "yes")])),
                draw(st.sampled_from([None, (3, 2), (1000, 0)])),
            )
            for each in names
        ),
        draw(st.sampled_from(["", "A table\nof -- things: [x"])),
        draw(some),
        tuple(each for each in draw(st.lists(some, max_size=2)) if each),
        tuple(
            FoundReference((column,), draw(WORDS), draw(WORDS), (draw(WORDS),))
            for column in draw(some)
        ),
        tuple(
            FoundCondition(draw(WORDS), sql, draw(st.sampled_from(["", names[0]])))
            for sql in draw(st.lists(CONDITIONS, max_size=3))
        ),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(tables(), min_size=1, max_size=3), st.booleans())
def test_any_tables(found: list[FoundTable], at_home: bool) -> None:
    own = POSTGRES if at_home else DUCKDB
    adopted = product_of_tables(SHOP, found, PLACE, Around(POSTGRES, own, own))
    assert errors(adopted, own.name) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_leads_to_any_column(name: str) -> None:
    columns = tuple(FoundColumn(each, "integer") for each in dict.fromkeys(("k", name)))
    people = FoundTable("crm", "people", "table", "postgres", columns)
    key = FoundReference(("k",), "crm", "people", (name,))
    orders = FoundTable("crm", "orders", "table", "postgres", columns, references=(key,))
    adopted = product_of_tables(SHOP, [people, orders], PLACE, Around(POSTGRES, DUCKDB, DUCKDB))
    assert errors(adopted, "duckdb") == []
    kept = any("foreignKey" in str(each) for each in adopted.contracts.values())
    assert kept != any(each.is_lost and "-> crm.people" in each.found for each in adopted.told)
