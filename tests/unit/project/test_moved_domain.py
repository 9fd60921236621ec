"""A domain whose models are written in another dialect than that of its warehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping

from compiling import DUCKDB, parsed

from mesh_files import Port, Product, document, mesh_files
from weft.mesh.product import Domain
from weft.project.compile import Compiled, compile_product
from weft.project.digest import digest_of
from weft.project.faces import Faces, faces_of_manifest, faces_of_product
from weft.project.names import MeshNames
from weft.sql.dialect import dialect_named

RULES = ({"type": "sql", "query": "SELECT count(*) // 2 FROM ${table}", "mustBe": 0, "id": "half"},)
UPSTREAM = Product(
    "up.orders",
    {"orders": "select 1 as id, 'a' as name, date '2020-01-05' as day"},
    ports=(Port("orders", {"id": "integer", "name": "string", "day": "date"}),),
)


def product(sql: str, **columns: str) -> Product:
    port = Port("report", columns or {"n": "number"}, rules=RULES)
    return Product("sales.reports", {"report": sql}, (port,), inputs=("up.orders.orders",))


def compiled(
    sql: str, native: str = "postgres", changed: Mapping[str, bytes] | None = None, **columns: str
) -> Compiled:
    found = parsed(UPSTREAM, product(sql, **columns), changed=changed)
    upstream = found["up.orders"].product
    assert upstream is not None
    faces = Faces(faces_of_product(upstream, DUCKDB))
    domain = Domain("sales", "home", "duckdb", warehouse_dialect=native)
    return compile_product(found["sales.reports"], domain, "root", faces, MeshNames())


def test_models_and_rules_are_kept_in_both_dialects() -> None:
    found = compiled("select id / 2 as n from orders order by name")
    assert found.manifest is not None, found.diagnostics
    assert found.manifest.native_dialect == "postgres"
    query = found.manifest.transforms[0].query
    assert "CAST" not in "".join(map(str, query.parts))
    assert 'CAST("orders"."id" AS DOUBLE PRECISION)' in "".join(map(str, query.moved))
    assert 'ORDER BY "orders"."name" COLLATE "C"' in "".join(map(str, query.moved))
    rule = found.manifest.ports[0].objects[0].checks[-1].query
    assert rule is not None
    assert "SELECT COUNT(*) // 2 AS" in "".join(map(str, rule.parts))
    assert "SELECT CAST(COUNT(*) / 2 AS BIGINT) AS" in "".join(map(str, rule.moved)).replace(
        "(COUNT(*) / 2)", "COUNT(*) / 2"
    )


def test_the_meaning_stays_where_it_was() -> None:
    sql = "select id / 2 as n from orders"
    here, there = compiled(sql, native="").manifest, compiled(sql).manifest
    assert here is not None
    assert there is not None
    assert here.transforms[0].query.moved == ()
    assert here.transforms[0].fingerprint == there.transforms[0].fingerprint
    assert here.transforms[0].columns == there.transforms[0].columns
    assert digest_of(here) != digest_of(there)


def test_what_cannot_be_moved_is_reported_in_the_model() -> None:
    found = compiled("select id as n,\n  [id] as l\nfrom orders")
    assert found.manifest is None
    (problem,) = found.diagnostics
    assert problem.code == "W330"
    assert problem.span is not None
    assert (problem.span.file, problem.span.line) == (
        "domains/sales/reports/models/report.sql",
        2,
    )
    assert problem.excerpt == "  [id] as l"


def test_a_physical_type_without_counterpart_is_reported() -> None:
    path = "domains/sales/reports/report.v1.odcs.yaml"
    contract = b"""
kind: DataContract
apiVersion: v3.1.0
id: sales.reports.report
version: 1.0.0
status: active
schema:
  - name: report
    properties:
      - {name: n, logicalType: integer, physicalType: HUGEINT}
"""
    found = compiled("select id::hugeint as n from orders", changed={path: contract})
    assert "W330" in [each.code for each in found.diagnostics]


def test_types_of_another_domain_are_seen_in_the_own_dialect() -> None:
    found = parsed(UPSTREAM)["up.orders"].product
    assert found is not None
    (face,) = faces_of_product(found, DUCKDB)
    columns = face.objects_in(dialect_named("postgres"))["orders"]
    assert [each.type for each in columns] == ["", "TEXT", "DATE"]
    assert face.objects_in(DUCKDB) == face.objects
    manifest = compiled("select 1 as n").manifest
    assert manifest is not None
    assert [each.dialect for each in faces_of_manifest(manifest)] == ["duckdb"]


def carried(native: str, warehouse: str) -> Compiled:
    """A product on `home` that reads a port of another warehouse with a column of this type."""
    upstream = Product(
        "up.orders",
        {"orders": "select 1 as id, 2 as odd"},
        ports=(Port("orders", {"id": "integer", "odd": "integer"}),),
    )
    contract = json.loads(mesh_files([upstream])["domains/up/orders/orders.v1.odcs.yaml"])
    contract["schema"][0]["properties"][1] = {"name": "odd", "physicalType": native}
    changed = {"domains/up/orders/orders.v1.odcs.yaml": document(contract)}
    found = parsed(upstream, product("select id / 2 as n from orders"), changed=changed)
    face = found["up.orders"].product
    assert face is not None
    faces = Faces(faces_of_product(face, DUCKDB, warehouse))
    domain = Domain("sales", "home", "duckdb", warehouse_dialect="postgres")
    return compile_product(found["sales.reports"], domain, "root", faces, MeshNames())


def test_an_input_that_cannot_be_brought_over_is_reported_where_it_stands() -> None:
    found = carried("STRUCT(a INTEGER)", "lake")
    [problem] = found.diagnostics
    assert problem.code == "W331"
    assert problem.span is not None
    assert problem.span.file == "domains/sales/reports/product.yaml"
    assert "`odd` is of type STRUCT(a INTEGER)" in problem.note
    assert problem.excerpt[problem.span.column - 1 :].startswith('"up.orders.orders"')


def test_an_input_that_is_at_home_or_can_be_brought_over_is_not() -> None:
    assert carried("STRUCT(a INTEGER)", "home").diagnostics == ()
    assert carried("DECIMAL(38,2)", "lake").diagnostics == ()
