"""Scaffold a domain or a product: drafts of files that are valid as they stand.

Ports and their majors are in `new_port.py`.
"""

from __future__ import annotations

from pathlib import Path

from weft.app.errors import NotFound, Usage
from weft.app.new_files import Draft, NewFile, from_template
from weft.app.workspace import NO_PRODUCTS
from weft.mesh.address import ProductAddress, name_problem
from weft.mesh.settings import MeshSettings
from weft.project.layout import contract_name, product_folder


def draft_domain(settings: MeshSettings, name: str, owner: str, warehouse: str = "") -> Draft:
    """Draft a domain that lives on a warehouse, on the first one of the mesh when none is given.

    Raises Usage for a name outside the rules, NotFound for a warehouse that is none.
    """
    good_name("domain", name)
    home = warehouse or next(iter(settings.warehouses))
    if home not in settings.warehouses:
        raise NotFound("warehouse", home, settings.warehouses)
    text = from_template(
        "domain.yaml",
        domain=name,
        title=title_of(name),
        purpose=f"What {title_of(name)} is for.",
        warehouse=home,
        dialect=settings.warehouses[home].type,
        owner=owner,
    )
    return Draft(
        (NewFile(f"domains/{name}/domain.yaml", text),),
        next_steps=(f"weft new product {name}.NAME",),
    )


def draft_product(mesh: Path, address: ProductAddress, owner: str = "", port: str = "") -> Draft:
    """Draft a product with one port, its contract, two models and a unit test.

    The port has the product's name when none is given; without an owner the domain answers.
    Raises Usage for names outside the rules, NotFound for a domain that is none.
    """
    good_name("product", address.product)
    if address.product in NO_PRODUCTS:
        raise Usage(f"`{address.product}` cannot be the name of a product: it is reserved")
    port = port or address.product
    good_name("port", port, is_object=True)
    domains = [path.parent.name for path in mesh.glob("domains/*/domain.yaml")]
    if address.domain not in domains:
        raise NotFound(
            "domain",
            address.domain,
            domains,
            next_step=f"weft new domain {address.domain} --owner YOU",
        )
    given = "starting_rows" if port != "starting_rows" else "given_rows"
    product = from_template(
        "product.yaml",
        address=str(address),
        domain=address.domain,
        title=title_of(address.product),
        port=port,
        contract=f"{address}.{port}",
    )
    if owner:
        product += from_template("team.yaml", product=address.product, owner=owner)
    folder = product_folder(address)
    return Draft(
        (
            NewFile(f"{folder}/product.yaml", product),
            NewFile(f"{folder}/{contract_name(port, 1)}", first_contract(address, port)),
            NewFile(f"{folder}/models/{given}.sql", from_template("given.sql")),
            NewFile(
                f"{folder}/models/{port}.sql", from_template("model.sql", port=port, given=given)
            ),
            NewFile(
                f"{folder}/tests/{port}.yaml", from_template("test.yaml", port=port, given=given)
            ),
        ),
        next_steps=("weft validate", "weft plan --env dev"),
    )


def first_contract(product: ProductAddress, port: str) -> str:
    """Return the contract that a new port begins with."""
    return from_template(
        "contract.odcs.yaml",
        contract=f"{product}.{port}",
        domain=product.domain,
        port=port,
        title=title_of(port),
    )


def good_name(kind: str, name: str, *, is_object: bool = False) -> None:
    """Raise Usage when a name of ours is outside the rules."""
    problem = name_problem(name, is_object=is_object)
    if problem:
        raise Usage(f"`{name}` cannot be the name of a {kind}: {problem}")


def title_of(name: str) -> str:
    """Make words of a name.

    >>> title_of("carrier_punctuality")
    'Carrier punctuality'
    """
    return name.replace("_", " ").capitalize()
