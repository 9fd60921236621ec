"""Find warehouse adapters by the entry point group `weft.warehouses`; names need no import."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

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
    declared: tuple[Option, ...] = _module(type_name).OPTIONS
    return declared


def example_of(type_name: str) -> dict[str, str]:
    """Return the options of a first warehouse of a type, as `weft.yaml` writes them.

    They are `EXAMPLE` beside its opening. Raises WarehouseError as `adapter` does.
    """
    shown: dict[str, str] = _module(type_name).EXAMPLE
    return shown


def private_type() -> str:
    """Return the first type that offers `open_private` beside its opening."""
    return next(name for name in warehouse_types() if hasattr(_module(name), "open_private"))


def open_private(folder: str) -> Warehouse:
    """Open an empty warehouse in a folder, to be used by this process alone and thrown away."""
    opened: Warehouse = _module(private_type()).open_private(folder)
    return opened


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


def _module(type_name: str) -> Any:
    return import_module(adapter(type_name).__module__)
