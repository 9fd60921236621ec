"""`weft adopt`: draft products of what is there already: tables, files, or a project of dbt."""

from __future__ import annotations

from pathlib import Path

import click

from weft.app.adopt import Wanted, adopt_tables
from weft.app.adopt_dbt import adopt_project
from weft.app.adopt_files import adopt_files
from weft.app.errors import Usage
from weft.cli.completion import a_product, a_table, a_warehouse
from weft.cli.offer import offer, yes_option
from weft.cli.options import mesh_here
from weft.cli.screen import Screen, screen_options
from weft.cli.verb import verb
from weft.mesh.address import ProductAddress


@verb(
    "adopt",
    (
        "weft adopt ops_db --schema crm --into sales.crm",
        "the tables and views of a schema, with all that its catalogue knows",
    ),
    ("weft adopt ops_db --table 'crm.order*' --table erp.items", "some tables, by name or glob"),
    ("weft adopt data/raw --into sales.files", "Parquet, CSV and JSON files in a folder"),
    ("weft adopt --dbt target/manifest.json --into sales.shop", "a project of dbt"),
)
@click.argument("what", metavar="[WAREHOUSE|FOLDER]", default="", shell_complete=a_warehouse)
@click.option(
    "--schema",
    "schemas",
    multiple=True,
    metavar="NAME",
    help="Only this schema of the warehouse; again for more.  [default: all]",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="SCHEMA.TABLE",
    shell_complete=a_table,
    help="Only this table or view, or those that fit a glob; again for more.  [default: all]",
)
@click.option(
    "--dbt",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="MANIFEST",
    help="The manifest.json of a compiled project; versions 10 to 12.",
)
@click.option(
    "--into",
    default="",
    metavar="DOMAIN.PRODUCT",
    shell_complete=a_product,
    help="The new product.  [default: one per schema, in the domain that lives there]",
)
@yes_option
@screen_options
def adopt(
    what: str,
    dbt: Path | None,
    into: str,
    yes: bool,
    screen: Screen,
    **wanted: tuple[str, ...],
) -> int:
    """Draft data products of what is there already; nothing of it is changed or moved.

    Tables become sources, models that pass their columns on, and ports whose contracts promise
    what the catalogue knows: comments, keys, references, checks, enumerations, types. All of it
    is only proposed: nothing is built until you make it a draft. What has no place is listed, in
    ADOPTED.md too.
    """
    if not what and dbt is None:
        raise Usage("it is not said what to adopt", next_step="weft adopt --help")
    address = ProductAddress.parse(into) if into else None
    with mesh_here("") as mesh:
        is_folder = what not in mesh.settings.warehouses and Path(what).exists()
        if any(wanted.values()) and (dbt is not None or is_folder):
            raise Usage("--schema and --table are for the tables of a warehouse")
        if dbt is not None:
            draft = adopt_project(mesh, dbt, what, address)
        elif is_folder:
            draft = adopt_files(mesh, Path(what), address)
        else:
            draft = adopt_tables(mesh, what, Wanted(**wanted), address)
        return offer(mesh.folder, draft, screen, yes=yes)
