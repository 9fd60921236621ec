"""What one product says in several places has to agree: folder, names, ports and contracts.

What the product needs from others, and what its models give, is checked in compiling.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.mesh.address import major_of, name_problem
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.nearest import nearest
from weft.mesh.product import DataProduct, Model, OutputPort, PortContract, SourceContract
from weft.project.check_contract import (
    misnamed,
    object_problems,
    port_contract_problems,
    source_contract_problems,
    unknown_status,
    version_problem,
)
from weft.project.layout import contract_name
from weft.project.read_yaml import Document, Step
from weft.project.source import SourceFile

Ports = set[tuple[str, int]]


def domain_problems(document: Document) -> Iterator[Diagnostic]:
    """Check that a domain's name keeps the rules and is the name of its folder."""
    yield from misnamed(document, "domain", document.data["domain"], "domain")
    folders = document.path.split("/")[:-1]
    if folders and document.data["domain"] != folders[-1]:
        message = "the name of this domain does not fit its folder"
        note = f"write `{folders[-1]}`, or rename the folder"
        yield document.diagnostic("W201", message, "domain", note=note)


def model_problems(file: SourceFile, name: str, other: Model | None) -> Iterator[Diagnostic]:
    """Check that a model's name keeps the rules, and that no `other` model has it."""
    if other is not None:
        message = f"there are two models `{name}`"
        yield file.diagnostic("W211", message, f"see {other.path}", "delete or rename one of them")
    problem = name_problem(name)
    if problem:
        message = f"the model name `{name}` is outside the rules"
        yield file.diagnostic("W203", message, note=problem)


def product_problems(
    product: DataProduct, documents: dict[str, Document], ports: Ports
) -> Iterator[Diagnostic]:
    """Check a product against its folder and its files.

    `ports` are port and major of every contract's file, of those that cannot be read as well.
    """
    document = documents[f"{product.path}/product.yaml"]
    yield from _identity(product, document)
    yield from unknown_status(document)
    yield from _inputs(product, document)
    yield from _outputs(product, document, ports)
    for contract in product.contracts:
        yield from _offered(product, contract, documents[contract.path])
        yield from port_contract_problems(product, contract, documents[contract.path])
    yield from object_problems(product, documents)
    for source in product.sources:
        yield from source_contract_problems(product, source, documents[source.path])
    yield from _tests(product, documents)


def _identity(product: DataProduct, document: Document) -> Iterator[Diagnostic]:
    """Check names and id; what only repeats an id that does not fit is not reported as well."""
    data: dict[str, Any] = document.data
    misnamed_folder = False
    for what, name in (("product", product.name), ("domain", product.domain)):
        problem = name_problem(name)
        if problem:
            misnamed_folder = True
            message = f"the {what} name `{name}`, given by the folder, is outside the rules"
            yield document.diagnostic("W203", message, "id", note=problem)
    stated, domain = data["id"], data.get("domain", product.domain)
    if stated != product.address and not misnamed_folder:
        message = "the `id` of this product does not fit its folder"
        note = f"write `{product.address}`"
        if any(each.contract.id.startswith(f"{stated}.") for each in _contracts(product)):
            note += ", in its contracts and ports as well"
        yield document.diagnostic("W201", message, "id", note=note)
    if domain not in (product.domain, stated.partition(".")[0]):
        message = "the domain of this product does not fit its folder"
        yield document.diagnostic("W201", message, "domain", note=f"write `{product.domain}`")


def _contracts(product: DataProduct) -> Iterator[PortContract | SourceContract]:
    yield from product.contracts
    yield from product.sources


def _inputs(product: DataProduct, document: Document) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, port in enumerate(product.inputs):
        place = ("inputPorts", index, "name")
        yield from misnamed(document, "port", port.name, *place)
        if port.name in seen:
            message = f"two input ports have the name `{port.name}`"
            note = "models could mean either; give one of them another name"
            yield document.diagnostic("W211", message, *place, note=note)
        seen.add(port.name)


def _outputs(product: DataProduct, document: Document, ports: Ports) -> Iterator[Diagnostic]:
    seen: Ports = set()
    for index, port in enumerate(product.outputs):
        place = ("outputPorts", index)
        yield from misnamed(document, "port", port.name, *place, "name")
        wanted = f"{product.address}.{port.name}"
        if port.contract_id not in ("", wanted, f"{document.data['id']}.{port.name}"):
            message = f"the contract of port `{port.name}` has another id"
            yield document.diagnostic(
                "W210", message, *place, "contractId", note=f"write `{wanted}`"
            )
        if not port.version:
            message = f"port `{port.name}` has no version"
            note = "write the version of its contract, such as 1.0.0"
            yield document.diagnostic("W204", message, *place, "version", note=note)
        elif not port.major:
            yield from version_problem(document, port.version, *place, "version")
        elif (port.name, port.major) in seen:
            message = f"port `{port.name}` has two entries for major version {port.major}"
            yield document.diagnostic("W211", message, *place, "version", note="remove one of them")
        elif (port.name, port.major) not in ports:
            yield _without_contract(port, ports, document, *place, "version")
        seen.add((port.name, port.major))


def _without_contract(
    port: OutputPort, ports: Ports, document: Document, *place: Step
) -> Diagnostic:
    file = contract_name(port.name, port.major)
    others = [contract_name(*each) for each in sorted(ports)]
    near = nearest(file, others)
    note = f"the file {file} is missing" + (f"; there is {near}" if near else "")
    message = f"port `{port.name}` has no contract for major version {port.major}"
    return document.diagnostic("W209", message, *place, note=note)


def _offered(
    product: DataProduct, contract: PortContract, document: Document
) -> Iterator[Diagnostic]:
    version = contract.contract.version
    entries = [each for each in product.outputs if each.name == contract.port]
    offered = [each.version for each in entries if each.major == contract.major]
    if not offered and all(each.major for each in entries):
        message = "no output port of product.yaml offers this contract"
        entry = f"`{contract.port}` with major version {contract.major}"
        note = f"add {entry} to outputPorts, or delete the file"
        yield document.diagnostic("W208", message, "id", note=note)
    elif offered and version not in offered and major_of(version) == contract.major:
        message = f"product.yaml offers `{contract.port}` as version {offered[0]}"
        note = "make both versions the same"
        yield document.diagnostic("W210", message, "version", note=note)


def _tests(product: DataProduct, documents: dict[str, Document]) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for path in dict.fromkeys(each.path for each in product.tests):
        own = [each.name for each in product.tests if each.path == path]
        is_list = isinstance(documents[path].data, list)
        for index, name in enumerate(own):
            place: tuple[Step, ...] = (index, "test") if is_list else ("test",)
            if name in seen:
                message = f"two unit tests have the name `{name}`"
                note = "it stands above" if seen[name] == path else f"see {seen[name]}"
                yield documents[path].diagnostic("W360", message, *place, note=note)
            seen[name] = path
