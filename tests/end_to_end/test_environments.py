"""Environments as a person meets them, on the lake and in a database: from a branch to its end."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from environment_meshes import Ground
from mesh_files import Port, Product, lay_out
from two_warehouses import Said, applied, files_of, rows, weft

DOUBLED = "SELECT 2 * sum(id) AS total FROM orders"
TOTAL = "SELECT total FROM shop.sums.sums_v1"


def git(folder: Path, *arguments: str) -> None:
    name = ("-c", "user.name=ann", "-c", "user.email=ann@example.com")
    subprocess.run(("git", *name, *arguments), cwd=folder, check=True, capture_output=True)


def states(folder: Path) -> dict[str, Any]:
    said = weft(folder, "env", "ls", "--json")
    assert said.code == 0, said
    return {each["name"]: each for each in said.data["environments"]}


def totals(folder: Path, *options: str) -> list[Any]:
    said = weft(folder, "query", TOTAL, "-o", "json", *options)
    assert said.code == 0, said
    return [row["total"] for row in said.data["rows"]]


def test_a_branch_from_its_first_apply_to_its_end(tmp_path: Path, ground: Ground) -> None:
    git(tmp_path, "init", "--initial-branch", "main")
    git(tmp_path, "commit", "--allow-empty", "--message", "first")
    folder = tmp_path / "mesh"
    applied(folder, ground.files())
    before = ground.left(folder)
    assert weft(folder, "plan", "--env", "auto").code == 2
    git(tmp_path, "checkout", "-b", "double-it")
    applied(folder, ground.files(sums=DOUBLED), "--env", "auto", "--new-env")
    assert (totals(folder, "--env", "auto"), totals(folder)) == ([2], [1])
    [branch] = set(states(folder)) - {"prod"}
    told = states(folder)[branch]
    assert (told["branch"], told["products"], told["state"]) == ("double-it", 1, "live")
    assert told["own_bytes"] > 0 and told["shown_bytes"] > 0
    differs = weft(folder, "diff", "prod", branch, "--json")
    assert differs.code == 0, differs
    plan = weft(folder, "plan")
    assert "0 rebuilds" in plan.out and branch in plan.out, plan
    lay_out(folder, ground.files())
    foreseen = weft(folder, "env", "gc", branch, "--dry-run", "--json")
    ended = weft(folder, "env", "gc", branch, "--yes", "--json")
    assert (foreseen.code, ended.code) == (0, 0), (foreseen, ended)
    assert foreseen.data["environments"] == ended.data["environments"]
    assert ground.left(folder) == before
    assert set(states(folder)) == {"prod"} and totals(folder) == [1]


def test_what_was_promoted_outlives_its_environment(tmp_path: Path, ground: Ground) -> None:
    applied(tmp_path, ground.files())
    applied(tmp_path, ground.files(sums=DOUBLED), "--env", "dev", "--new-env")
    applied(tmp_path, ground.files(sums=DOUBLED))
    ended: Said = weft(tmp_path, "env", "gc", "dev", "--yes")
    assert ended.code == 0, ended
    assert rows(tmp_path, TOTAL) == [{"total": 2}]
    assert ground.served(tmp_path, relation="shop__sums.sums") == [2]
    assert weft(tmp_path, "plan", "--detailed-exitcode").code == 0
    assert weft(tmp_path, "drift").code == 0


def test_ports_that_live_on_two_warehouses_are_compared(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    def of(last: int) -> Product:
        numbers = f"SELECT CAST(n AS BIGINT) AS id, n / 4 AS part FROM generate_series(1, {last})"
        shown = (Port("numbers", {"id": "integer", "part": "number"}),)
        return Product("shop.numbers", {"numbers": f"{numbers} AS t(n)"}, shown)

    applied(tmp_path, files_of([of(3)], database))
    applied(tmp_path, files_of([of(5)], database, shop="ops_db"), "--env", "dev", "--new-env")
    said = weft(tmp_path, "diff", "prod", "dev", "--key", "id", "--rows", "9", "--json")
    assert said.code == 0, said
    [found] = said.data["objects"]
    assert (found["state"], found["note"]) == ("differs", "")
    assert (found["added"], found["removed"], found["changed"]) == (2, 0, 0)
    assert [each["values"] for each in found["rows"]] == [
        {"id": 4, "part": 1.0},
        {"id": 5, "part": 1.25},
    ]
    applied(tmp_path, files_of([of(3)], database, shop="ops_db"), "--env", "dev")
    assert "0 of 1 object not equal" in weft(tmp_path, "diff", "prod", "dev").out
