"""`weft new`: write a domain, a product, a port or the next major of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from weft.app.new import draft_domain, draft_product
from weft.app.new_port import Major, draft_port
from weft.app.remembered import applied_definitions, remembered
from weft.app.settings import load_settings
from weft.app.system import System
from weft.app.workspace import find_mesh
from weft.cli.next_step import env_of
from weft.cli.number import Number
from weft.cli.offer import offer, yes_option
from weft.cli.options import env_option, mesh_here
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import VerbGroup, verb
from weft.mesh.address import PortAddress, ProductAddress


@click.group(
    "new",
    cls=VerbGroup,
    examples=(
        (
            "weft new domain sales --owner alice@example.com",
            "a business area and its owner",
        ),
        ("weft new product sales.orders", "a data product that validates at once"),
    ),
)
def new() -> None:
    """Write a new domain, product or port.

    Shows the files first and asks before it writes them. A file that exists is never overwritten.
    """


@verb(
    "domain",
    ("weft new domain sales --owner alice@example.com", "on the first warehouse of the mesh"),
    ("weft new domain sales --owner alice --warehouse lake", "on a warehouse of your choice"),
)
@click.argument("name")
@click.option("--owner", required=True, help="User name of its owner.")
@click.option("--warehouse", default="", help="Where its data lives.  [default: the first one]")
@yes_option
@screen_options
def domain(name: str, owner: str, warehouse: str, yes: bool, screen: Screen) -> int:
    """Write a new domain: a business area, its owner and its warehouse."""
    mesh = find_mesh(Path.cwd())
    settings = load_settings(mesh, System().variables)
    return offer(mesh, draft_domain(settings, name, owner, warehouse), screen, yes=yes)


@verb(
    "product",
    ("weft new product sales.orders", "a port, its contract, two models and a unit test"),
    ("weft new product sales.orders --port lines --owner bob", "another port, an owner of its own"),
)
@click.argument("address", metavar="DOMAIN.PRODUCT")
@click.option("--owner", default="", help="User name of its owner.  [default: the domain's]")
@click.option("--port", default="", help="Name of its first port.  [default: the product's]")
@yes_option
@screen_options
def product(address: str, owner: str, port: str, yes: bool, screen: Screen) -> int:
    """Write a new data product, valid as it stands."""
    wanted = ProductAddress.parse(address)
    mesh = find_mesh(Path.cwd())
    return offer(mesh, draft_product(mesh, wanted, owner, port), screen, yes=yes)


@verb(
    "port",
    ("weft new port sales.orders.lines", "another port of a product, or the next major of one"),
    (
        "weft new port sales.orders.lines --major 2 --keep 1 --until 2027-03-31",
        "major 2, while major 1 goes on until that day",
    ),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT")
@click.option(
    "--major",
    type=Number(1),
    metavar="N",
    help="The major to write.  [default: the next one]",
)
@click.option(
    "--keep",
    type=Number(1),
    metavar="N",
    help="An older major that goes on as it was applied.",
)
@click.option("--until", default="", metavar="DATE", help="Last day of the major that is kept.")
@env_option
@yes_option
@screen_options
def port(address: str, env: str, yes: bool, screen: Screen, **wish: Any) -> int:
    """Write a new port, or the next major of one.

    A next major begins as a copy of the latest contract, with all that you changed in it. The
    major that you keep goes on as it was applied: its contract comes back, and its models get
    files of their own.
    """
    wanted = PortAddress.parse(address)
    mesh = find_mesh(Path.cwd())
    asked = Major(wish["major"] or 0, wish["keep"] or 0, wish["until"], System().now())
    if not asked.keep:
        return offer(mesh, draft_port(mesh, wanted, asked), screen, yes=yes)
    with mesh_here(env) as there:
        product = str(wanted.product)
        applied = applied_definitions(there, remembered(there), [product]).get(product)
        draft = draft_port(mesh, wanted, asked, applied)
        return offer(mesh, draft, screen, yes=yes, env=env_of(there))


for _command in (domain, product, port):
    new.add_command(_command)
