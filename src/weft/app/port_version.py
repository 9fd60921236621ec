"""The version of a port in its two documents, contract and product.yaml, which have to agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from weft.app.definition import definition_data, definition_text, entries
from weft.app.new_files import Edit
from weft.app.yaml_edit import CannotEdit, by_hand, set_value
from weft.mesh.address import PortAddress, major_of
from weft.mesh.contract import Status
from weft.project.layout import contract_path, product_path
from weft.project.odcs import read_status


@dataclass(frozen=True)
class WrittenContract:
    """The contract of a port version as its file has it, fragments not in their places."""

    path: str
    text: str

    @classmethod
    def of(cls, mesh: Path, address: PortAddress) -> WrittenContract:
        """Read it. Raises Blocked where it is no text or broken YAML."""
        path = contract_path(address)
        return cls(path, definition_text(mesh / path))

    @cached_property
    def data(self) -> dict[str, Any]:
        """What it says; nothing where it cannot be read."""
        return definition_data(self.text.encode())

    @property
    def status(self) -> Status:
        """Its status, active where it says none."""
        return read_status(self.data)


def give_version(mesh: Path, address: PortAddress, version: str) -> tuple[Edit, Edit]:
    """Write a version into the contract of a port version and into its product's list of ports.

    Everything else stays as it is written. Raises Blocked where a person has to do it.
    """
    contract = WrittenContract.of(mesh, address)
    try:
        edited = set_value(contract.text, version, "version")
    except CannotEdit as problem:
        raise by_hand(contract.path, problem, f"version: {version}") from None
    its_list = product_path(address.product)
    product = definition_text(mesh / its_list)
    listed = listed_as(product, its_list, address, version)
    return Edit(contract.path, contract.text, edited), Edit(its_list, product, listed)


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
