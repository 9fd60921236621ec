"""Steps and bounds made by hand, for any warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from arro3.core import RecordBatchReader

from weft.app.values import values_of
from weft.contract.measure import fused_scan
from weft.mesh.check import Check, CheckKind, Measure, Promise
from weft.mesh.contract import Status
from weft.mesh.growth import Growing, Grown, Growth, Range
from weft.mesh.manifest import Column
from weft.mesh.release import ObjectRelease, PortRelease, Release
from weft.plan.plan import AuditSpec, BuildSpec, Source, Step, StepKind
from weft.sql.dialect import Dialect, dialect_named
from weft.warehouses.protocol import Bound, Relation

PRODUCT = "sales.orders"
AT = "2026-03-01T10:00:00+00:00"
DUCKDB = dialect_named("duckdb")

# Those of files that are read as sources, unless a test says others.
COLUMNS = (Column("id", "INTEGER"), Column("name", "VARCHAR"))


def bound(run: str = "run_1", fence: int = 1, sources: Mapping[str, Source] | None = None) -> Bound:
    return Bound(run, fence, AT, sources or {})


def relation(key: str, dialect: Dialect = DUCKDB) -> str:
    return dialect.relation("builds", key)


def build(
    key: str, select: str, reads: Sequence[str] = (), kind: str = "table", product: str = PRODUCT
) -> Step:
    return Step(
        id=f"build {key}",
        kind=StepKind.BUILD,
        product=product,
        warehouse="lake",
        target=key,
        build=BuildSpec(key, key, kind, select, tuple(reads)),
    )


def growing(
    key: str,
    select: str,
    growth: Growth,
    base: str = "",
    ranges: Sequence[Range] = (),
    kind: str = "incremental",
) -> Step:
    step = build(key, select, kind=kind)
    assert step.build
    grows = Growing(growth, base, tuple(ranges))
    return replace(step, build=replace(step.build, growing=grows))


def required(*columns: str) -> list[Check]:
    return [
        Check(f"required_{name}", f"required {name}", CheckKind.REQUIRED, (name,))
        for name in columns
    ]


def unique(*columns: str) -> Check:
    return Check("unique", "unique", CheckKind.UNIQUE, columns)


def audit(
    key: str,
    checks: Sequence[Check],
    columns: Sequence[Promise] = (),
    identity: Sequence[str] = (),
    name: str = "audit_1",
    dialect: Dialect = DUCKDB,
) -> Step:
    scan, measures = fused_scan(relation(key, dialect), checks, dialect, {}, {})
    return measured(key, scan, measures, columns, identity, name)


def measured(
    key: str,
    scan: str,
    measures: Sequence[Measure],
    columns: Sequence[Promise] = (),
    identity: Sequence[str] = (),
    name: str = "audit_1",
) -> Step:
    spec = AuditSpec(name, key, "orders", scan, tuple(measures), tuple(columns), tuple(identity))
    return Step(f"audit {key}", StepKind.AUDIT, PRODUCT, "lake", "orders", audit=spec)


def port(
    objects: Mapping[str, tuple[str, Sequence[str]]],
    name: str = "orders",
    major: int = 1,
    status: Status = Status.ACTIVE,
) -> PortRelease:
    shown = tuple(
        ObjectRelease(object_name, key, tuple(columns))
        for object_name, (key, columns) in objects.items()
    )
    return PortRelease(name, major, f"{major}.0.0", status, shown, {"id": "x"})


def publish(
    ports: Sequence[PortRelease],
    expected: int = 0,
    product: str = PRODUCT,
    environment: str = "prod",
    kind: StepKind = StepKind.PUBLISH,
) -> Step:
    builds = {each.key: each.key for shown in ports for each in shown.objects}
    release = Release(product, environment, expected + 1, tuple(ports), builds)
    return Step(
        id=f"publish {product}",
        kind=kind,
        product=product,
        warehouse="lake",
        target=product,
        release=release,
        expected=expected,
    )


def publish_grown(key: str, grown: dict[str, Grown], expected: int = 0) -> Step:
    step = publish([port({"orders": (key, ["day"])})], expected)
    assert step.release
    release = replace(step.release, builds={"orders": key}, grown=grown)
    return replace(step, release=release)


def after(step: Step, number: int) -> Step:
    """The same publish, where the release of this number is current."""
    assert step.release
    release = replace(step.release, number=number + 1)
    return replace(step, expected=number, release=release)


def shown_as(name: str, key: str, columns: Sequence[str]) -> Relation:
    return Relation(("sales", "orders", name), key, tuple(columns))


def rows(stream: Any) -> list[tuple[Any, ...]]:
    """Read an Arrow stream into rows of Python values."""
    with stream:
        batches = list(RecordBatchReader.from_stream(stream))
    return [
        tuple(value.as_py() for value in row)
        for batch in batches
        for row in zip(*(batch.column(number) for number in range(batch.num_columns)), strict=True)
    ]


def rows_of(warehouse: Any, key: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    select = f"SELECT * FROM {'.'.join(map(DUCKDB.quote, ('sales', 'orders', 'seen')))}"
    return rows(warehouse.query(select, [shown_as("seen", key, columns)]))


def values_of_rows(warehouse: Any, key: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Read a build as people and programs get to see its values."""
    select = f"SELECT * FROM {'.'.join(map(DUCKDB.quote, ('sales', 'orders', 'seen')))}"
    with warehouse.query(select, [shown_as("seen", key, columns)]) as found:
        batches = RecordBatchReader.from_stream(found)
        return [row for batch in batches for row in zip(*values_of(batch), strict=True)]


def serve(warehouse: Any, environment: str = "prod") -> None:
    """Show what is published to other programs, where publishing itself does not."""
    if hasattr(warehouse, "serve"):
        warehouse.serve(environment)


def show(warehouse: Any, step: Step, here: Bound | None = None) -> Release:
    """Publish, and show it to other programs."""
    release: Release = warehouse.run(step, here or bound()).release
    serve(warehouse, release.environment)
    return release


def show_pair(warehouse: Any, number: int) -> None:
    """Publish release `number`, whose two ports both hold that number."""
    here = bound(f"run_{number}", number)
    for name in ("x", "y"):
        warehouse.run(build(f"{name}{number}", f"SELECT {number} AS n"), here)
    ports = [port({name: (f"{name}{number}", ["n"])}, name) for name in ("x", "y")]
    show(warehouse, publish(ports, number - 1), here)
