"""Store rows under a key once: what another program stored there meanwhile is taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.copying import Copier
from weft.warehouses.postgres.known import Known
from weft.warehouses.protocol import WarehouseError


def once(
    known: Known, copier: Copier, key: str, make: Callable[[Located | None], Located]
) -> tuple[Located, bool]:
    """Return the build of a key, and whether it was there.

    `make` makes it, and is given the one that has lost its data, if there is one: that stays where
    it is, as long as something reads it. Raises WarehouseError.
    """
    found = known.whole([key])
    if found:
        return found[key], True
    broken = known.broken(key)
    if broken:
        copier.discard(broken)
    try:
        made = make(broken)
    except WarehouseError:
        with suppress(WarehouseError):
            known.lose([key])
            found = known.whole([key])
        if not found:
            raise
        return found[key], True
    known.add(made)
    return made, False
