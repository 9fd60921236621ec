"""Applied definitions, published descriptors, verdicts and salts in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from weft.mesh.check import CheckResult
from weft.mesh.manifest import Descriptor, ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Run
from weft.store.acts import rebuild_asked
from weft.store.content import packed, unpacked
from weft.store.protocol import Applied, Finished
from weft.store.sqlite.audit import record
from weft.store.sqlite.database import Database, json_list

_MANIFEST = msgspec.json.Decoder(ProductManifest)
_DESCRIPTOR = msgspec.json.Decoder(Descriptor)
_VERDICTS = msgspec.json.Decoder(tuple[CheckResult, ...])


class SqliteDefinitions:
    """What was applied and what is published, per environment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def applied(self, environment: str) -> dict[str, Applied]:
        """The last applied definition of every product, by address, without its content."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT product, root, digest, run, at, coalesce((SELECT max(number) "
                "FROM releases WHERE releases.environment = applied.environment "
                "AND releases.product = applied.product), 0) "
                "FROM applied WHERE environment = ?",
                (environment,),
            )
            return {row[0]: Applied(*row) for row in rows}

    def manifests(self, environment: str, products: Iterable[str]) -> dict[str, ProductManifest]:
        """The content of applied definitions, by address; absent products are left out."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT applied.product, manifests.content FROM json_each(?) AS wanted "
                "JOIN applied ON applied.environment = ? AND applied.product = wanted.value "
                "JOIN manifests ON manifests.digest = applied.digest",
                (json_list(products), environment),
            )
            return {product: unpacked(content, _MANIFEST) for product, content in rows}

    def descriptors(self, environment: str) -> dict[str, Descriptor]:
        """What is published, by port address with its major (`a.b.c@1`)."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT product, port, major, content FROM descriptors WHERE environment = ?",
                (environment,),
            )
            return {
                f"{product}.{port}@{major}": unpacked(content, _DESCRIPTOR)
                for product, port, major, content in rows
            }

    def verdicts(self, audits: Iterable[str]) -> dict[str, tuple[CheckResult, ...]]:
        """What earlier audits found, by audit key."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT verdicts.audit, verdicts.content FROM json_each(?) AS wanted "
                "JOIN verdicts ON verdicts.audit = wanted.value",
                (json_list(audits),),
            )
            return {audit: unpacked(content, _VERDICTS) for audit, content in rows}

    def salts(self, environment: str) -> dict[str, str]:
        """Salts of asked-for rebuilds, by `domain.product.model`."""
        with self._database.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT model, salt FROM salts WHERE environment = ?", (environment,)
                )
            )

    def set_salts(self, environment: str, salts: Mapping[str, str], actor: str, at: str) -> None:
        """Remember salts, each replacing the earlier one."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO salts (environment, model, salt) VALUES (?, ?, ?)",
                [(environment, model, salt) for model, salt in salts.items()],
            )
            record(connection, actor, at, rebuild_asked(environment, salts))


def record_definition(
    connection: sqlite3.Connection, finished: Finished, run: Run, at: str
) -> None:
    """Write what a product's end in a run says about its definition, releases and verdicts."""
    if finished.removed:
        _forget(connection, finished)
    if finished.manifest is not None:
        _apply(connection, finished.environment, finished.manifest, run.id, at)
    if finished.release is not None:
        _publish(connection, finished.release)
    connection.executemany(
        "INSERT OR REPLACE INTO descriptors (environment, product, port, major, content) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (finished.environment, each.product, each.port, each.major, packed(each))
            for each in finished.descriptors
        ],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO verdicts (audit, build, content, environment) VALUES (?, ?, ?, ?)",
        [
            (audit, each.build, packed(each.results), finished.environment)
            for audit, each in finished.verdicts.items()
        ],
    )


def _forget(connection: sqlite3.Connection, finished: Finished) -> None:
    place = (finished.environment, finished.product)
    connection.execute("DELETE FROM applied WHERE environment = ? AND product = ?", place)
    connection.execute("DELETE FROM descriptors WHERE environment = ? AND product = ?", place)


def _apply(
    connection: sqlite3.Connection, environment: str, manifest: ProductManifest, run: str, at: str
) -> None:
    known = connection.execute(
        "SELECT 1 FROM manifests WHERE digest = ?", (manifest.digest,)
    ).fetchone()
    if not known:
        connection.execute(
            "INSERT INTO manifests (digest, content) VALUES (?, ?)",
            (manifest.digest, packed(manifest)),
        )
    connection.execute(
        "INSERT OR REPLACE INTO applied (environment, product, root, digest, run, at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (environment, manifest.address, manifest.root, manifest.digest, run, at),
    )


def _publish(connection: sqlite3.Connection, release: Release) -> None:
    """Keep a release, and forget the descriptors of port versions that it no longer has."""
    place = (release.environment, release.product)
    connection.execute(
        "INSERT OR REPLACE INTO releases (environment, product, number, content) "
        "VALUES (?, ?, ?, ?)",
        (*place, release.number, packed(release)),
    )
    shown = {(each.port, each.major) for each in release.ports}
    described = connection.execute(
        "SELECT port, major FROM descriptors WHERE environment = ? AND product = ?", place
    ).fetchall()
    connection.executemany(
        "DELETE FROM descriptors WHERE environment = ? AND product = ? AND port = ? AND major = ?",
        [(*place, *port) for port in described if port not in shown],
    )
