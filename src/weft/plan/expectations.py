"""What consumers expect of what a product would show, and whether that is known to hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from weft.contract.attainment import LevelState
from weft.contract.term_compatibility import term_changes
from weft.mesh.address import port_and_major, product_of
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.manifest import (
    Expectation,
    PortObject,
    PortVersion,
    ProductManifest,
    ReadKind,
)
from weft.mesh.words import count
from weft.plan.audits import Audit, audit_spec, key_audit
from weft.plan.building import pin_sources
from weft.plan.examine import Examined, Situation, visible_ports
from weft.plan.plan import BREAKS, OK, Expected, Step, StepKind
from weft.plan.waiting import Pending
from weft.sql.dialect import dialect_named

_NOT_KEPT = (LevelState.BROKEN, LevelState.SPENT)
_WORSE = ("service-level-worsened", "service-level-removed", "retention-shortened")


@dataclass(frozen=True)
class Watched:
    """An expectation over a port version that its producer would show.

    `audit` is what has to be measured for it, under `key`; None where there is nothing to measure.
    `problem` says then what is wrong with it, "" where nothing is, and `unmeasured` why nothing can
    be said of it.
    """

    consumer: str
    port: str
    expectation: Expectation
    audit: Audit | None = None
    key: str = ""
    problem: str = ""
    unmeasured: str = ""


Expecting = Mapping[str, Sequence[tuple[str, Expectation]]]
"""What is expected of products, by their addresses, each with the address of who expects it."""


def expecting(everyone: Iterable[ProductManifest]) -> Expecting:
    """What products expect of others."""
    found: dict[str, list[tuple[str, Expectation]]] = {}
    for consumer in everyone:
        for each in consumer.expectations:
            found.setdefault(product_of(each.port), []).append((consumer.address, each))
    return found


def watched(found: Examined, situation: Situation, expecting: Expecting) -> tuple[Watched, ...]:
    """Everything that consumers expect of what a product would show.

    That is of what they read, and of later majors that are not released yet. Of a product that
    only follows production nothing is, because it was told there.
    """
    manifest = found.manifest
    expected = expecting.get(manifest.address, ())
    if not expected or (found.settled and situation.followed(manifest.address) is not None):
        return ()
    targets = visible_ports(manifest, situation)
    return tuple(
        each
        for consumer, expectation in expected
        for port in targets
        if _concerns(expectation, manifest.address, port, situation)
        for each in _watched(consumer, expectation, port, found, situation)
    )


def _concerns(
    expectation: Expectation, product: str, port: PortVersion, situation: Situation
) -> bool:
    """Whether a port version is what a consumer reads, or would be asked to read next."""
    read, major = port_and_major(expectation.port)
    if read != f"{product}.{port.port}" or port.major < major:
        return False
    release = situation.shown(product)
    released = release.majors if release else frozenset()
    # An environment may take back what it sees of production, and show it as a draft.
    stays = port.status.published and (port.port, port.major) in released
    return port.major == major or not stays


def _watched(
    consumer: str,
    expectation: Expectation,
    port: PortVersion,
    found: Examined,
    situation: Situation,
) -> Iterator[Watched]:
    manifest = found.manifest
    address = f"{manifest.address}.{port.name}"
    if expectation.levels:
        states = situation.attained.get((consumer, expectation.input), ())
        # What was measured is of the version that is read, and of no later one.
        known = states if address == expectation.port else ()
        problem = "; ".join(_not_kept(expectation, known, port))
        yield Watched(consumer, address, expectation, problem=problem)
        return
    obj = port.object(expectation.object)
    problem = _not_there(expectation, obj)
    if obj is None or problem:
        yield Watched(consumer, address, expectation, problem=problem)
        return
    native = manifest.native_dialect
    if expectation.written_in not in ("", native):
        why = f"its rules are written for {expectation.written_in}, and the data is on {native}"
        yield Watched(consumer, address, expectation, unmeasured=why)
        return
    name = f"{port.name}.{obj.name}"
    audit = Audit(name, obj.model, expectation.checks, identity=obj.identity)
    key = key_audit(audit, found.keyed, nothing_else, situation.auditor)
    if key is not None:
        yield Watched(consumer, address, expectation, audit, key)


def nothing_else(_: object) -> None:
    """Expectations see nothing but the object that they are about."""


def _not_kept(
    expectation: Expectation, states: Sequence[LevelState | None], port: PortVersion
) -> Iterator[str]:
    """The service levels that are not as expected: by what was measured, else by what is promised.

    `states` are those of the levels of which anything is known.
    """
    unknown = []
    for level, state in zip_longest(expectation.levels, states):
        if state is None:
            unknown.append(level)
        elif state in _NOT_KEPT:
            yield f"{_named(level)} is not kept, as measured ({state})"
    expected = {"slaProperties": unknown}
    promised = {"slaProperties": port.contract.get("slaProperties", [])}
    for each in term_changes(expected, promised):
        if each.kind in _WORSE:
            yield f"{each.what} is {each.new or 'not promised'}, expected {each.old}"


def _named(level: Mapping[str, Any]) -> str:
    """A service level in words: `latency of 6 h`."""
    value = (str(level[key]) for key in ("value", "unit") if level.get(key) not in (None, ""))
    return f"{level['property']} of {' '.join(value)}"


def _not_there(expectation: Expectation, obj: PortObject | None) -> str:
    """Say what an expectation is about that is not there."""
    if obj is None:
        return f"there is no object {expectation.object}"
    there = {each.name for each in obj.columns}
    missing = dict.fromkeys(each for each in _columns(expectation) if each not in there)
    names = ", ".join(missing)
    return f"there is no {'column' if len(missing) == 1 else 'columns'} {names}" if missing else ""


def _columns(expectation: Expectation) -> Iterator[str]:
    for each in expectation.checks:
        yield from each.check.columns
        for read in each.query.reads if each.query else ():
            if read.kind is ReadKind.MODEL:
                yield from read.columns


def expectation_steps(
    found: Examined, situation: Situation, asked: Iterable[Watched], pending: Pending
) -> list[Step]:
    """The audits that expectations ask for, each once whoever asks; they hold nobody back."""
    manifest = found.manifest
    dialect = dialect_named(manifest.native_dialect)
    steps: dict[str, Step] = {}
    for each in asked:
        if each.audit is None or each.key in steps:
            continue
        spec = audit_spec(each.audit, each.key, found.keyed, nothing_else, dialect)
        pin_sources(found, situation, spec.reads, pending)
        steps[each.key] = Step(
            id=f"{manifest.address}/expectation/{each.consumer}/{each.audit.object}",
            kind=StepKind.AUDIT,
            product=manifest.address,
            warehouse=manifest.warehouse,
            target=each.audit.object,
            needs=pending.needs(spec.reads),
            audit=spec,
            consumer=each.consumer,
        )
    return list(steps.values())


def in_plan(each: Watched, verdicts: Mapping[str, Sequence[CheckResult]]) -> Expected:
    """An expectation as a plan tells it; its verdict is "" while only the data will say."""
    verdict = ""
    if each.unmeasured:
        verdict = f"not measured: {each.unmeasured}"
    elif each.audit is None:
        verdict = f"{BREAKS} {each.problem}" if each.problem else OK
    elif each.key in verdicts:
        verdict = verdict_of(verdicts[each.key])
    return Expected(each.consumer, each.port, each.expectation.object, verdict)


def verdict_of(results: Iterable[CheckResult]) -> str:
    """What an audit of an expectation means for who expects it."""
    bad = [each for each in results if each.verdict in (Verdict.FAIL, Verdict.ERROR)]
    if not bad:
        return OK
    told = "; ".join(f"{each.label}: {in_numbers(each)}" for each in bad)
    return f"{BREAKS} {told}"


def in_numbers(result: CheckResult) -> str:
    """What was found by a check that does not hold: `17 of 336,776 rows`."""
    if result.verdict is Verdict.ERROR:
        return result.message or "could not be measured"
    if result.failed:
        return f"{result.failed:,} of {count(result.rows, 'row')}"
    found = "nothing" if result.value is None else f"{result.value:,g}"
    return f"found {found}, expected {result.expected}"
