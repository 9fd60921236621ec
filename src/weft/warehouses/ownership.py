"""Whose a warehouse is: the mesh, the store and the format that what lies there was marked with."""

from __future__ import annotations

from dataclasses import dataclass

from weft.warehouses.protocol import WarehouseError


@dataclass(frozen=True)
class Ownership:
    """The ids of mesh and store, and the version of the format."""

    mesh: str
    store: str
    format: int


def refuse_foreign(place: str, found: Ownership, own: Ownership, elsewhere: str) -> None:
    """Raise WarehouseError where a place is another mesh's or store's, or of a newer format.

    `elsewhere` says how to choose another place.
    """
    if found.format > own.format:
        raise WarehouseError(
            f"{place} was written by a newer Weft (format {found.format}, this one knows "
            f"{own.format}); install that version",
            denied=True,
        )
    if found.mesh != own.mesh:
        raise WarehouseError(
            f"{place} belongs to mesh `{found.mesh}` and not to `{own.mesh}`; {elsewhere}",
            denied=True,
        )
    if found.store != own.store:
        raise WarehouseError(
            f"{place} belongs to another store of mesh `{found.mesh}` (its id is "
            f"{found.store}); point `store` of weft.yaml to that one, or, where it is lost, run "
            "`weft doctor --rebuild-store`",
            denied=True,
        )
