"""The name without a version goes to a new major and back while somebody reads it all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from applying import apply_files
from environment_meshes import Ground
from mesh_files import Port, Product
from weft.app.bootstrap import opened
from weft.app.evidence import evidence_chain, verify_store
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.system import System

FIRST = Port("orders", {"id": "integer", "price": "integer"}, version="1.0.0")
SECOND = Port("orders", {"cost": "integer"}, version="2.0.0")
MODELS = {"orders_v1": "SELECT 1 AS id, 5 AS price", "orders": "SELECT 7 AS cost"}


@contextmanager
def read_all_the_time(folder: Path, ground: Ground) -> Iterator[list[Any]]:
    """Give what a reader saw meanwhile; an error in its thread fails the test."""
    seen: list[Any] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(ground.served(folder))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        done.set()
        reader.join()


def test_a_reader_sees_the_old_major_or_the_new_one(tmp_path: Path, ground: Ground) -> None:
    folder = tmp_path / "mesh"
    old = ground.of(Product("shop.orders", {"orders_v1": MODELS["orders_v1"]}, (FIRST,)))
    apply_files(folder, old)
    with read_all_the_time(folder, ground) as there:
        apply_files(folder, ground.of(Product("shop.orders", MODELS, (FIRST, SECOND))))
    # Only when nobody has the file open: connections of one process share what is behind a path.
    assert ground.served(folder) == [7]
    with read_all_the_time(folder, ground) as back, opened(folder, "", System()) as mesh:
        plan = plan_rollback(mesh, RollbackOptions("shop.orders"))
        for _ in roll_back(mesh, plan, "for a test"):
            pass
    assert ground.served(folder) == [1]
    for seen in (there, back):
        assert seen and all(each in ([1], [7]) for each in seen)
    with opened(folder, "", System()) as mesh:
        versions = [each.evidence["version"] for each in evidence_chain(mesh).records]
        assert versions == ["1.0.0", "2.0.0"]
        assert verify_store(mesh).faults == ()
