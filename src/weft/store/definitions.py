"""Applied definitions, published descriptors, verdicts and salts in a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from weft.mesh.check import CheckResult
from weft.mesh.manifest import Descriptor, ProductManifest
from weft.mesh.release import Release
from weft.mesh.run import Run
from weft.store.acts import production_settled, rebuild_asked
from weft.store.audit_log import record
from weft.store.content import packed, unpacked
from weft.store.database import Database, Transaction, json_list, reading, writing
from weft.store.protocol import Applied, Finished

_MANIFEST = msgspec.json.Decoder(ProductManifest)
_DESCRIPTOR = msgspec.json.Decoder(Descriptor)
_VERDICTS = msgspec.json.Decoder(tuple[CheckResult, ...])

_APPLIED = (
    "SELECT product, root, digest, run, at, coalesce((SELECT max(number) FROM releases "
    "WHERE releases.environment = applied.environment "
    "AND releases.product = applied.product), 0) FROM applied WHERE environment = :environment"
)
_MANIFESTS = (
    "SELECT applied.product, manifests.content FROM json_each(:products) AS wanted "
    "JOIN applied ON applied.environment = :environment AND applied.product = wanted.value "
    "JOIN manifests ON manifests.digest = applied.digest"
)
_KEPT = (
    "SELECT digest, content FROM json_each(:digests) AS wanted "
    "JOIN manifests ON manifests.digest = wanted.value"
)
_DESCRIPTORS = (
    "SELECT product, port, major, content FROM descriptors WHERE environment = :environment"
)
_DESCRIPTORS_OF = (
    "SELECT product, port, major, content FROM json_each(:products) AS wanted "
    "JOIN descriptors ON environment = :environment AND product = wanted.value"
)
_FOUND = (
    "SELECT verdicts.audit, verdicts.content FROM json_each(:audits) AS wanted "
    "JOIN verdicts ON verdicts.audit = wanted.value"
)
_FOUND_ON = (
    "SELECT content FROM verdicts WHERE environment = :environment AND build = :build "
    "ORDER BY audit"
)
_SALTS = "SELECT model, salt FROM salts WHERE environment = :environment"
_SET_SALT = (
    "INSERT INTO salts (environment, model, salt) VALUES (:environment, :model, :salt) "
    "ON CONFLICT (environment, model) DO UPDATE SET salt = excluded.salt"
)
_DESCRIBE = (
    "INSERT INTO descriptors (environment, product, port, major, content) "
    "VALUES (:environment, :product, :port, :major, :content) "
    "ON CONFLICT (environment, product, port, major) DO UPDATE SET content = excluded.content"
)
_JUDGE = (
    "INSERT INTO verdicts (audit, build, content, environment) "
    "VALUES (:audit, :build, :content, :environment) "
    "ON CONFLICT (audit) DO UPDATE SET build = excluded.build, content = excluded.content, "
    "environment = excluded.environment"
)
_KEEP_MANIFEST = "INSERT INTO manifests (digest, content) VALUES (:digest, :content)"
_APPLY = (
    "INSERT INTO applied (environment, product, root, digest, run, at) "
    "VALUES (:environment, :product, :root, :digest, :run, :at) "
    "ON CONFLICT (environment, product) DO UPDATE "
    "SET root = excluded.root, digest = excluded.digest, run = excluded.run, at = excluded.at"
)
_PUBLISH = (
    "INSERT INTO releases (environment, product, number, content) "
    "VALUES (:environment, :product, :number, :content) "
    "ON CONFLICT (environment, product, number) DO UPDATE SET content = excluded.content"
)
_DESCRIBED = (
    "SELECT port, major FROM descriptors WHERE environment = :environment AND product = :product"
)
_END_PORT = (
    "DELETE FROM descriptors WHERE environment = :environment AND product = :product "
    "AND port = :port AND major = :major"
)
_FORGET = (
    "DELETE FROM applied WHERE environment = :environment AND product = :product",
    "DELETE FROM descriptors WHERE environment = :environment AND product = :product",
)


class DatabaseDefinitions:
    """What was applied and what is published, per environment."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @reading
    def applied(self, transaction: Transaction, environment: str) -> dict[str, Applied]:
        """The last applied definition of every product, by address, without its content."""
        rows = transaction.execute(_APPLIED, {"environment": environment})
        return {row[0]: Applied(*row) for row in rows}

    def manifests(self, environment: str, products: Iterable[str]) -> dict[str, ProductManifest]:
        """The content of applied definitions, by address; absent products are left out."""
        wanted = tuple(products)
        if not wanted:
            return {}
        return self._manifests({"environment": environment, "products": json_list(wanted)})

    @reading
    def _manifests(
        self, transaction: Transaction, wanted: Mapping[str, str]
    ) -> dict[str, ProductManifest]:
        rows = transaction.execute(_MANIFESTS, wanted)
        return {product: unpacked(content, _MANIFEST) for product, content in rows}

    def kept(self, digests: Iterable[str]) -> dict[str, ProductManifest]:
        """The content of definitions by digest, earlier ones too; forgotten ones are left out."""
        wanted = tuple(digests)
        return self._kept(json_list(wanted)) if wanted else {}

    @reading
    def _kept(self, transaction: Transaction, digests: str) -> dict[str, ProductManifest]:
        rows = transaction.execute(_KEPT, {"digests": digests})
        return {digest: unpacked(content, _MANIFEST) for digest, content in rows}

    @reading
    def descriptors(
        self, transaction: Transaction, environment: str, products: Iterable[str] | None = None
    ) -> dict[str, Descriptor]:
        """What is published, by port address with its major (`a.b.c@1`); None: by all products."""
        if products is None:
            rows = transaction.execute(_DESCRIPTORS, {"environment": environment})
        else:
            wanted = {"environment": environment, "products": json_list(products)}
            rows = transaction.execute(_DESCRIPTORS_OF, wanted)
        return {
            f"{product}.{port}@{major}": unpacked(content, _DESCRIPTOR)
            for product, port, major, content in rows
        }

    def verdicts(self, audits: Iterable[str]) -> dict[str, tuple[CheckResult, ...]]:
        """What earlier audits found, by audit key."""
        return self._verdicts(json_list(audits))

    @reading
    def _verdicts(
        self, transaction: Transaction, audits: str
    ) -> dict[str, tuple[CheckResult, ...]]:
        rows = transaction.execute(_FOUND, {"audits": audits})
        return {audit: unpacked(content, _VERDICTS) for audit, content in rows}

    @reading
    def verdicts_on(
        self, transaction: Transaction, environment: str, build: str
    ) -> tuple[tuple[CheckResult, ...], ...]:
        """What each audit of an environment found on a build, by its key."""
        rows = transaction.execute(_FOUND_ON, {"environment": environment, "build": build})
        return tuple(unpacked(content, _VERDICTS) for (content,) in rows)

    @reading
    def salts(self, transaction: Transaction, environment: str) -> dict[str, str]:
        """Salts of asked-for rebuilds, by `domain.product.model`."""
        return dict(transaction.execute(_SALTS, {"environment": environment}).fetchall())

    @writing
    def set_salts(
        self,
        transaction: Transaction,
        environment: str,
        salts: Mapping[str, str],
        actor: str,
        at: str,
    ) -> None:
        """Remember salts, each replacing the earlier one."""
        rows = [
            {"environment": environment, "model": model, "salt": salt}
            for model, salt in salts.items()
        ]
        transaction.execute_all(_SET_SALT, rows)
        record(transaction, actor, at, rebuild_asked(environment, salts))

    @reading
    def production(self, transaction: Transaction) -> str:
        """The environment that consumers see, "" before anything was applied."""
        row = transaction.execute("SELECT environment FROM production").fetchone()
        return str(row[0]) if row else ""

    @writing
    def settle_production(
        self, transaction: Transaction, environment: str, actor: str, at: str
    ) -> None:
        """Remember which environment consumers see, in the place of another one."""
        transaction.execute("DELETE FROM production")
        wanted = {"environment": environment}
        transaction.execute("INSERT INTO production (environment) VALUES (:environment)", wanted)
        record(transaction, actor, at, production_settled(environment))


def record_definition(transaction: Transaction, finished: Finished, run: Run, at: str) -> None:
    """Write what a product's end in a run says about its definition, releases and verdicts."""
    place = {"environment": finished.environment, "product": finished.product}
    if finished.removed:
        for statement in _FORGET:
            transaction.execute(statement, place)
    if finished.manifest is not None:
        _apply(transaction, finished.environment, finished.manifest, run.id, at)
    if finished.release is not None:
        _publish(transaction, finished.release)
    transaction.execute_all(
        _DESCRIBE,
        [
            {
                "environment": finished.environment,
                "product": each.product,
                "port": each.port,
                "major": each.major,
                "content": packed(each),
            }
            for each in finished.descriptors
        ],
    )
    transaction.execute_all(
        _JUDGE,
        [
            {
                "audit": audit,
                "build": each.build,
                "content": packed(each.results),
                "environment": finished.environment,
            }
            for audit, each in finished.verdicts.items()
        ],
    )


def _apply(
    transaction: Transaction, environment: str, manifest: ProductManifest, run: str, at: str
) -> None:
    digest = {"digest": manifest.digest}
    known = transaction.execute("SELECT 1 FROM manifests WHERE digest = :digest", digest).fetchone()
    if not known:
        transaction.execute(_KEEP_MANIFEST, {**digest, "content": packed(manifest)})
    place = {"environment": environment, "product": manifest.address, "root": manifest.root}
    transaction.execute(_APPLY, {**place, **digest, "run": run, "at": at})


def _publish(transaction: Transaction, release: Release) -> None:
    """Keep a release, and forget the descriptors of port versions that it no longer has."""
    place = {"environment": release.environment, "product": release.product}
    transaction.execute(_PUBLISH, {**place, "number": release.number, "content": packed(release)})
    shown = {(each.port, each.major) for each in release.ports}
    described = transaction.execute(_DESCRIBED, place).fetchall()
    transaction.execute_all(
        _END_PORT,
        [
            {**place, "port": port, "major": major}
            for port, major in described
            if (port, major) not in shown
        ],
    )
