"""A mesh of two products whose ports promise times, and a clock that a test sets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from environment_meshes import LAKE, Ground
from mesh_files import Port, Product, Source, document
from weft.app.system import System

LINES, SUMS = "shop.lines", "shop.sums"
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEED = Source("feed", "data/feed.csv", {"id": "integer", "sold_at": "timestamp"})


@dataclass
class Clock:
    """A clock that stands still until it is moved on."""

    at: datetime = START

    def now(self) -> str:
        """What `System.now` gives."""
        return self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def go_on(self, **length: float) -> None:
        """Let time pass."""
        self.at += timedelta(**length)

    @property
    def system(self) -> System:
        """A system with this clock."""
        return System(now=self.now)


def level(property: str, value: object, unit: str = "", element: str = "") -> dict[str, Any]:
    """An entry of `slaProperties`."""
    more = {"unit": unit, "element": element}
    return {"property": property, "value": value, **{k: v for k, v in more.items() if v}}


def promising(
    levels: Sequence[Mapping[str, Any]] = (),
    sums: Sequence[Mapping[str, Any]] = (),
    rows: Sequence[str] = ("1,2026-11-20T11:00:00",),
    ground: Ground = LAKE,
    select: str = "SELECT id, sold_at FROM feed",
    total: str = "count(*)",
) -> dict[str, bytes]:
    """`shop.lines` with these levels and this data, and `shop.sums`, which reads it."""
    rule = {"type": "library", "metric": "nullValues", "mustBe": 0, "severity": "warning"}
    columns = {"id": "integer", "sold_at": "timestamp"}
    files = ground.of(
        Product(LINES, {"lines": select}, (Port("lines", columns),), sources=(FEED,)),
        Product(
            SUMS,
            {"sums": f"SELECT {total} AS total FROM lines"},
            (Port("sums", {"total": "integer"}),),
            (f"{LINES}.lines",),
        ),
    )
    path = "domains/shop/lines/lines.v1.odcs.yaml"
    contract = json.loads(files[path])
    contract["slaProperties"] = list(levels)
    contract["schema"][0]["properties"][0]["quality"] = [rule]
    files[path] = document(contract)
    path = "domains/shop/sums/sums.v1.odcs.yaml"
    files[path] = document({**json.loads(files[path]), "slaProperties": list(sums)})
    data = "".join(f"{each}\n" for each in rows)
    return files | {"data/feed.csv": f"id,sold_at\n{data}".encode()}
