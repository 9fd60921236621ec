"""A changed contract gets the version that its changes ask for, in both of its documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import Opened, opened
from weft.app.errors import Invalid, NotFound, Usage
from weft.app.new_files import write
from weft.app.plan import PlanOptions, make_plan
from weft.app.release import AUTO, Bumped, bump, unreleased
from weft.app.system import System
from weft.app.yaml_write import yaml_text
from weft.contract.versions import Bump
from weft.mesh.address import PortAddress

LINES = PortAddress.parse("sales.orders.lines")
FOLDER = "domains/sales/orders"
CONTRACT = f"{FOLDER}/lines.v1.odcs.yaml"
ORDERS = Product(
    "sales.orders",
    {"lines": "SELECT 1 AS id, 2 AS price, 3 AS more"},
    (Port("lines", {"id": "integer", "price": "integer"}, version="1.4.2"),),
)


def files(**contract: Any) -> dict[str, bytes]:
    """The product with a comment in its documents; `contract` are keys that differ."""
    found = mesh_files([ORDERS])
    for path in (CONTRACT, f"{FOLDER}/product.yaml"):
        document = json.loads(found[path]) | (contract if path == CONTRACT else {})
        found[path] = f"# Mind this.\n{yaml_text(document)}".encode()
    return found


def described(words: str) -> dict[str, Any]:
    return {"description": {"purpose": words}}


def with_columns(*names: str) -> dict[str, Any]:
    columns = [{"name": name, "logicalType": "integer", "required": False} for name in names]
    return {"schema": [{"name": "lines", "logicalType": "object", "properties": columns}]}


WIDER = with_columns("id", "price", "more")
NARROWER = with_columns("id")


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Opened]:
    apply_files(tmp_path, files())
    with opened(tmp_path, "", System()) as mesh:
        yield mesh


def changed(mesh: Opened, **contract: Any) -> None:
    lay_out(mesh.folder, files(**contract))


def bumped(mesh: Opened, step: str = AUTO) -> Bumped:
    found = bump(mesh, LINES, step)
    if found.draft is not None:
        write(mesh.folder, found.draft)
    return found


def versions(mesh: Opened) -> dict[int, str]:
    with opened(mesh.folder, "", System()) as there:
        ports = make_plan(there, PlanOptions()).loaded.products["sales.orders"].ports
    return {each.major: each.version for each in ports}


@pytest.mark.parametrize(
    ("contract", "needed", "following"),
    [
        ({}, None, ""),
        (described("Other words."), Bump.PATCH, "1.4.3"),
        (WIDER, Bump.MINOR, "1.5.0"),
        (NARROWER, Bump.MAJOR, "2.0.0"),
        ({"version": "1.9.0"}, None, ""),
    ],
)
def test_what_is_not_released_and_which_step_it_needs(
    mesh: Opened, contract: dict[str, Any], needed: Bump | None, following: str
) -> None:
    changed(mesh, **contract)
    if "version" in contract:
        path = mesh.folder / FOLDER / "product.yaml"
        path.write_text(path.read_text().replace("1.4.2", "1.9.0"))
    (found,) = unreleased(mesh, LINES)
    assert (found.address, found.released) == ("sales.orders.lines@1", "1.4.2")
    assert found.files == contract.get("version", "1.4.2")
    assert (found.needed, found.next) == (needed, following)


@pytest.mark.parametrize(
    ("contract", "version"), [(described("Other words."), "1.4.3"), (WIDER, "1.5.0")]
)
def test_auto_writes_what_the_changes_need(
    mesh: Opened, contract: dict[str, Any], version: str
) -> None:
    changed(mesh, **contract)
    with opened(mesh.folder, "", System()) as there:
        assert make_plan(there, PlanOptions()).plan.blocked
    before = {
        path: (mesh.folder / path).read_text() for path in (CONTRACT, f"{FOLDER}/product.yaml")
    }
    bumped(mesh)
    for path, text in before.items():
        assert (mesh.folder / path).read_text() == text.replace("1.4.2", version), path
    with opened(mesh.folder, "", System()) as there:
        assert make_plan(there, PlanOptions()).plan.blocked == ()


def test_what_breaks_becomes_a_new_major_and_the_old_one_stays(mesh: Opened) -> None:
    changed(mesh, **NARROWER)
    assert bumped(mesh).draft is not None
    assert versions(mesh) == {1: "1.4.2", 2: "2.0.0"}


def test_what_is_waived_needs_a_minor_only(mesh: Opened) -> None:
    waiver = {"change": "column price removed", "by": "ana", "reason": "nobody reads it"}
    until = {**waiver, "until": "2999-12-31"}
    custom = [{"property": "waivers", "vendor": "weft", "value": [until]}]
    changed(mesh, **NARROWER, customProperties=custom)
    (found,) = unreleased(mesh, LINES)
    assert [each.waiver.by for each in found.waived] == ["ana"]
    assert (found.needed, found.next) == (Bump.MINOR, "1.5.0")
    past = [{"property": "waivers", "vendor": "weft", "value": [{**until, "until": "2020-01-01"}]}]
    changed(mesh, **NARROWER, customProperties=past)
    assert unreleased(mesh, LINES)[0].needed is Bump.MAJOR


def test_a_step_is_counted_from_what_is_released(mesh: Opened) -> None:
    changed(mesh, **described("Other words."))
    bumped(mesh)
    again = bumped(mesh)
    assert again.draft is None and "1.4.3 already" in again.why
    bumped(mesh, Bump.MINOR)
    assert versions(mesh) == {1: "1.5.0"}


def test_nothing_is_written_where_nothing_differs(mesh: Opened) -> None:
    assert bumped(mesh) == Bumped(
        "sales.orders.lines@1", None, "nothing differs from 1.4.2, as released"
    )


def test_a_version_may_grow_without_a_change(mesh: Opened) -> None:
    bumped(mesh, Bump.PATCH)
    assert versions(mesh) == {1: "1.4.3"}


def test_a_step_that_is_too_short_is_refused(mesh: Opened) -> None:
    changed(mesh, **WIDER)
    with pytest.raises(Usage, match="too short for column more added") as refused:
        bumped(mesh, Bump.PATCH)
    assert refused.value.next_step == "weft release sales.orders.lines@1 --bump"


def test_a_port_that_was_never_released_has_no_version_to_follow(tmp_path: Path) -> None:
    lay_out(tmp_path, files())
    with opened(tmp_path, "", System()) as mesh:
        (found,) = unreleased(mesh, LINES)
        assert (found.released, found.files) == ("", "1.4.2")
        with pytest.raises(Usage, match="not released yet"):
            bumped(mesh)


def test_of_two_majors_the_changed_one_is_meant(mesh: Opened) -> None:
    changed(mesh, **NARROWER)
    bumped(mesh)
    apply_files(mesh.folder)
    assert bumped(mesh).why == "nothing differs from what is released of it"
    second = mesh.folder / FOLDER / "lines.v2.odcs.yaml"
    second.write_text(second.read_text().replace("For a test.", "Other words."))
    assert bumped(mesh).address == "sales.orders.lines@2"
    assert versions(mesh) == {1: "1.4.2", 2: "2.0.1"}
    with pytest.raises(Usage, match="several majors"):
        bumped(mesh, Bump.MINOR)


def test_a_name_that_nothing_has(mesh: Opened) -> None:
    with pytest.raises(NotFound, match="lines@7"):
        unreleased(mesh, PortAddress.parse("sales.orders.lines@7"))


def test_files_with_errors_are_refused(mesh: Opened) -> None:
    (mesh.folder / CONTRACT).write_text("kind: DataContract\n")
    with pytest.raises(Invalid):
        unreleased(mesh, LINES)
