"""Which files of a folder are a mesh's, and that nothing outside of it is opened."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from weft.app.errors import Usage
from weft.app.workspace import Workspace, find_mesh
from weft.project.source import MAX_BYTES

# The user without rights that every Unix has.
NOBODY = 65534


def make(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x: 1\n")


def files(folder: Path, domain: str = "shop") -> dict[str, list[str]]:
    return {
        product.path: [stamp.path.removeprefix(f"{product.path}/") for stamp in product.files]
        for product in Workspace(folder).products(domain)
    }


def told(workspace: Workspace) -> list[tuple[str, str]]:
    return sorted((each.span.file, each.message) for each in workspace.findings if each.span)


def test_policies_are_told_to_have_no_effect(tmp_path: Path) -> None:
    make(tmp_path, "weft.yaml", "policies/a.yaml", "domains/shop/policies/b.yaml")
    make(tmp_path, "domains/shop/orders/product.yaml")
    workspace = Workspace(tmp_path)
    assert workspace.domains() == ["shop"]
    assert [each.path for each in workspace.products("shop")] == ["domains/shop/orders"]
    assert told(workspace) == [
        ("domains/shop/policies/b.yaml", "policies have no effect"),
        ("policies/a.yaml", "policies have no effect"),
    ]


def test_a_mesh_is_found_from_below(tmp_path: Path) -> None:
    make(tmp_path, "weft.yaml", "domains/shop/orders/product.yaml")
    assert find_mesh(tmp_path / "domains" / "shop") == tmp_path
    assert find_mesh(tmp_path) == tmp_path


def test_where_there_is_no_mesh_the_next_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(Usage) as refused:
        find_mesh(tmp_path)
    assert "weft init" in refused.value.next_step


def test_definitions_are_listed_in_the_order_of_their_names(tmp_path: Path) -> None:
    make(
        tmp_path,
        "domains/shop/orders/product.yaml",
        "domains/shop/orders/orders.v1.odcs.yaml",
        "domains/shop/orders/models/b.sql",
        "domains/shop/orders/models/a.sql",
        "domains/shop/orders/models/deep/c.sql",
        "domains/shop/orders/sources/raw.odcs.yml",
        "domains/shop/orders/tests/t.yaml",
        "domains/shop/orders/notes/n.yaml",
        "domains/shop/orders/README.md",
        "domains/shop/orders/.hidden.yaml",
        "domains/shop/domain.yaml",
    )
    assert files(tmp_path) == {
        "domains/shop/orders": [
            "models/a.sql",
            "models/b.sql",
            "models/deep/c.sql",
            "orders.v1.odcs.yaml",
            "product.yaml",
            "sources/raw.odcs.yml",
            "tests/t.yaml",
        ]
    }


def test_folders_that_are_no_products(tmp_path: Path) -> None:
    make(tmp_path, "domains/shop/policies/p.yaml", "domains/shop/.git/x.yaml")
    (tmp_path / "domains" / "shop" / "empty" / "models").mkdir(parents=True)
    assert files(tmp_path) == {}
    assert Workspace(tmp_path).domains() == ["shop"]
    assert Workspace(tmp_path / "nowhere").domains() == []


def test_links_are_followed_inside_and_reported_outside(tmp_path: Path) -> None:
    mesh, outside = tmp_path / "mesh", tmp_path / "outside"
    make(mesh, "shared/a.sql", "domains/shop/orders/product.yaml")
    make(outside, "secret.sql", "folder/product.yaml")
    models = mesh / "domains" / "shop" / "orders" / "models"
    models.mkdir()
    (models / "a.sql").symlink_to(mesh / "shared" / "a.sql")
    (models / "secret.sql").symlink_to(outside / "secret.sql")
    (models / "gone.sql").symlink_to(mesh / "shared" / "gone.sql")
    (mesh / "domains" / "shop" / "stranger").symlink_to(outside / "folder")
    workspace = Workspace(mesh)
    (product,) = workspace.products("shop")
    read = {stamp.path.rpartition("/")[2]: workspace.read(stamp.path) for stamp in product.files}
    assert list(read) == ["a.sql", "gone.sql", "secret.sql", "product.yaml"]
    assert {name: file.data for name, file in read.items() if file.data} == {
        "a.sql": b"x: 1\n",
        "product.yaml": b"x: 1\n",
    }
    assert {name: file.problem.message for name, file in read.items() if file.problem} == {
        "gone.sql": "this link leads nowhere",
        "secret.sql": "this link leads out of the mesh",
    }
    assert told(workspace) == [("domains/shop/stranger", "this link leads out of the mesh")]


def test_a_sibling_whose_name_only_begins_like_the_mesh_is_outside(tmp_path: Path) -> None:
    mesh = tmp_path / "mesh"
    make(mesh, "domains/shop/orders/product.yaml")
    make(tmp_path / "mesh_of_others", "a.yaml")
    link = mesh / "domains" / "shop" / "orders" / "a.yaml"
    link.symlink_to(tmp_path / "mesh_of_others" / "a.yaml")
    workspace = Workspace(mesh)
    (stamp, _) = workspace.products("shop")[0].files
    assert workspace.read(stamp.path).problem is not None


def test_a_domain_is_not_read_through_a_link_out_of_the_mesh(tmp_path: Path) -> None:
    mesh = tmp_path / "mesh"
    make(tmp_path, "secret.yaml", "mesh/domains/shop/orders/product.yaml")
    (mesh / "domains" / "shop" / "domain.yaml").symlink_to(tmp_path / "secret.yaml")
    file = Workspace(mesh).read("domains/shop/domain.yaml")
    assert file.data == b""
    assert file.problem is not None


def test_links_that_lead_around_in_circles_end(tmp_path: Path) -> None:
    make(tmp_path, "domains/shop/orders/product.yaml", "domains/shop/orders/models/a.sql")
    orders = tmp_path / "domains" / "shop" / "orders"
    for name in ("again", "and_again"):
        (orders / "models" / name).symlink_to(orders)
    (orders / "self.yaml").symlink_to("self.yaml")
    (orders / "around").symlink_to("around")
    workspace = Workspace(tmp_path)
    (product,) = workspace.products("shop")
    names = [stamp.path.removeprefix(f"{product.path}/") for stamp in product.files]
    assert names == ["models/a.sql", "product.yaml", "self.yaml"]
    assert workspace.read(f"{product.path}/self.yaml").problem is not None
    assert [message for _, message in told(workspace)] == [
        "links to folders are not followed here",
        "links to folders are not followed here",
    ]


def test_what_has_the_name_of_a_definition_and_is_no_file_is_told(tmp_path: Path) -> None:
    make(tmp_path, "domains/shop/orders/product.yaml")
    models = tmp_path / "domains" / "shop" / "orders" / "models"
    (models / "a.sql").mkdir(parents=True)
    os.mkfifo(models / "b.sql")
    workspace = Workspace(tmp_path)
    (product,) = workspace.products("shop")
    problems = [workspace.read(stamp.path).problem for stamp in product.files]
    assert [each.message for each in problems if each] == [
        "this is a folder and no file",
        "this is no regular file",
    ]


def test_names_that_no_screen_can_show_are_told_and_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "domains/shop/orders/product.yaml", "domains/shop/orders/models/a\x1b[31m.sql")
    models = os.fsencode(tmp_path / "domains" / "shop" / "orders" / "models")
    Path(os.fsdecode(models + b"/b\xff.sql")).write_text("x")
    workspace = Workspace(tmp_path)
    (product,) = workspace.products("shop")
    assert [stamp.path for stamp in product.files] == ["domains/shop/orders/product.yaml"]
    assert [path.rpartition("/")[2] for path, _ in told(workspace)] == [
        "a\\x1b[31m.sql",
        "b\\udcff.sql",
    ]


def test_what_was_meant_for_a_product_is_told_where_it_lies_elsewhere(tmp_path: Path) -> None:
    make(
        tmp_path,
        "domains/shop/orders.v1.odcs.yaml",
        "domains/shop/Domain.yml",
        "domains/shop/notes.yaml",
        "domains/shop/orders/contracts/orders.v1.odcs.yaml",
        "domains/shop/orders/notes/n.yaml",
        "domains/shop/deeper/still/product.yaml",
    )
    workspace = Workspace(tmp_path)
    assert [[stamp.path for stamp in each.files] for each in workspace.products("shop")] == [
        ["domains/shop/deeper/still/product.yaml"],
        ["domains/shop/orders/contracts/orders.v1.odcs.yaml"],
    ]
    assert told(workspace) == [
        ("domains/shop/Domain.yml", "`Domain.yml` is not read"),
        ("domains/shop/orders.v1.odcs.yaml", "`orders.v1.odcs.yaml` is not read"),
    ]


@pytest.fixture
def folder_of_a_user() -> Iterator[Path]:
    """A folder of a user to whom permissions apply; the superuser becomes nobody meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        superuser = os.geteuid() == 0
        if superuser:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        yield Path(folder)
        if superuser:
            os.seteuid(0)


def test_what_may_not_be_read_is_told(folder_of_a_user: Path) -> None:
    make(folder_of_a_user, "domains/shop/orders/product.yaml", "domains/shop/orders/models/a.sql")
    product = folder_of_a_user / "domains" / "shop" / "orders" / "product.yaml"
    product.chmod(0)
    (product.parent / "models").chmod(0)
    workspace = Workspace(folder_of_a_user)
    workspace.products("shop")
    problem = workspace.read("domains/shop/orders/product.yaml").problem
    (product.parent / "models").chmod(0o755)
    assert problem is not None
    assert problem.message == "this cannot be read: permission denied"
    assert told(workspace) == [
        ("domains/shop/orders/models", "this cannot be read: permission denied")
    ]


def test_no_more_is_read_than_a_definition_may_have(tmp_path: Path) -> None:
    (tmp_path / "weft.yaml").write_bytes(b"x" * (MAX_BYTES + 10))
    file = Workspace(tmp_path).settings()
    assert len(file.data) == MAX_BYTES + 1
    assert file.size == MAX_BYTES + 10


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    make(tmp_path, "domains/shop/orders/product.yaml")
    (before,) = Workspace(tmp_path).products("shop")
    path = tmp_path / "domains" / "shop" / "orders" / "product.yaml"
    other = path.with_name("other")
    other.write_text("x: 1\n")
    other.replace(path)
    (after,) = Workspace(tmp_path).products("shop")
    assert before != after


def test_what_was_meant_for_a_model_is_read_whatever_its_ending(tmp_path: Path) -> None:
    models = ("domains/shop/orders/models/a.SQL", "domains/shop/orders/models/b.py")
    make(tmp_path, "domains/shop/orders/product.YAML", *models)
    make(tmp_path, "domains/shop/orders/tools/c.py", "domains/shop/orders/d.py")
    [product] = Workspace(tmp_path).products("shop")
    assert [each.path for each in product.files] == [*models, "domains/shop/orders/product.YAML"]


def test_every_policy_is_told_of_even_a_broken_one(tmp_path: Path) -> None:
    make(tmp_path, "policies/a.yaml", "policies/b.yml", "policies/below/c.yaml", "policies/d.md")
    workspace = Workspace(tmp_path)
    workspace.domains()
    found = [file for file, _ in told(workspace)]
    assert found == ["policies/a.yaml", "policies/b.yml", "policies/below/c.yaml"]
