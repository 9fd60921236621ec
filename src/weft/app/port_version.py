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

    address: PortAddress
    text: str

    @classmethod
    def of(cls, mesh: Path, address: PortAddress) -> WrittenContract:
        """Read it. Raises Blocked where it is no text or broken YAML."""
        return cls(address, definition_text(mesh / contract_path(address)))

    @property
    def path(self) -> str:
        """Where it stands, relative to the mesh."""
        return contract_path(self.address)

    @cached_property
    def data(self) -> dict[str, Any]:
        """What it says; nothing where it cannot be read."""
        return definition_data(self.text.encode())

    @property
    def status(self) -> Status:
        """Its status, active where it says none."""
        return read_status(self.data)


def give_version(mesh: Path, address: PortAddress, version: str) -> tuple[Edit, ...]:
    """Write a version into the contract of a port version and into its product's list of ports.

    Everything else stays as it is written. Raises Blocked where a person has to do it.
    """
    written = WrittenContract.of(mesh, address)
    try:
        return under_version(mesh, written, written.text, version)
    except CannotEdit as problem:
        raise by_hand(written.path, problem, f"version: {version}") from None


def under_version(
    mesh: Path, written: WrittenContract, after: str, version: str
) -> tuple[Edit, ...]:
    """The edits by which a contract says what it says `after`, under a version.

    Its product lists it under the same one. Raises CannotEdit where only a person should edit the
    contract, and Blocked where only a person should edit product.yaml.
    """
    edited = set_value(after, version, "version")
    path = product_path(written.address.product)
    product = definition_text(mesh / path)
    listed = _listed(product, path, written.address, version)
    edits = (Edit(written.path, written.text, edited), Edit(path, product, listed))
    return tuple(each for each in edits if each.before != each.after)


def _listed(product: str, path: str, address: PortAddress, version: str) -> str:
    """The text of a product.yaml that lists a port version as this version."""
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
