"""Three repositories, each with one domain, on one store and one database, from clean clones.

Every use is a clone of its own, on a host of its own: nothing but the store joins them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest

import postgres_server
from mesh_files import Port, Product, document, lay_out, mesh_files
from weft.app.apply import ApplyOptions, apply_plan, refuse_unless_allowed
from weft.app.bootstrap import Opened, opened
from weft.app.errors import Breaking, Invalid, Stale
from weft.app.move_store import export_store, import_store
from weft.app.plan import PlanOptions, make_plan
from weft.app.prune import prune
from weft.app.query import query
from weft.app.rollback import RollbackOptions, plan_rollback, roll_back
from weft.app.system import System
from weft.app.unlock import held_locks, unlock
from weft.app.validate import validate
from weft.mesh.run import RunState
from weft.plan.plan import Plan
from weft.store.protocol import FencedOut, Locked

COLUMNS = {"id": "integer", "v": "integer"}
UP = Product("up.a", {"a": "SELECT 1 AS id, 2 AS v"}, (Port("a", COLUMNS),))
MIDDLE = Product(
    "mid.b", {"b": "SELECT id, v + 1 AS v FROM a"}, (Port("b", COLUMNS),), inputs=("up.a.a",)
)
DOWN = Product(
    "down.c", {"c": "SELECT v FROM b"}, (Port("c", {"v": "integer"}),), inputs=("mid.b.b",)
)
ROOTS = {"ru": UP, "rm": MIDDLE, "rd": DOWN}

# All tables and views of a domain: which they are, and what they say of themselves.
OBJECTS = """
SELECT n.nspname, c.relname, c.oid, c.relowner, obj_description(c.oid, 'pg_class')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname LIKE %s AND c.relkind IN ('r', 'v') ORDER BY 1, 2
"""


class Repositories:
    """What is checked in, and who clones it."""

    def __init__(self, folder: Path, database: dict[str, Any]) -> None:
        self.database = database
        self._folder = folder
        self._clones = count()
        for root, product in ROOTS.items():
            self.commit(root, product)

    def commit(self, root: str, *products: Product, **settings: Any) -> None:
        """Make these products all that a repository has."""
        address = "postgresql://{user}:${{PGPASSWORD}}@{host}:{port}/{database}"
        mesh = {
            "mesh": "loom",
            "root": root,
            "store": address.format(**self.database),
            "warehouses": {
                "base": {"type": "postgres", **self.database, "password": "${PGPASSWORD}"}
            },
            **settings,
        }
        homes = {
            f"domains/{domain}/domain.yaml": document(
                {"domain": domain, "warehouse": "base", "dialect": "postgres"}
            )
            for domain in {each.address.partition(".")[0] for each in products}
        }
        files = {**mesh_files(products), **homes, "weft.yaml": document(mesh)}
        lay_out(self._folder / root, files)

    def clone(self, root: str) -> Path:
        """A repository as it is checked in, without anything that Weft made."""
        return Path(
            shutil.copytree(self._folder / root, self._folder / f"clone{next(self._clones)}")
        )

    @contextmanager
    def opened(self, root: str, **system: Any) -> Iterator[Opened]:
        """A clean clone, on a host that is called like its root unless something else is said."""
        given = {"host": f"host-of-{root}", "user": lambda: "ana", **system}
        variables = {"PGPASSWORD": postgres_server.PASSWORD}
        with opened(self.clone(root), "", System(variables=variables, **given)) as mesh:
            yield mesh

    def plan(self, root: str, options: PlanOptions | None = None) -> Plan:
        """What a clean clone would do."""
        with self.opened(root) as mesh:
            return make_plan(mesh, options or PlanOptions()).plan

    def apply(self, root: str, **system: Any) -> str:
        """Apply a clean clone; how it ended."""
        with self.opened(root, **system) as mesh:
            plan = make_plan(mesh, PlanOptions()).plan
            events = list(apply_plan(mesh, plan, ApplyOptions(allow_drop=True)))
            return events[-1].text if events else "nothing to do"

    def value(self, root: str = "rd", port: str = "down.c.c") -> int:
        """The one number that a port shows."""
        with self.opened(root) as mesh, query(mesh, f"SELECT v FROM {port}") as answer:
            from arro3.core import RecordBatchReader

            [batch] = RecordBatchReader.from_stream(answer.rows)
            return int(batch.column(0)[0].as_py())

    def objects(self, domain: str) -> list[tuple[Any, ...]]:
        """Everything that a domain has in the database."""
        with self._admin() as admin:
            return admin.execute(OBJECTS, (f"{domain}\\_\\_%",)).fetchall()

    def drop_store(self) -> None:
        """Lose the store that was on the server."""
        with self._admin() as admin:
            admin.execute("DROP SCHEMA weft CASCADE")

    def _admin(self) -> psycopg.Connection[Any]:
        keywords = postgres_server.as_keywords(self.database)
        return psycopg.connect(**{**keywords, "user": postgres_server.ADMIN})


@pytest.fixture
def repositories(tmp_path: Path, database: dict[str, Any]) -> Repositories:
    return Repositories(tmp_path, database)


@pytest.fixture
def applied(repositories: Repositories) -> Repositories:
    for root in ROOTS:
        assert repositories.apply(root) == "done"
    return repositories


def changed(product: Product, old: str, new: str) -> Product:
    """A product with another SELECT."""
    models = {name: sql.replace(old, new) for name, sql in product.models.items()}
    return replace(product, models=models)


def test_each_applies_alone_and_nothing_is_left_to_do(applied: Repositories) -> None:
    assert applied.value() == 3
    assert [applied.plan(root).empty for root in ROOTS] == [True] * 3
    assert [applied.apply(root) for root in ROOTS] == ["nothing to do"] * 3


def test_who_reads_what_nobody_has_published_is_told_so(repositories: Repositories) -> None:
    with pytest.raises(Invalid) as invalid:
        repositories.plan("rm")
    assert "W401" in [each.code for each in invalid.value.diagnostics]


def test_a_change_reaches_the_others_when_they_run(applied: Repositories) -> None:
    applied.commit("ru", changed(UP, "2 AS v", "20 AS v"))
    assert applied.apply("ru") == "done"
    assert applied.value() == 3
    assert [applied.apply(root) for root in ("rm", "rd")] == ["done", "done"]
    assert applied.value() == 21


def test_nobodys_objects_are_touched_by_another(applied: Repositories) -> None:
    before = {domain: applied.objects(domain) for domain in ("up", "mid", "down")}
    assert all(before.values())
    keep = {"keep": {"releases": 1, "days": 0}}
    applied.commit("rm", changed(MIDDLE, "v + 1", "v + 2"), **keep)
    assert applied.apply("rm") == "done"
    with applied.opened("rm") as mesh:
        prune(mesh)
    assert applied.objects("up") == before["up"]
    assert applied.objects("down") == before["down"]
    assert applied.objects("mid") != before["mid"]
    applied.commit("rd")
    assert applied.apply("rd") == "done"
    assert applied.objects("up") == before["up"]


def test_a_broken_reader_is_named_whose_files_cannot_be_read(applied: Repositories) -> None:
    only_id = replace(UP, ports=(Port("a", {"id": "integer"}),))
    for product in ((only_id,), ()):
        applied.commit("ru", *product)
        plan = applied.plan("ru")
        assert [each.consumer for each in plan.affected if each.breaks] == ["mid.b"]
        with pytest.raises(Breaking, match=r"mid\.b"):
            refuse_unless_allowed(plan, ApplyOptions(allow_drop=True))


def test_a_circle_through_other_repositories_is_refused(applied: Repositories) -> None:
    applied.commit("ru", replace(changed(UP, "2 AS v", "c.v FROM c"), inputs=("down.c.c",)))
    with pytest.raises(Invalid) as invalid:
        applied.plan("ru")
    [found] = invalid.value.diagnostics
    assert found.code == "W405", found
    assert found.span is not None and found.span.file == "domains/up/a/product.yaml"
    for step in ("up.a -> down.c", "down.c -> mid.b", "mid.b -> up.a"):
        assert step in found.message
    variables = {"PGPASSWORD": postgres_server.PASSWORD}
    checked = validate(applied.clone("ru"), System(variables=variables))
    assert [each.code for each in checked.loaded.diagnostics] == ["W405"]
    assert applied.plan("rd").empty


def test_of_two_that_close_a_circle_at_once_one_is_refused(repositories: Repositories) -> None:
    alone = replace(MIDDLE, models={"b": "SELECT 1 AS id, 2 AS v"}, inputs=())
    for root, product in (("ru", UP), ("rm", alone)):
        repositories.commit(root, product)
        repositories.apply(root)
    repositories.commit("ru", replace(changed(UP, "2 AS v", "v FROM b"), inputs=("mid.b.b",)))
    repositories.commit("rm", MIDDLE)
    both_planned = Barrier(2)

    def attempt(root: str) -> str:
        with repositories.opened(root) as mesh:
            plan = make_plan(mesh, PlanOptions()).plan
            both_planned.wait(60)
            try:
                return list(apply_plan(mesh, plan, ApplyOptions()))[-1].text
            except Stale as refused:
                return str(refused).partition(": ")[0]

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(attempt, ("ru", "rm")))
    assert ended == ["done", "this plan is stale"]


def test_products_of_several_repositories_are_applied_at_once(repositories: Repositories) -> None:
    products = {f"r{n}": Product(f"d{n}.p", {"p": f"SELECT {n} AS v"}) for n in range(4)}
    products = {
        root: replace(each, ports=(Port("p", {"v": "integer"}),)) for root, each in products.items()
    }
    for turn in range(3):
        for root, each in products.items():
            repositories.commit(root, changed(each, "AS v", f"+ {100 * turn} AS v"))
        with ThreadPoolExecutor(len(products)) as pool:
            assert list(pool.map(repositories.apply, products)) == ["done"] * 4
    for number, root in enumerate(products):
        assert repositories.plan(root).empty
        assert repositories.value(root, f"d{number}.p.p") == 200 + number
    with repositories.opened("r0") as mesh:
        assert held_locks(mesh) == ()
        assert mesh.store.audit.verify()[1] == ""


def test_one_product_applied_at_once_is_released_once(applied: Repositories) -> None:
    applied.commit("ru", changed(UP, "2 AS v", "5 AS v"))

    def attempt(host: int) -> str:
        try:
            return applied.apply("ru", host=f"host{host}", pid=1)
        except (Locked, Stale) as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(attempt, range(4)))
    assert ended.count("done") == 1
    assert set(ended) <= {"done", "Locked", "Stale", "nothing to do"}
    with applied.opened("ru") as mesh:
        assert [each.number for each in mesh.store.journal.releases("prod", "up.a")] == [2, 1]
        assert make_plan(mesh, PlanOptions()).plan.empty


@contextmanager
def stopped_in_the_middle(
    applied: Repositories, **system: Any
) -> Iterator[Callable[[], list[str]]]:
    """An apply of another SELECT that goes on when that is called, after its build."""
    applied.commit("ru", changed(UP, "2 AS v", "7 AS v"))
    with applied.opened("ru", host="far", pid=4711, **system) as mesh:
        plan = make_plan(mesh, PlanOptions()).plan
        events = apply_plan(mesh, plan, ApplyOptions(workers=1))
        assert next(event for event in events if event.kind == "step").result is not None
        yield lambda: [event.text for event in events]


def test_a_holder_on_another_host_is_named_and_its_lock_can_be_ended(
    applied: Repositories,
) -> None:
    with stopped_in_the_middle(applied) as go_on:
        with pytest.raises(Locked) as refused:
            applied.apply("ru", alive=lambda pid: False)
        lock = refused.value.lock
        assert (lock.product, lock.host, lock.pid) == ("up.a", "far", 4711)
        with applied.opened("ru") as mesh:
            assert unlock(mesh, lock.id) == lock
        assert applied.apply("ru") == "done"
        before = applied.objects("up")
        with pytest.raises(FencedOut):
            go_on()
    assert [each[:4] for each in applied.objects("up")] == [each[:4] for each in before]
    assert applied.plan("ru").empty
    assert applied.value("ru", "up.a.a") == 7


def test_a_holder_that_was_killed_is_taken_over_on_its_own_host(applied: Repositories) -> None:
    with stopped_in_the_middle(applied) as go_on:
        assert applied.apply("ru", host="far", alive=lambda pid: pid != 4711) == "done"
        with applied.opened("ru") as mesh:
            _, dead, *_ = mesh.store.journal.runs("prod")
            assert dead.state is RunState.INTERRUPTED
        with pytest.raises(FencedOut):
            go_on()
    assert applied.plan("ru").empty


def test_a_hold_of_one_repository_holds_nobody_else(applied: Repositories) -> None:
    applied.commit("ru", changed(UP, "2 AS v", "9 AS v"))
    applied.apply("ru")
    with applied.opened("ru") as mesh:
        list(roll_back(mesh, plan_rollback(mesh, RollbackOptions("up.a")), "wrong"))
    assert applied.value("ru", "up.a.a") == 2
    assert [applied.plan(root).held for root in ("rm", "rd")] == [(), ()]
    assert applied.apply("rm") == "nothing to do"


def test_the_shared_store_moves_to_a_file_and_back(applied: Repositories, tmp_path: Path) -> None:
    def move(file: Path, **settings: Any) -> None:
        with applied.opened("rm") as mesh:
            rows = export_store(mesh, file).rows
        for root, product in ROOTS.items():
            applied.commit(root, product, **settings)
        if not settings:
            applied.drop_store()
        with applied.opened("rd") as mesh:
            assert import_store(mesh, file).rows == rows
        assert [applied.plan(root).empty for root in ROOTS] == [True] * 3

    before = [applied.objects(domain) for domain in ("up", "mid", "down")]
    move(tmp_path / "there", store=f"sqlite:///{tmp_path}/shared.db")
    move(tmp_path / "back")
    assert [applied.objects(domain) for domain in ("up", "mid", "down")] == before
    applied.commit("ru", changed(UP, "2 AS v", "8 AS v"))
    assert [applied.apply(root) for root in ROOTS] == ["done"] * 3
    assert applied.value() == 9
