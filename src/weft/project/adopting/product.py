"""Draft a data product from tables that are there: sources, models that pass them on, ports.

Everything that a catalogue says becomes a promise of a port; what has no place is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from weft.mesh.address import ProductAddress
from weft.mesh.found import FoundColumn, FoundReference, FoundTable
from weft.project.adopting.conditions import promised
from weft.project.adopting.contracts import (
    FIRST,
    ObjectDraft,
    contract_document,
    product_document,
)
from weft.project.adopting.names import as_sql, fitting_name
from weft.project.adopting.types import Around, Typed, typed
from weft.sql.dialect import Dialect


@dataclass(frozen=True)
class Told:
    """What is to be known of a thing that was found, and in what way it is not as it was there.

    `is_lost` says that the draft has no place for it.
    """

    found: str
    why: str
    is_lost: bool = False


@dataclass(frozen=True)
class AdoptedPort:
    """A port of a draft: its name, what it is made of, and how much of that is promised."""

    name: str
    found: str
    columns: int
    promises: int


@dataclass(frozen=True)
class AdoptedProduct:
    """A draft of a data product as documents, by the names of its parts.

    `contracts` are by port and major; `models` and `tests` are by the names of their files.
    """

    address: ProductAddress
    product: dict[str, Any]
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    contracts: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    tests: dict[str, dict[str, Any]] = field(default_factory=dict)
    ports: tuple[AdoptedPort, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where tables are: the entry of `servers` that they share, {} for files, and words for it."""

    server: Mapping[str, Any]
    words: str


@dataclass(frozen=True)
class Passed:
    """A table under the names of its port and its source, with the columns that are read."""

    table: FoundTable
    port: str
    source: str
    columns: tuple[tuple[FoundColumn, Typed], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that are read."""
        return tuple(column.name for column, _ in self.columns)


def product_of_tables(
    address: ProductAddress,
    tables: Iterable[FoundTable],
    place: Place,
    around: Around,
    known: Iterable[Told] = (),
) -> AdoptedProduct:
    """Draft a product of all tables that can be read, one port for each.

    `known` is what is to be told already.
    """
    told = list(known)
    passed = tuple(passed_tables(tables, around, told))
    drafts = [_object(each, passed, around, told) for each in passed]
    return AdoptedProduct(
        address=address,
        product=product_document(
            address,
            f"What {place.words} has, as it was found there.",
            [each.source for each in passed],
            [(each.port, FIRST) for each in passed],
        ),
        sources={each.source: source_document(address, each, place) for each in passed},
        contracts={
            (each.port, 1): contract_document(
                address, each.port, _purpose(each.table), draft.document()
            )
            for each, draft in zip(passed, drafts, strict=True)
        },
        models={each.port: _model(each, around.own) for each in passed},
        ports=tuple(
            AdoptedPort(each.port, called(each.table), len(each.columns), draft.promises)
            for each, draft in zip(passed, drafts, strict=True)
        ),
        told=tuple(told),
    )


def passed_tables(
    tables: Iterable[FoundTable], around: Around, told: list[Told]
) -> Iterator[Passed]:
    """Name tables and type their columns; those that cannot be read are told."""
    ports: set[str] = set()
    sources: set[str] = set()
    for table in tables:
        found = called(table)
        told += [Told(found, each, is_lost=True) for each in table.unread]
        columns = () if table.problem else tuple(typed_columns(table, around, told))
        if not columns:
            told.append(Told(found, table.problem or "no column can be read", is_lost=True))
            continue
        port = fitting_name(table.name, ports | sources, instead="table")
        ports.add(port)
        if port != table.name:
            told.append(Told(found, f"is called `{port}` here"))
        origin = table.schema or "file"
        source = fitting_name(f"{origin}_{table.name}", ports | sources, instead="source")
        sources.add(source)
        yield Passed(table, port, source, columns)


def called(table: FoundTable) -> str:
    """The name of a table as its holder has it: `crm.Orders`, or the path of files."""
    return table.path or f"{table.schema}.{table.name}"


def source_document(address: ProductAddress, passed: Passed, place: Place) -> dict[str, Any]:
    """The contract of a source: where it is, and how its columns are read."""
    table = passed.table
    server = dict(place.server)
    if table.path:
        server = {"server": "files", "type": "local", "path": table.path, "format": table.kind}
    else:
        server["schema"] = table.schema
    if table.options:
        server["customProperties"] = [
            {"vendor": "weft", "property": name, "value": value} for name, value in table.options
        ]
    obj: dict[str, Any] = {"name": passed.port, "physicalName": table.name}
    if table.path or table.name == passed.port:
        del obj["physicalName"]
    obj |= {"logicalType": "object", "physicalType": "file" if table.path else table.kind}
    if table.comment:
        obj["description"] = table.comment
    if table.definition:
        definition = {"property": "definition", "value": table.definition}
        obj["customProperties"] = [definition]
    obj["properties"] = [
        {"name": column.name, **each.keys, **_said(column)} for column, each in passed.columns
    ]
    contract = contract_document(address, passed.source, _purpose(table), obj)
    # The data of others is there already, whoever may see ours.
    schema = contract.pop("schema")
    return {**contract, "status": "active", "servers": [server], "schema": schema}


def typed_columns(
    table: FoundTable, around: Around, told: list[Told]
) -> Iterator[tuple[FoundColumn, Typed]]:
    """The columns that can be read, with their types."""
    known: dict[str, str] = {}
    for column in table.columns:
        found = f"{called(table)}.{column.name}"
        folded = column.name.lower()
        as_read = typed(column.type, around, column.digits)
        if as_read is None:
            told.append(Told(found, f"no column here holds what {column.type} does", True))
        elif folded in known:
            why = f"in a contract it is one with `{known[folded]}`: case makes no difference"
            told.append(Told(found, why, is_lost=True))
        else:
            known[folded] = column.name
            if as_read.note and not column.values:
                told.append(Told(found, as_read.note))
            yield column, as_read


def _object(
    passed: Passed, others: Sequence[Passed], around: Around, told: list[Told]
) -> ObjectDraft:
    """The object of a port, with all that its table's catalogue promises."""
    table, found = passed.table, called(passed.table)
    columns = (
        {"name": each.name, **kind.keys, **_said(each), **_listed(each, kind)}
        for each, kind in passed.columns
    )
    draft = ObjectDraft(passed.port, columns, table.comment)
    draft.fill(each.name for each, _ in passed.columns if each.required)
    for names, promise in (
        (table.primary_key, draft.key),
        *((each, draft.no_two) for each in table.unique),
    ):
        lacking = [each for each in names if each not in passed.names]
        if lacking:
            why = f"column `{lacking[0]}` is left out"
            told.append(Told(f"{found}: unique ({', '.join(names)})", why, is_lost=True))
        elif names:
            promise(names)
    for reference in table.references:
        why = _refer(draft, reference, passed, others)
        if why:
            told.append(Told(f"{found}: {_arrow(reference)}", why, is_lost=True))
    for condition in table.conditions:
        for each in promised(condition, draft.kinds, draft.columns(around.own), around):
            why = draft.promise(each)
            if why:
                held = f"{found}: check {condition.name} ({condition.sql})"
                told.append(Told(held, why, is_lost=True))
    return draft


def _refer(
    draft: ObjectDraft, reference: FoundReference, passed: Passed, others: Sequence[Passed]
) -> str:
    """Promise what a foreign key says; why not, where that cannot be."""
    wanted = (reference.schema, reference.table)
    to = next((each for each in others if (each.table.schema, each.table.name) == wanted), None)
    if to is None:
        return "that table is not in this product"
    pairs = ((reference.columns, passed), (reference.to, to))
    lacking = [name for names, side in pairs for name in names if name not in side.names]
    if lacking:
        return f"column `{lacking[0]}` is left out"
    return draft.refer(reference.columns, to.port, reference.to)


def _arrow(reference: FoundReference) -> str:
    here, there = ", ".join(reference.columns), ", ".join(reference.to)
    return f"({here}) -> {reference.schema}.{reference.table} ({there})"


def _said(column: FoundColumn) -> dict[str, Any]:
    return {"description": column.comment} if column.comment else {}


def _listed(column: FoundColumn, as_read: Typed) -> dict[str, Any]:
    """The values of an enumeration, which is read as text."""
    is_text = as_read.keys == {"logicalType": "string"}
    return (
        {"enum": [{"value": each} for each in column.values]} if is_text and column.values else {}
    )


def _purpose(table: FoundTable) -> str:
    return table.comment or f"As {called(table)} has it."


def _model(passed: Passed, own: Dialect) -> str:
    """The SELECT that passes a source on: its columns, each by its name."""
    columns = ",\n".join(f"  {as_sql(each, own)}" for each in passed.names)
    head = f"-- description: Passes on {called(passed.table)}.".replace("\n", " ")
    return "\n".join((head, "SELECT", columns, f"FROM {as_sql(passed.source, own)}", ""))
