"""Bring what one warehouse has over to another, batch by batch."""

from __future__ import annotations

from dataclasses import replace

from weft.plan.copies import not_kept
from weft.plan.plan import CopySpec
from weft.sql.carried import carried_type
from weft.sql.dialect import dialect_named
from weft.warehouses.arriving import asking_types
from weft.warehouses.protocol import Origin, Outcome, Warehouse, WarehouseError


def copy(
    spec: CopySpec, source: Warehouse, target: Warehouse, place: str, origin: Origin
) -> Outcome:
    """Carry out a copy; one that is there is reused. `place` is what messages call the target.

    `origin` says in which run and environment it is made. Each column is kept in the target's type
    for that of the build, whatever Arrow makes of its values on the way. Raises WarehouseError.
    """
    types = _types(spec, source, target, place)
    with source.rows(spec.select, (spec.build,), {}) as rows:
        asking = asking_types(rows, types)
        return target.load(spec.key, asking, replace(origin, reads=(spec.build,)))


def _types(spec: CopySpec, source: Warehouse, target: Warehouse, place: str) -> dict[str, str]:
    """The types in which the columns are to be kept, by name."""
    made = source.built([spec.build]).get(spec.build)
    if made is None:
        raise WarehouseError(
            f"build {spec.build} of {spec.port} is missing in {spec.source}; "
            "`weft plan` says what to do"
        )
    wanted = {column.name for column in spec.columns}
    own, theirs = dialect_named(source.dialect), dialect_named(target.dialect)
    types: dict[str, str] = {}
    for column in made.columns:
        if column.name in wanted:
            kept = carried_type(column.type, own, theirs)
            if kept is None:
                raise WarehouseError(f"{spec.port}: {not_kept(column, place)}")
            types[column.name] = kept
    return types
