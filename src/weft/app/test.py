"""Test: unit tests on given rows first, then the contracts on the real data.

Nothing is built, published or locked; failing rows of contracts are kept as an apply keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.app.execution import Execution
from weft.app.faulty import beside_faulty
from weft.app.remembered import load_files, remembered
from weft.app.select import select_products
from weft.app.situation import consumers, gather
from weft.app.status import with_attained
from weft.app.unit_tests import UnitResult, unit_results
from weft.mesh.check import CheckResult
from weft.mesh.manifest import ProductManifest
from weft.plan.audits import audit_spec, audits_of, key_audit
from weft.plan.building import sources_now
from weft.plan.copies import Bringing
from weft.plan.examine import (
    Situation,
    behind_released,
    examine,
    finding_of,
    keys_behind,
)
from weft.plan.expectations import expecting, nothing_else, watched
from weft.plan.keys import Keyed
from weft.plan.plan import AuditSpec, Plan, Step, StepKind
from weft.plan.waiting import Pending
from weft.sql.dialect import dialect_named
from weft.warehouses.protocol import Bound, KeepsFailingRows


@dataclass(frozen=True)
class TestOptions:
    """What to test: products by selectors, all of them by default, and which of the two kinds."""

    select: tuple[str, ...] = ()
    unit: bool = True
    contracts: bool = True


@dataclass(frozen=True)
class ContractResult:
    """What an audit of one object found.

    `object` is `port@N.object`, or a model with checks of its own. `release` is the number of the
    release whose data was looked at, 0 for a candidate that was built and not published.
    `problem` says why nothing could be measured. What a `consumer` expects breaks no promise: then
    `problem` is what is known to break it, whatever the data says.
    """

    product: str
    object: str
    owner: str
    release: int
    rows: int
    seconds: float
    checks: tuple[CheckResult, ...] = ()
    problem: str = ""
    consumer: str = ""


@dataclass(frozen=True)
class Unbuilt:
    """A product with nothing to look at yet: only its unit tests ran."""

    product: str


Tested = UnitResult | ContractResult | Unbuilt


def run_tests(mesh: Opened, options: TestOptions) -> Iterator[Tested]:
    """Run the tests of the files, one result at a time, unit tests first.

    Contracts are measured on the newest data that is there: the candidate where it is built, as
    it is while checks hold it back, else the current release. Earlier verdicts do not count.
    Raises Invalid, NotFound, WarehouseError and StoreError.
    """
    memory = remembered(mesh)
    loaded = beside_faulty(load_files(mesh, memory), options.select)
    defined = loaded.manifest(mesh.environment)
    chosen = defined.order
    if options.select:
        selected = select_products(options.select, defined.products, mesh.folder)
        chosen = defined.narrowed(selected).order
    if options.unit:
        for address in chosen:
            yield from unit_results(
                mesh, defined.products[address], defined.products, memory.descriptors
            )
    if options.contracts:
        desired = loaded.desired(mesh.environment)
        situation = gather(mesh, desired, desired.products, memory)
        everyone = consumers(mesh, situation).values()
        data = _Data(with_attained(mesh, situation, everyone), everyone)
        yield from (Unbuilt(each) for each in chosen if each not in desired.products)
        products = [each for each in chosen if each in desired.products]
        for address in products:
            yield from data.broken(address)
        yield from _contracts(mesh, data, products)


def failing_rows(mesh: Opened, check: str) -> Any:
    """All kept rows of a check, `object.check` or with the product before it, from the warehouse.

    The answer has `__arrow_c_stream__`. Raises NotFound where there is no such check or where it
    has no kept rows, and Usage where several products have it.
    """
    memory = remembered(mesh)
    loaded = load_files(mesh, memory)
    desired = loaded.desired(mesh.environment)
    situation = gather(mesh, desired, loaded.products, memory)
    data = _Data(situation, consumers(mesh, situation).values())
    named: dict[str, list[tuple[_Audit, str]]] = {}
    known: list[str] = []
    for address in desired.order:
        for audit in data.audits(address):
            obj = audit.spec.object.rpartition(".")[2]
            for measure in audit.spec.measures:
                name = f"{obj}.{measure.check.id}"
                known.append(name)
                if check in (name, f"{address}.{name}"):
                    named.setdefault(address, []).append((audit, measure.check.id))
    if not named:
        raise NotFound("check", check, known, next_step="weft test")
    if len(named) > 1:
        raise Usage(
            f"several products have a check `{check}`",
            why=", ".join(named),
            next_step=f"weft test --rows {next(iter(named))}.{check}",
        )
    [found] = named.values()
    return _kept_rows(mesh, check, found)


@dataclass(frozen=True)
class _Audit:
    """An audit that can be carried out now; `release` is 0 where it is about a candidate.

    `copies` bring over what it reads on other warehouses. It may be of what a `consumer` expects.
    """

    manifest: ProductManifest
    spec: AuditSpec
    release: int
    copies: tuple[Step, ...] = ()
    consumer: str = ""

    @property
    def id(self) -> str:
        """What its step is called."""
        kind = f"expectation/{self.consumer}" if self.consumer else "audit"
        return f"{self.manifest.address}/{kind}/{self.spec.object}"


class _Data:
    """The data that is there to look at: candidates that are built, and current releases."""

    def __init__(self, situation: Situation, everyone: Iterable[ProductManifest]) -> None:
        self._situation = situation
        self._expecting = expecting(everyone)
        self._examined = examine(situation)
        self.sources = {
            source.key: source
            for found in self._examined.values()
            for source in sources_now(found, situation)
        }

    def audits(self, address: str) -> Iterator[_Audit]:
        """The audits of a product, each on the newest data that is there."""
        found = self._examined[address]
        manifest = found.manifest
        dialect = dialect_named(manifest.native_dialect)
        release = self._situation.shown(address)
        shown = partial(behind_released, self._situation)
        views = [(found.keyed, finding_of(self._situation, self._examined))]
        if release is not None:
            sources = {**found.keyed.sources, **release.sources}
            views.append((Keyed(release.builds, sources), shown))
        for audit in audits_of(manifest, release):
            for keyed, find in views:
                key = key_audit(audit, keyed, keys_behind(find), self._situation.auditor)
                if key is None:
                    continue
                local = Bringing(manifest, self._situation, find, Pending())
                spec = audit_spec(audit, key, keyed, local, dialect)
                copies = tuple(local.steps)
                if self._is_there(spec, manifest, copies):
                    published = release is not None and spec.key in release.builds.values()
                    number = release.number if release and published else 0
                    yield _Audit(manifest, spec, number, copies)
                    break
        for each in watched(found, self._situation, self._expecting):
            if each.audit is not None:
                spec = audit_spec(each.audit, each.key, found.keyed, nothing_else, dialect)
                if self._is_there(spec, manifest, ()):
                    published = release is not None and spec.key in release.builds.values()
                    number = release.number if release and published else 0
                    yield _Audit(manifest, spec, number, consumer=each.consumer)

    def broken(self, address: str) -> Iterator[ContractResult]:
        """What consumers expect of a product and will not find, whatever the data says."""
        found = self._examined[address]
        for each in watched(found, self._situation, self._expecting):
            if each.problem:
                port = each.port.rpartition(".")[2]
                yield ContractResult(
                    product=address,
                    object=f"{port}.{each.expectation.object}".rstrip("."),
                    owner=found.manifest.owner,
                    release=0,
                    rows=0,
                    seconds=0.0,
                    problem=each.problem,
                    consumer=each.consumer,
                )

    def _is_there(self, spec: AuditSpec, manifest: ProductManifest, copies: Iterable[Step]) -> bool:
        builds = self._situation.builds.get(manifest.warehouse, frozenset())
        brought = {
            each.copy.key for each in copies if each.copy and self._situation.has(each.copy.build)
        }
        there = builds.union(self.sources, brought)
        return there.issuperset(spec.reads)


def _contracts(mesh: Opened, data: _Data, products: list[str]) -> Iterator[Tested]:
    audits: dict[str, _Audit] = {}
    for address in products:
        found = {each.id: each for each in data.audits(address)}
        if not found:
            yield Unbuilt(address)
        audits |= found
    bound = Bound(mesh.system.new_id(), 0, mesh.system.now(), data.sources, mesh.environment)
    plan = _plan(mesh, audits)
    execution = Execution(
        plan,
        {name: mesh.warehouse(name) for step in plan.steps for name in step.warehouses},
        {each.manifest.address: bound for each in audits.values()},
        mesh.system.cpus,
        mesh.system.monotonic,
    )
    for result in execution.results():
        audit = audits.get(result.step)
        if audit is None:
            continue
        yield ContractResult(
            product=result.product,
            object=result.target,
            owner=audit.manifest.owner,
            release=audit.release,
            rows=result.rows,
            seconds=result.seconds,
            checks=result.checks,
            problem=result.message,
            consumer=audit.consumer,
        )


def _plan(mesh: Opened, audits: Mapping[str, _Audit]) -> Plan:
    """The audits as steps that lead to nothing, after the copies that they need."""
    copies = {
        each.copy.key: replace(each, id=each.copy.key)
        for audit in audits.values()
        for each in audit.copies
        if each.copy
    }
    steps = (
        Step(
            id=name,
            kind=StepKind.AUDIT,
            product=each.manifest.address,
            warehouse=each.manifest.warehouse,
            target=each.spec.object,
            needs=tuple(copy.copy.key for copy in each.copies if copy.copy),
            audit=each.spec,
        )
        for name, each in audits.items()
    )
    return Plan(
        id="",
        mesh=mesh.settings.mesh,
        root=mesh.settings.root,
        environment=mesh.environment,
        kind="test",
        steps=(*copies.values(), *steps),
    )


def _kept_rows(mesh: Opened, check: str, found: list[tuple[_Audit, str]]) -> Any:
    for audit, name in found:
        keeper = mesh.warehouse(audit.manifest.warehouse)
        if isinstance(keeper, KeepsFailingRows):
            with suppress(KeyError):
                return keeper.failing_rows(audit.spec.audit, name)
    raise NotFound("kept row of check", check, next_step="weft test")
