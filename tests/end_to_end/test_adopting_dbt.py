"""A project of dbt becomes a proposal; once it is a draft, it applies at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from mesh_files import lay_out
from postgres_server import as_keywords
from two_warehouses import Said, begun, domain, nothing_to_do, settings, weft

PROJECT = Path(__file__).parents[1] / "golden" / "dbt" / "shop"
PRODUCT = "domains/sales/shop"


def on_the_lake(folder: Path) -> Path:
    """A mesh with the project in it; its manifest."""
    files = {
        "weft.yaml": b"mesh: loom\nwarehouses: {lake: {type: duckdb, path: .weft/lake}}\n",
        **domain("sales", "lake"),
    }
    lay_out(folder, files)
    shutil.copytree(PROJECT, folder / "shop")
    return folder / "shop/target/manifest.json"


def adopted(folder: Path, manifest: Path, *more: str) -> Said:
    said = weft(folder, "adopt", *more, "--dbt", str(manifest), "--into", "sales.shop", "--yes")
    assert said.code == 0, said
    return said


def changed(manifest: Path, change: Any) -> None:
    document = json.loads(manifest.read_text())
    change(document)
    manifest.write_text(json.dumps(document))


def contract(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / PRODUCT / f"{name}.odcs.yaml").read_text())
    return found


def columns(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in document["schema"][0]["properties"]}


def applies(folder: Path) -> None:
    """There is nothing to do for the project but for its draft, and after that is applied."""
    checked = weft(folder, "validate")
    assert checked.code == 0, checked
    assert "error[" not in checked.out
    begun(folder, "sales.shop")
    nothing_to_do(folder)


def test_there_is_nothing_to_do_until_it_is_a_draft_and_after_its_apply(tmp_path: Path) -> None:
    adopted(tmp_path, on_the_lake(tmp_path))
    assert "1 unit test: 1 ok" in weft(tmp_path, "test", "--unit").out
    applies(tmp_path)


def test_the_files_are_these(tmp_path: Path) -> None:
    """Every file of the draft, as bytes."""
    import os

    adopted(tmp_path, on_the_lake(tmp_path))
    found = sorted(each for each in (tmp_path / PRODUCT).rglob("*") if each.is_file())
    text = "".join(
        f"==> {each.relative_to(tmp_path / PRODUCT).as_posix()}\n{each.read_text()}\n"
        for each in found
    )
    golden = PROJECT.parent / "shop.adopted.txt"
    if os.environ.get("WEFT_GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()


def test_what_has_no_place_is_listed(tmp_path: Path) -> None:
    said = adopted(tmp_path, on_the_lake(tmp_path))
    page = (tmp_path / PRODUCT / "ADOPTED.md").read_text()
    for lost in (
        "model.shop.scores: it is written in python",
        "model.shop.late_scores: it reads model.shop.scores, which is left out",
        "metric.shop.revenue: there is no metric here",
        "analysis.shop.lookup: there is no analysis here",
    ):
        assert f"left out: {lost}\n" in said.err
        assert f"- {lost}\n" in page
    assert "exposure Weekly figures: dashboard of cfo@example.com, reads orders, customers" in page


def test_every_node_is_somewhere(tmp_path: Path) -> None:
    """Nothing of the manifest is lost silently: it is in a file, or it is told."""
    manifest = on_the_lake(tmp_path)
    adopted(tmp_path, manifest)
    document = json.loads(manifest.read_text())
    page = (tmp_path / PRODUCT / "ADOPTED.md").read_text()
    written = {each.stem.partition(".")[0] for each in (tmp_path / PRODUCT).rglob("*.*")}
    for id, node in document["nodes"].items():
        if node["resource_type"] in ("model", "seed"):
            version = f"_v{node['version']}" if node.get("version") else ""
            assert f"{node['name']}{version}" in written or id in page, id


def test_a_project_without_public_models_shows_its_last_ones(tmp_path: Path) -> None:
    manifest = on_the_lake(tmp_path)

    def close(document: dict[str, Any]) -> None:
        for node in document["nodes"].values():
            node["access"] = "protected"

    changed(manifest, close)
    adopted(tmp_path, manifest)
    ports = yaml.safe_load((tmp_path / PRODUCT / "product.yaml").read_text())["outputPorts"]
    assert [each["name"] for each in ports] == ["customers", "order_log", "orders", "orders"]
    applies(tmp_path)


@pytest.mark.parametrize("path", ["../../outside.csv", "/etc/hostname", "a\0b", "", "x" * 5000])
def test_no_file_outside_of_the_mesh_is_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.csv").write_text("id\n1\n")
    folder = tmp_path / "mesh"
    folder.mkdir()
    manifest = on_the_lake(folder)

    def lead_away(document: dict[str, Any]) -> None:
        document["nodes"]["seed.shop.raw_orders"]["original_file_path"] = path

    changed(manifest, lead_away)
    said = adopted(folder, manifest)
    assert "left out: seed.shop.raw_orders: its columns are nowhere to be read" in said.err
    assert "outside" not in (folder / PRODUCT / "ADOPTED.md").read_text()


def test_a_project_that_was_not_compiled_says_so(tmp_path: Path) -> None:
    manifest = on_the_lake(tmp_path)

    def parse_only(document: dict[str, Any]) -> None:
        for node in document["nodes"].values():
            node.pop("compiled_code", None)

    changed(manifest, parse_only)
    said = weft(tmp_path, "adopt", "--dbt", str(manifest), "--into", "sales.shop", "--yes")
    assert said.code == 5
    assert "it was not compiled; run `dbt compile` and adopt again" in said.err
    assert not (tmp_path / PRODUCT).exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Input data was truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('{\n"metadata": {]', "line 2: "),
        ('{"metadata": {"dbt_schema_version": "https://x/manifest/v9.json"}}', "version 9"),
        ('{"metadata": {}}', "version unknown"),
        (
            '{"metadata": {"dbt_schema_version": "https://x/manifest/v12.json"}, "nodes": '
            '{"model.a.b": {"unique_id": "model.a.b", "name": 7}}}',
            "Expected `str`, got `int` at model.a.b.name",
        ),
        (
            '{"metadata": {"dbt_schema_version": "https://x/manifest/v12.json"}, "nodes": '
            + '{"model.a.b": '
            + "[" * 100_000
            + "]" * 100_000
            + "}}",
            "is nested too deeply",
        ),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(tmp_path: Path, text: str, why: str) -> None:
    manifest = on_the_lake(tmp_path)
    manifest.write_text(text)
    said = weft(tmp_path, "adopt", "--dbt", str(manifest), "--into", "sales.shop", "--yes")
    assert said.code == 2, said
    assert why in said.err
    assert "next:  dbt compile" in said.err


@pytest.fixture
def shop(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """The tables that the project reads, in the database."""
    with psycopg.connect(**as_keywords(database), autocommit=True) as connection:
        connection.execute(
            """
            CREATE SCHEMA main;
            CREATE TABLE main.raw_customers (id bigint, first_name text, last_name text);
            CREATE TABLE main.raw_orders (id bigint, user_id bigint, order_date date, status text);
            CREATE TABLE main.raw_payments (
              id bigint, order_id bigint, payment_method text, amount numeric(10,2)
            );
            INSERT INTO main.raw_customers VALUES (1, 'Ann', 'A.'), (2, 'Bob', NULL);
            INSERT INTO main.raw_orders VALUES (1, 1, '2026-01-01', 'placed');
            INSERT INTO main.raw_payments VALUES (1, 1, 'coupon', 1000);
            """
        )
        yield connection


@pytest.mark.parametrize("home", ["lake", "ops_db"])
@pytest.mark.parametrize("version", [10, 11, 12])
def test_tables_are_described_by_their_database(
    shop: Any, database: dict[str, Any], tmp_path: Path, home: str, version: int
) -> None:
    """Seeds that lie nowhere in the mesh, and sources, are tables of the warehouse."""
    dialect = {"lake": "duckdb", "ops_db": "postgres"}[home]
    lay_out(tmp_path, {"weft.yaml": settings(database), **domain("sales", home, dialect)})
    manifest = tmp_path / "manifest.json"
    shutil.copy(PROJECT / "target/manifest.json", manifest)

    def on_postgres(document: dict[str, Any]) -> None:
        metadata = document["metadata"]
        metadata["adapter_type"] = "postgres"
        metadata["dbt_schema_version"] = f"https://schemas.getdbt.com/dbt/manifest/v{version}.json"
        seed = document["nodes"].pop("seed.shop.raw_orders")
        source = {**seed, "unique_id": "source.shop.main.raw_orders", "resource_type": "source"}
        source |= {"source_name": "main", "identifier": "raw_orders"}
        document["sources"] = {source["unique_id"]: source}
        orders = document["nodes"]["model.shop.stg_orders"]
        orders["depends_on"]["nodes"] = [source["unique_id"]]

    changed(manifest, on_postgres)
    adopted(tmp_path, manifest, "ops_db")
    source = contract(tmp_path, "sources/main_raw_orders")
    assert source["servers"][0]["schema"] == "main"
    assert columns(source)["order_date"] == {"name": "order_date", "logicalType": "date"}
    sql = (tmp_path / PRODUCT / "models/stg_orders.sql").read_text()
    assert "from main_raw_orders" in sql.lower()
    applies(tmp_path)
