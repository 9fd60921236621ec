"""Scaffold a port, or the next major of one, and keep an older major alive beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from weft.app.errors import Blocked, NotFound, Usage
from weft.app.new import first_contract, good_name, product_folder
from weft.app.new_files import Draft, Edit, NewFile, from_template
from weft.app.yaml_edit import CannotEdit, append_entry, set_value
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status

_MAJOR = re.compile(r".*\.v([1-9][0-9]{0,5})\.odcs\.yaml")


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


def draft_port(mesh: Path, address: PortAddress, major: Major) -> Draft:
    """Draft a port of a product, or the next major of one as a copy of its latest contract.

    Existing documents are edited as text, so that their comments stay. Raises Usage and NotFound
    for what does not fit, Blocked where a document has an unusual layout.
    """
    good_name("port", address.port, is_object=True)
    folder = product_folder(address.product)
    if not (mesh / folder / "product.yaml").is_file():
        products = [
            ".".join(path.parent.parts[-2:]) for path in mesh.glob("domains/*/*/product.yaml")
        ]
        raise NotFound("product", str(address.product), products)
    present = _contracts(mesh / folder, address.port)
    number = _next_number(address, major, present)
    entry = {
        "name": address.port,
        "version": f"{number}.0.0",
        "contractId": f"{address.product}.{address.port}",
    }
    edits = [_with_entry(mesh, f"{folder}/product.yaml", "outputPorts", entry)]
    path = f"{folder}/{address.port}.v{number}.odcs.yaml"
    if present:
        files = [NewFile(path, _copy(present[number - 1], f"{number}.0.0"))]
    else:
        files = _first_files(mesh, path, address)
    if major.keep:
        files += _kept_models(mesh, f"{folder}/models", present[major.keep], major.keep)
    if major.until:
        edits.append(_ending(mesh, present[major.keep], address, major))
    return Draft(tuple(files), tuple(edits), ("weft validate", "weft plan"))


def _contracts(folder: Path, port: str) -> dict[int, Path]:
    """Return the contracts of a port by major."""
    paths = {path: _MAJOR.fullmatch(path.name) for path in folder.glob(f"{port}.v*.odcs.yaml")}
    return {int(found.group(1)): path for path, found in paths.items() if found}


def _next_number(address: PortAddress, major: Major, present: dict[int, Path]) -> int:
    """Return the major to write; raise Usage or NotFound when the wishes do not fit."""
    following = max(present, default=0) + 1
    if major.number not in (0, following):
        raise Usage(
            f"the next major of {address} is {following}",
            next_step=f"weft new port {address} --major {following}",
        )
    if major.until and not major.keep:
        raise Usage("--until needs --keep", why="It is the last day of the major that is kept.")
    if major.keep and major.keep not in present:
        raise NotFound("major to keep", str(major.keep), map(str, present))
    if major.until:
        _check_date(major.until, major.today)
    return following


def _check_date(text: str, today: str) -> None:
    try:
        last = date.fromisoformat(text)
    except ValueError:
        raise Usage(f"`{text}` is no date; one looks like 2027-03-31") from None
    if last.isoformat() < today[:10]:
        raise Usage(
            f"{text} is over, so nobody could move on by then", why="--until is a day ahead."
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
        return set_value(_text(contract), "version", version)
    except CannotEdit as problem:
        raise _blocked(contract.name, problem, f"version: {version}") from None


def _kept_models(mesh: Path, models: str, contract: Path, major: int) -> list[NewFile]:
    """Copy the models that fill a major today, so that they go on while the new major changes."""
    document: dict[str, Any] = yaml.load(_text(contract), Loader=yaml.BaseLoader)
    names = [str(each.get("name", "")) for each in document.get("schema", [])]
    return [
        NewFile(f"{models}/{name}_v{major}.sql", _text(mesh / models / f"{name}.sql"))
        for name in names
        if (mesh / models / f"{name}.sql").is_file()
        and not (mesh / models / f"{name}_v{major}.sql").exists()
    ]


def _ending(mesh: Path, contract: Path, address: PortAddress, major: Major) -> Edit:
    """Deprecate a published contract and promise its last day."""
    before, until = _text(contract), major.until
    document: dict[str, Any] = yaml.load(before, Loader=yaml.BaseLoader)
    status = document.get("status", "")
    if status not in (Status.ACTIVE, Status.DEPRECATED):
        raise Usage(
            f"major {major.keep} of {address} is {status}, so nobody reads it until a last day",
            next_step=f"weft new port {address} --keep {major.keep}",
        )
    promised = document.get("slaProperties") or []
    if any(each.get("property") == "endOfSupport" for each in promised):
        raise Usage(
            f"major {major.keep} of {address} has a last day already",
            why=f"It stands as endOfSupport in {contract.name}; change it there.",
            next_step=f"weft new port {address} --keep {major.keep}",
        )
    entry = {"property": "endOfSupport", "value": until}
    try:
        after = append_entry(before, "slaProperties", entry)
        after = set_value(after, "status", "deprecated")
    except CannotEdit as problem:
        wanted = f"status: deprecated, and endOfSupport {until} in slaProperties"
        raise _blocked(contract.name, problem, wanted) from None
    return Edit(contract.relative_to(mesh).as_posix(), before, after)


def _with_entry(mesh: Path, path: str, key: str, entry: dict[str, str]) -> Edit:
    before = _text(mesh / path)
    try:
        return Edit(path, before, append_entry(before, key, entry))
    except CannotEdit as problem:
        wanted = ", ".join(f"{name}: {value}" for name, value in entry.items())
        raise _blocked(path, problem, f"{{{wanted}}} in {key}") from None


def _blocked(path: str, problem: CannotEdit, wanted: str) -> Blocked:
    return Blocked(
        f"{path} has to be edited by hand: {problem}",
        why=f"It needs {wanted}. Nothing was written.",
        next_step="edit it, then give the same command again",
    )


def _text(path: Path) -> str:
    """Read a definition; raise Blocked when it is no text or broken YAML."""
    try:
        text = path.read_text(encoding="utf-8")
        yaml.load(text, Loader=yaml.BaseLoader) if path.suffix == ".yaml" else None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise Blocked(f"{path.name} cannot be read", next_step="weft validate") from None
    return text
