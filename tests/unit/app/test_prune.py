"""Pruning: what goes, and above all what stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import SETTINGS, Port, Product, Source, document, mesh_files
from weft.app import test as verb
from weft.app.bootstrap import opened
from weft.app.prune import Pruned, prune, surplus
from weft.app.rollback import RollbackOptions, plan_rollback
from weft.app.system import System
from weft.mesh.release import Release

SMALL = {
    "name": "small",
    "type": "library",
    "metric": "invalidValues",
    "arguments": {"properties": ["n"], "validValues": list(range(50))},
    "mustBe": 0,
}


def at(day: int) -> System:
    """A machine on a day of January."""
    return System(now=lambda: f"2026-01-{day:02}T00:00:00.000Z")


def files(number: int, keep: dict[str, int] | None = None) -> dict[str, bytes]:
    """Two products: `a.b` with a table and a view over a file that holds one number, and `a.c`."""
    product = Product(
        "a.b",
        {"base": "SELECT n FROM numbers", "shown": "-- materialized: view\nSELECT n FROM base"},
        (Port("shown", {"n": "integer"}, rules=(SMALL,)),),
        sources=(Source("numbers", "numbers.csv", {"n": "integer"}),),
    )
    other = Product("a.c", {"fixed": "SELECT 1 AS n"}, (Port("fixed", {"n": "integer"}),))
    settings = SETTINGS | {"keep": keep or {"releases": 2, "days": 0}}
    return mesh_files([product, other]) | {
        "weft.yaml": document(settings),
        "numbers.csv": f"n\n{number}\n".encode(),
    }


def pruned(folder: Path, day: int, *, dry_run: bool = False) -> Pruned:
    with opened(folder, "", at(day)) as mesh:
        [found] = prune(mesh, dry_run=dry_run)
    return found


def kept(folder: Path, product: str = "a.b", environment: str = "prod") -> list[int]:
    return sorted(
        int(path.stem)
        for path in (folder / f".weft/lake/releases/{environment}").glob(
            f"{product.replace('.', '/')}/*.json"
        )
    )


def builds(folder: Path) -> int:
    return len(list((folder / ".weft/lake/builds").glob("*.json")))


def apply_days(folder: Path, days: int, keep: dict[str, int]) -> None:
    """Publish one release a day, with a new number each."""
    for day in range(1, days + 1):
        apply_files(folder, files(day, keep), at(day))


def test_an_apply_keeps_what_rollback_can_reach(tmp_path: Path) -> None:
    apply_days(tmp_path, 5, {"releases": 2, "days": 0})
    assert kept(tmp_path) == [4, 5]
    assert builds(tmp_path) == 2 * 2 + 1
    assert len(list((tmp_path / ".weft/lake/files").iterdir())) == 2 + 1
    with opened(tmp_path, "", at(6)) as mesh:
        assert plan_rollback(mesh, RollbackOptions("a.b", 4)).target.number == 4


def test_young_releases_stay_however_many_there_are(tmp_path: Path) -> None:
    apply_days(tmp_path, 5, {"releases": 1, "days": 3})
    assert kept(tmp_path) == [2, 3, 4, 5]


def test_a_dry_run_says_the_same_and_removes_nothing(tmp_path: Path) -> None:
    apply_days(tmp_path, 4, {"releases": 9, "days": 0})
    files_now = files(4, {"releases": 1, "days": 0})
    (tmp_path / "weft.yaml").write_bytes(files_now["weft.yaml"])
    planned = pruned(tmp_path, 5, dry_run=True)
    assert kept(tmp_path) == [1, 2, 3, 4]
    done = pruned(tmp_path, 5)
    assert kept(tmp_path) == [4]
    assert [each.number for each in done.releases] == [3, 2, 1]
    assert (planned.releases, planned.builds) == (done.releases, done.builds)
    assert 0 < planned.bytes <= done.bytes
    nothing = pruned(tmp_path, 5)
    assert (nothing.releases, nothing.builds, nothing.bytes) == ((), (), 0)


def test_it_stands_in_the_audit_log(tmp_path: Path) -> None:
    apply_days(tmp_path, 3, {"releases": 1, "days": 0})
    with opened(tmp_path, "", at(4)) as mesh:
        acts = [each for each in mesh.store.audit.entries() if each.action == "prune"]
        assert mesh.store.audit.verify()[1] == ""
    assert [each.subject for each in acts] == ["lake", "lake"]
    assert json.loads(acts[0].detail)["releases"] == ["prod a.b 2"]


def test_a_held_candidate_stays(tmp_path: Path) -> None:
    keep = {"releases": 1, "days": 0}
    apply_days(tmp_path, 2, keep)
    apply_files(tmp_path, files(99, keep), at(3))
    assert kept(tmp_path) == [2]
    before = builds(tmp_path)
    assert pruned(tmp_path, 30).builds == ()
    assert builds(tmp_path) == before
    with opened(tmp_path, "", at(30)) as mesh:
        [tested] = verb.run_tests(mesh, verb.TestOptions(("a.b",)))
    assert isinstance(tested, verb.ContractResult)
    assert tested.release == 0


def test_a_candidate_stays_while_its_source_cannot_be_read(tmp_path: Path) -> None:
    keep = {"releases": 1, "days": 0}
    apply_days(tmp_path, 1, keep)
    apply_files(tmp_path, files(99, keep), at(3))
    (tmp_path / "numbers.csv").rename(tmp_path / "away.csv")
    before = builds(tmp_path)
    assert pruned(tmp_path, 30).builds == ()
    (tmp_path / "away.csv").rename(tmp_path / "numbers.csv")
    assert builds(tmp_path) == before


def test_other_environments_keep_what_they_show(tmp_path: Path) -> None:
    keep = {"releases": 1, "days": 0}
    apply_files(tmp_path, files(1, keep), at(1))
    apply_files(tmp_path, files(10, keep), at(1), "dev")
    for day in (2, 3):
        apply_files(tmp_path, files(day, keep), at(day))
    assert (kept(tmp_path), kept(tmp_path, environment="dev")) == ([3], [1])
    with opened(tmp_path, "dev", at(4)) as mesh:
        before = builds(tmp_path)
        assert prune(mesh)[0].builds == ()
        assert builds(tmp_path) == before == 2 * 2 + 1


def test_other_roots_are_left_alone(tmp_path: Path) -> None:
    keep = {"releases": 9, "days": 0}
    apply_days(tmp_path, 3, keep)
    settings = SETTINGS | {"root": "another", "keep": {"releases": 1, "days": 0}}
    (tmp_path / "weft.yaml").write_bytes(document(settings))
    found = pruned(tmp_path, 9)
    assert (found.releases, found.builds) == ((), ())
    assert kept(tmp_path) == [1, 2, 3]


def test_a_foreign_file_stays(tmp_path: Path) -> None:
    apply_days(tmp_path, 1, {"releases": 1, "days": 0})
    foreign = tmp_path / ".weft/lake/files/notes.txt"
    foreign.write_text("mine")
    apply_days(tmp_path, 3, {"releases": 1, "days": 0})
    assert foreign.read_text() == "mine"


@pytest.mark.parametrize(
    ("keep", "oldest", "left"),
    [
        (1, "2026-01-09", [3, 2, 1]),
        (2, "2026-01-09", [2, 1]),
        (0, "2026-01-09", [3, 2, 1]),
        (9, "2026-01-09", []),
        (1, "2026-01-02", [1]),
        (1, "2026-01-01", []),
    ],
)
def test_what_is_too_much(keep: int, oldest: str, left: list[int]) -> None:
    history = tuple(
        Release("a.b", "prod", number, (), at=f"2026-01-{number:02}T00:00:00.000Z")
        for number in (4, 3, 2, 1)
    )
    found = surplus(history, keep, f"{oldest}T00:00:00+00:00")
    assert [each.number for each in found] == left


def remembered(folder: Path) -> dict[str, int]:
    """How many rows the tables of the store have that are pruned."""
    with closing(sqlite3.connect(folder / ".weft/store.db")) as store:
        return {
            table: store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("runs", "plans", "outcomes", "manifests", "verdicts")
        }


def test_the_store_forgets_what_belongs_to_what_is_gone(tmp_path: Path) -> None:
    apply_days(tmp_path, 8, {"releases": 2, "days": 0})
    # Kept are the runs of the two releases of `a.b`, and that of `a.c`, which is the first.
    assert remembered(tmp_path) == {
        **{"runs": 8, "plans": 3, "outcomes": 4},
        **{"manifests": 2, "verdicts": 3},
    }
    with opened(tmp_path, "", at(9)) as mesh:
        assert mesh.store.audit.verify()[1] == ""
        assert len(mesh.store.journal.releases("prod", "a.b")) == 8


def test_a_dry_run_leaves_the_store_alone(tmp_path: Path) -> None:
    apply_days(tmp_path, 3, {"releases": 9, "days": 0})
    settings = files(3, {"releases": 1, "days": 5})["weft.yaml"]
    (tmp_path / "weft.yaml").write_bytes(settings)
    before = remembered(tmp_path)
    assert pruned(tmp_path, 4, dry_run=True).bytes == 0
    assert remembered(tmp_path) == before
    pruned(tmp_path, 30)
    assert remembered(tmp_path)["plans"] == 2
