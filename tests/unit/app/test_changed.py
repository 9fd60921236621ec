"""What differs from a git revision, in real repositories, and which products it selects."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from weft.app.changed import changed_files
from weft.app.errors import NotFound, Usage
from weft.app.select import select_products
from weft.mesh.manifest import ProductManifest, ResolvedInput

PRODUCTS = {
    "a.one": ProductManifest("a", "one", "root", "domains/a/one", "lake", "duckdb"),
    "a.two": ProductManifest(
        "a",
        "two",
        "root",
        "domains/a/two",
        "lake",
        "duckdb",
        inputs=(ResolvedInput("port", port="a.one.port@1"),),
    ),
    "b.one_more": ProductManifest("b", "one_more", "root", "domains/b/one_more", "lake", "duckdb"),
}


@pytest.fixture(autouse=True)
def _own_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Mara Lind")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "mara.lind@skyline.example")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def write(folder: Path, path: str, text: str = "new") -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a step")


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    """A mesh in a folder of a repository, with everything committed on `main`."""
    folder = tmp_path / "repository" / "mesh"
    write(folder, "weft.yaml", "mesh: m")
    write(folder, ".gitignore", ".weft/")
    for domain, name in (("a", "one"), ("a", "two"), ("b", "one_more")):
        write(folder, f"domains/{domain}/domain.yaml", domain)
        write(folder, f"domains/{domain}/{name}/product.yaml", name)
    write(folder.parent, "elsewhere.txt")
    git(folder.parent, "init", "--quiet", "--initial-branch=main")
    commit(folder.parent)
    return folder


def selected(mesh: Path, selector: str = "changed:main") -> str:
    return " ".join(select_products([selector], PRODUCTS, mesh))


def test_nothing_changed_selects_nothing(mesh: Path) -> None:
    write(mesh.parent, "elsewhere.txt", "other")
    write(mesh, ".weft/store.db")
    write(mesh, "README.md")
    assert selected(mesh) == ""


@pytest.mark.parametrize("committed", [False, True])
def test_a_changed_file_selects_its_product(mesh: Path, committed: bool) -> None:
    git(mesh, "switch", "--quiet", "--create", "work")
    write(mesh, "domains/a/one/product.yaml", "other")
    if committed:
        commit(mesh)
    assert selected(mesh) == "a.one"


def test_a_staged_file_counts(mesh: Path) -> None:
    write(mesh, "domains/a/one/product.yaml", "other")
    git(mesh, "add", "--all")
    assert selected(mesh) == "a.one"


@pytest.mark.parametrize("path", ["models/new.sql", "data/ä new\nline.csv", "models/“x”.sql"])
def test_a_file_that_git_does_not_know_counts(mesh: Path, path: str) -> None:
    write(mesh, f"domains/a/two/{path}")
    assert selected(mesh) == "a.two"


def test_a_deleted_file_counts(mesh: Path) -> None:
    (mesh / "domains/a/one/product.yaml").unlink()
    assert selected(mesh) == "a.one"


@pytest.mark.parametrize("staged", [False, True])
def test_a_renamed_product_counts_under_both_names(mesh: Path, staged: bool) -> None:
    (mesh / "domains/b/one_more").rename(mesh / "domains/a/two_more")
    if staged:
        git(mesh, "add", "--all")
    git(mesh, "config", "diff.renames", "true")
    moved = ProductManifest("a", "two_more", "root", "domains/a/two_more", "lake", "duckdb")
    everyone = {**PRODUCTS, "a.two_more": moved}
    assert select_products(["changed:main"], everyone, mesh) == ("a.two_more", "b.one_more")


def test_a_domain_selects_its_products_and_the_mesh_all(mesh: Path) -> None:
    write(mesh, "domains/a/domain.yaml", "other")
    assert selected(mesh) == "a.one a.two"
    write(mesh, "weft.yaml", "mesh: other")
    assert selected(mesh) == "a.one a.two b.one_more"


def test_fragments_select_the_products_that_may_use_them(mesh: Path) -> None:
    write(mesh, "domains/a/shared/columns.yaml", "properties: {}")
    assert selected(mesh) == "a.one a.two"
    write(mesh, "shared/columns.yaml", "properties: {}")
    assert selected(mesh) == "a.one a.two b.one_more"


def test_what_changed_is_combined_with_what_it_reads_and_feeds(mesh: Path) -> None:
    write(mesh, "domains/a/one/product.yaml", "other")
    assert selected(mesh, "changed:main+") == "a.one a.two"
    git(mesh, "checkout", "--quiet", "--", ".")
    write(mesh, "domains/a/two/product.yaml", "other")
    assert selected(mesh, "+changed:main") == "a.one a.two"
    git(mesh, "tag", "v1+build")
    assert selected(mesh, "+changed:v1+build") == "a.one a.two"


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("inside", ["domains/c", "domains/c/own", "domains/c/own/data"])
def test_a_repository_inside_of_this_one_counts_whole(mesh: Path, inside: str, known: bool) -> None:
    write(mesh, "domains/c/own/data/a.csv")
    git(mesh / inside, "init", "--quiet")
    if known:
        commit(mesh / inside)
        git(mesh, "add", "--all")
    own = ProductManifest("c", "own", "root", "domains/c/own", "lake", "duckdb")
    assert select_products(["changed:HEAD"], {**PRODUCTS, "c.own": own}, mesh) == ("c.own",)


def test_dots_mean_where_the_branch_began(mesh: Path) -> None:
    git(mesh, "switch", "--quiet", "--create", "work")
    write(mesh, "domains/a/one/product.yaml", "mine")
    commit(mesh)
    git(mesh, "switch", "--quiet", "main")
    write(mesh, "domains/b/one_more/product.yaml", "theirs")
    commit(mesh)
    git(mesh, "switch", "--quiet", "work")
    assert selected(mesh, "changed:main") == "a.one b.one_more"
    assert selected(mesh, "changed:main...") == "a.one"


def test_branches_without_a_common_commit_have_no_such_place(mesh: Path) -> None:
    git(mesh, "checkout", "--quiet", "--orphan", "other")
    git(mesh, "commit", "--quiet", "--allow-empty", "--message", "anew")
    with pytest.raises(Usage, match="come from no common one"):
        changed_files(mesh, "main...")


@pytest.mark.parametrize(
    "revision", ["", "...", "--output=pwned", "-h", "main..main", "HEAD:mesh", "$(touch pwned)"]
)
def test_what_names_no_commit_is_refused_and_never_an_option(mesh: Path, revision: str) -> None:
    with pytest.raises(NotFound, match="there is no git revision"):
        changed_files(mesh, revision)
    assert not list(mesh.rglob("pwned*"))


def test_the_nearest_revision_is_offered(mesh: Path) -> None:
    with pytest.raises(NotFound) as unknown:
        changed_files(mesh, "mian")
    assert unknown.value.why == "did you mean `main`?"


def test_without_a_repository_git_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="git cannot say what has changed") as outside:
        changed_files(tmp_path, "main")
    assert outside.value.why.startswith("not a git repository")


def test_without_git_it_is_said(mesh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(mesh))
    with pytest.raises(Usage) as missing:
        changed_files(mesh, "main")
    assert missing.value.why == "git is not installed"
