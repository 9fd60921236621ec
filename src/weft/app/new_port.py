"""Scaffold a port, or the next major of one, and keep an older major alive beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from weft.app.definition import definition_data, definition_text, entries
from weft.app.errors import Blocked, NotFound, Usage
from weft.app.kept_major import Kept, keep_major
from weft.app.last_day import refuse_day
from weft.app.new import first_contract, good_name
from weft.app.new_files import Draft, Edit, NewFile, from_template
from weft.app.yaml_edit import CannotEdit, append_entry, by_hand, set_value
from weft.mesh.address import PortAddress, major_of
from weft.mesh.manifest import ProductManifest
from weft.project.layout import (
    contract_name,
    contract_named,
    contract_path,
    product_folder,
    product_path,
)


@dataclass(frozen=True)
class Major:
    """Which major of a port to write; `keep` names an older one that goes on as it is.

    0 stands for the next one, and for none to keep. `until` is the last day of the kept one, an
    ISO date that deprecates it, or ""; `today` is an ISO time, and no last day lies before it.
    """

    number: int = 0
    keep: int = 0
    until: str = ""
    today: str = ""


def draft_port(
    mesh: Path, address: PortAddress, major: Major, applied: ProductManifest | None = None
) -> Draft:
    """Draft a port of a product, or the next major of one as a copy of its latest contract.

    A major that is kept goes on as it was `applied`: where its files say something else now, that
    becomes the new major, and what was applied comes back. Existing documents are edited as text,
    so that their comments stay. Raises Usage and NotFound for what does not fit, Blocked where a
    person has to see to a document.
    """
    good_name("port", address.port, is_object=True)
    listed = product_path(address.product)
    if not (mesh / listed).is_file():
        products = [
            ".".join(path.parent.parts[-2:]) for path in mesh.glob("domains/*/*/product.yaml")
        ]
        raise NotFound("product", str(address.product), products, next_step="weft ls")
    present = _contracts(mesh / product_folder(address.product), address.port)
    number = _next_number(address, major, present)
    path = contract_path(replace(address, major=number))
    if present:
        files = [NewFile(path, _copy(present[number - 1], f"{number}.0.0"))]
    else:
        files = _first_files(mesh, path, address)
    kept = Kept()
    if major.keep:
        older = replace(address, major=major.keep)
        kept = keep_major(mesh, present[major.keep], older, major.until, applied)
        if kept.restored and major.keep != number - 1:
            raise _changed_beside(address, major.keep, number - 1)
    product = _listed(mesh, listed, address, number, kept.version)
    notes: list[str] = []
    if kept.restored:
        notes.append(
            f"Major {major.keep} is again as it was applied, but for comments; "
            f"what you changed is major {number}."
        )
    if major.keep:
        notes += _followers(mesh, address, major.keep, number)
    return Draft(
        (*files, *kept.files),
        (product, *kept.edits),
        ("weft validate", "weft plan"),
        tuple(notes),
    )


def _contracts(folder: Path, port: str) -> dict[int, Path]:
    """Return the contracts of a port by major."""
    found = {contract_named(path.name): path for path in folder.iterdir()}
    return {place[1]: path for place, path in found.items() if place and place[0] == port}


def _next_number(address: PortAddress, major: Major, present: dict[int, Path]) -> int:
    """Return the major to write; raise Usage or NotFound when the wishes do not fit."""
    following = max(present, default=0) + 1
    if major.number not in (0, following):
        keep = f" --keep {major.keep}" if major.keep else ""
        raise Usage(
            f"the next major of {address} is {following}",
            next_step=f"weft new port {address} --major {following}{keep}",
        )
    if major.until and not major.keep:
        raise Usage(
            "--until needs --keep",
            why="It is the last day of the major that is kept.",
            next_step=f"weft new port {address} --keep {following - 1} --until {major.until}",
        )
    if major.keep and major.keep not in present:
        next_step = f"weft show {address.product}"
        raise NotFound("major to keep", str(major.keep), map(str, present), next_step=next_step)
    if major.until:
        refuse_day(
            major.until,
            major.today[:10],
            over="so nobody could move on by then",
            next_step=f"weft new port {address} --keep {major.keep} --until DATE",
        )
    return following


def _changed_beside(address: PortAddress, kept: int, latest: int) -> Blocked:
    return Blocked(
        f"major {kept} of {address} is not as it was applied, and major {latest} is there already",
        why=f"A new major would begin as a copy of major {latest}; what was changed in major "
        f"{kept} would be lost. Nothing was written.",
        next_step=f"take your changes of {contract_name(address.port, kept)} to major {latest}",
    )


def _followers(mesh: Path, address: PortAddress, kept: int, number: int) -> Iterator[str]:
    """Say which products of this mesh float, and so leave the kept major for the new one."""
    wanted = f"{address.product}.{address.port}"
    for path in sorted(mesh.glob("domains/*/*/product.yaml")):
        data = path.read_bytes()
        # A mesh has many products, and few of them name this port.
        if wanted.encode() not in data:
            continue
        place = path.relative_to(mesh).as_posix()
        inputs = entries(definition_data(data), "inputPorts").values()
        if any(each.get("contractId") == wanted and not each.get("version") for each in inputs):
            product = ".".join(path.parent.parts[-2:])
            yield (
                f'{product} would follow to major {number}; `version: "{kept}"` at its input port '
                f"in {place} keeps it on major {kept}."
            )


def _first_files(mesh: Path, path: str, address: PortAddress) -> list[NewFile]:
    """Return the contract of a port's first major, and a model where none fills it yet."""
    model = f"{product_folder(address.product)}/models/{address.port}.sql"
    files = [NewFile(path, first_contract(address.product, address.port))]
    if not (mesh / model).exists():
        files.append(NewFile(model, from_template("given.sql")))
    return files


def _copy(contract: Path, version: str) -> str:
    """Return a contract's text under a new version."""
    try:
        return set_value(definition_text(contract), version, "version")
    except CannotEdit as problem:
        raise by_hand(contract.name, problem, f"version: {version}") from None


def _listed(mesh: Path, path: str, address: PortAddress, number: int, kept: str) -> Edit:
    """List a new major in product.yaml; `kept` is the version that the kept one gets, or ""."""
    before = after = definition_text(mesh / path)
    ports = entries(definition_data(before.encode()), "outputPorts")
    entry = {
        "name": address.port,
        "version": f"{number}.0.0",
        "contractId": f"{address.product}.{address.port}",
    }
    try:
        for place, each in ports.items() if kept else ():
            major = major_of(str(each.get("version")))
            if each.get("name") == address.port and major == major_of(kept):
                after = set_value(after, kept, "outputPorts", place, "version")
        return Edit(path, before, append_entry(after, "outputPorts", entry))
    except CannotEdit as problem:
        wanted = ", ".join(f"{name}: {value}" for name, value in entry.items())
        raise by_hand(path, problem, f"{{{wanted}}} in outputPorts") from None
