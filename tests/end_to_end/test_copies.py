"""One mesh over the lake and a database: what is read on the other warehouse is brought over."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mesh_files import Port, Product, document, lay_out
from two_warehouses import Said, applied, domain, files_of, rows, weft

ORDERS = Product(
    "sales.orders",
    {
        "numbers": "SELECT CAST(n AS BIGINT) AS id FROM generate_series(1, 100) AS t(n)",
        "orders": "SELECT id, 'c' || CAST(id % 3 AS VARCHAR) AS customer, id * 7 AS secret "
        "FROM numbers",
    },
    (Port("orders", {"id": "integer", "customer": "string"}, required=("id",)),),
)
CUSTOMERS = Product(
    "care.customers",
    {"customers": "SELECT customer, count(*) AS orders FROM orders GROUP BY customer"},
    (Port("customers", {"customer": "string", "orders": "integer"}),),
    inputs=("sales.orders.orders",),
)
LATEST = Product(
    "care.latest",
    {"latest": "SELECT max(id) AS id FROM orders"},
    (Port("latest", {"id": "integer"}),),
    inputs=("sales.orders.orders",),
)
MESH = (ORDERS, CUSTOMERS, LATEST)
HOMES = {"to the database": {"care": "ops_db"}, "to the lake": {"sales": "ops_db"}}
BOTH_WAYS = pytest.mark.parametrize("homes", HOMES.values(), ids=HOMES)
NOW = "SELECT customer, orders FROM care.customers.customers ORDER BY 1"


def copies(said: Said) -> list[dict[str, Any]]:
    """The copies of a plan that was shown as JSON."""
    assert said.code == 0, said
    return [each for each in said.data["plan"]["steps"] if each["kind"] == "copy"]


def changed(files: dict[str, bytes], sql: str) -> dict[str, bytes]:
    """The same files, where one reader is another query."""
    return {**files, "domains/care/latest/models/latest.sql": sql.encode()}


@BOTH_WAYS
def test_a_port_is_brought_over_once(
    tmp_path: Path, database: dict[str, Any], homes: dict[str, str]
) -> None:
    files = files_of(MESH, database, **homes)
    lay_out(tmp_path, files)
    [copy] = copies(weft(tmp_path, "plan", "--json"))
    assert copy["target"] == "sales.orders.orders@1"
    assert [each["name"] for each in copy["copy"]["columns"]] == ["id", "customer"]
    applied(tmp_path, files)
    assert rows(tmp_path, NOW) == [
        {"customer": "c0", "orders": 33},
        {"customer": "c1", "orders": 34},
        {"customer": "c2", "orders": 33},
    ]
    assert rows(tmp_path, "SELECT id FROM care.latest.latest") == [{"id": 100}]
    assert weft(tmp_path, "plan", "--detailed-exitcode").code == 0
    assert copies(weft(tmp_path, "plan", "--rebuild", "--json", "--product", "care.latest")) == []


@BOTH_WAYS
def test_what_is_there_is_not_brought_over_again(
    tmp_path: Path, database: dict[str, Any], homes: dict[str, str]
) -> None:
    files = files_of(MESH, database, **homes)
    applied(tmp_path, files)
    lay_out(tmp_path, changed(files, "SELECT min(id) AS id FROM orders"))
    assert copies(weft(tmp_path, "plan", "--json")) == []
    applied(tmp_path, changed(files, "SELECT min(id) AS id FROM orders"))
    assert rows(tmp_path, "SELECT id FROM care.latest.latest") == [{"id": 1}]


@BOTH_WAYS
def test_a_plan_tells_what_is_brought_over(
    tmp_path: Path, database: dict[str, Any], homes: dict[str, str]
) -> None:
    applied(tmp_path, files_of((ORDERS,), database, **homes))
    lay_out(tmp_path, files_of(MESH, database, **homes))
    source, target = ("lake", "ops_db") if "care" in homes else ("ops_db", "lake")
    said = weft(tmp_path, "plan")
    words = rf"  copy sales.orders.orders@1 from {source} to {target}: 100 rows, \S+ (bytes|kB), "
    assert re.search(rf"^{words}released \d+ s ago$", said.out, re.MULTILINE), said
    told = weft(tmp_path, "plan", "--sql").out
    assert f"copy care.customers sales.orders.orders@1 on {target}\n-- asked of {source}:" in told
    assert "going to fail" not in told
    assert "secret" not in told


@BOTH_WAYS
def test_a_saved_plan_brings_it_over(
    tmp_path: Path, database: dict[str, Any], homes: dict[str, str]
) -> None:
    applied(tmp_path, files_of((ORDERS,), database, **homes))
    lay_out(tmp_path, files_of(MESH, database, **homes))
    assert weft(tmp_path, "plan", "--out", "change.plan").code == 0
    assert weft(tmp_path, "apply", "change.plan").code == 0
    assert len(rows(tmp_path, NOW)) == 3


@BOTH_WAYS
def test_a_copy_goes_when_nobody_reads_it(
    tmp_path: Path, database: dict[str, Any], homes: dict[str, str]
) -> None:
    files = files_of(MESH, database, **homes)
    few = {**json.loads(files["weft.yaml"]), "keep": {"releases": 1, "days": 0}}
    files["weft.yaml"] = document(few)
    applied(tmp_path, files)
    assert weft(tmp_path, "prune", "--yes").code == 0
    changing = changed(files, "SELECT min(id) AS id FROM orders")
    lay_out(tmp_path, changing)
    assert copies(weft(tmp_path, "plan", "--json")) == []
    without = {path: data for path, data in files.items() if not path.startswith("domains/care")}
    applied(tmp_path, without, "--allow-drop")
    assert weft(tmp_path, "prune", "--yes").code == 0
    lay_out(tmp_path, changing)
    assert len(copies(weft(tmp_path, "plan", "--json"))) == 1


@BOTH_WAYS
def test_a_query_joins_ports_wherever_they_live(
    tmp_path: Path, database: dict[str, Any], homes: dict[str, str]
) -> None:
    applied(tmp_path, files_of(MESH, database, **homes))
    found = rows(
        tmp_path,
        "SELECT c.customer, c.orders, max(o.id) AS last, count(*) AS n "
        "FROM care.customers.customers AS c JOIN sales.orders.orders_v1 AS o USING (customer) "
        "JOIN sales.orders.orders AS p ON p.id = o.id GROUP BY ALL ORDER BY 1",
    )
    assert found == [
        {"customer": "c0", "orders": 33, "last": 99, "n": 33},
        {"customer": "c1", "orders": 34, "last": 100, "n": 34},
        {"customer": "c2", "orders": 33, "last": 98, "n": 33},
    ]


def test_domains_in_two_dialects_and_their_unit_tests(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    """The reader is written in another SQL than the port, whose types it does not know."""
    prices = Product(
        "sales.prices",
        {"prices": "SELECT 1 AS id, CAST(2.5 AS DOUBLE) AS price"},
        (Port("prices", {"id": "integer", "price": "number"}),),
    )
    totals = Product(
        "care.totals",
        {"totals": "SELECT sum(price)::double precision AS total FROM prices"},
        (Port("totals", {"total": "number"}),),
        inputs=("sales.prices.prices",),
    )
    files = files_of((prices, totals), database) | domain("care", "ops_db", "postgres")
    path = "domains/sales/prices/prices.v1.odcs.yaml"
    contract = json.loads(files[path])
    contract["schema"][0]["properties"][1]["physicalType"] = "DOUBLE"
    files[path] = document(contract)
    given = {"prices": [{"id": 1, "price": 1.5}, {"id": 2, "price": 2}]}
    test = {"test": "sums", "model": "totals", "given": given, "expect": [{"total": 3.5}]}
    files["domains/care/totals/tests/totals.yaml"] = document(test)
    applied(tmp_path, files)
    said = weft(tmp_path, "test")
    assert said.code == 0, said
    assert rows(tmp_path, "SELECT total FROM care.totals.totals") == [{"total": 2.5}]


@BOTH_WAYS
def test_a_check_on_what_lives_elsewhere(
    tmp_path: Path, database: dict[str, Any], homes: dict[str, str]
) -> None:
    """A relationship to a port on the other warehouse, in an apply and in a test."""
    visits = Product(
        "care.visits",
        {"visits": "SELECT CAST(n AS BIGINT) AS visitor FROM generate_series(99, 101) AS t(n)"},
        (Port("visits", {"visitor": "integer"}),),
        inputs=("sales.orders.orders",),
    )
    files = files_of((ORDERS, visits), database, **homes)
    path = "domains/care/visits/visits.v1.odcs.yaml"
    contract = json.loads(files[path])
    contract["schema"][0]["properties"][0]["relationships"] = [{"to": "orders.id"}]
    files[path] = document(contract)
    lay_out(tmp_path, files)
    said = weft(tmp_path, "apply", "--yes")
    assert said.code == 6, said
    assert "1 row of 3" in said.out, said
    again = weft(tmp_path, "test", "care.visits")
    assert again.code == 6, again
    assert "1 row of 3" in again.out, again
