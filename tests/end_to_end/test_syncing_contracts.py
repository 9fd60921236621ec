"""From a model that nobody documented to a contract that passes, on the lake and on Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh_files import Product, mesh_files
from two_warehouses import applied, domain, files_of, weft

PATH = "domains/shop/orders/orders.v1.odcs.yaml"
SQL = """
SELECT
    CAST(id AS INTEGER) AS id,
    CASE WHEN id % 2 = 0 THEN 'even' ELSE 'odd' END AS kind,
    CAST(id * 0.25 AS DECIMAL(10,2)) AS price,
    DATE '2024-01-01' + CAST(id % 5 AS INTEGER) AS day,
    CAST('2024-01-01 10:00:00+00' AS TIMESTAMP WITH TIME ZONE) AS moment,
    id % 3 = 0 AS truth
FROM generate_series(1, 100) AS given(id)
"""
PRODUCT = """\
apiVersion: v1.1.0
kind: DataProduct
id: shop.orders
name: Orders
status: active
domain: shop
"""
FUNCTION = """\
# columns: [id, kind]
def doubled(orders):
    return orders
"""
WANTED = {
    "id": {"logicalType": "integer", "required": True},
    "kind": {
        "logicalType": "string",
        "required": True,
        "enum": [{"value": "even"}, {"value": "odd"}],
    },
    "price": {
        "logicalType": "number",
        "required": True,
        "logicalTypeOptions": {"minimum": 0.25, "maximum": 25},
    },
    "day": {
        "logicalType": "date",
        "required": True,
        "logicalTypeOptions": {"minimum": "2024-01-01", "maximum": "2024-01-05"},
    },
    "moment": {
        "logicalType": "timestamp",
        "required": True,
        "logicalTypeOptions": {"timezone": True},
    },
    "truth": {"logicalType": "boolean", "required": True},
}


def undocumented(database: Mapping[str, Any], warehouse: str) -> dict[str, bytes]:
    """A product with a model and no contract, in the dialect of its warehouse."""
    files = files_of([Product("shop.orders", {"orders": SQL})], database)
    dialect = "duckdb" if warehouse == "lake" else "postgres"
    product = {"domains/shop/orders/product.yaml": PRODUCT.encode()}
    return {**files, **domain("shop", warehouse, dialect), **product}


@pytest.mark.parametrize("warehouse", ["lake", "ops_db"])
def test_from_a_model_to_a_contract_that_passes(
    tmp_path: Path, database: Mapping[str, Any], warehouse: str
) -> None:
    applied(tmp_path, undocumented(database, warehouse), "--env", "dev", "--new-env")
    asked = ("contract", "sync", "shop.orders.orders@1", "--env", "dev", "--ranges", "--yes")
    said = weft(tmp_path, *asked, "--key", "id")
    assert said.code == 0, said
    columns = yaml.safe_load((tmp_path / PATH).read_text())["schema"][0]["properties"]
    found = {each.pop("name"): each for each in columns}
    key = {"primaryKey": True, "primaryKeyPosition": 1}
    bounds = {"logicalTypeOptions": {"minimum": 1, "maximum": 100}}
    assert found == {**WANTED, "id": {**WANTED["id"], **key, **bounds}}
    assert weft(tmp_path, "validate").code == 0
    said = weft(tmp_path, "apply", "--yes", "--env", "dev")
    assert said.code == 0, said
    said = weft(tmp_path, *asked)
    assert (said.code, said.out) == (0, "shop.orders.orders@1 is up to date.\n")


def test_a_function_is_known_by_what_it_made(tmp_path: Path) -> None:
    model = {"doubled.py": FUNCTION, "orders": "SELECT 1 AS id, 'a' AS kind"}
    files = mesh_files([Product("shop.orders", model)])
    files["domains/shop/orders/product.yaml"] = PRODUCT.encode()
    applied(tmp_path, files, "--env", "dev", "--new-env")
    asked = ("contract", "sync", "shop.orders.doubled@1", "--env", "dev", "--yes")
    said = weft(tmp_path, *asked)
    assert said.code == 0 and "mistakes" not in said.err, said
    text = (tmp_path / PATH.replace("/orders.v1", "/doubled.v1")).read_text()
    assert [
        (each["name"], each["logicalType"], each["required"])
        for each in yaml.safe_load(text)["schema"][0]["properties"]
    ] == [("id", "integer", True), ("kind", "string", True)]
    assert weft(tmp_path, "apply", "--yes", "--env", "dev").code == 0
