"""Plans as files: what they may replace, how they are read, and when they are stale."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, Source, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan
from weft.app.bootstrap import opened
from weft.app.errors import NotFound, Stale, Usage
from weft.app.plan import PlanOptions, make_plan
from weft.app.saved_plan import for_saved_plan, read_plan, write_plan
from weft.app.system import System
from weft.plan.plan import Plan

PLAN = Plan("", "loom", "loom", "prod")


def files(rows: bytes, select: str) -> dict[str, bytes]:
    columns = {"id": "integer"}
    orders = Product(
        "shop.orders",
        {"orders": select},
        (Port("orders", columns),),
        sources=(Source("feed", "data/feed.csv", columns),),
    )
    costs = Product("shop.costs", {"costs": select.replace("feed", "(SELECT 1 AS id)")})
    return {**mesh_files([orders, costs]), "data/feed.csv": rows}


def test_a_source_with_newer_data_makes_a_saved_plan_stale_before_anything_is_done(
    tmp_path: Path,
) -> None:
    apply_files(tmp_path, files(b"id\n1\n", "SELECT id FROM feed"))
    lay_out(tmp_path, files(b"id\n1\n", "SELECT id + 1 AS id FROM feed"))
    saved = tmp_path / ".weft/change.plan"
    with opened(tmp_path, "", System()) as mesh:
        write_plan(make_plan(mesh, PlanOptions()).plan, saved)
    (tmp_path / "data/feed.csv").write_bytes(b"id\n1\n2\n")
    with opened(tmp_path, "", System()) as mesh:
        plan = read_plan(saved)
        options = for_saved_plan(mesh, plan, ApplyOptions())
        with pytest.raises(Stale, match="newer data in feed"):
            list(apply_plan(mesh, plan, options))
        applied = mesh.store.definitions.applied("prod")
        assert {each.release for each in applied.values()} == {1}
        assert mesh.store.journal.locks() == ()


def test_a_preview_that_is_over_is_not_shown_by_a_plan_of_before(tmp_path: Path) -> None:
    def at(day: str) -> System:
        return replace(System(), now=lambda: f"{day}T10:00:00.000Z")

    columns = {"id": "integer"}
    models = {"a_v1": "SELECT 1 AS id", "a_v2": "SELECT 2 AS id"}
    preview = Port("a", columns, version="2.0.0", status="draft", candidate="2030-01-05")
    both = Product("up.a", models, (Port("a", columns), preview))
    apply_files(tmp_path, mesh_files([replace(both, ports=both.ports[:1])]), at("2030-01-01"))
    lay_out(tmp_path, mesh_files([both]))
    with opened(tmp_path, "", at("2030-01-02")) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
    with opened(tmp_path, "", at("2030-01-06")) as mesh:
        with pytest.raises(Stale, match=r"the preview of up\.a\.a@2 is over") as refused:
            list(apply_plan(mesh, plan, for_saved_plan(mesh, plan, ApplyOptions())))
        assert refused.value.why == "it was to last until 2030-01-05"
    with opened(tmp_path, "", at("2030-01-05")) as mesh:
        assert [each.text for each in apply_plan(mesh, plan, ApplyOptions())][-1] == "done"


@pytest.mark.parametrize("text", ["mesh: skyline\n", "SELECT 1\n", "{}\n", '{"id": "x"}', "[]"])
def test_no_other_file_is_overwritten_by_a_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "weft.yaml"
    path.write_text(text)
    with pytest.raises(Usage, match="is no plan, it would be overwritten"):
        write_plan(PLAN, path)
    assert path.read_text() == text
    with pytest.raises(Usage, match=r"weft\.yaml is no plan"):
        read_plan(path)


def test_an_earlier_plan_and_an_empty_file_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "change.plan"
    path.touch()
    write_plan(PLAN, path)
    first = path.read_bytes()
    path.write_bytes(first.replace(b'"version": 2', b'"version": 7'))
    with pytest.raises(Usage, match="another version") as stopped:
        read_plan(path)
    assert stopped.value.why == "it has format 7, this one reads 2"
    write_plan(PLAN, path)
    assert path.read_bytes() == first


def test_a_plan_that_was_changed_by_hand_says_nothing_of_how_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "change.plan"
    write_plan(PLAN, path)
    for wrong in (b'"kind": 7', b'"kind": "run"'):
        path.write_bytes(path.read_bytes().replace(b'"kind": "apply"', wrong))
        with pytest.raises(Usage, match="not as it was planned") as stopped:
            read_plan(path)
        assert stopped.value.why == "its content does not fit its id"
    with pytest.raises(NotFound):
        read_plan(tmp_path / "none.plan")


def test_a_plan_that_cannot_be_written_is_named_and_not_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "change.plan"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limit[1]))
    try:
        with pytest.raises(OSError) as stopped:
            write_plan(PLAN, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert stopped.value.filename == str(path)
    assert not path.exists()
