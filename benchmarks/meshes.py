"""Meshes to measure with, as values and as files: small models, heavy ones, and one contract.

The same values give the plain scripts their work (`plain_script.py`), so that both do the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

CONTRACT_ROWS = 1_500_000
ON_THE_LAKE = {"warehouses": {"lake": {"type": "duckdb", "path": ".weft/lake"}}}
ON_POSTGRES = {
    "store": "postgresql://${PGUSER}:${PGPASSWORD}@${PGHOST}:${PGPORT}/${PGDATABASE}",
    "warehouses": {
        "base": {
            "type": "postgres",
            "host": "${PGHOST}",
            "port": "${PGPORT}",
            "database": "${PGDATABASE}",
            "user": "${PGUSER}",
            "password": "${PGPASSWORD}",
        }
    },
}
PRODUCTS_PER_DOMAIN = 10

# Everything that the contract of `write_contract_table` asks, answered by one scan.
FUSED_QUERY = """
SELECT
    count(*) AS row_count,
    count(*) FILTER (WHERE order_id IS NULL) AS order_id_null,
    count(order_id) - count(DISTINCT order_id) AS order_id_repeated,
    count(*) FILTER (WHERE status NOT IN ('open', 'paid', 'sent', 'returned')) AS status_unknown,
    count(*) FILTER (WHERE amount < 0) AS amount_negative,
    count(*) FILTER (WHERE amount > 10000) AS amount_too_large,
    count(*) FILTER (WHERE NOT regexp_matches(email, '^[a-z0-9]+@example[.]com$')) AS email_wrong,
    count(*) FILTER (WHERE length(country) > 2) AS country_too_long,
    count(*) FILTER (WHERE phone IS NULL) AS phone_null
FROM read_parquet($file)
"""


@dataclass(frozen=True)
class Table:
    """A model: its SELECT, and the columns that have no nulls or no value twice.

    `head` are more lines of its head, whole.
    """

    name: str
    select: str
    required: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    head: str = ""


@dataclass(frozen=True)
class Product:
    """A product: its models in an order in which they can be built, and one port.

    `properties` and `quality` are the port's contract as ODCS writes it; `upstream` is the address
    of the port that is read under the name `upstream`, `source` the Parquet file that is read
    under its own name, or a folder of such files.
    """

    domain: str
    name: str
    tables: tuple[Table, ...]
    port: str
    properties: tuple[dict[str, Any], ...]
    quality: tuple[dict[str, Any], ...] = ()
    upstream: str = ""
    source: Path | None = None

    @property
    def address(self) -> str:
        """`domain.product`."""
        return f"{self.domain}.{self.name}"


def write_small_models(
    folder: Path,
    products: int = 100,
    models: int = 10,
    rows: int = 1000,
    settings: Mapping[str, Any] = ON_THE_LAKE,
) -> None:
    """Write a mesh of many small models, see `small_models`, in the one warehouse of `settings`."""
    _write_mesh(folder, small_models(products, models, rows), settings)


def write_heavy(folder: Path, rows: int = 20_000_000) -> None:
    """Write a mesh of a few models that work hard; see `heavy_models`."""
    _write_mesh(folder, (heavy_models(rows),))


def write_contract_table(folder: Path, rows: int = CONTRACT_ROWS) -> Path:
    """Write a mesh of one table with a contract of nine checks, and its data; return the data."""
    file = folder / "data" / "order_log.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    duckdb.connect().sql(_ORDER_LOG, params={"rows": rows}).write_parquet(str(file))
    _write_mesh(folder, (contract_table(file),))
    return file


def write_growing(folder: Path, rows: int, settings: Mapping[str, Any] = ON_THE_LAKE) -> None:
    """Write a mesh of one model that grows by the day, over a folder of files, and a year of it."""
    file = folder / "data" / "events" / "0.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    _write_events(file, 0, rows, rows)
    _write_mesh(folder, (growing_table(file.parent),), settings)


def add_events(folder: Path, number: int, year: int, rows: int) -> None:
    """Write the file of this number: `rows` events after those of the year and the files before.

    A year has so many events.
    """
    first = year + (number - 1) * rows
    _write_events(folder / "data" / "events" / f"{number}.parquet", first, rows, year)


def write_made(folder: Path, first: int, rows: int, year: int) -> None:
    """Write a mesh of one model on Postgres that grows by the day and makes its events itself.

    It makes `rows` of them and those of the day before; a year has so many events.
    """
    series = f"generate_series({max(first - year // 365, 0)}, {first + rows - 1}) AS t(id)"
    select = _MADE.format(series=series, daily=year / 365)
    _write_mesh(folder, (growing_table(select=select),), ON_POSTGRES)


def small_models(products: int, models: int, rows: int) -> tuple[Product, ...]:
    """A chain of models in every product, and one edge to the product before it.

    `m0` makes rows, each `mN` reads the one before, `out` is the port, and `used` reads the port
    of the product before, so that products can be built side by side. `models` is at least 3.
    """
    keyed = {"required": ("id",), "unique": ("id",)}
    made: list[Product] = []
    for number in range(products):
        upstream = f"{made[-1].address}.out" if made else ""
        series = f"generate_series(0, {rows - 1}) AS t(id)"
        first = f"SELECT t.id, t.id * {number + 1} % 997 AS value FROM {series}"
        chain = [Table("m0", first, **keyed)]
        for step in range(1, models - 2):
            select = f"SELECT id, value + {step} AS value FROM m{step - 1}"
            chain.append(Table(f"m{step}", select, **keyed))
        last = chain[-1].name
        made.append(
            Product(
                domain=f"d{number // PRODUCTS_PER_DOMAIN}",
                name=f"p{number}",
                tables=(
                    *chain,
                    Table("out", f"SELECT id, value * 2 AS value FROM {last}", **keyed),
                    Table(
                        "used",
                        f"SELECT id, value - 1 AS value FROM {'upstream' if upstream else 'out'}",
                        **keyed,
                    ),
                ),
                port="out",
                properties=(
                    _property("id", "integer", required=True, unique=True),
                    _property("value", "integer"),
                ),
                upstream=upstream,
            )
        )
    return tuple(made)


def heavy_models(rows: int) -> Product:
    """Joins, aggregates and a window over `rows` generated sales of `rows / 20` customers."""
    customers = max(rows // 20, 1)
    sales = f"""SELECT
    t.id AS sale_id,
    t.id * 7919 % {customers} AS customer_id,
    t.id * 104729 % 365 AS day,
    1 + t.id * 31 % 5 AS quantity,
    CAST(1 + t.id * 131 % 9973 AS DOUBLE) / 100 AS price
FROM range({rows}) AS t(id)"""
    register = f"""SELECT
    t.id AS customer_id,
    t.id * 17 % 40 AS region,
    2000 + t.id * 13 % 25 AS since
FROM range({customers}) AS t(id)"""
    by_customer = """SELECT
    customer_id,
    count(*) AS sales,
    sum(quantity * price) AS revenue,
    max(day) AS last_day
FROM sales
GROUP BY customer_id"""
    by_region = """SELECT
    customers.region,
    sales.day,
    count(*) AS sales,
    count(DISTINCT sales.customer_id) AS buyers,
    sum(sales.quantity * sales.price) AS revenue
FROM sales
JOIN customers ON sales.customer_id = customers.customer_id
GROUP BY customers.region, sales.day"""
    ranked = """SELECT
    customers.customer_id,
    customers.region,
    totals.revenue,
    rank() OVER (PARTITION BY customers.region ORDER BY totals.revenue DESC) AS place
FROM by_customer AS totals
JOIN customers ON totals.customer_id = customers.customer_id"""
    return Product(
        domain="heavy",
        name="trade",
        tables=(
            Table("sales", sales, required=("sale_id", "customer_id"), unique=("sale_id",)),
            Table("customers", register, required=("customer_id",), unique=("customer_id",)),
            Table("by_customer", by_customer, required=("customer_id",), unique=("customer_id",)),
            Table("by_region", by_region, required=("region", "day")),
            Table("ranked", ranked, required=("customer_id",), unique=("customer_id",)),
        ),
        port="ranked",
        properties=(
            _property("customer_id", "integer", required=True, unique=True),
            _property("region", "integer"),
            _property("revenue", "number"),
            _property("place", "integer"),
        ),
    )


def contract_table(file: Path) -> Product:
    """One table that shows a file as it is, under a contract of nine checks."""
    some_phones = {"id": "phones", "metric": "nullValues", "mustBeLessThan": 20, "unit": "percent"}
    email = {"pattern": "^[a-z0-9]+@example[.]com$"}
    statuses = [{"value": value} for value in ("open", "paid", "sent", "returned")]
    return Product(
        domain="shop",
        name="orders",
        tables=(
            Table(
                "orders",
                "SELECT order_id, status, amount, email, country, phone FROM order_log",
                required=("order_id",),
                unique=("order_id",),
            ),
        ),
        port="orders",
        properties=(
            _property("order_id", "integer", required=True, unique=True),
            _property("status", "string", enum=statuses),
            _property("amount", "number", logicalTypeOptions={"minimum": 0, "maximum": 10000}),
            _property("email", "string", logicalTypeOptions=email),
            _property("country", "string", logicalTypeOptions={"maxLength": 2}),
            _property("phone", "string", quality=[some_phones]),
        ),
        quality=({"id": "some_rows", "metric": "rowCount", "mustBeGreaterThan": 0},),
        source=file,
    )


def growing_table(source: Path | None = None, select: str = "") -> Product:
    """One model that grows by the day, under a contract of six checks.

    It reads files, or else is this SELECT.
    """
    statuses = [{"value": value} for value in ("OPEN", "PAID", "SENT")]
    return Product(
        domain="shop",
        name="traffic",
        tables=(
            Table(
                "traffic",
                select
                or "SELECT event_id, day, customer_id, upper(status) AS status,"
                " amount * 1.19 AS amount FROM events",
                head="-- materialized: incremental\n-- time_column: day\n",
            ),
        ),
        port="traffic",
        properties=(
            _property("event_id", "integer", required=True, unique=True),
            _property("day", "date", required=True),
            _property("customer_id", "integer", required=True),
            _property("status", "string", enum=statuses),
            _property("amount", "number", logicalTypeOptions={"minimum": 0}),
        ),
        source=source,
    )


def _write_events(file: Path, first: int, rows: int, year: int) -> None:
    given = {"first": first, "rows": rows, "daily": year / 365}
    duckdb.connect().sql(_EVENTS, params=given).write_parquet(str(file))


_EVENTS = """
SELECT
    t.id AS event_id,
    DATE '2024-01-01' + CAST(floor(t.id / $daily) AS INTEGER) AS day,
    t.id * 7919 % 100000 AS customer_id,
    (['open', 'paid', 'sent'])[1 + t.id % 3] AS status,
    CAST(t.id * 31 % 99991 AS DOUBLE) / 100 AS amount
FROM range($first, $first + $rows) AS t(id)
"""

_MADE = """
SELECT
    CAST(t.id AS bigint) AS event_id,
    DATE '2024-01-01' + CAST(floor(t.id / {daily}) AS integer) AS day,
    CAST(t.id AS bigint) * 7919 % 100000 AS customer_id,
    CASE t.id % 3 WHEN 0 THEN 'OPEN' WHEN 1 THEN 'PAID' ELSE 'SENT' END AS status,
    CAST(CAST(t.id AS bigint) * 31 % 99991 AS double precision) / 100 AS amount
FROM {series}
"""

_ORDER_LOG = """
SELECT
    t.id AS order_id,
    (['open', 'paid', 'sent', 'returned'])[1 + t.id % 4] AS status,
    CAST(t.id * 7919 % 1000000 AS DOUBLE) / 100 AS amount,
    concat('c', t.id * 31 % 400000, '@example.com') AS email,
    (['DE', 'FR', 'IN', 'US', 'BR'])[1 + t.id % 5] AS country,
    CASE WHEN t.id % 7 <> 0 THEN concat('+1-212-555-', 1000 + t.id % 9000) END AS phone
FROM range($rows) AS t(id)
"""


def _property(name: str, logical_type: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "logicalType": logical_type, **more}


def _write_mesh(
    folder: Path, products: tuple[Product, ...], settings: Mapping[str, Any] = ON_THE_LAKE
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write_yaml(folder / "weft.yaml", {"mesh": "bench", **settings})
    [warehouse] = settings["warehouses"]
    for domain in sorted({product.domain for product in products}):
        place = folder / "domains" / domain
        place.mkdir(parents=True, exist_ok=True)
        _write_yaml(place / "domain.yaml", {"domain": domain, "warehouse": warehouse})
    for product in products:
        _write_product(folder, product)


def _write_product(mesh: Path, product: Product) -> None:
    folder = mesh / "domains" / product.domain / product.name
    (folder / "models").mkdir(parents=True, exist_ok=True)
    port = {"name": product.port, "version": "1.0.0", "contractId": _address(product, product.port)}
    document = {
        "apiVersion": "v1.1.0",
        "kind": "DataProduct",
        "id": product.address,
        "domain": product.domain,
        "status": "active",
        "inputPorts": _input_ports(product),
        "outputPorts": [port],
    }
    _write_yaml(folder / "product.yaml", document)
    shown = {"name": product.port, "logicalType": "object", "properties": [*product.properties]}
    if product.quality:
        shown["quality"] = [*product.quality]
    contract = {**_contract(_address(product, product.port)), "schema": [shown]}
    _write_yaml(folder / f"{product.port}.v1.odcs.yaml", contract)
    for table in product.tables:
        _write_model(folder / "models" / f"{table.name}.sql", table, table.name != product.port)
    if product.source:
        _write_source(mesh, folder / "sources", product)


def _input_ports(product: Product) -> list[dict[str, str]]:
    ports = []
    if product.upstream:
        ports.append({"name": "upstream", "contractId": product.upstream, "version": "1"})
    if product.source:
        name = product.source.stem
        ports.append({"name": name, "contractId": _address(product, name)})
    return ports


def _write_model(file: Path, table: Table, with_head: bool) -> None:
    """Write a model; the one behind the port has its checks in the contract and no head."""
    head = table.head
    if with_head:
        head += f"-- required: [{', '.join(table.required)}]\n" if table.required else ""
        head += f"-- unique: [{', '.join(table.unique)}]\n" if table.unique else ""
    file.write_text(f"{head}{table.select}\n", encoding="utf-8")


def _write_source(mesh: Path, folder: Path, product: Product) -> None:
    assert product.source is not None
    folder.mkdir(exist_ok=True)
    columns = [_property(each["name"], each["logicalType"]) for each in product.properties]
    path = product.source.relative_to(mesh).as_posix()
    path += "/*.parquet" if product.source.is_dir() else ""
    server = {"server": "files", "type": "local", "path": path, "format": "parquet"}
    contract = {
        **_contract(_address(product, product.source.stem)),
        "servers": [server],
        "schema": [{"name": product.source.stem, "logicalType": "object", "properties": columns}],
    }
    _write_yaml(folder / f"{product.source.stem}.odcs.yaml", contract)


def _contract(address: str) -> dict[str, Any]:
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": address,
        "version": "1.0.0",
        "status": "active",
    }


def _address(product: Product, name: str) -> str:
    return f"{product.address}.{name}"


def _write_yaml(file: Path, document: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
