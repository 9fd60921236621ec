"""Manifests and situations made by hand, small enough to see what matters in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from weft.mesh.address import PortAddress
from weft.mesh.check import Check, CheckKind, CheckResult, Verdict
from weft.mesh.contract import Status
from weft.mesh.manifest import (
    CheckQuery,
    Column,
    FileSource,
    Manifest,
    PortObject,
    PortVersion,
    ProductManifest,
    Query,
    Read,
    ReadKind,
    ResolvedInput,
    Transform,
)
from weft.mesh.product import Materialization
from weft.mesh.release import Release
from weft.plan.examine import Situation, examine
from weft.plan.keys import SourceContent
from weft.plan.plan import Plan, StepKind
from weft.plan.planning import assemble

COLUMNS = (Column("id", "INTEGER"), Column("v", "VARCHAR"))
NAMES = tuple(column.name for column in COLUMNS)


def model(name: str) -> Read:
    """A read of a model of the same product."""
    return Read(ReadKind.MODEL, name, columns=NAMES)


def port(address: str) -> Read:
    """A read of `domain.product.port@N`, of the object of that name."""
    return Read(ReadKind.PORT, address, PortAddress.parse(address).port, NAMES)


def source(name: str) -> Read:
    """A read of a source."""
    return Read(ReadKind.SOURCE, name, columns=NAMES)


def transform(
    name: str,
    *reads: Read,
    meaning: str = "",
    kind: Materialization = Materialization.TABLE,
    checks: tuple[Check, ...] = (),
) -> Transform:
    """A model; two with the same `meaning` have the same fingerprint."""
    parts: list[str | int] = ["SELECT 1 FROM "]
    for number in range(len(reads)):
        parts += [number, " JOIN "]
    return Transform(
        name=name,
        path=f"models/{name}.sql",
        materialized=kind,
        fingerprint=meaning or f"meaning of {name}",
        query=Query(tuple(parts), reads),
        columns=COLUMNS,
        checks=checks,
    )


def shown(
    name: str,
    columns: tuple[Column, ...] = COLUMNS,
    *,
    major: int = 1,
    status: Status = Status.ACTIVE,
    checks: tuple[CheckQuery, ...] = (),
    filled_by: str = "",
) -> PortVersion:
    """A port version with one object of its own name, filled by that model or another."""
    thing = PortObject(name, filled_by or name, columns, checks=checks)
    contract = {"version": f"{major}.0.0"}
    return PortVersion(name, major, f"{major}.0.0", status, (thing,), contract)


def required(column: str) -> CheckQuery:
    """A check that a column is never empty."""
    return CheckQuery(
        Check(f"required_{column}", f"required {column}", CheckKind.REQUIRED, (column,))
    )


def unique(*columns: str) -> CheckQuery:
    """A check that no two rows share their values in these columns."""
    name = f"unique {', '.join(columns)}"
    return CheckQuery(Check(name, name, CheckKind.UNIQUE, columns))


def refers_to(read: Read) -> CheckQuery:
    """A check that every `id` is in another relation."""
    check = Check(
        f"ref_{read.target}",
        f"id exists in {read.target}",
        CheckKind.RELATIONSHIP,
        ("id",),
        {"to": read.target, "to_columns": ["id"]},
        reads=(read.target,),
    )
    return CheckQuery(check, refers_to=replace(read, columns=("id",)))


def file_source(name: str) -> FileSource:
    """A CSV source."""
    return FileSource(name, f"data/{name}.csv", "csv", COLUMNS, fingerprint=f"reading {name}")


def product(
    address: str,
    transforms: Sequence[Transform],
    ports: Sequence[PortVersion] = (),
    sources: Sequence[FileSource] = (),
    title: str = "",
) -> ProductManifest:
    """A compiled product; its digest is of all that is given."""
    domain, _, name = address.partition(".")
    reads = {read.target for each in transforms for read in each.query.reads if "@" in read.target}
    reads |= {
        check.refers_to.target
        for each in ports
        for thing in each.objects
        for check in thing.checks
        if check.refers_to and "@" in check.refers_to.target
    }
    manifest = ProductManifest(
        domain=domain,
        name=name,
        root="here",
        path=f"domains/{domain}/{name}",
        warehouse="lake",
        dialect="duckdb",
        title=title,
        inputs=tuple(ResolvedInput(each.rpartition(".")[2], port=each) for each in sorted(reads)),
        sources=tuple(sources),
        transforms=tuple(transforms),
        ports=tuple(ports),
    )
    return replace(manifest, digest=str(hash(repr(manifest))))


REVENUE = product(
    "money.revenue", [transform("revenue", port("shop.orders.orders@1"))], [shown("revenue")]
)
"""A product that reads port `orders` of `shop.orders`."""


def situation(*products: ProductManifest, environment: str = "prod", **known: object) -> Situation:
    """What a plan of these products is made from; each stands after those it reads."""
    by_address = {each.address: each for each in products}
    desired = Manifest("mesh", environment, "here", by_address, tuple(by_address))
    contents = {
        each.address: {
            source.name: SourceContent((source.pattern,), f"content of {source.name}")
            for source in each.sources
        }
        for each in products
    }
    return replace(Situation(desired, "prod", contents=contents), **known)  # type: ignore[arg-type]


def newer(before: Situation, address: str, name: str, content: str) -> Situation:
    """The situation with other bytes in one source's file."""
    files = before.contents[address][name].files
    own = {**before.contents[address], name: SourceContent(files, content)}
    return replace(before, contents={**before.contents, address: own})


def plan(
    now: Situation,
    verdicts: Mapping[str, Sequence[CheckResult]] | None = None,
    everyone: Iterable[ProductManifest] = (),
) -> Plan:
    """The plan of a situation."""
    known = {each.address: each for each in everyone} or dict(now.desired.products)
    return assemble(now, examine(now), verdicts or {}, known)


def after(done: Plan, before: Situation, *but_for: str) -> Situation:
    """The situation after a plan went through, but for the publishing of some products."""
    builds = set(before.builds.get("lake", ()))
    builds |= {step.build.key for step in done.steps if step.build}
    releases = dict(before.releases)
    for step in done.steps:
        if step.release and step.product not in but_for:
            releases[step.product] = step.release
    digests = dict(before.digests)
    digests |= {address: each.digest for address, each in done.manifests.items()}
    for address in done.removed:
        digests.pop(address, None)
    return replace(
        before,
        digests=digests,
        releases=releases,
        recorded={address: each.number for address, each in releases.items()},
        builds={"lake": frozenset(builds)},
        removed=(),
    )


def passed(done: Plan) -> dict[str, Sequence[CheckResult]]:
    """The verdicts of all audits of a plan, all of them good."""
    return {
        step.audit.audit: tuple(
            CheckResult(each.check.id, each.check.label, Verdict.PASS)
            for each in step.audit.measures
        )
        for step in done.steps
        if step.audit
    }


def failed(done: Plan, product: str) -> dict[str, Sequence[CheckResult]]:
    """The same, but every check of one product has failed."""
    mine = {step.audit.audit for step in done.steps if step.audit and step.product == product}
    return {
        audit: [replace(each, verdict=Verdict.FAIL) for each in results]
        if audit in mine
        else results
        for audit, results in passed(done).items()
    }


def ids(done: Plan, kind: StepKind | None = None) -> list[str]:
    """The ids of a plan's steps, of one kind or all."""
    return [step.id for step in done.steps if kind in (None, step.kind)]


def released(done: Plan, product: str) -> Release:
    """The last release that a plan makes of a product."""
    return [step.release for step in done.steps if step.product == product and step.release][-1]
