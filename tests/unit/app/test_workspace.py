"""Which files of a folder are a mesh's, and that nothing outside of it is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.app.errors import Usage
from weft.app.workspace import Workspace, find_mesh
from weft.project.source import MAX_BYTES


def make(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x: 1\n")


def files(folder: Path, domain: str = "shop") -> dict[str, list[str]]:
    return {
        product.path: [stamp.path.removeprefix(f"{product.path}/") for stamp in product.files]
        for product in Workspace(folder).products(domain)
    }


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
    assert [stamp.path.rpartition("/")[2] for stamp in product.files] == ["a.sql", "product.yaml"]
    assert sorted((each.span.file, each.message) for each in workspace.findings if each.span) == [
        ("domains/shop/orders/models/gone.sql", "a broken link"),
        ("domains/shop/orders/models/secret.sql", "this link leads out of the mesh"),
        ("domains/shop/stranger", "this link leads out of the mesh"),
    ]


def test_a_sibling_whose_name_only_begins_like_the_mesh_is_outside(tmp_path: Path) -> None:
    mesh = tmp_path / "mesh"
    make(mesh, "domains/shop/orders/product.yaml")
    make(tmp_path / "mesh_of_others", "a.yaml")
    link = mesh / "domains" / "shop" / "orders" / "a.yaml"
    link.symlink_to(tmp_path / "mesh_of_others" / "a.yaml")
    workspace = Workspace(mesh)
    workspace.products("shop")
    assert len(workspace.findings) == 1


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
