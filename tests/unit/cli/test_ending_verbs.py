"""`weft deprecate`, `weft consumers` and `weft retire`, on a mesh of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from applying import apply_files
from commands import Said, called
from mesh_files import Port, Product, mesh_files
from weft.app.errors import Blocked, Usage
from weft.app.yaml_write import yaml_text

ONE = "shop.sales.orders@1"
CONTRACT = "domains/shop/sales/orders.v1.odcs.yaml"
DEPRECATE = ("deprecate", ONE, "--until", "2999-12-31", "--reason", "nobody asks", "--yes")


@pytest.fixture
def weft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Run commands in a mesh with one port and a product that reads it."""
    monkeypatch.chdir(tmp_path)
    sales = Product(
        "shop.sales",
        {"orders": "SELECT CAST(1 AS INTEGER) AS id"},
        (Port("orders", {"id": "integer"}),),
    )
    sums = Product(
        "shop.sums",
        {"sums": "SELECT CAST(count(id) AS BIGINT) AS n FROM orders"},
        (Port("sums", {"n": "integer"}),),
        inputs=("shop.sales.orders",),
    )
    files = mesh_files([sales, sums])
    for path in (CONTRACT, "domains/shop/sales/product.yaml"):
        files[path] = yaml_text(json.loads(files[path])).encode()
    apply_files(tmp_path, files)

    return partial(called, capsys)


def test_a_version_is_deprecated_and_the_plan_is_shown(
    weft: Callable[..., Said], tmp_path: Path
) -> None:
    said = weft(*DEPRECATE)
    assert said.code == 0
    assert "active -> deprecated" in said.out
    assert "status: deprecated" in (tmp_path / CONTRACT).read_text()
    again = weft(*DEPRECATE)
    assert (again.code, "deprecated until 2999-12-31 already" in again.out) == (0, True)
    assert weft("apply", "--yes").code == 0
    warned = weft("validate")
    assert "W431" in warned.out + warned.err
    assert "deprecated, ends 2999-12-31" in weft("show", ONE).out
    board = weft("consumers", "shop.sales.orders", "--json").data["board"]
    [reader] = board["consumers"]
    assert (reader["consumer"], reader["told"][0]["message"]) == (
        "shop.sums",
        "orders@1 ends 2999-12-31: nobody asks",
    )


def test_a_retirement_is_refused_with_what_is_in_its_way(weft: Callable[..., Said]) -> None:
    with pytest.raises(Blocked, match="it is active, and what ends is deprecated first") as said:
        weft("retire", ONE, "--yes")
    assert said.value.next_step == f"weft deprecate {ONE} --until DATE"


@pytest.mark.parametrize(
    "options",
    [
        ("--override",),
        ("--reason", "names"),
        ("--undo", "--reason", "names"),
        ("--undo", "--outage", "2999-12-01"),
        ("--outage", "2999-12-01", "--reason", "names"),
    ],
)
def test_options_that_do_not_fit_together(
    weft: Callable[..., Said], options: tuple[str, ...]
) -> None:
    with pytest.raises(Usage):
        weft("retire", ONE, *options)


def test_an_override_and_taking_it_back(weft: Callable[..., Said], tmp_path: Path) -> None:
    before = (tmp_path / CONTRACT).read_text()
    assert weft("retire", ONE, "--override", "--reason", "it shows names", "--yes").code == 0
    assert "reason: it shows names" in (tmp_path / CONTRACT).read_text()
    twice = weft("retire", ONE, "--yes")
    assert (twice.code, "retired already" in twice.out) == (0, True)
    assert weft("retire", ONE, "--undo", "--yes").code == 0
    assert (tmp_path / CONTRACT).read_text() == before


def test_an_outage_is_planned_shown_and_taken_back(
    weft: Callable[..., Said], tmp_path: Path
) -> None:
    assert weft(*DEPRECATE).code == 0
    assert weft("apply", "--yes").code == 0
    before = (tmp_path / CONTRACT).read_text()
    planned = weft("retire", ONE, "--outage", "2999-12-01", "--yes")
    assert planned.code == 0
    assert "+ outage               2999-12-01 00:00Z to 2999-12-02 00:00Z" in planned.out
    again = weft("retire", ONE, "--outage", "2999-12-01/2999-12-01", "--yes")
    assert "this outage is planned already" in again.out
    assert weft("apply", "--yes").code == 0
    assert "has a planned outage, 2999-12-01 00:00Z" in weft("status").out
    [found] = weft("status", "--json").data["outages"]
    assert found == {
        "port": ONE,
        "begins": "2999-12-01T00:00:00.000Z",
        "ends": "2999-12-02T00:00:00.000Z",
        "until": "",
    }
    assert "outage planned" in weft("consumers", "shop.sales.orders").out
    assert "outage 2999-12-01 00:00Z" in weft("show", ONE).out
    assert weft("retire", ONE, "--undo", "--yes").code == 0
    assert (tmp_path / CONTRACT).read_text() == before.replace("1.0.1", "1.0.3")
