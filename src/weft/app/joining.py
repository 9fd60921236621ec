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
from weft.warehouses.protocol import Relation

_HERE = "the engine that joins warehouses"


@dataclass(frozen=True)
class Distant:
    """A relation on one of several warehouses; `port` is the address of what it shows."""

    warehouse: str
    port: str
    relation: Relation


@contextmanager
def joined(mesh: Opened, select: str, distant: Sequence[Distant]) -> Iterator[tuple[Any, int]]:
    """Bring these relations together and run a SELECT over them, in the dialect of `private_type`.

    Gives its rows, which are read inside of the context, and how many were brought over. Raises
    WarehouseError and Unmeasurable.
    """
    with (
        TemporaryDirectory(prefix="weft-query-") as folder,
        closing(open_private(folder)) as here,
    ):
        brought = 0
        relations = []
        for each in distant:
            source = mesh.warehouse(each.warehouse)
            spec = _spec(each, source.dialect)
            brought += copy(spec, source, here, _HERE, "").rows
            relations.append(replace(each.relation, key=spec.key))
        with here.query(select, relations) as rows:
            yield rows, brought


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
