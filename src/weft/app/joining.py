"""Run a query over ports of several warehouses, in one of its own that is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory
from typing import Any

from weft.app.bootstrap import Opened
from weft.app.copying import copy
from weft.mesh.manifest import Column
from weft.plan.copies import copy_key, select_of
from weft.plan.examine import Behind
from weft.plan.plan import CopySpec
from weft.sql.carried import OF_VALUES
from weft.sql.dialect import dialect_named
from weft.warehouses.loading import open_private
from weft.warehouses.protocol import LANDED, Relation, Warehouse

_HERE = "the engine that joins warehouses"


@dataclass(frozen=True)
class Distant:
    """A relation on one of several warehouses; `port` is the address of what it shows."""

    warehouse: str
    port: str
    relation: Relation


@dataclass(frozen=True)
class Together:
    """A private warehouse with the relations that were brought there, and how many rows that was.

    The relations are in the order in which they were asked for.
    """

    warehouse: Warehouse
    relations: tuple[Relation, ...]
    rows: int


@contextmanager
def joined(mesh: Opened, select: str, distant: Sequence[Distant]) -> Iterator[tuple[Any, int]]:
    """Bring these relations together and run a SELECT over them, in the dialect of `private_type`.

    Gives its rows, which are read inside of the context, and how many were brought over. Raises
    WarehouseError and Unmeasurable.
    """
    with (
        brought_together(mesh, distant) as together,
        together.warehouse.query(select, together.relations) as rows,
    ):
        yield rows, together.rows


@contextmanager
def brought_together(mesh: Opened, distant: Sequence[Distant]) -> Iterator[Together]:
    """Bring these relations into one warehouse, which is there as long as the context.

    Raises WarehouseError.
    """
    with (
        TemporaryDirectory(prefix="weft-query-") as folder,
        closing(open_private(folder)) as here,
    ):
        rows = 0
        relations = []
        for each in distant:
            source = mesh.warehouse(each.warehouse)
            spec = _spec(each, source.dialect)
            rows += copy(spec, source, here, _HERE, LANDED).rows
            relations.append(replace(each.relation, key=spec.key))
        yield Together(here, tuple(relations), rows)


def _spec(distant: Distant, dialect: str) -> CopySpec:
    relation = distant.relation
    behind = Behind(relation.key, distant.warehouse, relation.columns)
    return CopySpec(
        key=copy_key(behind),
        source=distant.warehouse,
        build=relation.key,
        port=distant.port,
        object=relation.path[-1],
        select=select_of(behind, dialect_named(dialect)),
        columns=tuple(Column(name, OF_VALUES) for name in relation.columns),
    )
