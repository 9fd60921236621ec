"""A PostgreSQL server as the ground of the fault loop: warehouse and store in one database.

What is kept of a mesh is a copy of that database. The server dies when a trial wants it to, and
is started again at once.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from effects import Effects
from ground import Content, Seen, content_of
from observation import current_releases
from psycopg import sql

import postgres_server
from mesh_files import SETTINGS, document
from postgres_line import Line, is_greeting, serving, wait_for_answer
from postgres_restarts import OwnServer, reviving

BASE = "base"
PORT = "WEFT_TRIAL_PORT"
_KEPT = "kept"
_PATIENCE = 30.0
_COMMENT = re.compile(r"/\* weft.*?\*/ ?")
_WORDS = re.compile(r"[A-Za-z_][A-Za-z_ ,.()\"*]{5,}")

# Everything of ours that has no mark, in schemas that have one.
_UNMARKED = """
SELECT n.nspname || '.' || c.relname
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname LIKE '%\\_\\_%' AND c.relkind IN ('r', 'v') AND c.relname <> 'releases'
  AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE '%{"weft":%'
UNION ALL
SELECT nspname FROM pg_namespace
WHERE nspname LIKE '%\\_\\_%'
  AND coalesce(obj_description(oid, 'pg_namespace'), '') NOT LIKE '{"weft":%'
"""
_VIEWS = """
SELECT schemaname, viewname, array_agg(attname::text)
FROM pg_views JOIN pg_attribute ON attrelid = format('%I.%I', schemaname, viewname)::regclass
WHERE schemaname ~ '^[a-z]+__[a-z]+$' AND schemaname !~ '__internal$' AND attnum > 0
GROUP BY schemaname, viewname
"""
_BUILDS = """
SELECT n.nspname || '.' || c.relname
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname LIKE '%\\_\\_internal' AND c.relkind IN ('r', 'v') AND c.relname ~ '^[bspg]_'
ORDER BY 1
"""
_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def warehouse() -> dict[str, Any]:
    """What `weft.yaml` says of a warehouse in a database of a trial."""
    return {
        "type": "postgres",
        "host": "127.0.0.1",
        "port": f"${{{PORT}}}",
        "database": postgres_server.DATABASE,
        "user": postgres_server.LOGIN,
        "password": "${PGPASSWORD}",
    }


def on_postgres(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a mesh with its warehouse and its store in a database of a trial."""
    place = f"postgresql://{postgres_server.LOGIN}:{postgres_server.PASSWORD}@127.0.0.1"
    mesh = {
        **SETTINGS,
        "store": f"{place}:${{{PORT}}}/{postgres_server.DATABASE}",
        "warehouses": {BASE: warehouse()},
    }
    domains = {path for path in files if path.endswith("domain.yaml")}
    homes = {
        path: document({"domain": path.split("/")[1], "warehouse": BASE, "dialect": "postgres"})
        for path in domains
    }
    return {**files, **homes, "weft.yaml": document(mesh)}


class Postgres:
    """A server that has one mesh at a time."""

    def __init__(self, server: OwnServer) -> None:
        self._server = server
        self._options = server.options
        os.environ[PORT] = str(server.options["port"])
        os.environ["PGPASSWORD"] = postgres_server.PASSWORD

    def seen(self, folder: Path) -> dict[str, Seen]:
        """What any client reads in the views of ports, and what the current releases name."""
        return {"clients read": self.served(), "the releases show": self._released(folder)}

    def builds(self, folder: Path) -> list[str]:
        """The names of tables and views of builds, and of the layers that they share."""
        with self._connected() as admin:
            return [name for (name,) in admin.execute(_BUILDS)]

    def spoil(self, folder: Path) -> None:
        """Empty a view, add a row, show an earlier release, and leave a table and a grant."""
        revenue = current_releases(folder)["finance.revenue"].builds["revenue"]
        with self._connected() as admin:
            definition = "SELECT pg_get_viewdef('shop__orders.totals_v1'::regclass)"
            [(totals,)] = admin.execute(definition).fetchall()
            emptied = sql.SQL("SELECT * FROM ({}) AS t WHERE false").format(
                sql.SQL(totals.rstrip("; "))
            )
            view = sql.Identifier("shop__orders", "totals_v1")
            admin.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(view, emptied))
            build = sql.Identifier("finance__revenue__internal", f"b_{revenue}")
            admin.execute(sql.SQL("INSERT INTO {0} SELECT * FROM {0} LIMIT 1").format(build))
            admin.execute("UPDATE finance__rates__internal.pointer SET number = 1")
            admin.execute("CREATE TABLE finance__costs.notes AS SELECT 1 AS id")
            admin.execute("GRANT SELECT ON finance__costs.costs_v1 TO PUBLIC")

    def leftovers(self, folder: Path, tidy: bool) -> Iterator[str]:
        """What is there and belongs to nothing, and sessions that do not end."""
        with self._connected() as admin:
            unmarked = [name for (name,) in admin.execute(_UNMARKED)]
            if unmarked:
                yield f"without a mark: {unmarked}"
            end = time.monotonic() + _PATIENCE
            while (open_ones := admin.execute(_SESSIONS).fetchall()) != [(0,)]:
                if time.monotonic() > end:
                    yield f"sessions that do not end: {open_ones}"
                    return
                time.sleep(0.01)

    def keep(self, folder: Path, kept: Path) -> None:
        """Copy the folder and the database."""
        shutil.rmtree(kept, ignore_errors=True)
        subprocess.run(["cp", "-a", str(folder), str(kept)], check=True)
        self._copy(postgres_server.DATABASE, _KEPT)

    def renew(self, kept: Path, folder: Path) -> None:
        """Copy both back."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder, symlinks=True)
        self._copy(_KEPT, postgres_server.DATABASE)

    @contextmanager
    def watched(self, effects: Effects) -> Iterator[None]:
        """Make an effect of every message to the server."""
        effects.kill_server = self._server.kill
        with serving(_WatchedLine(self._options, effects)) as line:
            os.environ[PORT] = str(line.port)
            yield

    def _copy(self, template: str, name: str) -> None:
        names = sql.Identifier(name), sql.Identifier(template)
        owner = sql.Identifier(postgres_server.LOGIN)
        with self._connected("postgres") as admin:
            # A killed program's session may live a moment longer.
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                (template,),
            )
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(names[0]))
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            admin.execute(create.format(*names, owner))

    def _connected(self, database: str = postgres_server.DATABASE) -> psycopg.Connection[Any]:
        """Connect as somebody who may read everything, as soon as the server lives."""
        wanted = {**self._options, "database": database, "user": postgres_server.ADMIN}
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                return psycopg.connect(**postgres_server.as_keywords(wanted), autocommit=True)
            except psycopg.OperationalError as error:
                if time.monotonic() > end:
                    error.add_note(self._server.told())
                    raise
                time.sleep(0.02)

    def served(self) -> Seen:
        """What clients read, of one moment.

        A view that shows nothing yet, or is about to be dropped, is not there for them.
        """
        seen: Seen = {}
        with self._connected() as client, client.transaction():
            client.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            client.execute("SET LOCAL statement_timeout = '20s'")
            for schema, view, columns in client.execute(_VIEWS).fetchall():
                with suppress(psycopg.errors.InvalidTextRepresentation), client.transaction():
                    content = _content(client, sql.Identifier(schema, view), columns)
                    if "_v" in view and content[1]:
                        seen.setdefault(schema.replace("__", "."), {})[view] = content
        return seen

    def _released(self, folder: Path) -> Seen:
        """What the builds hold that the current releases name."""
        releases = current_releases(folder)
        with self._connected() as client:
            return {
                product: {
                    f"{each.name}_v{port.major}": _content(
                        client,
                        sql.Identifier(f"{product.replace('.', '__')}__internal", f"b_{each.key}"),
                        each.columns,
                    )
                    for port in release.ports
                    for each in port.objects
                }
                for product, release in releases.items()
            }


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server for trials."""
    with reviving() as server:
        yield Postgres(server)


class _Cut(Exception):
    """The connection is lost here."""


class _WatchedLine(Line):
    """A line on which every message of a client is an effect."""

    def __init__(self, options: Mapping[str, Any], effects: Effects) -> None:
        super().__init__(options["host"], options["port"])
        self._effects = effects

    def sent(self, data: bytes, server: socket.socket) -> bool:
        """Send a message of the client; False when the line is cut here."""
        if is_greeting(data):
            server.sendall(data)
            return True
        try:
            self._effects.perform(
                f"wire {_about(data)}",
                lambda: server.sendall(data),
                _Cut,
                lambda: wait_for_answer(server),
            )
        except _Cut:
            return False
        return True


def _about(data: bytes) -> str:
    """The first words of a message, without for whom it is."""
    found = _WORDS.search(_COMMENT.sub("", data[:400].decode(errors="replace")))
    return f"{chr(data[0])} {found.group()[:50] if found else ''}".strip()


def _content(
    client: psycopg.Connection[Any], relation: sql.Composable, columns: Sequence[str]
) -> Content:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return content_of(
        columns, client.execute(sql.SQL("SELECT {} FROM {}").format(listed, relation))
    )
