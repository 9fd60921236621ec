"""What shells offer for arguments that name something; whatever is wrong, they offer nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from weft.app.errors import Refusal
from weft.app.workspace import find_mesh
from weft.cli.commands import ENTRIES
from weft.store.protocol import StoreError
from weft.warehouses.protocol import WarehouseError


def a_topic(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete a code, a field of a standard, a kind of change or a verb."""
    from weft.app.explain import topics

    return _fitting([*topics(), *ENTRIES], begun)


def a_product(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the address of a product."""
    from weft.app.names import product_names

    return _of_mesh(product_names, begun)


def an_address(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the address of a product, port or model."""
    from weft.app.names import address_names

    return _of_mesh(lambda folder: address_names(folder, begun), begun)


def a_port(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the address of a version of a port."""
    from weft.app.names import port_names

    return _of_mesh(port_names, begun)


def a_selector(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete a selector, with the plus in front of it."""
    from weft.app.names import selector_names

    plus = "+" if begun.startswith("+") else ""
    return [plus + each for each in _of_mesh(selector_names, begun.removeprefix("+"))]


def a_check(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete `object.check`."""
    from weft.app.names import check_names

    return _of_mesh(check_names, begun)


def an_environment(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the name of an environment."""
    from weft.app.names import environment_names

    return _of_mesh(environment_names, begun)


def a_side(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete one of two things to compare: an environment, or a version of a port."""
    from weft.app.names import address_names, environment_names

    return _of_mesh(
        lambda folder: [*environment_names(folder), *address_names(folder, begun)], begun
    )


def an_environment_that_ends(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the name of an environment other than production."""
    from weft.app.names import names_that_end

    return _of_mesh(names_that_end, begun)


def a_restatement(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the model of `MODEL=FROM..TO`."""
    from weft.app.names import timed_names

    return _of_mesh(lambda folder: [f"{each}=" for each in timed_names(folder)], begun)


def a_warehouse(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the name of a warehouse."""
    from weft.app.names import warehouse_names

    return _of_mesh(warehouse_names, begun)


def a_table(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Complete `schema.table` of the warehouse that was named before."""
    from weft.app.names import table_names

    # While the option has no value yet, the argument before it has not got its name.
    named = (str(context.params.get("what", "")), *context.args)
    return _of_mesh(lambda folder: table_names(folder, named), begun)


def _of_mesh(names: Callable[[Path], Iterable[str]], begun: str) -> list[str]:
    """Return the names of the mesh here that fit, none where there is no mesh or it is broken."""
    try:
        return _fitting(names(find_mesh(Path.cwd())), begun)
    except (Refusal, StoreError, WarehouseError, OSError):
        return []


def _fitting(names: Iterable[str], begun: str) -> list[str]:
    return sorted(each for each in names if each.startswith(begun))
