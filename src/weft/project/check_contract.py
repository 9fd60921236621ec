"""What a contract says about itself has to agree with its file, and its names have to be usable.

Whether its promises make sense is checked in `weft.contract`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.contract.candidates import UNFINISHED, candidate_problem
from weft.contract.checks import is_path
from weft.contract.document import custom_place
from weft.contract.endings import ending_of, override_problem
from weft.contract.outages import outage_problem
from weft.mesh.address import AddressError, PortAddress, major_of, name_problem
from weft.mesh.contract import DataContract, SchemaObject, Status
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import DataProduct, PortContract, SourceContract
from weft.project.check_service_levels import service_level_problems
from weft.project.layout import contract_name
from weft.project.marks_of_change import marks_of_change
from weft.project.no_effect import keys_without_effect
from weft.project.odcs import follow_reference, with_columns
from weft.project.read_yaml import Document, Step


def port_contract_problems(
    product: DataProduct, port: PortContract, document: Document
) -> Iterator[Diagnostic]:
    """Check the contract of an output port against its file's name."""
    contract = port.contract
    yield from _identity(contract, product, port.port, document)
    yield from unknown_status(document)
    yield from _candidate(contract, document)
    yield from _ending(contract, document)
    yield from _outage(contract, document)
    yield from marks_of_change(document)
    major = major_of(contract.version)
    if not major:
        yield from version_problem(document, contract.version, "version")
    elif major != port.major:
        message = f"this file holds major version {port.major} of `{port.port}`"
        note = f"rename the file to {contract_name(port.port, major)}, or correct the version"
        yield document.diagnostic("W207", message, "version", note=note)
    for index, each in enumerate(contract.objects):
        yield from misnamed(document, "object", each.name, "schema", index, "name")
    yield from _content(contract, document)
    yield from service_level_problems(document)
    yield from keys_without_effect(document, is_source=False)


def _candidate(contract: DataContract, document: Document) -> Iterator[Diagnostic]:
    """Check what a contract says of a preview."""
    asked = contract.custom.get("candidate")
    note = candidate_problem(asked)
    if note:
        path = (*custom_place(document.data, "candidate"), "value")
        yield document.diagnostic("W276", "no preview can be made of this", *path, note=note)
    elif asked is not None and contract.status not in UNFINISHED:
        yield document.diagnostic(
            "W276",
            "this contract is no preview any longer",
            *custom_place(document.data, "candidate"),
            "property",
            note=f"its status is {contract.status}; take the custom property `candidate` out",
            severity=Severity.WARNING,
        )


def _ending(contract: DataContract, document: Document) -> Iterator[Diagnostic]:
    """Check what a contract says of its end."""
    notes = {
        "override": override_problem(contract.custom.get("override")),
        "successor": _successor_problem(contract.custom.get("successor")),
    }
    for name, note in notes.items():
        if note:
            path = (*custom_place(document.data, name), "value")
            yield document.diagnostic("W286", f"`{name}` cannot be read", *path, note=note)


def _outage(contract: DataContract, document: Document) -> Iterator[Diagnostic]:
    """Check what a contract says of a planned outage."""
    planned = contract.custom.get("outage")
    if planned is None or contract.status is Status.RETIRED:
        return
    path = (*custom_place(document.data, "outage"), "value")
    note = outage_problem(planned, ending_of(contract.document).until)
    if note:
        yield document.diagnostic("W287", "this outage cannot be planned", *path, note=note)
    elif contract.status is not Status.DEPRECATED:
        note = f"its status is {contract.status}, and only a deprecated port has an outage"
        warning = Severity.WARNING
        yield document.diagnostic(
            "W287", "no outage comes of this", *path, note=note, severity=warning
        )


def _successor_problem(successor: Any) -> str:
    if successor is None:
        return ""
    try:
        PortAddress.parse(str(successor))
    except AddressError:
        return "it is the address of a port, such as `sales.orders.lines@2`"
    return ""


def source_contract_problems(
    product: DataProduct, source: SourceContract, document: Document
) -> Iterator[Diagnostic]:
    """Check the contract of data from outside; its objects and columns have the names they have."""
    yield from _identity(source.contract, product, source.name, document)
    yield from unknown_status(document)
    yield from misnamed(document, "source", source.name, "id")
    yield from _content(source.contract, document)
    yield from keys_without_effect(document, is_source=True)


def object_problems(product: DataProduct, documents: dict[str, Document]) -> Iterator[Diagnostic]:
    """Check that the objects of a product's ports have names of their own."""
    owners: dict[str, PortContract] = {}
    for port in product.contracts:
        for index, each in enumerate(port.contract.objects):
            owner = owners.setdefault(each.name, port)
            if owner.port != port.port:
                message = f"port `{owner.port}` has an object `{each.name}` as well"
                note = "objects are unique in their product; rename one of them"
                yield documents[port.path].diagnostic(
                    "W215", message, "schema", index, "name", note=note
                )


def misnamed(document: Document, what: str, name: str, *path: Step) -> Iterator[Diagnostic]:
    """Report a name that breaks the rules for names."""
    problem = name_problem(name, is_object=what == "object")
    if problem:
        message = f"the {what} name `{name}` is outside the rules"
        yield document.diagnostic("W203", message, *path, note=problem)


def unknown_status(document: Document) -> Iterator[Diagnostic]:
    """Report a status that the standards do not name."""
    status = document.data.get("status", Status.ACTIVE)
    words = [each.value for each in Status]
    if status not in words:
        note = did_you_mean(status, words, f"it can be {', '.join(words)}")
        yield document.diagnostic("W205", f"unknown status `{status}`", "status", note=note)


def version_problem(document: Document, version: str, *path: Step) -> Iterator[Diagnostic]:
    """Report a version that is none, or whose major number is 0."""
    major = major_of(version)
    if major is None:
        note = "write three numbers, such as 1.4.2"
        yield document.diagnostic("W204", f"`{version}` is no version", *path, note=note)
    elif major == 0:
        note = "major versions start at 1; what is not finished has `status: draft`"
        message = f"`{version}` has the major version 0"
        yield document.diagnostic("W204", message, *path, note=note)


def _identity(
    contract: DataContract, product: DataProduct, name: str, document: Document
) -> Iterator[Diagnostic]:
    """Check the id of a contract, which may repeat what is wrong with its product's."""
    wanted = f"{product.address}.{name}"
    if contract.id not in (wanted, f"{product.document['id']}.{name}"):
        message = "the `id` of this contract does not fit the place of its file"
        yield document.diagnostic("W206", message, "id", note=f"write `{wanted}`")


def _content(contract: DataContract, document: Document) -> Iterator[Diagnostic]:
    """Check objects and columns: there are some, no name stands twice, references can be read."""
    if not contract.objects:
        message = "this contract promises no object"
        note = "list at least one under `schema`"
        yield document.diagnostic("W212", message, "schema", key=True, note=note)
    names: set[str] = set()
    for index, each in enumerate(contract.objects):
        place: tuple[Step, ...] = ("schema", index)
        if each.name in names:
            message = f"two objects have the name `{each.name}`"
            yield document.diagnostic("W211", message, *place, "name", note="rename one of them")
        names.add(each.name)
        yield from _columns(each, document, place)
        yield from _references(document.data["schema"][index], document, place)


def _columns(
    entry: SchemaObject, document: Document, place: tuple[Step, ...]
) -> Iterator[Diagnostic]:
    if not entry.properties:
        message = f"object `{entry.name}` promises no column"
        note = "list its columns under `properties`"
        yield document.diagnostic("W212", message, *place, "properties", key=True, note=note)
    seen: dict[str, str] = {}
    for index, column in enumerate(entry.properties):
        folded = column.name.casefold()
        if folded in seen:
            message = f"column `{column.name}` stands in object `{entry.name}` twice"
            note = f"`{seen[folded]}` stands above; case makes no difference"
            where = (*place, "properties", index, "name")
            yield document.diagnostic("W213", message, *where, note=note)
        seen[folded] = column.name


def _references(
    entry: dict[str, Any], document: Document, place: tuple[Step, ...]
) -> Iterator[Diagnostic]:
    """Report relationships that point by a path to what is not in this document."""
    for holder, where in with_columns(entry, place):
        for number, relationship in enumerate(holder.get("relationships", ())):
            for end in ("from", "to"):
                value = relationship.get(end, ())
                texts = [value] if isinstance(value, str) else value
                if any(is_path(follow_reference(each, document.data["schema"])) for each in texts):
                    yield document.diagnostic(
                        "W217",
                        "this reference leads nowhere in this contract",
                        *(*where, "relationships", number, end),
                        note="write `object.column`, or the name of an input port for the object",
                    )
