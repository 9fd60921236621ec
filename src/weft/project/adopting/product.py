"""Draft a data product from tables that are there: sources, models that pass them on, ports.

Everything that a catalogue says becomes a promise of a port; what has no place is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weft.mesh.address import ProductAddress
from weft.mesh.found import FoundColumn, FoundTable
from weft.project.adopting.types import Around, Typed

_FIRST = "1.0.0"


@dataclass(frozen=True)
class Told:
    """What is to be known of one thing that was found: its name there, and why it is not as it was.

    `is_lost` says that it has no place in the draft.
    """

    found: str
    why: str
    is_lost: bool = True


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

    `contracts` are by port and major; `models` are their SQL.
    """

    address: ProductAddress
    product: dict[str, Any]
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    contracts: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    ports: tuple[AdoptedPort, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Origin:
    """Where tables are: the entry of `servers` without what is of one table, and words for it."""

    server: Mapping[str, Any]
    words: str


@dataclass(frozen=True)
class _Named:
    """A table under the names that it has in the draft, and the columns that it keeps there."""

    table: FoundTable
    port: str
    source: str
    columns: tuple[tuple[FoundColumn, Typed], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(column.name for column, _ in self.columns)

    @property
    def kinds(self) -> dict[str, str]:
        """The logical types of the columns, "" where they have none."""
        return {column.name: each.keys.get("logicalType", "") for column, each in self.columns}


def product_of_tables(
    address: ProductAddress, tables: Iterable[FoundTable], origin: Origin, around: Around
) -> AdoptedProduct:
    """Draft a product of all tables that can be read, one port for each."""
    told: list[Told] = []
    named = tuple(_named(tables, around, told))
    contracts: dict[tuple[str, int], dict[str, Any]] = {}
    for each in named:
        contract = _Contract(each, named, told)
        contract.promise_all(around)
        contracts[each.port, 1] = _document(
            f"{address}.{each.port}", address, each.table, [contract.object]
        )
    return AdoptedProduct(
        address=address,
        product=product_document(
            address,
            f"What {origin.words} has, as it was found there.",
            [(each.source, f"{address}.{each.source}") for each in named],
            [(each.port, _FIRST) for each in named],
        ),
        sources={
            each.source: source_document(address, each.source, each, origin) for each in named
        },
        contracts=contracts,
        models={each.port: _model(each, around) for each in named},
        ports=tuple(
            AdoptedPort(
                each.port,
                _called(each.table),
                len(each.columns),
                promises_in(contracts[each.port, 1]),
            )
            for each in named
        ),
        told=tuple(told),
    )
