"""What costs most to make, made once: the example mesh, applied, and a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

import postgres_server
from applying import apply_files
from environment_meshes import LAKE, Ground
from postgres_objects import drop_roles
from weft.app.demo import write_demo

_NUMBERS = count(1)
_MEMORY = Path("/dev/shm")
_ROOM = 8 * 1024**3


def pytest_configure() -> None:
    """Write what tests write into memory where there is room: they mostly wait for a disk.

    Nothing here is about power that fails; benchmarks are on the disk. What tests make up is the
    same each time, so that a change is judged by what it changes; `make fuzz` asks for new things.
    No example has a deadline unless its test sets one: on a busy machine, it says nothing.
    """
    same = os.environ.get("WEFT_EXAMPLES") != "new"
    settings.register_profile("weft", settings.default, deadline=None, derandomize=same)
    settings.load_profile("weft")
    chosen = "TMPDIR" in os.environ
    if not chosen and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


@pytest.fixture(scope="session")
def untouched_skyline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example mesh, applied and never used, not even read: queries are counted."""
    folder = tmp_path_factory.mktemp("example") / "skyline"
    write_demo(folder)
    apply_files(folder)
    return folder


@pytest.fixture(scope="session")
def skyline(untouched_skyline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example mesh, applied; tests only read it."""
    return Path(shutil.copytree(untouched_skyline, tmp_path_factory.mktemp("read") / "skyline"))


@pytest.fixture
def own_skyline(untouched_skyline: Path, tmp_path: Path) -> Path:
    """A copy of the applied example mesh, to be changed."""
    return Path(shutil.copytree(untouched_skyline, tmp_path / "skyline"))


@pytest.fixture
def disk_path() -> Iterator[Path]:
    """A folder that is not in shared memory, all of which functions of users may use."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres_server.Server]:
    """A server that all test processes of this session share."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    try:
        with postgres_server.shared(folder) as server:
            yield server
    except postgres_server.NoServer as problem:
        pytest.fail(str(problem), pytrace=False)


@pytest.fixture(scope="session")
def postgres_admin(postgres: postgres_server.Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may do everything on the server, each statement by itself."""
    options = postgres.options("postgres", postgres_server.ADMIN)
    with psycopg.connect(**postgres_server.as_keywords(options)) as it:
        it.autocommit = True
        yield it


@pytest.fixture
def database(
    postgres: postgres_server.Server, postgres_admin: psycopg.Connection[Any]
) -> Iterator[dict[str, Any]]:
    """An empty database of the test's own: the options of a warehouse in it."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    owned = sql.Identifier(name), sql.Identifier(postgres_server.LOGIN)
    postgres_admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*owned))
    yield postgres.options(name)
    postgres_admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(owned[0]))


@pytest.fixture(params=["lake", "postgres"])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """Where the mesh of a test lives that is the same everywhere."""
    if request.param == "lake":
        yield LAKE
        return
    options = request.getfixturevalue("database")
    mesh = options["database"].replace("test_", "mesh_")
    yield Ground(mesh, options)
    drop_roles(options, mesh)
