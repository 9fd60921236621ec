"""The version of a port in its two documents, contract and product.yaml, which have to agree."""

from __future__ import annotations

from pathlib import Path

from weft.app.definition import definition_data, definition_text, entries
from weft.app.new import product_folder
from weft.app.new_files import Edit
from weft.app.yaml_edit import CannotEdit, by_hand, set_value
from weft.mesh.address import PortAddress, major_of


def contract_path(address: PortAddress) -> str:
    """Where the contract of a port version stands, relative to the mesh."""
    return f"{product_folder(address.product)}/{address.port}.v{address.major}.odcs.yaml"


def give_version(mesh: Path, address: PortAddress, version: str) -> tuple[Edit, Edit]:
    """Write a version into the contract of a port version and into its product's list of ports.

    Everything else stays as it is written. Raises Blocked where a person has to do it.
    """
    path = contract_path(address)
    contract = definition_text(mesh / path)
    try:
        edited = set_value(contract, version, "version")
    except CannotEdit as problem:
        raise by_hand(path, problem, f"version: {version}") from None
    its_list = f"{product_folder(address.product)}/product.yaml"
    product = definition_text(mesh / its_list)
    listed = listed_as(product, its_list, address, version)
    return Edit(path, contract, edited), Edit(its_list, product, listed)


def listed_as(product: str, path: str, address: PortAddress, version: str) -> str:
    """The text of a product.yaml that lists a port version as this version. Raises Blocked."""
    ports = entries(definition_data(product.encode()), "outputPorts")
    try:
        for place, each in ports.items():
            major = major_of(str(each.get("version")))
            if (each.get("name"), major) == (address.port, address.major):
                product = set_value(product, version, "outputPorts", place, "version")
    except CannotEdit as problem:
        wanted = f"version: {version} of port {address.port} in outputPorts"
        raise by_hand(path, problem, wanted) from None
    return product
