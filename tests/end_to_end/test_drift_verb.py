"""`weft drift` on both warehouses: what somebody did outside is found, brought back, or borne."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mesh_files import Port, Product
from postgres_objects import read_as_admin
from postgres_server import ADMIN
from two_warehouses import Said, applied, files_of, weft

LATER = "2999-12-31"
ORDERS = Product(
    "sales.orders",
    {"orders": "SELECT 1 AS id, 'pen' AS thing UNION ALL SELECT 2, 'ink'"},
    (Port("orders", {"id": "integer", "thing": "string"}),),
)
TOTALS = Product(
    "reports.totals",
    {"totals": "SELECT COUNT(*) AS orders FROM orders"},
    (Port("totals", {"orders": "integer"}),),
    inputs=("sales.orders.orders",),
)


@pytest.fixture
def mesh(tmp_path: Path, database: dict[str, Any]) -> Path:
    """A mesh with a product in the database and one on the lake that reads it."""
    folder = tmp_path / "mesh"
    folder.mkdir()
    applied(folder, files_of([ORDERS, TOTALS], database, sales="ops_db"))
    return folder


@pytest.fixture
def admin(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who may do everything in the database."""
    options = {**database, "dbname": database["database"], "user": ADMIN}
    del options["database"]
    with psycopg.connect(**options, autocommit=True) as connection:
        yield connection


def found(folder: Path, *options: str) -> list[dict[str, Any]]:
    said = weft(folder, "drift", "--json", *options)
    assert said.code == 0, said
    drifts: list[dict[str, Any]] = said.data["drift"]
    return drifts


def only(folder: Path, *options: str) -> dict[str, Any]:
    [drift] = found(folder, *options)
    return drift


def lake(folder: Path) -> Path:
    return folder / ".weft/lake"


def build_in(admin: psycopg.Connection[Any]) -> str:
    """The table behind the port in the database."""
    rows = admin.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'b_%' AND relkind = 'r'"
    ).fetchall()
    [(name,)] = rows
    return f"sales__orders__internal.{name}"


def answer(folder: Path) -> Any:
    said = weft(folder, "query", "SELECT count(*) AS n FROM sales.orders.orders", "--json")
    assert said.code == 0, said
    return said.data["rows"][0]["n"]


def clean(said: Said, folder: Path) -> None:
    """It went well, and nothing is left to be found or to be done."""
    assert said.code == 0, said
    assert found(folder) == []
    assert weft(folder, "plan", "--detailed-exitcode").code == 0
    assert weft(folder, "audit", "verify").code == 0


def test_nothing_was_changed(mesh: Path) -> None:
    said = weft(mesh, "drift", "--detailed-exitcode")
    assert said.code == 0
    assert said.out.startswith("Nothing was changed outside: prod is as Weft left it. ")


def test_a_view_that_was_replaced(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute(
        "CREATE OR REPLACE VIEW sales__orders.orders_v1 WITH (security_barrier = true, "
        f"security_invoker = false) AS SELECT id, thing FROM {build_in(admin)} WHERE id = 1"
    )
    assert answer(mesh) == 2, "a query reads the build and not the view"
    drift = only(mesh)
    assert (drift["kind"], drift["product"]) == ("view", "sales.orders")
    assert weft(mesh, "drift", "--detailed-exitcode").code == 3
    said = weft(mesh, "drift", "--revert", drift["id"], "--yes")
    assert "CREATE OR REPLACE VIEW" in said.out
    clean(said, mesh)
    assert admin.execute("SELECT count(*) FROM sales__orders.orders").fetchone() == (2,)


def test_what_is_shown_and_dropped_in_one_run_is_no_drift(
    mesh: Path, database: dict[str, Any]
) -> None:
    more = replace(ORDERS, models={**ORDERS.models, "pens": "SELECT 1 AS id"})
    again = replace(ORDERS, models={"orders": "SELECT 3 AS id, 'pad' AS thing"})
    for product in (more, again):
        applied(mesh, files_of([product, TOTALS], database, sales="ops_db"), "--allow-drop")
    assert found(mesh) == []
    numbers = "SELECT number FROM sales__orders__internal.releases ORDER BY number"
    assert read_as_admin(database, numbers) == [1, 2, 3, 4]


def test_a_table_that_was_filled_is_built_again(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute(f"INSERT INTO {build_in(admin)} VALUES (3, 'forged')")
    assert answer(mesh) == 3
    drift = only(mesh)
    assert (drift["kind"], drift["address"]) == ("build", "sales.orders.orders")
    assert drift["differences"] == [{"fact": "rows", "was": "2", "found": "3, 1 of them changed"}]
    assert found(mesh, "--no-data") == []
    said = weft(mesh, "drift", "--revert", "all", "--yes")
    assert "1 reverted · 1 built" in said.out
    clean(said, mesh)
    assert answer(mesh) == 2


def test_rows_that_were_all_changed_at_once(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute(f"UPDATE {build_in(admin)} SET thing = 'forged'")
    drift = only(mesh)
    assert drift["differences"] == [{"fact": "rows", "was": "2", "found": "2, 2 of them changed"}]
    clean(weft(mesh, "drift", "--revert", "all", "--yes"), mesh)


def test_a_trigger_goes_where_that_is_asked_for(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute(
        "CREATE TRIGGER same BEFORE UPDATE ON sales__orders__internal.pointer "
        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    )
    drift = only(mesh)
    assert (drift["kind"], drift["ways"]) == ("trigger", ["revert", "adopt", "accept"])
    assert weft(mesh, "drift", "--revert", "all", "--yes").code == 5
    said = weft(mesh, "drift", "--revert", "all", "--yes", "--allow-drop")
    assert 'DROP TRIGGER "same" ON "sales__orders__internal"."pointer"' in said.out
    clean(said, mesh)


def test_a_copy_is_made_again_when_it_is_needed(
    tmp_path: Path, database: dict[str, Any], admin: psycopg.Connection[Any]
) -> None:
    folder = tmp_path / "mesh"
    folder.mkdir()
    files = files_of([ORDERS, TOTALS], database, reports="ops_db")
    applied(folder, files)
    [(copied,)] = admin.execute(
        "SELECT c.oid::regclass::text FROM pg_class AS c "
        "WHERE relkind = 'r' AND relname ~ '^b_' AND relnamespace::regnamespace::text ~ '^weft'"
    ).fetchall()
    admin.execute(f"DELETE FROM {copied} WHERE id = 1")
    drift = only(folder)
    assert (drift["kind"], drift["name"], drift["product"]) == ("copy", copied, "")
    said = weft(folder, "drift", "--revert", "all", "--yes")
    assert "1 reverted" in said.out
    clean(said, folder)
    path = next(each for each in files if each.endswith("models/totals.sql"))
    (folder / path).write_text("SELECT COUNT(*) + 10 AS orders FROM orders\n")
    assert weft(folder, "apply", "--yes").code == 0
    rows = "SELECT orders FROM reports__totals.totals"
    assert admin.execute(rows).fetchall() == [(12,)]


def test_a_table_that_was_dropped_with_its_views(
    mesh: Path, admin: psycopg.Connection[Any]
) -> None:
    admin.execute(f"DROP TABLE {build_in(admin)} CASCADE")
    assert {each["kind"] for each in found(mesh)} == {"build", "view"}
    clean(weft(mesh, "drift", "--revert", "all", "--yes"), mesh)
    assert admin.execute("SELECT count(*) FROM sales__orders.orders").fetchone() == (2,)


def test_a_schema_that_was_dropped_comes_back_in_two_steps(
    mesh: Path, admin: psycopg.Connection[Any]
) -> None:
    admin.execute("DROP SCHEMA sales__orders__internal CASCADE")
    assert weft(mesh, "drift", "--revert", "all", "--yes").code == 0
    assert weft(mesh, "apply", "--yes").code == 0
    clean(weft(mesh, "drift", "--revert", "all", "--yes"), mesh)
    assert admin.execute("SELECT count(*) FROM sales__orders.orders").fetchone() == (2,)


def test_a_grant_is_adopted_and_stays(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute("GRANT SELECT ON sales__orders.orders_v1 TO PUBLIC")
    drift = only(mesh)
    assert drift["ways"] == ["revert", "adopt", "accept"]
    assert weft(mesh, "drift", "--adopt", drift["id"]).code == 2, "it needs a reason"
    said = weft(mesh, "drift", "--adopt", drift["id"], "--reason", "all may read it")
    assert said.code == 0
    assert only(mesh)["state"] == "adopted"
    assert weft(mesh, "drift", "--detailed-exitcode").code == 0
    admin.execute("GRANT UPDATE ON sales__orders.orders_v1 TO PUBLIC")
    assert only(mesh)["state"] == "open", "it is more than what was adopted"
    assert weft(mesh, "drift", "--revert", only(mesh)["id"], "--yes").code == 0
    assert found(mesh) == []


def test_drift_is_borne_until_a_day_is_over(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute("CREATE TABLE sales__orders.notes (id integer)")
    id = only(mesh)["id"]
    assert weft(mesh, "drift", "--accept", id, "--until", "soon", "--reason", "x").code == 2
    assert weft(mesh, "drift", "--accept", id, "--until", "2020-01-01", "--reason", "x").code == 2
    said = weft(mesh, "drift", "--accept", id, "--until", LATER, "--reason", "a trial")
    assert said.code == 0
    assert f"{id} sales__orders.notes is accepted until {LATER}." in said.err
    shown = weft(mesh, "drift", "--detailed-exitcode")
    assert shown.code == 0
    assert f"accepted     until {LATER} by" in shown.out
    [entry] = json.loads(weft(mesh, "audit", "log", "--limit", "1", "--json").out)["rows"]
    assert entry["action"] == "drift.accepted"
    assert weft(mesh, "drift", "--reopen", id).code == 0
    assert only(mesh)["state"] == "open"
    assert weft(mesh, "drift", "--reopen", id).code == 2


def test_what_is_not_wefts_is_only_dropped_where_that_is_asked_for(
    mesh: Path, admin: psycopg.Connection[Any]
) -> None:
    admin.execute("CREATE TABLE sales__orders.notes AS SELECT 1 AS id")
    said = weft(mesh, "drift", "--revert", "all", "--yes")
    assert said.code == 5
    assert "sales__orders.notes" in said.err
    clean(weft(mesh, "drift", "--revert", "all", "--yes", "--allow-drop"), mesh)


def test_a_release_file_that_was_copied_over_another(mesh: Path) -> None:
    files = files_of([ORDERS, TOTALS], {}, sales="ops_db")
    path = next(each for each in files if each.endswith("models/totals.sql"))
    (mesh / path).write_text("SELECT COUNT(*) + 1 AS orders FROM orders\n")
    assert weft(mesh, "apply", "--yes").code == 0
    folder = lake(mesh) / "releases/prod/reports/totals"
    shutil.copy(folder / "00000001.json", folder / "00000002.json")
    drift = only(mesh)
    assert (drift["kind"], drift["deviation"]) == ("release", "changed")
    clean(weft(mesh, "drift", "--revert", drift["id"], "--yes"), mesh)


def test_files_of_the_lake(mesh: Path) -> None:
    root = lake(mesh)
    root.chmod(0o755)
    (root / "notes.txt").write_text("x")
    (root / "ports.duckdb").write_bytes(b"x")
    release = json.loads((root / "releases/prod/reports/totals/00000001.json").read_text())
    [data] = root.glob(f"files/{release['builds']['totals']}-*.parquet")
    data.unlink()
    kinds = sorted(each["kind"] for each in found(mesh))
    assert kinds == ["build", "file", "folder", "object"]
    clean(weft(mesh, "drift", "--revert", "all", "--yes", "--allow-drop"), mesh)
    assert root.stat().st_mode & 0o007 == 0


def test_a_plan_tells_of_drift_in_what_it_changes(
    mesh: Path, admin: psycopg.Connection[Any]
) -> None:
    admin.execute("GRANT SELECT ON sales__orders.orders_v1 TO PUBLIC")
    assert "drift" not in weft(mesh, "plan").out, "nothing of it is changed"
    files = files_of([ORDERS, TOTALS], {}, sales="ops_db")
    path = next(each for each in files if each.endswith("models/orders.sql"))
    (mesh / path).write_text("SELECT 1 AS id, 'pen' AS thing\n")
    line = "  ! drift: 1 object changed outside, not touched here · weft drift"
    assert line in weft(mesh, "plan").out
    assert line in weft(mesh, "apply", "--yes").out
    assert only(mesh)["kind"] == "grant", "an apply leaves it"


def test_only_the_products_that_are_asked_for(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute("GRANT SELECT ON sales__orders.orders_v1 TO PUBLIC")
    (lake(mesh) / "notes.txt").write_text("x")
    assert [each["kind"] for each in found(mesh, "reports")] == []
    assert [each["kind"] for each in found(mesh, "sales.orders")] == ["grant"]
    assert weft(mesh, "drift", "seles.orders").code == 2


def test_an_id_that_nothing_has(mesh: Path) -> None:
    said = weft(mesh, "drift", "--revert", "00000000", "--yes")
    assert (said.code, "there is no drift `00000000`" in said.err) == (2, True)
    said = weft(mesh, "drift", "--revert", "all", "--yes")
    assert (said.code, "There is nothing to bring back." in said.err) == (0, True)
    assert weft(mesh, "drift", "--revert", "x", "--adopt", "x").code == 2


def test_nobody_who_can_be_asked(mesh: Path, admin: psycopg.Connection[Any]) -> None:
    admin.execute("GRANT SELECT ON sales__orders.orders_v1 TO PUBLIC")
    assert weft(mesh, "drift", "--revert", "all").code == 2
    assert only(mesh)["state"] == "open"
