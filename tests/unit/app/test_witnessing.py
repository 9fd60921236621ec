"""Every version that consumers get has one record of what stood behind it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from applying import apply_files
from mesh_files import Port, Product, mesh_files
from weft.app.bootstrap import opened
from weft.app.evidence import evidence_chain, told, verify_store
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.system import System
from weft.contract.document import contract_digest
from weft.mesh.evidence import Evidence


def orders(version: str = "1.0.0", query: str = "SELECT 1 AS id", purpose: str = "") -> Product:
    port = Port("lines", {"id": "integer"}, ("id",), version=version, description=purpose)
    return Product("sales.orders", {"lines": query}, (port,))


READER = Product(
    "shop.ids",
    {"ids": "SELECT id FROM lines"},
    (Port("ids", {"id": "integer"}),),
    ("sales.orders.lines",),
)


def evidence(folder: Path) -> list[Evidence]:
    """The whole chain, which is proved first."""
    with opened(folder, "", System()) as mesh:
        assert verify_store(mesh).faults == ()
        return [told(each) for each in evidence_chain(mesh).records]


def test_a_first_version_has_evidence_of_all_that_made_it(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([orders(), READER]))
    first, second = evidence(tmp_path)
    assert (first.address, first.version, first.release) == ("sales.orders.lines@1", "1.0.0", 1)
    assert second.address == "shop.ids.ids@1"
    assert [(each.port, each.version, each.release) for each in second.inputs] == [
        ("sales.orders.lines@1", "1.0.0", 1)
    ]
    [shown] = first.objects
    assert (shown.name, shown.model, shown.rows) == ("lines", "lines", 1)
    assert {each.check for each in first.checks} >= {"required_id"}
    assert all(each.verdict == "pass" for each in first.checks)
    with opened(tmp_path, "", System()) as mesh:
        run = mesh.store.journal.run(first.run)
        assert run is not None
        assert (first.plan, first.actor, first.root) == (run.plan, run.actor, run.root)
        [descriptor] = [
            each
            for port, each in mesh.store.definitions.descriptors("prod").items()
            if port == first.address
        ]
        assert first.contract == contract_digest(descriptor.contract)


def test_newer_data_is_no_new_version(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([orders()]))
    apply_files(tmp_path, mesh_files([orders(query="SELECT 2 AS id")]))
    assert [each.release for each in evidence(tmp_path)] == [1]


def test_a_later_version_tells_of_checks_that_need_not_run_again(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([orders()]))
    apply_files(tmp_path, mesh_files([orders("1.0.1", purpose="Other words.")]))
    first, second = evidence(tmp_path)
    assert [first.version, second.version] == ["1.0.0", "1.0.1"]
    assert second.checks == first.checks
    assert second.objects == first.objects
    assert second.contract != first.contract


def test_going_back_to_a_version_releases_nothing(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([orders()]))
    apply_files(tmp_path, mesh_files([orders("1.1.0", "SELECT 2 AS id", "More.")]))
    with opened(tmp_path, "", System()) as mesh:
        ready = plan_rollback(mesh, RollbackOptions("sales.orders"))
        for _ in roll_back(mesh, ready, "for a test"):
            pass
    assert [each.version for each in evidence(tmp_path)] == ["1.0.0", "1.1.0"]


def test_a_draft_has_none_until_it_is_published(tmp_path: Path) -> None:
    draft = Port("lines", {"id": "integer"}, status="draft")
    apply_files(
        tmp_path, mesh_files([Product("sales.orders", {"lines": "SELECT 1 AS id"}, (draft,))])
    )
    assert evidence(tmp_path) == []
    apply_files(tmp_path, mesh_files([orders()]))
    assert [each.version for each in evidence(tmp_path)] == ["1.0.0"]


def test_keys_of_failing_rows_are_not_kept(tmp_path: Path) -> None:
    apply_files(tmp_path, mesh_files([orders()]))
    assert b'"keys"' not in msgspec.json.encode(evidence(tmp_path))
