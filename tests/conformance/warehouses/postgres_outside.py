"""A database with a published product, and somebody who changes it outside of Weft."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import psycopg
from warehouse_steps import PRODUCT, bound, build, port, publish, relation

from weft.mesh.drift import Deviation, Drift, ThingKind
from weft.mesh.release import Release
from weft.plan.drift import located
from weft.plan.plan import RevertSpec, Step, StepKind
from weft.sql.dialect import dialect_named
from weft.warehouses.protocol import Scope

# Owners belong to the whole server, and others use it too.
MESH = f"drift_{os.getpid()}"
POSTGRES = dialect_named("postgres")
INTERNAL = "sales__orders__internal"
FIRST = f"{INTERNAL}.b_first"
SEEN = f"{INTERNAL}.b_seen"
PORT = "sales__orders.orders_v1"
VIEW, BUILD, GRANT, POINTER = (
    ThingKind.VIEW,
    ThingKind.BUILD,
    ThingKind.GRANT,
    ThingKind.POINTER,
)
MISSING, CHANGED, UNKNOWN = Deviation.MISSING, Deviation.CHANGED, Deviation.UNKNOWN

Told = tuple[ThingKind, str, Deviation, frozenset[str]]
ANY: frozenset[str] = frozenset()


class Outside:
    """A database with a published product, and somebody who changes it."""

    def __init__(self, open_it: Callable[[], Any], admin: psycopg.Connection[Any]) -> None:
        self.open_it = open_it
        self.warehouse = open_it()
        self.admin = admin

    def open_anew(self) -> None:
        """Go on as another program, which knows nothing of what was there before."""
        self.warehouse.close()
        self.warehouse = self.open_it()

    @property
    def recorded(self) -> dict[str, tuple[Release, ...]]:
        return {PRODUCT: self.releases}

    def publish_builds(self) -> None:
        here = bound("run_1", 1)
        first = "SELECT n AS id, 'x' || n AS note FROM generate_series(1, 5) AS g(n)"
        self.warehouse.run(build("first", first), here)
        seen = f"SELECT id FROM {relation('first', POSTGRES)} WHERE id > 1"
        self.warehouse.run(build("seen", seen, ["first"], "view"), here)

    def publish(self) -> None:
        here = bound("run_1", 1)
        self.publish_builds()
        ports = [port({"orders": ("first", ["id", "note"]), "lines": ("seen", ["id"])})]
        release = self.warehouse.run(publish(ports), here).release
        self.releases = (release,)

    def publish_again(self) -> None:
        here = bound("run_2", 2)
        self.warehouse.run(build("second", "SELECT 7 AS id, 'y' AS note, 1.5 AS price"), here)
        ports = [port({"orders": ("second", ["id", "note", "price"]), "lines": ("seen", ["id"])})]
        release = self.warehouse.run(publish(ports, 1), here).release
        self.releases = (release, *self.releases)

    def suspend(self, until: str) -> None:
        """Let the ports be in an outage, as they are."""
        ports = [replace(each, outage=until) for each in self.releases[0].ports]
        release = self.warehouse.run(publish(ports, 1), bound("run_2", 2)).release
        self.releases = (release, *self.releases)

    def found(self, *, content: bool = True) -> tuple[Drift, ...]:
        own = self.warehouse.drift(Scope("prod", (PRODUCT,), content=content), self.recorded)
        return (*own, *self.found_in_common(content=content))

    def found_in_common(self, *, content: bool = True) -> tuple[Drift, ...]:
        """What was changed in what belongs to no product."""
        scope = Scope("prod", (), content=content)
        return tuple(located(each, "wh", "prod") for each in self.warehouse.drift(scope, {}))

    def revert(self, drifts: Iterable[Drift] | None = None) -> None:
        for each in self.found() if drifts is None else drifts:
            spec = RevertSpec(each, self.releases if each.product else ())
            step = Step(each.id, StepKind.REVERT, PRODUCT, "wh", each.name, revert=spec)
            lost = each.kind is ThingKind.BUILD and each.deviation is Deviation.MISSING
            assert lost or self.warehouse.tell([step], {})[each.id], each
            self.warehouse.run(step, bound("run_9", 9))

    def heal(self) -> None:
        """Do what a person does: revert, apply, and once more for what needs what is back then."""
        for _ in range(2):
            rest = [each for each in self.found() if each.kind is not ThingKind.VIEW]
            self.revert(rest)
            self.rebuild()
            self.revert(self.found())

    def rebuild(self) -> None:
        """Build what is lost, and make the views that went with it."""
        self.publish_builds()
        self.warehouse.serve("prod")


def told(drifts: tuple[Drift, ...]) -> list[Told]:
    """What is found in short; of things that were changed with what about them."""
    return [
        (each.kind, each.name, each.deviation, each.facts if each.deviation is CHANGED else ANY)
        for each in drifts
    ]
