"""What a product's builds are audited for, and the statements that do it.

One audit covers one object of a port, or a model with checks of its own that no port shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.contract.measure import Increment, fused_scan
from weft.mesh.check import Promise
from weft.mesh.contract import Status
from weft.mesh.growth import AuditedAs
from weft.mesh.manifest import (
    RULE_TABLE,
    CheckQuery,
    Column,
    ProductManifest,
    Query,
    Read,
    ReadKind,
)
from weft.mesh.release import ObjectRelease, Release
from weft.plan.apart import models_apart, versions_of
from weft.plan.keys import Keyed, Upstream, audit_key, check_key, hashed, key_of
from weft.plan.plan import AuditSpec
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.types import translated_type


@dataclass(frozen=True)
class Audit:
    """What is audited together: one object, the model that fills it, and every check on it.

    `shown` is the object as its readers have it now, where its port is published. `previews` are
    the unreleased port versions, `port@N`, that it is of, where it is of nothing else.
    """

    object: str
    model: str
    checks: tuple[CheckQuery, ...]
    columns: tuple[Column, ...] = ()
    promises: tuple[Promise, ...] = ()
    identity: tuple[str, ...] = ()
    shown: ObjectRelease | None = None
    previews: tuple[str, ...] = ()

    def succeeds(self, build: str) -> str:
        """The key of the build whose types this one has to keep, "" where there is none."""
        return self.shown.before(build) if self.shown else ""


def audits_of(manifest: ProductManifest, release: Release | None) -> tuple[Audit, ...]:
    """The audits of a product; a model's own checks join the first object that it fills.

    They do not join one of a preview, unless the model is behind that alone. `release` is the
    product's current one.
    """
    promised = release.promised if release else {}
    own = {each.name: each.checks for each in manifest.transforms if each.checks}
    apart = models_apart(manifest)
    audits: list[Audit] = []
    for port in manifest.ports:
        if port.status is Status.RETIRED:
            continue
        for obj in port.objects:
            head: tuple[CheckQuery, ...] = ()
            if port.name not in apart or versions_of(obj.model, apart) == (port.name,):
                head = tuple(CheckQuery(check) for check in own.pop(obj.model, ()))
            asked = {each.check.id for each in obj.checks}
            checks = obj.checks + tuple(each for each in head if each.check.id not in asked)
            audits.append(
                Audit(
                    object=f"{port.name}.{obj.name}",
                    model=obj.model,
                    checks=checks,
                    columns=obj.columns,
                    promises=native_promises(obj.promises, manifest),
                    identity=obj.identity,
                    shown=promised.get((port.port, port.major, obj.name)),
                    previews=(port.name,) if port.name in apart else (),
                )
            )
    for model, left in own.items():
        checks = tuple(map(CheckQuery, left))
        audits.append(Audit(model, model, checks, previews=versions_of(model, apart)))
    return tuple(audits)


def native_promises(
    promises: tuple[Promise, ...], manifest: ProductManifest
) -> tuple[Promise, ...]:
    """What a contract promises, with the types of the product's warehouse."""
    if not manifest.warehouse_dialect:
        return promises
    own, native = dialect_named(manifest.dialect), dialect_named(manifest.native_dialect)
    return tuple(
        replace(each, physical_type=translated_type(each.physical_type, own, native))
        if each.physical_type
        else each
        for each in promises
    )


def refers_to(check: CheckQuery) -> tuple[Read, ...]:
    """What a check reads beside the object that is audited."""
    if check.refers_to is not None:
        return (check.refers_to,)
    if check.query is None:
        return ()
    return tuple(read for read in check.query.reads if not _is_candidate(read))


def checks_read_others(manifest: ProductManifest) -> bool:
    """Whether a verdict on this product can change while none of its builds does."""
    return any(
        read.kind is not ReadKind.MODEL
        for port in manifest.ports
        for obj in port.objects
        for check in obj.checks
        for read in refers_to(check)
    )


def _is_candidate(read: Read) -> bool:
    return read.kind is ReadKind.MODEL and read.target == RULE_TABLE


def key_audit(audit: Audit, keyed: Keyed, upstream: Upstream, auditor: str = "") -> str | None:
    """The key of an audit, or None where something that it reads has no key yet.

    `auditor` is the environment that asks, "" for production.
    """
    key = keyed.builds.get(audit.model)
    keys = [key_of(read, keyed, upstream) for check in audit.checks for read in refers_to(check)]
    if key is None or None in keys:
        return None
    refers = [each for each in keys if each]
    succeeds = audit.succeeds(key)
    found = audit_key(key, audit.columns, audit.checks, refers, audit.promises, succeeds)
    return hashed("audit-in-1", auditor, found) if auditor else found


def render(query: Query, relations: Mapping[int, str]) -> str:
    """Join the parts of a query as its warehouse reads it with the quoted relations it names."""
    parts = query.moved or query.parts
    return "".join(part if isinstance(part, str) else relations[part] for part in parts)


def relation_of(read: Read, key: str, dialect: Dialect) -> str:
    """The text by which a statement names what it reads.

    Of a port only the columns that the query uses are named, so that no other can be reached.
    """
    if read.kind is ReadKind.SOURCE:
        return dialect.relation("sources", key)
    relation = dialect.relation("builds", key)
    if read.kind is ReadKind.MODEL or not read.columns:
        return relation
    columns = ", ".join(map(dialect.quote, read.columns))
    return " ".join(("(SELECT", columns, "FROM", f"{relation})"))


def audited_as(audit: Audit, key: str, keyed: Keyed, upstream: Upstream) -> AuditedAs:
    """What a release keeps of an audit whose key is known: what each of its checks asked."""
    asked = {
        check.check.id: check_key(
            check, [key_of(read, keyed, upstream) or "" for read in refers_to(check)]
        )
        for check in audit.checks
    }
    return AuditedAs(key, asked)


def audit_spec(
    audit: Audit,
    key: str,
    keyed: Keyed,
    upstream: Upstream,
    dialect: Dialect,
    passed: frozenset[str] = frozenset(),
) -> AuditSpec:
    """Render an audit whose key is known, hence all keys that it reads.

    `passed` are the ids of checks by which no row failed of the build that this one grows from.
    """
    build = keyed.builds[audit.model]
    candidate = dialect.relation("builds", build)
    rendered: dict[str, str] = {}
    refers: dict[str, str] = {}
    reads: list[str] = [build]
    for each in audit.checks:
        if each.refers_to is not None:
            found = key_of(each.refers_to, keyed, upstream) or ""
            reads.append(found)
            refers[each.check.id] = relation_of(each.refers_to, found, dialect)
        elif each.query is not None:
            relations: dict[int, str] = {}
            for number, read in enumerate(each.query.reads):
                if _is_candidate(read):
                    relations[number] = candidate
                    continue
                found = key_of(read, keyed, upstream) or ""
                reads.append(found)
                relations[number] = relation_of(read, found, dialect)
            rendered[each.check.id] = render(each.query, relations)
    checks = [each.check for each in audit.checks]
    new, kept, count = (dialect.relation(each, build) for each in ("new", "kept", "count"))
    increment = Increment(new, kept, count, passed)
    scan, measures = fused_scan(
        candidate, checks, dialect, rendered, refers, increment if passed else None
    )
    return AuditSpec(
        audit=key,
        key=build,
        object=audit.object,
        scan=scan,
        measures=measures,
        columns=audit.promises,
        identity=audit.identity,
        reads=tuple(dict.fromkeys(reads)),
        succeeds=audit.succeeds(build),
        base=keyed.growing[audit.model].base if passed else "",
    )
