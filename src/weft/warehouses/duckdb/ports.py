"""The file that other DuckDB programs open: views on the ports that one environment shows.

Of a product that has no release in an environment this is what production shows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from weft.mesh.release import ObjectRelease, PortRelease, Release
from weft.sql.duckdb import quote, string
from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.duckdb.expansion import Expansion
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.reading import columns_of
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.duckdb.session import Engine, connect, explaining
from weft.warehouses.protocol import WarehouseError
from weft.warehouses.shown import shown, suspended

# The oldest engine that can read what this one is told to write.
STORAGE = "v1.5.0"

_CATALOG = "ports"
_FILE = re.compile(r"ports\.(?P<environment>[a-z0-9_]+)\.(duckdb|json)")
_ROUNDS = 3


@dataclass(frozen=True)
class _Shown:
    """One view to make: an object of a port version under one of its names.

    `suspended` says why it cannot be read, "" where it can.
    """

    schema: str
    name: str
    object: ObjectRelease
    comment: str
    suspended: str


@dataclass(frozen=True)
class Served:
    """What is noted beside the file: how it looked, and what it shows.

    Its views name files by absolute paths, because the engine takes relative ones from wherever
    a program runs; in another `folder` they are wrong. `modified` is in nanoseconds; `releases`
    says by product which release it is, as environment and number.
    """

    folder: str
    size: int
    modified: int
    releases: dict[str, tuple[str, int]]


_decoder = msgspec.json.Decoder(Served)

# The environment and number of a release, by product.
_Numbers = dict[str, tuple[str, int]]


class Ports:
    """Writes `ports.duckdb`, or `ports.<env>.duckdb` outside production, and a note beside it."""

    def __init__(
        self,
        layout: Layout,
        disk: Disk,
        scratch: Scratch,
        releases: Releases,
        engine: Engine,
        production: str,
    ) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._releases = releases
        self._engine = engine
        self.production = production

    def serve(self, environment: str, expansion: Expansion) -> None:
        """Bring the file up to date with the current releases. Raises WarehouseError.

        With production's come the files of all environments, which show it too.
        """
        self._serve(environment, expansion)
        if environment == self.production:
            there = self._numbers(environment)
            for each in self.environments():
                if not self._is_current(each, there):
                    self._serve(each, expansion, renew=True)

    def is_current(self, environment: str) -> bool:
        """Whether the file is as it was written, where it was written, and shows what is current.

        It is not opened for this. Where nothing was ever released there need not be one. With
        production's all files are meant, for they show it too.
        """
        there = self._numbers(self.production)
        also = self.environments() if environment == self.production else ()
        return all(self._is_current(each, there) for each in (environment, *also))

    def environments(self) -> tuple[str, ...]:
        """Return the environments other than production that have a file, sorted."""
        found = map(_FILE.fullmatch, names_in(self._layout.root))
        return tuple(sorted({each["environment"] for each in found if each}))

    def files_there(self, environment: str) -> list[str]:
        """Return the paths of the file and of the note beside it, as far as they are there."""
        target = self._path(environment)
        return [path for path in (target, _note_of(target)) if os.path.exists(path)]

    @contextmanager
    def withheld(self, environment: str) -> Iterator[None]:
        """Keep everybody from writing the file. Raises WarehouseError when somebody is at it."""
        owner = self._taken(environment)
        try:
            yield
        finally:
            self._scratch.drop(owner)

    def _taken(self, environment: str) -> str:
        owner = f"ports-{environment}"
        if not self._scratch.take(owner):
            raise WarehouseError(
                f"{self._path(environment)} is being written by another program, which does not "
                "come to an end; the next apply after it shows the ports",
                transient=True,
            )
        return owner

    def _serve(self, environment: str, expansion: Expansion, *, renew: bool = False) -> None:
        """Write one file, and look again whether it still shows what is current.

        To `renew` is to write nothing where there is no file, as of an environment that ends.
        One process at a time does this: who publishes while another is at it, and is killed before
        its own turn, is shown all the same. One that does not come to an end is not waited for.
        """
        target = self._path(environment)
        production = environment == self.production
        owner = self._taken(environment)
        try:
            for _ in range(_ROUNDS if self.files(environment) or not renew else 0):
                releases = self._current(environment)
                draft = self._scratch.file(owner, "ports.duckdb")
                self._write(draft, list(_shown(releases, production)), expansion)
                os.chmod(draft, 0o600)
                self._disk.sync(draft)
                self._disk.rename(draft, target)
                self._note(owner, target, {each.product: _named(each) for each in releases})
                if self._current(environment) == releases:
                    break
            self._disk.sync(self._layout.root)
        finally:
            self._scratch.drop(owner)

    def _is_current(self, environment: str, production: _Numbers) -> bool:
        is_production = environment == self.production
        own = production if is_production else self._numbers(environment)
        target = self._path(environment)
        data = read(_note_of(target))
        if data is None:
            return not own
        try:
            noted = _decoder.decode(data)
            return noted == _served(self._layout.root, target, {**production, **own})
        except (msgspec.MsgspecError, FileNotFoundError):
            return False

    def files(self, environment: str) -> tuple[str, str]:
        """Return the paths of the file and of the note beside it."""
        target = self._path(environment)
        return target, _note_of(target)

    def _path(self, environment: str) -> str:
        here = environment == self.production
        name = "ports.duckdb" if here else f"ports.{environment}.duckdb"
        return os.path.join(self._layout.root, name)

    def _numbers(self, environment: str) -> _Numbers:
        products = self._releases.products(environment)
        numbers = ((each, self._releases.numbers(environment, each)) for each in products)
        return {each: (environment, max(found)) for each, found in numbers if found}

    def _current(self, environment: str) -> list[Release]:
        shown = {**self._numbers(self.production), **self._numbers(environment)}
        found = (self._releases.current(where, each) for each, (where, _) in sorted(shown.items()))
        return [release for release in found if release]

    def _note(self, owner: str, target: str, releases: _Numbers) -> None:
        draft = self._scratch.file(owner, "ports.json")
        self._disk.write(draft, msgspec.json.encode(_served(self._layout.root, target, releases)))
        self._disk.rename(draft, _note_of(target))

    def _write(self, path: str, views: list[_Shown], expansion: Expansion) -> None:
        with closing(connect(self._engine, f"{path}.spill")) as connection, explaining():
            connection.execute(
                f"ATTACH {string(path)} AS {_CATALOG} (STORAGE_VERSION {string(STORAGE)})"
            )
            connection.execute("BEGIN")
            for schema in sorted({view.schema for view in views}):
                connection.execute(" ".join(("CREATE SCHEMA", _qualified(_CATALOG, schema))))
            for view in views:
                _create(connection, view, expansion)
            connection.execute("COMMIT")
            connection.execute(" ".join(("DETACH", _CATALOG)))


def noted(path: str) -> Served | None:
    """Return what a note says; None where there is none that can be read."""
    try:
        return _decoder.decode(read(path) or b"")
    except msgspec.MsgspecError:
        return None


def _note_of(target: str) -> str:
    return target.removesuffix(".duckdb") + ".json"


def _named(release: Release) -> tuple[str, int]:
    return release.environment, release.number


def _served(folder: str, target: str, releases: _Numbers) -> Served:
    status = os.stat(target)
    return Served(folder, status.st_size, status.st_mtime_ns, releases)


def _create(connection: Any, view: _Shown, expansion: Expansion) -> None:
    name = _qualified(_CATALOG, view.schema, view.name)
    columns = columns_of(view.object.columns)
    select = expansion.select(view.object.key, view.object.columns)
    if view.suspended:
        select = _failing(select, len(view.object.columns), view.suspended)
    connection.execute(f"CREATE VIEW {name} ({columns}) AS\n{select}")
    connection.execute(" ".join(("COMMENT ON VIEW", name, "IS", string(view.comment))))


def _failing(select: str, columns: int, said: str) -> str:
    """Return a SELECT of the same columns that fails with a text when it is read."""
    nothing = ", ".join(["NULL"] * columns)
    # The filter needs a row to fail on, whatever the select has.
    fails = " ".join(("SELECT", nothing, "FROM (VALUES (1)) WHERE error(", string(said), ")"))
    return "".join(("SELECT * FROM (\n", select, "\n) WHERE false UNION ALL\n", fails))


def _qualified(*names: str) -> str:
    return ".".join(map(quote, names))


def _shown(releases: list[Release], production: bool) -> Iterator[_Shown]:
    """Yield every view: each object of each visible major, and the current major of each."""
    for release in releases:
        schema = release.product.replace(".", "__")
        for each in shown(release, production):
            said = suspended(release.product, each.port)
            yield _Shown(schema, each.name, each.object, _comment(release, each.port), said)


def _comment(release: Release, port: PortRelease) -> str:
    run = f", run {release.run}" if release.run else ""
    preview = f", preview until {port.candidate}" if port.candidate else ""
    version = f"{release.product}.{port.port} {port.version}{preview}"
    return f"{version}, release {release.number}{run}"
