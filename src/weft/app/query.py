"""Query: one SELECT over published ports by their logical names, as their consumers see them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from weft.app.bootstrap import Opened
from weft.app.current import found_homes, shown_releases
from weft.app.errors import Blocked, NotFound, Usage, WrongQuery
from weft.app.joining import Distant, joined
from weft.app.remembered import remembered
from weft.contract.endings import ending_of
from weft.contract.outages import unreadable
from weft.mesh.address import PortAddress
from weft.mesh.consumption import PortReads, ReadBy
from weft.mesh.contract import Status
from weft.mesh.diagnostic import Diagnostic, Span
from weft.mesh.manifest import Column, Descriptor, Read, ReadKind
from weft.mesh.nearest import did_you_mean
from weft.mesh.release import Release
from weft.plan.examine import released_key
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.problem import Place, Problem
from weft.sql.query import (
    Compiled,
    Known,
    ParsedSelect,
    compile_select,
    parse_ports_query,
    ports_query_text,
)
from weft.store.protocol import StoreError
from weft.warehouses.loading import private_type
from weft.warehouses.protocol import Relation, Scope, Unmeasurable, WarehouseError
from weft.warehouses.shown import versioned_name

_QUOTED = re.compile(r"""['"`](\w[^'"`(]*)""")


@dataclass(frozen=True)
class Shown:
    """An object that can be queried: its logical name and what stands behind it."""

    name: str
    object: str
    descriptor: Descriptor
    columns: tuple[Column, ...]

    @property
    def port(self) -> PortAddress:
        """The port it is an object of."""
        return self.descriptor.address


@dataclass(frozen=True)
class Answer:
    """What a query gives. `rows` has `__arrow_c_stream__`, to be read once.

    `brought` is how many rows had to be brought together from several warehouses.
    """

    columns: tuple[str, ...]
    rows: Any
    brought: int = 0


def shown_objects(descriptors: Mapping[str, Descriptor]) -> dict[str, Shown]:
    """Everything that can be queried, by logical name: `a.b.object_v1`, and `a.b.object`.

    The name without a version is the highest active major's, or the highest deprecated one's;
    a candidate has none, and is `a.b.object_v2_rc`.
    """
    found: dict[str, Shown] = {}
    unversioned: dict[str, Shown] = {}
    for each in descriptors.values():
        for name, columns in each.objects.items():
            versioned = versioned_name(name, each.major, each.candidate)
            shown = Shown(f"{each.product}.{versioned}", name, each, columns)
            found[shown.name] = shown
            if each.candidate:
                continue
            plain = f"{each.product}.{name}"
            if plain not in unversioned or _rank(each) > _rank(unversioned[plain].descriptor):
                unversioned[plain] = shown
    return found | unversioned


def _rank(descriptor: Descriptor) -> tuple[bool, int]:
    return (descriptor.status is Status.ACTIVE, descriptor.major)


@contextmanager
def query(mesh: Opened, text: str) -> Iterator[Answer]:
    """Run a SELECT; its rows are read inside of the context.

    Raises WrongQuery with a place in the query, WarehouseError, Usage, and Blocked for a port in
    a planned outage; reading may raise the first two as well.
    """
    descriptors = remembered(mesh).descriptors
    shown = shown_objects(descriptors)
    if not shown:
        _refuse_foreign(mesh)
        raise _nothing_published(mesh)
    with ExitStack() as opened:
        try:
            answer = opened.enter_context(_query(mesh, text, shown))
        except NotFound:
            moved = _where_they_are(mesh, shown)
            if moved == shown:
                raise
            answer = opened.enter_context(_query(mesh, text, moved))
        yield answer


def _nothing_published(mesh: Opened) -> Usage:
    """Say why there is nothing to query: nothing was applied, or no port of it is for consumers."""
    definitions = mesh.store.definitions
    applied = definitions.applied(mesh.environment)
    ports = [
        (f"{address}.{port.name}", port.status)
        for address, manifest in definitions.manifests(mesh.environment, applied).items()
        for port in manifest.ports
    ]
    why, next_step = "", "weft apply"
    if ports:
        name, status = ports[0]
        why = f"{name} is {status}, which consumers do not see in {mesh.environment}."
        next_step = "set `status: active` in its contract and product.yaml, then weft apply"
    elif applied:
        why, next_step = "No product that was applied has an output port.", "weft new port"
    return Usage(f"nothing is published in {mesh.environment} yet", why=why, next_step=next_step)


def _where_they_are(mesh: Opened, shown: Mapping[str, Shown]) -> dict[str, Shown]:
    """What can be queried, with the warehouses that really have it.

    An apply that was killed when a product had moved did not come to record where it is.
    """
    products = {each.descriptor.product for each in shown.values()}
    homes = found_homes(mesh, products)
    return {
        name: replace(each, descriptor=replace(each.descriptor, warehouse=home))
        if (home := homes.get(each.descriptor.product))
        else each
        for name, each in shown.items()
    }


@contextmanager
def _query(mesh: Opened, text: str, shown: Mapping[str, Shown]) -> Iterator[Answer]:
    """Run a SELECT over what is shown."""
    asked = _read(mesh, text, shown)
    named = [shown[name] for name in asked.parsed.names]
    _refuse_suspended(mesh, named)
    look = f"weft show {named[0].port}" if named else ""
    compiled, problems = compile_select(asked.parsed, asked.dialect, _known(asked, shown))
    if compiled is None:
        raise _wrong(text, problems, look)
    select = ports_query_text(asked.parsed, asked.dialect)
    try:
        with _answered(mesh, select, asked, compiled, shown) as answer:
            yield answer
        _count(mesh, named)
    except Unmeasurable as error:
        raise _wrong(text, (_refused(text, str(error)),), look) from error
    except WarehouseError as error:
        # No run was interrupted: reading left everything as it was.
        error.interrupted = False
        raise


def _refuse_suspended(mesh: Opened, named: Iterable[Shown]) -> None:
    """Raise Blocked for what is in a planned outage; who asks all the same counts as a reader."""
    now = mesh.system.now()
    for each in named:
        until = each.descriptor.outage
        if now < until:
            _count(mesh, [each])
            ending = ending_of(each.descriptor.contract)
            raise Blocked(
                unreadable(str(each.port), until),
                why=f"{each.port} {ending}",
                next_step=f"weft show {ending.successor or each.port}",
            )


def _count(mesh: Opened, named: Iterable[Shown]) -> None:
    """Count a read of every port version that a query names, by the person who asked."""
    at, reader = mesh.system.now(), mesh.system.user()
    ports = {
        each.port: (each.descriptor.product, each.descriptor.port, each.descriptor.major)
        for each in named
    }
    read = [PortReads(*place, ReadBy.QUERY, reader, at[:10], 1, at) for place in ports.values()]
    # Who may read but cannot write the store has the answer all the same.
    with suppress(StoreError):
        mesh.store.reads.add(mesh.environment, read)


@dataclass(frozen=True)
class _Asked:
    """A query that could be read, in a dialect; `homes` are the warehouses of what it names."""

    parsed: ParsedSelect
    dialect: Dialect
    homes: tuple[str, ...]


def _read(mesh: Opened, text: str, shown: Mapping[str, Shown]) -> _Asked:
    """Read a query in the dialect of the warehouse that it is about; of several, in the joint one.

    Raises WrongQuery.
    """
    homes_of = {name: each.descriptor.warehouse for name, each in shown.items()}
    dialects = {home: mesh.warehouse(home).dialect for home in dict.fromkeys(homes_of.values())}
    joint = private_type() if len(dialects) > 1 else ""
    wrong: WrongQuery | None = None
    for name in filter(None, dict.fromkeys((*dialects.values(), joint))):
        parsed, problems = parse_ports_query(text, dialect_named(name))
        if parsed is None:
            wrong = wrong or _wrong(text, problems)
            continue
        homes = tuple(dict.fromkeys(homes_of[each] for each in parsed.names if each in homes_of))
        fitting = [joint] if len(homes) > 1 else [dialects[each] for each in homes or dialects]
        if name in fitting:
            _refuse_unknown(parsed, shown, text)
            return _Asked(parsed, dialect_named(name), homes)
    assert wrong
    raise wrong


def _known(asked: _Asked, shown: Mapping[str, Shown]) -> dict[str, Known]:
    return {
        name: Known(Read(ReadKind.PORT, name), shown[name].columns) for name in asked.parsed.names
    }


@contextmanager
def _answered(
    mesh: Opened, select: str, asked: _Asked, compiled: Compiled, shown: Mapping[str, Shown]
) -> Iterator[Answer]:
    """Run a query on the warehouse that has all it reads, or where it is brought together."""
    named = {name: shown[name] for name in asked.parsed.names}
    if len(asked.homes) > 1:
        distant = tuple(_distant(mesh, named, compiled))
        with joined(mesh, select, distant) as (rows, brought):
            yield Answer(tuple(rows.columns), rows, brought)
        return
    warehouse = asked.homes[0] if asked.homes else _any_home(mesh, shown, asked.dialect)
    relations = tuple(_relations(mesh, warehouse, named))
    with mesh.warehouse(warehouse).query(select, relations) as rows:
        yield Answer(tuple(rows.columns), rows)


def _any_home(mesh: Opened, shown: Mapping[str, Shown], dialect: Dialect) -> str:
    """A warehouse that runs a query which reads nothing."""
    homes = (each.descriptor.warehouse for each in shown.values())
    return next(home for home in homes if mesh.warehouse(home).dialect == dialect.name)


def _distant(mesh: Opened, named: Mapping[str, Shown], compiled: Compiled) -> Iterator[Distant]:
    """What a query reads, warehouse by warehouse, and of it only the columns that are used."""
    used: dict[str, set[str]] = {}
    for read in compiled.query.reads:
        used.setdefault(read.target, set()).update(read.columns)
    for home in dict.fromkeys(each.descriptor.warehouse for each in named.values()):
        own = {name: each for name, each in named.items() if each.descriptor.warehouse == home}
        for name, relation in zip(own, _relations(mesh, home, own), strict=True):
            columns = tuple(each for each in relation.columns if each in used[name])
            kept = replace(relation, columns=columns or relation.columns)
            yield Distant(home, str(own[name].port), kept)


def _refuse_foreign(mesh: Opened) -> None:
    """Raise WarehouseError where the store is empty because a warehouse belongs to another one."""
    for name in mesh.settings.warehouses:
        mesh.warehouse(name).observe(Scope(mesh.environment, ()))


def _refused(text: str, message: str) -> Problem:
    """Make a problem of what the warehouse says, where the query has what it names first."""
    for piece in _QUOTED.findall(message):
        word = re.escape(piece.strip())
        for wanted in (f"'{word}'", rf"\b{word}\b"):
            found = re.search(wanted, text, re.IGNORECASE)
            if found:
                place = Place(found.start(), found.end() - 1)
                return place.problem(text, "W329", message.rstrip("."))
    return Place(0, len(text)).problem(text, "W329", message.rstrip("."))


def _wrong(text: str, problems: tuple[Problem, ...], next_step: str = "") -> WrongQuery:
    """Make a refusal of problems; `next_step` is for those that say none themselves."""
    lines = text.split("\n")
    return WrongQuery(
        [
            Diagnostic(
                each.code,
                each.message,
                Span("query", each.line, each.column, each.length),
                note=each.note,
                help=each.help or next_step,
                excerpt=lines[each.line - 1] if each.line <= len(lines) else "",
            )
            for each in problems
        ]
    )


def _refuse_unknown(parsed: ParsedSelect, shown: Mapping[str, Shown], text: str) -> None:
    unknown = [
        parsed.problem_at(
            name,
            "W410",
            f"unknown relation `{name}`",
            did_you_mean(name, shown, "no published port shows it"),
            "weft ls",
        )
        for name in parsed.names
        if name not in shown
    ]
    if unknown:
        raise _wrong(text, tuple(unknown))


def _relations(mesh: Opened, warehouse: str, named: Mapping[str, Shown]) -> Iterator[Relation]:
    products = {each.descriptor.product for each in named.values()}
    releases = shown_releases(mesh, ((each, warehouse) for each in products))
    for name, shown in named.items():
        release: Release | None = releases.get(shown.descriptor.product)
        if release is not None and release.damaged:
            raise WarehouseError(
                f"release {release.number} of {release.product} is damaged; "
                "run `weft apply`, which publishes it again"
            )
        key = released_key(release, shown.port, shown.object) if release else None
        if key is None:
            raise NotFound("published port", str(shown.port), next_step="weft apply")
        columns = tuple(column.name for column in shown.columns)
        yield Relation(tuple(name.split(".")), key, columns)
