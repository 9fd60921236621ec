"""`--env auto`: which environment a git branch stands for, and where it stands for none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.app.branch_environment import environment_of_branch, resolved
from weft.app.checkout import Checkout, checkout
from weft.app.errors import Usage
from weft.mesh.address import name_problem

AUTHOR = ("-c", "user.name=Ana", "-c", "user.email=ana@skyline.example")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, branch: str = "main", *, commits: int = 1) -> Path:
    git(folder, "init", "--quiet", f"--initial-branch={branch}")
    for number in range(commits):
        git(folder, "commit", "--quiet", "--allow-empty", "--message", str(number))
    return folder


def test_a_name_that_fits_is_the_branch_itself(tmp_path: Path) -> None:
    assert resolved("auto", repository(tmp_path, "fix_delays"), "prod") == "fix_delays"


def test_what_is_no_auto_is_taken_as_it_is(tmp_path: Path) -> None:
    assert (resolved("", tmp_path, "prod"), resolved("dev", tmp_path, "prod")) == ("prod", "dev")


def test_branches_that_look_alike_have_environments_of_their_own() -> None:
    branches = ("fix/delays", "fix-delays", "fix_delays", "Fix/delays", "fix//delays")
    names = [environment_of_branch(each) for each in branches]
    assert len(set(names)) == len(branches)
    assert {name[:10] for name in names} == {"fix_delays"}


@given(st.text(min_size=1, max_size=120))
def test_every_branch_has_a_name_within_the_rules(branch: str) -> None:
    name = environment_of_branch(branch)
    assert name_problem(name) == "" and name != "auto"


@pytest.mark.parametrize(
    ("branch", "start"), [("1-x", "branch_1_x_"), ("数据", "branch_"), ("auto", "auto_")]
)
def test_what_no_name_can_be_made_of_is_a_branch(branch: str, start: str) -> None:
    assert environment_of_branch(branch).startswith(start)


@pytest.mark.parametrize("branch", ["main", "master", "prod"])
def test_production_is_never_meant_by_its_branch(tmp_path: Path, branch: str) -> None:
    with pytest.raises(Usage, match=f"no environment is named after branch `{branch}`") as refused:
        resolved("auto", repository(tmp_path, branch), "prod")
    assert "leave `--env auto` out to mean prod" in refused.value.next_step


def test_the_main_branch_of_the_remote_is_productions_too(tmp_path: Path) -> None:
    for name in ("origin", "clone"):
        (tmp_path / name).mkdir()
    repository(tmp_path / "origin", "stable")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "origin"), "clone")
    with pytest.raises(Usage, match="branch `stable`"):
        resolved("auto", tmp_path / "clone", "prod")
    git(tmp_path / "clone", "switch", "--quiet", "--create", "work")
    assert resolved("auto", tmp_path / "clone", "prod") == "work"


def test_a_detached_head_has_no_environment(tmp_path: Path) -> None:
    git(repository(tmp_path, "work"), "checkout", "--quiet", "--detach")
    with pytest.raises(Usage, match="no branch is checked out") as refused:
        resolved("auto", tmp_path, "prod")
    assert "detached head" in refused.value.why


def test_a_branch_without_a_commit_has_no_environment(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="branch `work` has no commit yet"):
        resolved("auto", repository(tmp_path, "work", commits=0), "prod")


def test_outside_of_git_there_is_no_branch(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="not in a git checkout"):
        resolved("auto", tmp_path, "prod")
    assert checkout(tmp_path) == Checkout()


def test_a_checkout_says_whether_files_differ_from_its_commit(tmp_path: Path) -> None:
    clean = checkout(repository(tmp_path, "work"))
    (tmp_path / "new").write_text("new")
    assert (clean.branch, len(clean.commit)) == ("work", 40)
    assert checkout(tmp_path) == Checkout(f"{clean.commit}+", "work")
