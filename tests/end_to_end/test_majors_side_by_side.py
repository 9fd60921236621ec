"""A breaking change as people make it: a new major, the old one kept, who stays, who moves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from environment_meshes import Ground
from mesh_files import Port, Product, document
from two_warehouses import Said, applied, rows, weft
from weft.app.yaml_write import yaml_text

PORT = "shop.orders.orders"
FOLDER = "domains/shop/orders"
ORDERS = Product(
    "shop.orders",
    {"orders": "SELECT 1 AS id, 5 AS price"},
    (Port("orders", {"id": "integer", "price": "integer"}, ("id",), version="1.4.2"),),
)
PINS = Product(
    "shop.pins", {"pins": "SELECT price FROM orders"}, (Port("pins", {"price": "integer"}),)
)
FLOATS = Product(
    "shop.floats", {"floats": "SELECT id FROM orders"}, (Port("floats", {"id": "integer"}),)
)


def files_of(ground: Ground, **inputs: str) -> dict[str, bytes]:
    """The mesh; `inputs` say for each consumer which major it pins, "" where it floats."""
    found = ground.of(ORDERS, PINS, FLOATS)
    for name, major in inputs.items():
        read = {"name": "orders", "contractId": PORT} | ({"version": major} if major else {})
        path = f"domains/shop/{name}/product.yaml"
        found[path] = document({**json.loads(found[path]), "inputPorts": [read]})
    own = [path for path in found if path.startswith(FOLDER) and path.endswith(".yaml")]
    return found | {path: yaml_text(json.loads(found[path])).encode() for path in own}


def price_becomes_cost(folder: Path) -> None:
    """Rename a column that a consumer reads."""
    for file in ("models/orders.sql", "orders.v1.odcs.yaml"):
        path = folder / FOLDER / file
        path.write_text(path.read_text().replace("price", "cost"))


def done(said: Said) -> Said:
    assert said.code == 0, said
    return said


def reads(folder: Path, environment: str = "") -> dict[str, str]:
    """Which major each consumer reads, as it is applied."""
    found = {}
    for name in ("pins", "floats"):
        told = done(weft(folder, "release", "evidence", f"shop.{name}.{name}", "--json")).data
        found[name] = told["records"][-1]["evidence"]["inputs"][-1]["port"]
    return found


def values(folder: Path, what: str) -> list[Any]:
    return [tuple(each.values()) for each in rows(folder, what)]


def test_a_breaking_change_beside_what_consumers_have(tmp_path: Path, ground: Ground) -> None:
    folder = tmp_path / "mesh"
    applied(folder, files_of(ground, pins="1", floats=""))
    price_becomes_cost(folder)
    blocked = weft(folder, "plan")
    assert blocked.code == 7 and "shop.pins" in blocked.out, blocked
    needed = done(weft(folder, "release", PORT, "--json")).data["versions"]
    assert [(each["needed"], each["next"]) for each in needed] == [("major", "2.0.0")]
    kept = weft(
        *(folder, "new", "port", PORT, "--major", "2", "--keep", "1"),
        *("--until", "2099-03-31", "--yes"),
    )
    assert "shop.floats would follow to major 2" in done(kept).err
    plan = done(weft(folder, "plan"))
    assert re.search("port orders@1 +1.4.2 -> 1.4.3", plan.out), plan
    assert "shop.floats (floats, ok, follows to major 2)" in plan.out.replace(
        "orders floats", "floats"
    )
    assert "shop.pins (pins 1, ok)" in plan.out.replace("orders pins", "pins")
    done(weft(folder, "apply", "--yes"))
    assert values(folder, "SELECT price FROM shop.orders.orders_v1") == [(5,)]
    assert values(folder, "SELECT cost FROM shop.orders.orders_v2") == [(5,)]
    assert values(folder, "SELECT cost FROM shop.orders.orders") == [(5,)]
    assert ground.served(folder) == ground.served(folder, relation="shop__orders.orders_v2")
    assert weft(folder, "plan", "--detailed-exitcode").code == 0
    chain = done(weft(folder, "release", "evidence", PORT, "--json")).data["records"]
    told = [each["evidence"] for each in chain]
    assert [each["version"] for each in told] == ["1.4.2", "1.4.3", "2.0.0"]
    assert [each["status"] for each in told] == ["active", "deprecated", "active"]
    done(weft(folder, "release", "verify"))


def test_who_floats_and_would_break_is_named_until_it_pins(tmp_path: Path, ground: Ground) -> None:
    folder = tmp_path / "mesh"
    applied(folder, files_of(ground, pins="", floats=""))
    price_becomes_cost(folder)
    done(weft(folder, "release", PORT, "--bump", "--yes"))
    blocked = weft(folder, "plan")
    assert blocked.code == 7, blocked
    assert (
        "Blocked: shop.orders.orders@2 would break shop.pins, which floats and would follow to it."
    ) in blocked.out
    assert (
        'let it stay: `version: "1"` at its input port `orders` in domains/shop/pins/product.yaml'
    ) in blocked.out
    assert weft(folder, "plan", "--product", "shop.orders").code == 7
    path = folder / "domains/shop/pins/product.yaml"
    path.write_bytes(files_of(ground, pins="1")["domains/shop/pins/product.yaml"])
    done(weft(folder, "apply", "--yes"))
    assert values(folder, "SELECT price FROM shop.pins.pins") == [(5,)]
    assert values(folder, "SELECT id FROM shop.floats.floats") == [(1,)]


def test_an_old_major_is_a_view_over_the_new_one(tmp_path: Path, ground: Ground) -> None:
    folder = tmp_path / "mesh"
    applied(folder, files_of(ground, pins="1", floats="1"))
    price_becomes_cost(folder)
    done(weft(folder, "release", PORT, "--bump", "--yes"))
    model = folder / FOLDER / "models/orders_v1.sql"
    model.write_text("-- materialized: view\nSELECT id, cost AS price FROM orders\n")
    done(weft(folder, "apply", "--yes"))
    assert values(folder, "SELECT price FROM shop.orders.orders_v1") == [(5,)]
    newer = folder / FOLDER / "models/orders.sql"
    newer.write_text("SELECT 1 AS id, 7 AS cost")
    done(weft(folder, "apply", "--yes"))
    assert values(folder, "SELECT price FROM shop.orders.orders_v1") == [(7,)]
    assert values(folder, "SELECT price FROM shop.pins.pins") == [(7,)]
    done(weft(folder, "release", "verify"))
