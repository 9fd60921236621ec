"""Find warehouse adapters by the entry point group `weft.warehouses`; names need no import."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points

from weft.mesh.nearest import did_you_mean
from weft.warehouses.options import Option
from weft.warehouses.protocol import Warehouse, WarehouseError

GROUP = "weft.warehouses"


def warehouse_types() -> tuple[str, ...]:
    """Return the types that `weft.yaml` may name, sorted."""
    return tuple(sorted(entry_points(group=GROUP).names))


def options_of(type_name: str) -> tuple[Option, ...]:
    """Return the options that a type of warehouse declares: `OPTIONS` beside its opening.

    Raises WarehouseError as `adapter` does.
    """
    module = import_module(adapter(type_name).__module__)
    declared: tuple[Option, ...] = module.OPTIONS
    return declared


def example_of(type_name: str) -> dict[str, str]:
    """Return the options of a first warehouse of a type, as `weft.yaml` writes them.

    They are `EXAMPLE` beside its opening. Raises WarehouseError as `adapter` does.
    """
    module = import_module(adapter(type_name).__module__)
    shown: dict[str, str] = module.EXAMPLE
    return shown


def adapter(type_name: str) -> Callable[..., Warehouse]:
    """Import the adapter of a type and return its `open_warehouse`.

    It takes `name, options, folder, mesh, store`. Raises WarehouseError when there is no such
    type, or when what it needs is not installed.
    """
    found = entry_points(group=GROUP, name=type_name)
    if not found:
        known = warehouse_types()
        hint = did_you_mean(type_name, known, f"there are: {', '.join(known)}")
        raise WarehouseError(f"there is no warehouse type `{type_name}`; {hint}", denied=True)
    try:
        opened: Callable[..., Warehouse] = next(iter(found)).load()
    except ImportError as error:
        raise WarehouseError(
            f"warehouse type `{type_name}` needs something that is not installed: {error}",
            denied=True,
        ) from error
    return opened
