"""Two repositories on one store and one lake: one has a product, the other one that reads it."""

from __future__ import annotations

from pathlib import Path

from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.plan import PlanOptions, make_plan
from weft.app.system import System
from weft.plan.plan import Plan

COLUMNS = {"id": "integer", "v": "integer"}
UP = Product("up.a", {"a": "SELECT 1 AS id, 2 AS v"}, (Port("a", COLUMNS),))
READER = Product(
    "down.b", {"b": "SELECT v FROM a"}, (Port("b", {"v": "integer"}),), inputs=("up.a.a",)
)


class Roots:
    """The folders of the roots `ra`, which has `up.a`, and `rb`, which reads it."""

    def __init__(self, folder: Path) -> None:
        self.ra, self.rb, self.store = folder / "ra", folder / "rb", folder / "shared/store.db"
        self.fill(self.ra, UP)
        self.fill(self.rb, READER)

    def fill(self, root: Path, *products: Product) -> None:
        shared = self.store.parent
        settings = {
            "mesh": "loom",
            "root": root.name,
            "store": f"sqlite:///{self.store}",
            "warehouses": {"lake": {"type": "duckdb", "path": f"{shared}/lake", "threads": 1}},
        }
        lay_out(root, {**mesh_files(products), "weft.yaml": document(settings)})


def planned(root: Path, options: PlanOptions | None = None) -> Plan:
    """What the files of a root would do."""
    with opened(root, "", System()) as mesh:
        return make_plan(mesh, options or PlanOptions()).plan
