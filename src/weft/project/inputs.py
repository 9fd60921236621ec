"""Resolve input ports: which port version, or which source, each name of a product stands for.

Floating inputs are resolved here, once per compilation; nothing later looks for a newer major.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from weft.mesh.address import AddressError, PortAddress, major_of
from weft.mesh.contract import Status
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.manifest import ResolvedInput
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import DataProduct, InputPort
from weft.project.faces import Faces, PortFace
from weft.project.parse import ParsedProduct
from weft.project.read_yaml import Document


def resolve_inputs(
    parsed: ParsedProduct, faces: Faces
) -> tuple[tuple[ResolvedInput, ...], tuple[Diagnostic, ...]]:
    """Resolve every input port of a product; unresolved ones are left out and reported.

    One that leads to a file which was reported itself is left out silently.
    """
    product = parsed.product
    if product is None:
        return (), ()
    document = parsed.documents[f"{product.path}/product.yaml"]
    sources = {each.contract.id: each.name for each in product.sources}
    resolved: list[ResolvedInput] = []
    diagnostics: list[Diagnostic] = []
    for index, port in enumerate(product.inputs):
        if port.contract_id in sources:
            resolved.append(ResolvedInput(port.name, source=sources[port.contract_id]))
            continue
        place = _Place(document, index)
        found = _resolve_port(port, product.address, faces, tuple(sources), place)
        if isinstance(found, ResolvedInput):
            resolved.append(found)
            if found.port:
                diagnostics += _unlike(product, port, faces.face(found.port), place)
        elif port.contract_id not in parsed.unread and not faces.is_unread(port.contract_id):
            diagnostics.append(found)
    return tuple(resolved), tuple(diagnostics)


def _unlike(
    product: DataProduct, port: InputPort, face: PortFace, place: _Place
) -> Iterator[Diagnostic]:
    """Report an input that is not there yet, and warn of one that is on its way out."""
    if face.proposed and product.status is not Status.PROPOSED:
        yield place.report(
            "W432",
            f"{face.product} is only proposed, so that nothing can be read of it",
            "contractId",
            f"this product is {product.status}, and would be built",
            f"`status: draft` in the product.yaml of {face.product}",
        )
    if face.status is Status.DEPRECATED:
        until = " until then" if face.ending.until else ""
        found = place.report(
            "W431",
            f"{face.port}@{face.major} {face.ending}",
            "version" if port.version else "contractId",
            face.ending.reason or f"what reads it has to move{until}",
            f"weft consumers {face.name}",
        )
        yield replace(found, severity=Severity.WARNING)


class _Place:
    """Where an input port stands in product.yaml, to report what is wrong with it."""

    def __init__(self, document: Document, index: int) -> None:
        self._document = document
        self._index = index

    def report(self, code: str, message: str, key: str, note: str, help: str = "") -> Diagnostic:
        return self._document.diagnostic(
            code, message, "inputPorts", self._index, key, note=note, help=help
        )


def _resolve_port(
    port: InputPort, product: str, faces: Faces, sources: tuple[str, ...], place: _Place
) -> ResolvedInput | Diagnostic:
    if not port.contract_id:
        return place.report(
            "W417",
            f"input port `{port.name}` does not say what it reads",
            "name",
            "add a contractId: another product's port, or a source of this product",
        )
    try:
        address = PortAddress.parse(port.contract_id)
    except AddressError:
        address = None
    if address and not faces.majors(port.contract_id) and faces.may_be_elsewhere(port.contract_id):
        found = place.report(
            "W425",
            f"port `{port.contract_id}` is not in these files",
            "contractId",
            "the store, which knows the ports of other repositories, cannot be asked here",
            "weft validate, where the store can be opened",
        )
        return replace(found, severity=Severity.WARNING)
    if address is None or not faces.majors(port.contract_id):
        known = [*faces.ports, *sources]
        note = did_you_mean(port.contract_id, known, "no such port in this mesh, nor such a source")
        return place.report(
            "W401", f"unknown port `{port.contract_id}`", "contractId", note, "weft ls"
        )
    if str(address.product) == product:
        return place.report(
            "W403",
            f"input port `{port.name}` reads a port of its own product",
            "contractId",
            "name the model in FROM instead, no input port is needed",
        )
    return _choose_version(port, faces, place)


def _choose_version(port: InputPort, faces: Faces, place: _Place) -> ResolvedInput | Diagnostic:
    majors = faces.majors(port.contract_id)
    if not port.version:
        face: PortFace | None = faces.current(port.contract_id)
        if face is None:
            return place.report(
                "W404",
                f"port `{port.contract_id}` is retired",
                "contractId",
                "nothing is published there any more",
            )
        return ResolvedInput(port.name, port=face.address)
    wanted = major_of(port.version)
    if wanted not in majors:
        there = ", ".join(str(major) for major in sorted(majors))
        return place.report(
            "W402",
            f"port `{port.contract_id}` has no major version {port.version}",
            "version",
            f"it has {there}",
        )
    return ResolvedInput(port.name, port=majors[wanted].address, pinned=True)
