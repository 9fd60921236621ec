"""The stores that pass this suite; a new kind of store is one more entry of `ADDRESSES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from weft.mesh.run import Run, RunState
from weft.store.opening import open_store
from weft.store.protocol import Finished, Store


def sqlite_address(request: pytest.FixtureRequest) -> str:
    return f"sqlite:///{request.getfixturevalue('tmp_path')}/store.db"


def postgres_address(request: pytest.FixtureRequest) -> str:
    options = request.getfixturevalue("database")
    return "postgresql://{user}:{password}@{host}:{port}/{database}".format(**options)


ADDRESSES = {"sqlite": sqlite_address, "postgres": postgres_address}


@pytest.fixture(params=list(ADDRESSES.values()), ids=list(ADDRESSES))
def url(request: pytest.FixtureRequest) -> str:
    """The address of a store that does not exist yet."""
    address: str = request.param(request)
    return address


@pytest.fixture
def open_one(url: str) -> Iterator[Callable[[], Store]]:
    """Opens the store once more, as another program would."""
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(open_store(url, "skyline", "first", "/"))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


@pytest.fixture
def store(open_one: Callable[[], Store]) -> Store:
    return open_one()


@pytest.fixture
def new_run() -> Callable[[str], Run]:
    """Makes a run in `prod` that has just begun."""

    def make(id: str) -> Run:
        return Run(
            id=id,
            kind="apply",
            environment="prod",
            plan=f"plan of {id}",
            state=RunState.RUNNING,
            started="2026-03-01T10:00:00Z",
            actor="ana",
            host="loom",
            pid=4711,
            commit="c0ffee",
            root="skyline",
        )

    return make


@pytest.fixture
def record(store: Store, new_run: Callable[[str], Run]) -> Callable[..., None]:
    """Finishes one product in a run of its own."""

    def finish(finished: Finished, run: str = "r1") -> None:
        begun = new_run(run)
        (lock,) = store.journal.begin(begun, [finished.product], b"{}")
        store.journal.finish(lock, finished, begun, "2026-03-01T10:00:05Z")

    return finish
