"""What stood behind released versions, and whether the chain of it is whole."""

from __future__ import annotations

from collections.abc import Iterator

import click

from weft.app.evidence import EvidenceChain, Verification, told
from weft.cli.cells import visible
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.mesh.check import Verdict
from weft.mesh.evidence import Evidence, EvidenceRecord
from weft.mesh.words import count, short_commit, short_time

_LABEL = 10
_HASH = 12

_COLUMNS = (
    Column("record", Kind.NUMBER),
    *(Column(name) for name in ("port", "version")),
    Column("at", Kind.TIME),
    *(Column(name) for name in ("actor", "commit", "plan")),
    Column("release", Kind.NUMBER),
    Column("hash"),
)


def evidence_result(chain: EvidenceChain, env: str = "") -> Result:
    """Return records of a chain for every format; those of one port are shown in full.

    `env` is the option by which the next command means the same environment.
    """
    table = Table("evidence", _COLUMNS, [_row(each) for each in chain.records])
    data = {
        "environment": chain.environment,
        "address": chain.address,
        "head": chain.head,
        "records": chain.records,
    }

    def text(screen: Screen) -> str:
        if not chain.records:
            return f"Nothing is released in {chain.environment} yet.\n  begin:  weft apply{env}\n"
        if not chain.address:
            last = f"weft release evidence {told(chain.records[-1]).address}{env}"
            return f"{draw_table(_short(table), screen)}  in full:  {last}\n"
        blocks = (_record(each, told(each), screen) for each in chain.records)
        return "\n".join(blocks) + f"  prove it:  weft release verify{env}\n"

    return Result("evidence", data, table, text)


def _row(record: EvidenceRecord) -> tuple[object, ...]:
    found = told(record)
    return (
        record.number,
        found.address,
        found.version,
        found.at,
        found.actor,
        found.commit,
        found.plan,
        found.release,
        record.hash,
    )


def _short(table: Table) -> Table:
    """The table as people read it: digests as far as they tell things apart."""
    rows = [
        (*head, short_commit(commit), plan[:8], release, hash[:_HASH])
        for *head, commit, plan, release, hash in table.rows
    ]
    return Table(table.thing, table.columns, rows)


def _record(record: EvidenceRecord, found: Evidence, screen: Screen) -> str:
    head = f"{found.address} {found.version}"
    head = click.style(head, bold=True) if screen.colour else head
    lines = [f"{head} · record {record.number} of {found.environment}"]
    lines += [_line(label, value) for label, value in _facts(found) if value]
    lines += [_line("hash", record.hash), _line("follows", record.previous)]
    return "\n".join(lines) + "\n"


def _facts(found: Evidence) -> Iterator[tuple[str, str]]:
    branch = f" on {found.branch}" if found.branch else ""
    yield "released", f"{short_time(found.at)} by {found.actor}, as release {found.release}"
    yield "commit", f"{found.commit}{branch}" if found.commit else "not known: no git repository"
    yield "plan", f"{found.plan}, run {found.run}, root {found.root}"
    yield "contract", f"{found.contract} ({found.status})"
    for each in found.objects:
        rows = "rows not counted" if each.rows is None else count(each.rows, "row")
        yield "object", f"{each.name}: {rows}, build {each.build} of model {each.model}"
    yield "checks", _checks(found)
    for check in found.checks:
        if check.verdict is not Verdict.PASS:
            failed = f", {check.failed:,} of {count(check.rows, 'row')}" if check.failed else ""
            whose = f" of {check.consumer}" if check.consumer else ""
            yield "", f"{check.verdict}: {check.object}, {check.label}{whose}{failed}"
    for read in found.inputs:
        yield "input", f"{read.port} {read.version}, release {read.release}"
    for name, key in sorted(found.sources.items()):
        yield "source", f"{name}, {key}"
    for waiver in found.waivers:
        yield "waived", f"{waiver.change}, by {waiver.by} until {waiver.until}: {waiver.reason}"
    for signed in found.signoffs:
        by = f", by {signed.actor}" if signed.actor else ""
        why = f": {signed.reason}" if signed.reason else ""
        yield "sign-off", f"{signed.consumer} {signed.state}{by}{why}"


def _checks(found: Evidence) -> str:
    passed = sum(each.verdict is Verdict.PASS for each in found.checks)
    return f"{passed:,} of {count(len(found.checks), 'check')} passed" if found.checks else "none"


def _line(label: str, value: str) -> str:
    return f"  {label:<{_LABEL}}{visible(value)}"


def verification_result(found: Verification, env: str = "") -> Result:
    """Return what is wrong with a chain, or that nothing is, for every format."""
    columns = (Column("place"), Column("fault", Kind.TEXT))
    table = Table("evidence-verification", columns, [(found.place, each) for each in found.faults])
    data = {
        "place": found.place,
        "address": found.address,
        "records": found.records,
        "head": found.head,
        "whole": not found.faults,
        "faults": found.faults,
    }

    def text(screen: Screen) -> str:
        records = count(found.records, "record")
        if found.faults:
            wrong = [f"  {visible(each)}" for each in found.faults]
            head = f"{visible(found.place)}: the evidence is not whole, of {records}:"
            return "\n".join([head, *wrong, "  who did what:  weft audit log"]) + "\n"
        if found.address:
            rest = "whether others are missing, only the whole chain shows"
            return f"{visible(found.place)}: {records} of {found.address} as written; {rest}.\n"
        if not found.records:
            return f"{visible(found.place)}: nothing is released there yet.\n"
        end = f"it ends with record {found.head.number}, {found.head.hash}"
        return f"{visible(found.place)}: {records}, all as written; {end}.\n"

    return Result("evidence-verification", data, table, text)
