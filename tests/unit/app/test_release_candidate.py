"""`weft release --candidate` and `--promote` edit the contract alone, and leave the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from commands import called
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.candidate import draft_candidate, draft_promotion
from weft.app.errors import Blocked, Usage
from weft.app.new_files import write
from weft.app.system import System
from weft.mesh.address import PortAddress

OLD = Port("orders", {"id": "integer"})
NEW = Port("orders", {"id": "integer"}, version="2.0.0", status="draft")
PORT = PortAddress.parse("shop.sales.orders")
PATH = "domains/shop/sales/orders.v2.odcs.yaml"
CONTRACT = """\
# The second one.
apiVersion: v3.2.0
kind: DataContract
id: shop.sales.orders
version: 2.0.0
status: active # soon
schema:
  - name: orders
    logicalType: object
    properties:
      - {name: id, logicalType: integer} # why
"""
PREVIEW = """
customProperties:
  - vendor: weft
    property: candidate
    value: {until: 2026-12-31}
"""
SYSTEM = System(now=lambda: "2026-12-01T08:00:00.000Z")


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    """A mesh with a released major, and the contract of the next one as a person wrote it."""
    product = Product("shop.sales", {"orders": "SELECT CAST(1 AS INTEGER) AS id"}, (OLD,))
    apply_files(tmp_path, mesh_files([product]), SYSTEM)
    lay_out(tmp_path, mesh_files([replace(product, ports=(OLD, NEW))]) | {PATH: CONTRACT.encode()})
    return tmp_path


def preview(folder: Path, until: str, port: PortAddress = PORT) -> str:
    """Make the new major a candidate, and what its contract says then; or why there is no need."""
    with opened(folder, "", SYSTEM) as opened_mesh:
        found = draft_candidate(opened_mesh, port, until)
        if found.draft:
            write(folder, found.draft)
    return found.why or (folder / PATH).read_text()


def promote(folder: Path) -> str:
    """Release the new major, and what its contract says then; or why there is no need."""
    with opened(folder, "", SYSTEM) as opened_mesh:
        found = draft_promotion(opened_mesh, PORT)
        if found.draft:
            write(folder, found.draft)
    return found.why or (folder / PATH).read_text()


def test_there_and_back_leaves_everything_else(mesh: Path) -> None:
    draft = CONTRACT.replace("status: active", "status: draft")
    assert preview(mesh, "2026-12-31") == draft + PREVIEW
    assert preview(mesh, "2026-12-31") == "it is a candidate until 2026-12-31 already"
    assert preview(mesh, "2027-02-28") == draft + PREVIEW.replace("2026-12-31", "2027-02-28")
    assert promote(mesh) == CONTRACT
    assert promote(mesh) == "its status is active, so apply releases it"


def test_other_properties_stay(mesh: Path) -> None:
    other = "customProperties:\n  - {property: cost, value: low}\n"
    (mesh / PATH).write_text(CONTRACT + other)
    preview(mesh, "2026-12-31")
    assert promote(mesh) == CONTRACT + other


def test_what_is_released_is_no_preview(mesh: Path) -> None:
    with pytest.raises(Usage, match=r"released as 1\.0\.0") as refused:
        preview(mesh, "2026-12-31", replace(PORT, major=1))
    assert refused.value.next_step == "weft new port shop.sales.orders --keep 1"


def test_a_last_day_is_a_day_ahead(mesh: Path) -> None:
    with pytest.raises(Usage, match="is over"):
        preview(mesh, "2026-11-30")
    for text in ("soon", "2026-13-01", "20261231", ""):
        with pytest.raises(Usage, match="is no date") as refused:
            preview(mesh, text)
        assert refused.value.next_step.endswith("orders@2 --candidate --until 2027-03-01")


def test_a_layout_that_only_a_person_should_change_is_left_alone(mesh: Path) -> None:
    flow = CONTRACT + "customProperties: [{property: cost, value: low}]\n"
    (mesh / PATH).write_text(flow)
    with pytest.raises(Blocked, match="has to be edited by hand"):
        preview(mesh, "2026-12-31")
    assert (mesh / PATH).read_text() == flow


def test_the_verb_writes_and_shows_the_plan(
    mesh: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mesh)
    said = called(capsys, "release", str(PORT), "--candidate", "--until", "2999-12-31", "--yes")
    assert said.code == 0
    assert f"changed {PATH}" in said.told
    assert "draft, shown as a preview until 2999-12-31" in said.told
    said = called(capsys, "release", str(PORT), "--promote", "--yes")
    assert said.code == 0
    assert "+ port orders@2          2.0.0   publish" in said.told
    assert "apply releases it" in called(capsys, "release", str(PORT), "--promote", "--yes").told
    with pytest.raises(Usage, match="--candidate and --until go together"):
        called(capsys, "release", str(PORT), "--candidate")
    with pytest.raises(Usage, match="one at a time"):
        called(capsys, "release", str(PORT), "--candidate", "--until", "2999-12-31", "--promote")


def test_nobody_answers_who_is_not_asked(
    mesh: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mesh)
    said = called(capsys, "release", "signoff", f"{PORT}@2")
    assert said.out.startswith("Nobody has to agree to shop.sales.orders@2.")
    with pytest.raises(Usage, match="an answer is of one --consumer"):
        called(capsys, "release", "signoff", f"{PORT}@2", "--yes")
