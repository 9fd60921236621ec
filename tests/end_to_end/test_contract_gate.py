"""A released contract changes as a person meets it: told, refused, bumped, waived, applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from environment_meshes import Ground
from mesh_files import Port, Product, document, lay_out
from two_warehouses import applied, weft

LINES = "shop.orders.lines"
CONTRACT = "domains/shop/orders/lines.v1.odcs.yaml"
NARROW = {"id": "integer"}
WIDE = {"id": "integer", "price": "integer"}
SELECTS = {"id": "1 AS id", "price": "2 AS price", "note": "'x' AS note"}
READER = Product("finance.ids", {"m": "SELECT id FROM lines"}, inputs=(LINES,))


def files(
    ground: Ground, columns: dict[str, str], version: str, waivers: list[Any] | None = None
) -> dict[str, bytes]:
    """A port that another product reads, with columns under a version of its contract."""
    select = "SELECT " + ", ".join(SELECTS[name] for name in columns)
    port = Port("lines", columns, version=version)
    found = ground.of(Product("shop.orders", {"lines": select}, (port,)), READER)
    if waivers:
        contract = json.loads(found[CONTRACT])
        contract["customProperties"] = [{"property": "waivers", "vendor": "weft", "value": waivers}]
        found[CONTRACT] = document(contract)
    return found


def test_a_released_contract_changes_by_its_version_or_by_a_waiver(
    tmp_path: Path, ground: Ground
) -> None:
    applied(tmp_path, files(ground, WIDE, "1.0.0"))
    unchanged = weft(tmp_path, "diff", "--against", "published", "--detailed-exitcode")
    assert (unchanged.code, unchanged.err) == (0, "")

    lay_out(tmp_path, files(ground, {**WIDE, "note": "string"}, "1.0.0"))
    differs = weft(tmp_path, "diff", "--against", "published", LINES, "--detailed-exitcode")
    assert differs.code == 3 and "column note added" in differs.out
    refused = weft(tmp_path, "apply", "--yes")
    assert refused.code == 5
    assert f"{LINES}@1 is released as 1.0.0, and a released version does not change" in refused.err
    assert f"weft release {LINES}@1 --bump" in refused.err
    assert weft(tmp_path, "plan", "--env", "dev").code == 0

    applied(tmp_path, files(ground, {**WIDE, "note": "string"}, "1.1.0"))
    assert weft(tmp_path, "plan").out.startswith("Nothing to do")

    lay_out(tmp_path, files(ground, NARROW, "1.2.0"))
    broken = weft(tmp_path, "plan")
    assert broken.code == 7
    assert "it breaks none of 1 consumer." in broken.out
    assert '{change: "column price removed", by: WHO, reason: WHY, until: DATE}' in broken.out

    waivers = [
        {"change": f"column {name} removed", "by": "ann", "reason": "unused", "until": until}
        for name, until in (("price", "2126-01-31"), ("note", "2020-01-31"))
    ]
    lay_out(tmp_path, files(ground, NARROW, "1.2.0", waivers))
    ended = weft(tmp_path, "plan")
    assert ended.code == 7
    assert "the waiver of ann for column note removed ended on 2020-01-31" in ended.out

    waivers[1]["until"] = "2126-01-31"
    applied(tmp_path, files(ground, NARROW, "1.2.0", waivers))
    assert weft(tmp_path, "plan").out.startswith("Nothing to do")
    back = files(ground, NARROW, "1.1.0")
    lay_out(tmp_path, back)
    assert "version 1.1.0 would follow 1.2.0, which is released" in weft(tmp_path, "plan").out


def test_what_does_not_go_together_is_refused(tmp_path: Path, ground: Ground) -> None:
    applied(tmp_path, files(ground, WIDE, "1.0.0"))
    for arguments in (
        ("prod",),
        ("--against", "published", LINES, "prod"),
        ("--against", "published", "--rows", "3"),
        (f"{LINES}@1", LINES),
        (f"{LINES}@1", "prod"),
        ("prod", "dev", "--env", "dev"),
    ):
        said = weft(tmp_path, "diff", *arguments)
        assert said.code == 2, (arguments, said)
        assert "next:" in said.err
    alone = weft(tmp_path, "diff", f"{LINES}@1")
    assert f"`{LINES}@1` is one version, and it takes another to compare it with" in alone.err
    assert weft(tmp_path, "diff", f"{LINES}@1", f"{LINES}@2").code == 2
    same = weft(tmp_path, "diff", f"{LINES}@1", f"{LINES}@1", "--json")
    assert same.code == 0 and same.data["versions"][0]["differences"] == []
