"""The next major of a port from its preview to its release, the same on every warehouse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from commands import called
from environment_meshes import Ground
from mesh_files import Port, Product, document, lay_out
from weft.app.errors import Blocked, WrongQuery

OLD = Port("orders", {"id": "integer", "amount": "integer"})
NEW = Port("orders", {"id": "integer", "total": "integer"}, version="2.0.0")
CANDIDATE = replace(NEW, status="draft", candidate="2999-12-31")
FIRST, SECOND = "shop.sales.orders@1", "shop.sales.orders@2"
READER = Product(
    "shop.sums",
    {"sums": "SELECT CAST(sum(amount) AS BIGINT) AS total FROM orders"},
    (Port("sums", {"total": "integer"}),),
    inputs=("shop.sales.orders",),
)
ONE_ROW = {"name": "one row", "metric": "rowCount", "mustBe": 1}
EXPECTED = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "shop.sums.expects.orders",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "orders",
            "properties": [{"name": "id", "unique": True}],
            "quality": [
                {
                    "name": "few orders",
                    "type": "sql",
                    "query": "SELECT count(*) FROM ${table}",
                    "mustBeLessThan": 10,
                }
            ],
        }
    ],
}


def files(ground: Ground, *ports: Port, ids: str, amount: int = 7) -> dict[str, bytes]:
    """The producer, and a reader that pins the first major and says what it expects."""
    one = f"SELECT CAST(x AS INTEGER) AS id, {amount} AS amount FROM (VALUES (1), (2)) AS t(x)"
    two = f"SELECT CAST(x AS INTEGER) AS id, 7 AS total FROM (VALUES {ids}) AS t(x)"
    producer = Product("shop.sales", {"orders_v1": one, "orders_v2": two}, ports)
    made = ground.of(producer, READER)
    path = "domains/shop/sums/product.yaml"
    made[path] = made[path].replace(b'"contractId"', b'"version": "1", "contractId"', 1)
    made["domains/shop/sums/expectations/orders.odcs.yaml"] = document(EXPECTED)
    return made


def values(capsys: pytest.CaptureFixture[str], query: str) -> set[int]:
    """The values of one column."""
    rows = called(capsys, "query", query, "--json").data["rows"]
    return {value for row in rows for value in row.values()}


def test_a_preview_is_compared_objected_to_mended_and_released(
    ground: Ground,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    apply_files(tmp_path, files(ground, OLD, ids="(1), (1)"))
    lay_out(tmp_path, files(ground, OLD, CANDIDATE, ids="(1), (1)"))
    plan = called(capsys, "plan").told
    assert "draft, shown as a preview until 2999-12-31" in plan
    assert f"Sign-offs: shop.sums open until 2999-12-31 ({SECOND})" in plan
    said = called(capsys, "apply", "--yes").told
    assert "shop.sums would break: 1 of 2 rows of shop.sales.orders@2.orders" in said

    rows = called(capsys, "query", "SELECT total FROM shop.sales.orders_v2_rc", "--json").data
    assert len(rows["rows"]) == 2
    assert called(capsys, "query", "SELECT amount FROM shop.sales.orders").code == 0
    assert "orders@2 (preview)" in called(capsys, "ls").told
    assert called(capsys, "drift", "--detailed-exitcode").code == 0
    page = called(capsys, "show", SECOND).told
    assert "draft, preview until 2999-12-31" in page
    assert "shop.sales.orders_v2_rc" in page
    compared = called(capsys, "diff", FIRST, SECOND, "--key", "id", "--json").data
    [found] = compared["objects"]
    assert (found["state"], found["keys"]) == ("differs", [2, 1, 1])

    strict = replace(CANDIDATE, rules=(ONE_ROW,))
    lay_out(tmp_path, files(ground, OLD, strict, ids="(1), (5)", amount=8))
    kept = f"{SECOND} stays as it was, checks failed: one row"
    applied = called(capsys, "apply", "--yes")
    assert applied.code == 0 and "(only orders@2 is kept back)" in applied.told
    assert values(capsys, "SELECT amount FROM shop.sales.orders_v1") == {8}
    assert values(capsys, "SELECT id FROM shop.sales.orders_v2_rc") == {1}
    assert f"but for {SECOND}.\n  see why:  weft test shop.sales" in called(capsys, "plan").told
    again = called(capsys, "apply", "--yes")
    assert again.code == 0 and kept in again.told
    assert "kept back" in called(capsys, "why", "shop.sales").told
    assert called(capsys, "drift", "--detailed-exitcode").code == 0

    no = ("--consumer", "shop.sums", "--no", "--reason", "ids repeat")
    assert called(capsys, "release", "signoff", SECOND, *no).code == 0
    lay_out(tmp_path, files(ground, OLD, NEW, ids="(1), (1)"))
    with pytest.raises(Blocked, match=f"{SECOND} cannot be released: shop.sums says no"):
        called(capsys, "apply", "--yes")

    lay_out(tmp_path, files(ground, OLD, CANDIDATE, ids="(1), (3)"))
    assert "would break" not in called(capsys, "apply", "--yes").told
    yes = ("--consumer", "shop.sums", "--yes")
    assert called(capsys, "release", "signoff", SECOND, *yes).code == 0
    lay_out(tmp_path, files(ground, OLD, NEW, ids="(1), (3)"))
    assert called(capsys, "apply", "--yes").code == 0
    assert called(capsys, "query", "SELECT total FROM shop.sales.orders_v2").code == 0
    assert called(capsys, "query", "SELECT total FROM shop.sales.orders").code == 0
    with pytest.raises(WrongQuery):
        called(capsys, "query", "SELECT total FROM shop.sales.orders_v2_rc")
    assert called(capsys, "query", "SELECT amount FROM shop.sales.orders_v1").code == 0
    assert "Nothing to do" in called(capsys, "plan").told
    assert called(capsys, "drift", "--detailed-exitcode").code == 0
