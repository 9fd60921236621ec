"""What `ls` and `show` say of products, of what is in them, and of what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import Invalid, NotFound
from weft.app.show import Detail, list_products, named_part, show_product
from weft.app.system import System
from weft.mesh.manifest import PortVersion, Transform

COLUMNS = {"id": "integer", "price": "integer"}
SHOP = Product(
    "sales.shop",
    {"staged": "SELECT 1 AS id, 2 AS price", "sold": "SELECT id, price FROM staged"},
    (Port("sold", COLUMNS),),
)
OTHER = Product("crm.people", {"people": "SELECT 1 AS id"}, (Port("people", {"id": "integer"}),))
CONTRACT = "domains/sales/shop/sold.v1.odcs.yaml"


def detail_of(folder: Path, address: str) -> Detail:
    with opened(folder, "", System()) as mesh:
        return show_product(mesh, address)


def states(folder: Path, *select: str) -> dict[str, str]:
    with opened(folder, "", System()) as mesh:
        return {each.product: each.state for each in list_products(mesh, select).lines}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    lay_out(tmp_path, mesh_files((SHOP, OTHER)))
    return tmp_path


@pytest.fixture
def broken(shop: Path) -> Path:
    apply_files(shop)
    text = (shop / CONTRACT).read_text()
    (shop / CONTRACT).write_text(text.replace('"status"', '"staus"').replace("status:", "staus:"))
    return shop


def test_a_product_whose_files_have_errors_is_not_called_removed(broken: Path) -> None:
    assert states(broken) == {"crm.people": "unknown", "sales.shop": "has errors"}
    found = detail_of(broken, "sales.shop")
    assert (found.line.state, found.line.release) == ("has errors", 1)
    assert found.line.ports == ("sold@1",)


def test_a_product_that_is_gone_from_the_files_is_removed(shop: Path) -> None:
    apply_files(shop)
    for path in sorted((shop / "domains/sales/shop").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert states(shop) == {"crm.people": "applied", "sales.shop": "removed"}


def test_errors_in_a_domain_are_errors_of_its_products(shop: Path) -> None:
    apply_files(shop)
    (shop / "domains/sales/domain.yaml").write_text("id: [")
    assert states(shop) == {"crm.people": "unknown", "sales.shop": "has errors"}


def test_a_product_with_errors_is_listed_before_it_was_ever_applied(shop: Path) -> None:
    (shop / CONTRACT).write_text("id: [")
    assert states(shop) == {"crm.people": "new", "sales.shop": "has errors"}
    assert states(shop, "sales") == {"sales.shop": "has errors"}
    with pytest.raises(Invalid):
        detail_of(shop, "sales.shop.sold")


def test_what_is_in_a_product_is_found_by_all_its_addresses(shop: Path) -> None:
    found = detail_of(shop, "sales.shop")
    assert named_part(found, "sales.shop") is None
    for address in ("sales.shop.sold", "sales.shop.sold@1"):
        port = named_part(found, address)
        assert isinstance(port, PortVersion)
        assert port.name == "sold@1"
    model = named_part(found, "sales.shop.staged")
    assert isinstance(model, Transform)
    assert model.name == "staged"


def test_a_column_is_shown_alone(shop: Path) -> None:
    found = detail_of(shop, "sales.shop")
    for address in ("sales.shop.sold#price", "sales.shop.sold@1#sold.price"):
        port = named_part(found, address)
        assert isinstance(port, PortVersion)
        assert [each.name for obj in port.objects for each in obj.columns] == ["price"]
    model = named_part(found, "sales.shop.staged#id")
    assert isinstance(model, Transform)
    assert [each.name for each in model.columns] == ["id"]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("sales.shop@x", ""),
        ("sales.shop@1", ""),
        ("sales.shop#sold", "sales.shop.sold"),
        ("sales.shop.sold@1x", "sales.shop.sold@1"),
        ("sales.shop.sold@2", "sales.shop.sold@1"),
        ("sales.shop.stagd", "sales.shop.staged"),
        ("sales.shop.sold@1#prise", "sales.shop.sold@1#price"),
        ("sales.shop.staged#prise", "sales.shop.staged#price"),
    ],
)
def test_what_is_not_there_is_said(shop: Path, address: str, near: str) -> None:
    with pytest.raises(NotFound, match=address) as stopped:
        named_part(detail_of(shop, address), address)
    if near:
        assert stopped.value.why == f"did you mean `{near}`?"
