"""Scaffolds: what init and new write validates at once, and nothing is ever overwritten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from weft.app.errors import Blocked, NotFound, Usage
from weft.app.init import draft_mesh
from weft.app.new import draft_domain, draft_product
from weft.app.new_files import Draft, Edit, NewFile, write
from weft.app.new_port import Major, draft_port
from weft.app.settings import load_settings
from weft.app.system import System
from weft.app.validate import validate
from weft.mesh.address import PortAddress, ProductAddress

ORDERS = ProductAddress("sales", "orders")
PORT = PortAddress(ORDERS, "orders")


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    """A mesh with one domain and one product, as the scaffolds write them."""
    folder = tmp_path / "Sky Line"
    write(folder, draft_mesh(folder))
    settings = load_settings(folder, {})
    write(folder, draft_domain(settings, "sales", "alice@example.com"))
    write(folder, draft_product(folder, ORDERS))
    return folder


def findings(mesh: Path) -> list[str]:
    loaded = validate(mesh, System()).loaded
    return [f"{each.code} {each.message}" for each in loaded.diagnostics]


def read(mesh: Path, path: str) -> object:
    return yaml.safe_load((mesh / path).read_text())


def test_what_is_written_validates_at_once(mesh: Path) -> None:
    assert findings(mesh) == []
    assert list(validate(mesh, System()).loaded.products) == ["sales.orders"]


def test_a_mesh_is_named_after_its_folder(mesh: Path) -> None:
    assert load_settings(mesh, {}).mesh == "sky_line"


@pytest.mark.parametrize("name", ["null", "true", "yes", "on", "e5", "order", "select"])
def test_names_that_yaml_or_sql_would_read_as_something_else(mesh: Path, name: str) -> None:
    write(mesh, draft_domain(load_settings(mesh, {}), name, "a: b # c"))
    write(mesh, draft_product(mesh, ProductAddress(name, name), owner='"quoted"'))
    assert findings(mesh) == []


def test_the_rows_to_start_with_never_have_the_ports_name(mesh: Path) -> None:
    write(mesh, draft_product(mesh, ProductAddress("sales", "starting_rows")))
    assert findings(mesh) == []


def test_a_name_outside_the_rules_is_refused(mesh: Path) -> None:
    with pytest.raises(Usage, match="lower-case"):
        draft_product(mesh, ProductAddress("sales", "Orders"))
    with pytest.raises(Usage, match="_vN"):
        draft_product(mesh, ProductAddress("sales", "orders_v2"))
    assert draft_product(mesh, ProductAddress("sales", "orders_v2"), port="orders").files
    with pytest.raises(Usage, match="reserved"):
        draft_mesh(mesh / "other", "weft")
    with pytest.raises(Usage, match="`shared` cannot be the name of a product"):
        draft_product(mesh, ProductAddress("sales", "shared"))


def test_an_unknown_domain_or_warehouse_offers_the_nearest(mesh: Path) -> None:
    with pytest.raises(NotFound) as stopped:
        draft_product(mesh, ProductAddress("sale", "orders"))
    assert "sales" in stopped.value.why
    with pytest.raises(NotFound) as stopped:
        draft_domain(load_settings(mesh, {}), "fleet", "bob", "lakes")
    assert "lake" in stopped.value.why


def test_a_mesh_is_begun_once(mesh: Path) -> None:
    with pytest.raises(Blocked, match="already"):
        draft_mesh(mesh)


@pytest.mark.parametrize(
    ("before", "after"), [("*.pyc\n", "*.pyc\n\n"), ("*.pyc", "*.pyc\n\n"), ("", "")]
)
def test_a_gitignore_that_exists_is_added_to(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    draft = draft_mesh(tmp_path, "skyline")
    write(tmp_path, draft)
    text = (tmp_path / ".gitignore").read_text()
    assert text.startswith(after)
    assert ".weft/" in text.split()


def test_a_gitignore_that_knows_weft_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".weft/\n")
    assert draft_mesh(tmp_path, "skyline").edits == ()


def test_no_file_is_overwritten_and_nothing_is_written_then(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(Blocked, match="b exists already"):
        write(tmp_path, Draft((NewFile("a", "1"), NewFile("b", "2"))))
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "b").read_text() == "mine"


def test_an_edit_of_a_file_that_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("new")
    with pytest.raises(Blocked, match="changed"):
        write(tmp_path, Draft((NewFile("b", "1"),), (Edit("a", "old", "x"),)))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("before", "after"), [(b"a\r\nb\r\n", b"a\r\nc\r\n"), (b"a\nb\n", b"a\nc\n")]
)
def test_lines_end_as_they_did_before_an_edit(tmp_path: Path, before: bytes, after: bytes) -> None:
    (tmp_path / "a.yaml").write_bytes(before)
    write(tmp_path, Draft((), (Edit("a.yaml", "a\nb\n", "a\nc\n"),)))
    assert (tmp_path / "a.yaml").read_bytes() == after


def test_the_next_major_is_a_copy_beside_the_old_one(mesh: Path) -> None:
    before = (mesh / "domains/sales/orders/product.yaml").read_text()
    write(mesh, draft_port(mesh, PORT, Major()))
    assert findings(mesh) == []
    product = (mesh / "domains/sales/orders/product.yaml").read_text()
    assert [line for line in before.splitlines() if line not in product.splitlines()] == []
    ports = read(mesh, "domains/sales/orders/product.yaml")["outputPorts"]  # type: ignore[index]
    assert [each["version"] for each in ports] == ["1.0.0", "2.0.0"]
    copy = read(mesh, "domains/sales/orders/orders.v2.odcs.yaml")
    old = read(mesh, "domains/sales/orders/orders.v1.odcs.yaml")
    assert copy == {**old, "version": "2.0.0"}  # type: ignore[dict-item]


def publish(mesh: Path) -> None:
    contract = mesh / "domains/sales/orders/orders.v1.odcs.yaml"
    contract.write_text(contract.read_text().replace("status: draft", "status: active"))


def test_a_kept_major_has_models_of_its_own_and_a_last_day(mesh: Path) -> None:
    publish(mesh)
    write(mesh, draft_port(mesh, PORT, Major(2, 1, "2027-03-01", "2027-03-01T08:00:00Z")))
    assert findings(mesh) == []
    folder = mesh / "domains/sales/orders"
    assert (folder / "models/orders_v1.sql").read_text() == (
        folder / "models/orders.sql"
    ).read_text()
    old = read(mesh, "domains/sales/orders/orders.v1.odcs.yaml")
    assert old["status"] == "deprecated"  # type: ignore[index]
    assert old["slaProperties"] == [  # type: ignore[index]
        {"property": "endOfSupport", "value": yaml.safe_load("2027-03-01")}
    ]


def test_another_port_of_a_product(mesh: Path) -> None:
    write(mesh, draft_port(mesh, replace(PORT, port="lines"), Major()))
    assert findings(mesh) == []
    (manifest,) = validate(mesh, System()).loaded.products.values()
    assert [port.name for port in manifest.ports] == ["lines@1", "orders@1"]


@pytest.mark.parametrize(
    ("major", "words"),
    [
        (Major(3), "next major of sales.orders.orders is 2"),
        (Major(1), "next major"),
        (Major(2, 7), "no major to keep"),
        (Major(2, 0, "2027-03-01"), "needs --keep"),
        (Major(2, 1, "soon", "2027-03-02T08:00:00Z"), "no date"),
        (Major(2, 1, "2027-03-01", "2027-03-02T08:00:00Z"), "2027-03-01 is over"),
        (Major(2, 1, "2027-03-01"), "major 1 of sales.orders.orders is draft"),
    ],
)
def test_majors_that_do_not_fit_are_refused(mesh: Path, major: Major, words: str) -> None:
    with pytest.raises(Usage, match=words):
        draft_port(mesh, PORT, major)


def test_a_last_day_is_promised_once(mesh: Path) -> None:
    publish(mesh)
    write(mesh, draft_port(mesh, PORT, Major(2, 1, "2027-03-01")))
    with pytest.raises(Usage, match="has a last day already"):
        draft_port(mesh, PORT, Major(3, 1, "2028-03-01"))


def test_a_port_of_no_product_offers_the_nearest(mesh: Path) -> None:
    with pytest.raises(NotFound) as stopped:
        draft_port(mesh, PortAddress(ProductAddress("sales", "order"), "x"), Major())
    assert "sales.orders" in stopped.value.why


def test_an_unusual_layout_is_left_to_a_person(mesh: Path) -> None:
    path = mesh / "domains/sales/orders/product.yaml"
    head = path.read_text().partition("outputPorts:")[0]
    text = head + "outputPorts: [{name: orders, version: 1.0.0, contractId: sales.orders.orders}]\n"
    path.write_text(text)
    with pytest.raises(Blocked, match="by hand") as stopped:
        draft_port(mesh, PORT, Major())
    assert "version: 2.0.0" in stopped.value.why
    assert path.read_text() == text


def test_where_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "in_the_way").write_text("mine")
    (tmp_path / "old").write_text("old")
    new = (NewFile("new/deep/a", "1"), NewFile("in_the_way/b", "2"))
    with pytest.raises(FileExistsError) as refused:
        write(tmp_path, Draft(new, (Edit("old", "old", "x"),)))
    assert refused.value.filename == str(tmp_path / "in_the_way")
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["in_the_way", "old"]
    assert (tmp_path / "old").read_text() == "old"
