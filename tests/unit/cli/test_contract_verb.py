"""`weft contract`, as it is typed: what it shows, what it offers, and what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from commands import called
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.errors import Invalid, NotFound
from weft.cli.main import run

Golden = Callable[[str, str], None]

ORDERS = "shop.orders.orders@1"
PATH = "domains/shop/orders/orders.v1.odcs.yaml"
CONTRACT = b"""\
use: house
id: shop.orders.orders
version: 1.0.0
status: draft
schema:
  - name: orders
    properties:
      - use: id
      # what the order is worth
      - name: price
        logicalType: string   # a text?
"""
SHARED = b"""\
contract:
  house: {apiVersion: v3.2.0, kind: DataContract, slaProperties: {use: daily}}
slaProperties:
  daily: [{property: frequency, value: 1, unit: d}]
properties:
  id: {logicalType: integer, required: true, description: Identifies the order.}
"""
SQL = "SELECT CAST(id AS INTEGER) AS id, id * 2 AS price, 'EUR' AS currency FROM range(3) AS t(id)"


@pytest.fixture
def mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    product = Product("shop.orders", {"orders": SQL}, (Port("orders", {"id": "integer"}),))
    lay_out(tmp_path, mesh_files([product]) | {PATH: CONTRACT, "shared/house.yaml": SHARED})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    said = called(capsys, "contract", *arguments)
    assert said.code == 0
    return said.out


def test_a_contract_is_shown_as_it_is_written(
    mesh: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "show", ORDERS) == CONTRACT.decode()
    found = json.loads(said(capsys, "show", "shop.orders.orders", "--json"))
    assert (found["schema"], found["contract"]) == ("weft.contract/1", ORDERS)
    assert (found["path"], found["document"]["use"]) == (PATH, "house")


def test_a_contract_is_shown_as_it_is_meant(
    mesh: Path, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    text = said(capsys, "show", ORDERS, "--resolved")
    golden("contract_resolved", text)
    found = json.loads(said(capsys, "show", ORDERS, "--resolved", "--json"))
    assert found["document"] == yaml.safe_load(text)


def test_a_contract_that_is_not_there_or_uses_what_is_not(mesh: Path) -> None:
    with pytest.raises(NotFound, match="no contract of") as missing:
        run(("contract", "show", "shop.orders.orders@2"))
    assert "shop.orders.orders@1" in missing.value.why
    (mesh / "shared" / "house.yaml").unlink()
    with pytest.raises(Invalid) as wrong:
        run(("contract", "show", ORDERS, "--resolved"))
    assert {each.code for each in wrong.value.diagnostics} == {"W270"}


def test_a_change_is_offered_and_written(
    mesh: Path, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    golden("contract_sync", said(capsys, "sync", ORDERS, "--dry-run"))
    assert (mesh / PATH).read_bytes() == CONTRACT
    found = json.loads(said(capsys, "sync", ORDERS, "--dry-run", "--json"))
    assert found["rows"][0]["path"] == PATH
    assert len(found["notes"]) == 1
    assert said(capsys, "sync", ORDERS, "--yes") == f"changed {PATH}\n"
    assert (mesh / PATH).read_text() == found["rows"][0]["text"]
    assert run(("validate",)) == 0
    golden("contract_up_to_date", said(capsys, "sync", ORDERS))


def test_rows_are_looked_at_where_there_are_any(
    mesh: Path, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    said(capsys, "sync", ORDERS, "--yes")
    assert run(("apply", "--env", "dev", "--new-env", "--yes")) == 6, "the price is no text"
    golden(
        "contract_sync_rows",
        said(capsys, "sync", ORDERS, "--env", "dev", "--dry-run", "--ranges", "--examples"),
    )
    said(capsys, "sync", ORDERS, "--env", "dev", "--key", " id", "--yes")
    assert "primaryKey: true" in (mesh / PATH).read_text()
    assert run(("apply", "--env", "dev", "--yes")) == 0
