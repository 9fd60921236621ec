"""Graphs of meshes made by hand."""

from __future__ import annotations

from weft.mesh.contract import Status
from weft.mesh.manifest import (
    Column,
    FileSource,
    Manifest,
    PortObject,
    PortVersion,
    ProductManifest,
    Query,
    Read,
    ReadKind,
    ResolvedInput,
    Transform,
)
from weft.mesh.product import Materialization
from weft.project.graph import Graph, column_graph, mesh_graph


def model(name: str, sql: str, read: Read, *columns: str) -> Transform:
    """A compiled model that reads one relation, which `sql` calls {}."""
    before, after = sql.split("{}")
    return Transform(
        name,
        "",
        Materialization.TABLE,
        name,
        Query((before, 0, after), (read,)),
        tuple(map(Column, columns)),
    )


def port(name: str, model: str, *columns: str) -> PortVersion:
    obj = PortObject(name, model, tuple(map(Column, columns)))
    return PortVersion(name, 1, "1.0.0", Status.ACTIVE, (obj,))


# The product's source and its model have one name.
SHOP = ProductManifest(
    *("sales", "shop", "root", "", "lake", "duckdb"),
    inputs=(ResolvedInput("orders_file", source="orders"),),
    sources=(FileSource("orders", "orders.csv", "csv", (Column("id"), Column("cents"))),),
    transforms=(
        model(
            "orders",
            'SELECT "x"."id" AS "id", "x"."cents" / 100 AS "price" FROM {} AS "x"',
            Read(ReadKind.SOURCE, "orders", "", ("id", "cents")),
            *("id", "price"),
        ),
    ),
    ports=(port("orders", "orders", "id", "price"),),
)
REPORT = ProductManifest(
    *("finance", "report", "root", "", "lake", "duckdb"),
    inputs=(
        ResolvedInput("orders", port="sales.shop.orders@1"),
        ResolvedInput("rates", port="bank.rates.daily@2"),
    ),
    transforms=(
        model(
            "revenue",
            'SELECT sum("o"."price") AS "total", count(*) AS "orders" FROM {} AS "o" '
            'WHERE "o"."id" > 0',
            Read(ReadKind.PORT, "sales.shop.orders@1", "orders", ("id", "price")),
            *("total", "orders"),
        ),
        model(
            "rates",
            'SELECT "r"."rate" AS "rate" FROM {} AS "r"',
            Read(ReadKind.PORT, "bank.rates.daily@2", "daily", ("rate",)),
            "rate",
        ),
    ),
)
MESH = Manifest(
    "mesh",
    "prod",
    "root",
    {each.address: each for each in (SHOP, REPORT)},
    ("sales.shop", "finance.report"),
)


def edges(graph: Graph) -> set[tuple[str, str]]:
    return {(reader, read) for reader, reads in graph.reads.items() for read in reads}


def test_relations_read_each_other() -> None:
    assert edges(mesh_graph(MESH)) == {
        ("sales.shop.orders", "sales.shop.sources.orders"),
        ("sales.shop.orders@1", "sales.shop.orders"),
        ("finance.report.revenue", "sales.shop.orders@1"),
        ("finance.report.rates", "bank.rates.daily@2"),
        ("finance.report", "sales.shop"),
        ("finance.report", "bank.rates"),
    }


def test_what_is_read_of_others_is_a_node_too() -> None:
    nodes = mesh_graph(MESH).nodes
    assert (nodes["bank.rates.daily@2"].kind, nodes["bank.rates.daily@2"].label) == (
        "port",
        "daily@2",
    )
    assert nodes["bank.rates"].kind == "product"


def test_a_source_keeps_its_plain_address_where_no_model_has_its_name() -> None:
    renamed = Manifest(
        "mesh", "prod", "root", {"sales.shop": _without_models(SHOP)}, ("sales.shop",)
    )
    assert set(mesh_graph(renamed).nodes) == {"sales.shop", "sales.shop.orders"}


def _without_models(product: ProductManifest) -> ProductManifest:
    return ProductManifest(
        *(product.domain, product.name, "root", "", "lake", "duckdb"), sources=product.sources
    )


def test_columns_are_followed_through_the_whole_mesh() -> None:
    assert edges(column_graph(MESH)) == {
        ("sales.shop.orders#id", "sales.shop.sources.orders#id"),
        ("sales.shop.orders#price", "sales.shop.sources.orders#cents"),
        ("sales.shop.orders@1#orders.id", "sales.shop.orders#id"),
        ("sales.shop.orders@1#orders.price", "sales.shop.orders#price"),
        ("finance.report.revenue#total", "sales.shop.orders@1#orders.price"),
        ("finance.report.rates#rate", "bank.rates.daily@2#daily.rate"),
    }


def test_a_column_made_of_nothing_is_there() -> None:
    node = column_graph(MESH).nodes["finance.report.revenue#orders"]
    assert (node.kind, node.label, node.product) == ("column", "revenue#orders", "finance.report")


def test_both_directions_hold_every_edge_and_every_end_is_a_node() -> None:
    for graph in (mesh_graph(MESH), column_graph(MESH)):
        turned = {(reader, read) for read, readers in graph.read_by.items() for reader in readers}
        assert turned == edges(graph)
        assert {end for edge in turned for end in edge} <= set(graph.nodes)


def test_an_empty_mesh_is_an_empty_graph() -> None:
    empty = Manifest("mesh", "prod", "root")
    assert mesh_graph(empty) == column_graph(empty) == Graph()
