"""Which environment is production is remembered: another name for it does not lift the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from applying import apply_files
from environment_meshes import LAKE, plan_of, seen
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import Blocked
from weft.app.system import System

WIDE = Product(
    "shop.orders",
    {"lines": "SELECT 1 AS id, 2 AS price"},
    (Port("lines", {"id": "integer", "price": "integer"}),),
)
NARROW = Product("shop.orders", {"lines": "SELECT 1 AS id"}, (Port("lines", {"id": "integer"}),))
RENAMED = LAKE.settings(production="live", environments={"prod": {}, "live": {}})


@pytest.mark.parametrize("environment", ["", "prod", "live"])
def test_another_name_for_production_is_refused(tmp_path: Path, environment: str) -> None:
    apply_files(tmp_path, mesh_files([WIDE]))
    lay_out(tmp_path, {**mesh_files([NARROW]), **RENAMED})
    with pytest.raises(Blocked) as refused:
        plan_of(tmp_path, environment)
    assert str(refused.value) == (
        "weft.yaml says that `live` is production, and what consumers see is `prod`"
    )
    assert refused.value.next_step == "`production: prod` in weft.yaml"
    lay_out(tmp_path, mesh_files([NARROW]))
    assert plan_of(tmp_path).blocked


def test_another_environment_settles_it_as_well(tmp_path: Path) -> None:
    settings = LAKE.settings(production="live", environments={"dev": {}, "live": {}})
    apply_files(tmp_path, {**mesh_files([WIDE]), **settings}, environment="dev")
    with opened(tmp_path, "dev", System()) as mesh:
        assert mesh.store.definitions.production() == "live"


def test_it_may_have_another_name_while_nothing_was_applied_there(tmp_path: Path) -> None:
    settings = LAKE.settings(environments={"dev": {}, "prod": {}})
    apply_files(tmp_path, {**mesh_files([WIDE]), **settings}, environment="dev")
    apply_files(tmp_path, {**mesh_files([WIDE]), **RENAMED})
    assert seen(tmp_path, "", "shop.orders.lines") == [1]
    lay_out(tmp_path, mesh_files([WIDE]))
    with pytest.raises(Blocked, match="what consumers see is `live`"):
        plan_of(tmp_path)
