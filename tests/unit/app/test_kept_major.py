"""After a breaking change the next major takes it, and the kept one goes on as it was applied."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.errors import Blocked, Refusal
from weft.app.new_files import Draft, write
from weft.app.new_port import Major, draft_port
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.app.yaml_write import yaml_text
from weft.mesh.address import PortAddress
from weft.mesh.manifest import Function
from weft.plan.plan import Plan

LINES = PortAddress.parse("sales.orders.lines")
FOLDER = "domains/sales/orders"
APPLIED = Product(
    "sales.orders",
    {
        "raw": "-- description: Where it begins.\n-- required: [id]\n-- unique: [id]\n"
        "SELECT 1 AS id, 2 AS price",
        "untouched": "SELECT 3 AS id",
        "lines": "-- materialized: view\n-- One comment.\n"
        "SELECT raw.id, price FROM raw\nWHERE id NOT IN (SELECT id FROM untouched)\n",
    },
    (Port("lines", {"id": "integer", "price": "integer"}, version="1.2.0"),),
)
READER = Product(
    "shop.prices",
    {"prices": "SELECT price FROM lines"},
    (Port("prices", {"price": "integer"}),),
    ("sales.orders.lines",),
)


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    """A product with a port that another one reads, pinned to major 1, applied."""
    files = mesh_files([APPLIED, READER])
    for path in files:
        if path.endswith(".yaml"):
            document = json.loads(files[path])
            for port in document.get("inputPorts", ()):
                port["version"] = "1"
            files[path] = yaml_text(document).encode()
    apply_files(tmp_path, files)
    return tmp_path


def edit(mesh: Path, file: str, old: str, new: str) -> None:
    path = mesh / FOLDER / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def break_price(mesh: Path) -> None:
    """Give the column `price` another name wherever it stands, and the contract a new version."""
    edit(mesh, "models/raw.sql", "price", "cost")
    edit(mesh, "models/lines.sql", "price", "cost")
    edit(mesh, "lines.v1.odcs.yaml", "price", "cost")
    edit(mesh, "lines.v1.odcs.yaml", "1.2.0", "1.3.0")
    edit(mesh, "product.yaml", "1.2.0", "1.3.0")


def plan(folder: Path) -> Plan:
    with opened(folder, "", System()) as mesh:
        return make_plan(mesh, PlanOptions()).plan


def drafted(folder: Path, major: Major) -> Draft:
    with opened(folder, "", System()) as mesh:
        applied = mesh.store.definitions.manifests(mesh.environment, ["sales.orders"])
    return draft_port(folder, LINES, major, applied["sales.orders"])


def published(folder: Path) -> set[str]:
    with opened(folder, "", System()) as mesh:
        return set(mesh.store.definitions.descriptors(mesh.environment))


def test_the_command_that_a_blocked_plan_offers_lifts_the_block(mesh: Path) -> None:
    break_price(mesh)
    blocked = plan(mesh)
    assert blocked.breaking == ("sales.orders.lines@1",)
    assert "weft new port sales.orders.lines --major 2 --keep 1" in "".join(blocked.blocked)
    write(mesh, drafted(mesh, Major(2, 1)))
    assert plan(mesh).blocked == ()
    apply_files(mesh)
    assert {"sales.orders.lines@1", "sales.orders.lines@2"} < published(mesh)
    assert plan(mesh).empty


def test_what_was_applied_comes_back_and_what_changed_is_the_new_major(mesh: Path) -> None:
    before = (mesh / FOLDER / "lines.v1.odcs.yaml").read_text()
    break_price(mesh)
    changed = (mesh / FOLDER / "lines.v1.odcs.yaml").read_text()
    draft = drafted(mesh, Major(2, 1))
    write(mesh, draft)
    assert draft.notes == (
        "Major 1 is again as it was applied, but for comments; what you changed is major 2.",
    )
    files = {each.path.removeprefix(f"{FOLDER}/"): each.text for each in draft.files}
    assert files["lines.v2.odcs.yaml"] == changed.replace("1.3.0", "2.0.0")
    assert files["models/raw_v1.sql"] == APPLIED.models["raw"] + "\n"
    assert files["models/lines_v1.sql"] == (
        "-- materialized: view\nSELECT\n  raw.id,\n  price\nFROM raw_v1 AS raw\nWHERE\n"
        "  NOT id IN (\n    SELECT\n      id\n    FROM untouched\n  )\n"
    )
    assert set(files) == {"lines.v2.odcs.yaml", "models/raw_v1.sql", "models/lines_v1.sql"}
    with opened(mesh, "", System()) as there:
        found = make_plan(there, PlanOptions()).loaded.products["sales.orders"].ports
    assert [(each.major, each.version) for each in found] == [(1, "1.2.0"), (2, "2.0.0")]
    assert "price" in before
    assert [each.name for each in found[0].objects[0].columns] == ["id", "price"]


def test_a_contract_that_did_not_change_is_left_alone(mesh: Path) -> None:
    contract = (mesh / FOLDER / "lines.v1.odcs.yaml").read_text()
    draft = drafted(mesh, Major(2, 1))
    assert [each.path for each in draft.edits] == [f"{FOLDER}/product.yaml"]
    assert draft.notes == ()
    write(mesh, draft)
    assert (mesh / FOLDER / "lines.v1.odcs.yaml").read_text() == contract
    # Nothing behind it differs either, so its model is copied with its comments.
    assert (mesh / FOLDER / "models/lines_v1.sql").read_text() == APPLIED.models["lines"]
    assert plan(mesh).blocked == ()


def test_who_floats_is_told_how_to_stay(mesh: Path) -> None:
    path = mesh / "domains/shop/prices/product.yaml"
    path.write_text(path.read_text().replace('    version: "1"\n', ""))
    apply_files(mesh)
    break_price(mesh)
    draft = drafted(mesh, Major(2, 1))
    assert draft.notes[1:] == (
        'shop.prices would follow to major 2; `version: "1"` at its input port in '
        "domains/shop/prices/product.yaml keeps it on major 1.",
    )
    write(mesh, draft)
    path.write_text(
        path.read_text().replace("sales.orders.lines", 'sales.orders.lines\n    version: "1"')
    )
    assert plan(mesh).blocked == ()


def test_a_last_day_is_promised_in_what_comes_back(mesh: Path) -> None:
    break_price(mesh)
    write(mesh, drafted(mesh, Major(2, 1, "2127-03-01", "2027-01-01T00:00:00Z")))
    text = (mesh / FOLDER / "lines.v1.odcs.yaml").read_text()
    assert "price" in text and "status: deprecated" in text and "2127-03-01" in text
    assert plan(mesh).blocked == ()
    with opened(mesh, "", System()) as there:
        found = make_plan(there, PlanOptions()).loaded.products["sales.orders"].ports
    assert [(each.major, each.version) for each in found] == [(1, "1.2.1"), (2, "2.0.0")]


@pytest.mark.parametrize(("version", "kept"), [("1.2.0", "1.2.1"), ("1.7.0", "1.7.0")])
def test_an_end_is_a_new_version_and_takes_no_layout_away(
    mesh: Path, version: str, kept: str
) -> None:
    edit(mesh, "lines.v1.odcs.yaml", "1.2.0", version)
    edit(mesh, "product.yaml", "1.2.0", version)
    contract = mesh / FOLDER / "lines.v1.odcs.yaml"
    contract.write_text(f"# Mind this.\n{contract.read_text()}")
    write(mesh, drafted(mesh, Major(2, 1, "2127-03-01", "2027-01-01T00:00:00Z")))
    assert contract.read_text().startswith("# Mind this.\n")
    with opened(mesh, "", System()) as there:
        found = make_plan(there, PlanOptions()).loaded.products["sales.orders"].ports
    assert [each.version for each in found] == [kept, "2.0.0"]
    assert plan(mesh).blocked == ()


def test_a_model_of_the_kept_major_alone_comes_back_in_its_place(mesh: Path) -> None:
    write(mesh, drafted(mesh, Major(2, 1)))
    apply_files(mesh)
    kept = (mesh / FOLDER / "models/lines_v1.sql").read_text()
    edit(mesh, "models/lines_v1.sql", "raw.id", "raw.id + 1 AS id")
    write(mesh, drafted(mesh, Major(3, 1)))
    assert (mesh / FOLDER / "models/lines_v1.sql").read_text() == kept.replace(
        "-- One comment.\n", ""
    )


@pytest.mark.parametrize("value", ["[a]", "a", "{a: b}", "", "[[{name: lines}]]", "[{name: [a]}]"])
@pytest.mark.parametrize("key", ["schema", "slaProperties", "status"])
def test_a_contract_of_any_shape_is_copied_or_refused(tmp_path: Path, key: str, value: str) -> None:
    lay_out(tmp_path, mesh_files([APPLIED, READER]))
    contract = {"version": "1.0.0", "status": "active", key: "PLACE"}
    text = yaml_text(contract).replace("PLACE", value)
    (tmp_path / FOLDER / "lines.v1.odcs.yaml").write_text(text)
    major = Major(2, 1, "2127-03-01", "2027-01-01T00:00:00Z")
    try:
        draft = draft_port(tmp_path, LINES, major)
    except Refusal as refused:
        assert "major 1" in str(refused) or "edited by hand" in str(refused)
    else:
        assert [each.path for each in draft.files] == [f"{FOLDER}/lines.v2.odcs.yaml"]


@pytest.mark.parametrize("ports", ["[a]", "a", "\n- a", "\n- name: lines", "\n- version: [1]"])
def test_a_product_of_any_shape_is_edited_or_refused(mesh: Path, ports: str) -> None:
    break_price(mesh)
    (mesh / FOLDER / "product.yaml").write_text(f"outputPorts: {ports}\n")
    (mesh / "domains/shop/prices/product.yaml").write_text("inputPorts: [sales.orders.lines]\n")
    try:
        (edited, *_) = drafted(mesh, Major(2, 1)).edits
    except Blocked as refused:
        assert "product.yaml has to be edited by hand" in str(refused)
    else:
        assert edited.after.startswith(edited.before.rstrip("\n"))


def test_changes_that_no_new_major_would_take_are_not_lost(mesh: Path) -> None:
    write(mesh, drafted(mesh, Major(2, 1)))
    apply_files(mesh)
    edit(mesh, "lines.v1.odcs.yaml", "price", "cost")
    edit(mesh, "models/lines_v1.sql", "price", "price AS cost")
    with pytest.raises(Blocked, match="major 2 is there already"):
        drafted(mesh, Major(3, 1))
    assert not (mesh / FOLDER / "lines.v3.odcs.yaml").exists()


def test_a_function_goes_on_where_a_person_copied_it(mesh: Path) -> None:
    raw = mesh / FOLDER / "models/raw.py"
    function = "# columns: [id, price]\n\n\ndef raw():\n    raise NotImplementedError\n"
    with opened(mesh, "", System()) as found:
        before = found.store.definitions.manifests(found.environment, ["sales.orders"])
    manifest = before["sales.orders"]
    applied = replace(
        manifest,
        transforms=tuple(
            replace(each, text=function, function=Function((), 1, 1))
            if each.name == "raw"
            else each
            for each in manifest.transforms
        ),
    )
    (mesh / FOLDER / "models/raw.sql").unlink()
    raw.write_text(function.replace("price", "cost"))
    edit(mesh, "lines.v1.odcs.yaml", "price", "cost")
    with pytest.raises(Blocked, match="model `raw` is in Python"):
        draft_port(mesh, LINES, Major(2, 1), applied)
    (mesh / FOLDER / "models/raw_v1.py").write_text(function.replace("raw", "raw_v1"))
    draft = draft_port(mesh, LINES, Major(2, 1), applied)
    [lines] = [each.text for each in draft.files if each.path.endswith("lines_v1.sql")]
    assert "FROM raw_v1 AS raw" in lines
    assert not [each.path for each in draft.files if "raw" in each.path]


def test_a_contract_with_fragments_is_as_it_was_applied(mesh: Path) -> None:
    contract = mesh / FOLDER / "lines.v1.odcs.yaml"
    named = contract.read_text().replace("logicalType: integer", "use: number", 1)
    assert named != contract.read_text()
    shared = mesh / "shared"
    shared.mkdir()
    (shared / "numbers.yaml").write_text("properties:\n  number: {logicalType: integer}\n")
    contract.write_text(named)
    assert drafted(mesh, Major(keep=1)).notes == ()
    (shared / "numbers.yaml").write_text("properties:\n  number: {logicalType: number}\n")
    assert any("again as it was applied" in each for each in drafted(mesh, Major(keep=1)).notes)
