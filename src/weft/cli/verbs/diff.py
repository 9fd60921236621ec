"""`weft diff`: two environments, or two versions of a port, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from weft.app.branch_environment import resolved
from weft.app.contract_diff import PUBLISHED, against_published, compare_versions
from weft.app.diff import DiffOptions, diff_versions
from weft.app.diff import diff as compared
from weft.app.environments import refuse_unknown
from weft.app.errors import Exit, Usage
from weft.cli.completion import a_side, an_address
from weft.cli.next_step import same_env
from weft.cli.number import Number
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.contract_diff import contract_diff_result
from weft.cli.screens.diff import diff_result
from weft.cli.verb import verb
from weft.mesh.address import AddressError, PortAddress


@verb(
    "diff",
    ("weft diff prod dev", "which ports differ, in how many rows, and in which columns"),
    ("weft diff prod dev operations.flights.departures --rows 10", "with rows that differ"),
    ("weft diff sales.orders.lines@1 sales.orders.lines@2", "what two versions promise"),
    ("weft diff sales.orders.lines@1 sales.orders.lines@2 --rows 10", "what two versions show"),
    ("weft diff --against published", "what the files promise otherwise than what is published"),
)
@click.argument("first", required=False, default="", shell_complete=a_side)
@click.argument("second", required=False, default="", shell_complete=a_side)
@click.argument("address", required=False, default="", shell_complete=an_address)
@click.option(
    "--against",
    type=click.Choice([PUBLISHED]),
    help="Compare the contracts in the files with those that are published.",
)
@click.option(
    "--key",
    multiple=True,
    metavar="COLUMN",
    help="A column that identifies a row.  [default: the contract's primary key]",
)
@click.option(
    "--rows",
    default=0,
    type=Number(0),
    metavar="N",
    help="Show so many differing rows of each object.  [default: 0]",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when something differs.")
@env_option
@screen_options
def diff(
    first: str,
    second: str,
    against: str | None,
    screen: Screen,
    detailed_exitcode: bool,
    env: str,
    **wish: Any,
) -> int:
    """Compare what the ports of two environments show, or what two versions promise.

    FIRST and SECOND are environments. Rows are counted as added, removed and changed, columns by
    their changes and their nulls; no row is shown unless it is asked for. Equal builds are not
    read. Rows are matched by the contract's primary key; without one, whole rows are compared, and
    nothing counts as changed. ADDRESS is a product, a port or a port version.

    Two port versions instead are compared by their contracts, as they are published or else as the
    files have them: what differs, what that means for the provider and for consumers, which
    version it needs, and who is affected; with --rows or --key they are compared by what they
    show. With `--against published` the files are compared with what is published, FIRST being a
    product, a port or a port version, or nothing for all.
    """
    if against or "." in first or "." in second:
        of_data = bool(wish["key"] or wish["rows"])
        if wish["address"] or (of_data and (against or not second)):
            raise Usage(
                "contracts have no rows: --key and --rows are for two versions or environments",
                next_step="weft diff --help",
            )
        if of_data:
            differs = _versions(first, second, wish, env, screen)
        else:
            differs = _contracts(first, second, bool(against), env, screen)
    elif not second or env:
        raise Usage(
            "name two environments, two port versions, or --against published",
            why="--env goes with contracts; environments are named one after the other"
            if env
            else "",
            next_step="weft diff --help",
        )
    else:
        differs = _environments(first, second, wish, screen)
    return Exit.CHANGES if detailed_exitcode and differs else Exit.DONE


def _contracts(first: str, second: str, against: bool, env: str, screen: Screen) -> bool:
    """Compare contracts, and say whether anything differs."""
    if against and second:
        raise Usage("--against published takes one address", next_step="weft diff --help")
    if not (against or second):
        raise Usage(
            f"`{first}` is one version, and it takes another to compare it with",
            next_step=f"weft diff --against published {first}",
        )
    with mesh_here(env) as mesh:
        if against:
            found = tuple(against_published(mesh, first))
        else:
            found = (compare_versions(mesh, _version(first), _version(second)),)
    put(contract_diff_result(found), screen)
    return any(each.differences for each in found)


def _versions(first: str, second: str, wish: dict[str, Any], env: str, screen: Screen) -> bool:
    """Compare the data of two versions, and say whether anything differs."""
    before, after = _version(first), _version(second)
    with mesh_here(env) as mesh:
        began = mesh.system.monotonic()
        found = tuple(diff_versions(mesh, before, after, DiffOptions(**wish)))
        seconds = mesh.system.monotonic() - began
    names = (f"v{before.major}", f"v{after.major}")
    versions = f"{before} {after}{same_env(env)}"
    put(diff_result(found, names, str(after), seconds, versions), screen)
    return not all(each.same for each in found)


def _version(text: str) -> PortAddress:
    try:
        address = PortAddress.parse(text)
    except AddressError as error:
        raise Usage(str(error), next_step="weft ls") from error
    if address.major is None:
        raise Usage(f"`{text}` names no version", next_step=f"weft show {text}")
    return address


def _environments(first: str, second: str, wish: dict[str, Any], screen: Screen) -> bool:
    """Compare two environments, and say whether anything differs."""
    with mesh_here(second) as there:
        name = resolved(first, there.folder, there.settings.production)
        here = replace(there, environment=name)
        refuse_unknown(here, "weft env ls")
        began = there.system.monotonic()
        found = tuple(compared(here, there, DiffOptions(**wish)))
        seconds = there.system.monotonic() - began
        names = (here.environment, there.environment)
    put(diff_result(found, names, wish["address"], seconds), screen)
    return not all(each.same for each in found)
