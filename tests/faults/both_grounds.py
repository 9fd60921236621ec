"""The embedded lake and a PostgreSQL server together as the ground of the fault loop.

Consumers see what `weft query` answers, wherever that lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from arro3.core import RecordBatchReader
from effects import Effects
from ground import Content, Seen, content_of
from lake_ground import LAKE, served
from postgres_ground import BASE, Postgres, postgres, warehouse

from mesh_files import SETTINGS, document
from weft.app.bootstrap import Opened, opened
from weft.app.query import query, shown_objects
from weft.app.remembered import remembered
from weft.app.system import System
from weft.app.values import values_of


def on_both(files: Mapping[str, bytes], **homes: str) -> dict[str, bytes]:
    """The files of a mesh on the lake and in a database; `homes` are the warehouses of domains."""
    mesh = {**SETTINGS, "warehouses": {**SETTINGS["warehouses"], BASE: warehouse()}}
    domains = {
        f"domains/{name}/domain.yaml": document(
            {"domain": name, "warehouse": home, "dialect": "duckdb"}
        )
        for name, home in homes.items()
    }
    return {**files, **domains, "weft.yaml": document(mesh)}


class Both:
    """A lake in the folder of a mesh, which has its store too, and a server."""

    def __init__(self, server: Postgres) -> None:
        self._server = server

    def seen(self, folder: Path) -> dict[str, Seen]:
        """What queries answer."""
        with opened(folder, "", System()) as mesh:
            descriptors = remembered(mesh).descriptors
            seen: Seen = {}
            for name, shown in shown_objects(descriptors).items():
                object = name.rpartition(".")[2]
                if "_v" in object:
                    content = _content(mesh, name)
                    seen.setdefault(shown.descriptor.product, {})[object] = content
            return {"queries answer": seen}

    def builds(self, folder: Path) -> list[str]:
        """The builds on both."""
        return [*LAKE.builds(folder), *self._server.builds(folder)]

    def spoil(self, folder: Path) -> None:
        """There is no small mesh here."""
        raise NotImplementedError

    def leftovers(self, folder: Path, tidy: bool) -> Iterator[str]:
        """What lies on either and belongs to nothing, and what both show."""
        yield from LAKE.leftovers(folder, tidy)
        yield from self._server.leftovers(folder, tidy)
        twice = served(folder).keys() & self._server.served().keys()
        if twice:
            yield f"shown on both warehouses: {sorted(twice)}"

    def keep(self, folder: Path, kept: Path) -> None:
        """Copy the folder and the database."""
        self._server.keep(folder, kept)

    def renew(self, kept: Path, folder: Path) -> None:
        """Copy both back."""
        self._server.renew(kept, folder)

    def watched(self, effects: Effects) -> AbstractContextManager[None]:
        """Make an effect of every message to the server."""
        return self._server.watched(effects)


@contextmanager
def both() -> Iterator[Both]:
    """Run a server for trials. Raises NoServer."""
    with postgres() as server:
        yield Both(server)


def _content(mesh: Opened, name: str) -> Content:
    with query(mesh, f"SELECT * FROM {name}") as answer:
        batches = map(values_of, RecordBatchReader.from_arrow(answer.rows))
        rows = [row for columns in batches for row in zip(*columns, strict=True)]
        return content_of(answer.columns, rows)
