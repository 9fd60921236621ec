"""Keep an older major of a port alive: its contract and its models go on as they were applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.app.contract_file import resolved_data
from weft.app.definition import definition_data, definition_text, entries
from weft.app.ended_contract import Sunset, deprecated
from weft.app.errors import Usage
from weft.app.kept_models import in_python, kept_models
from weft.app.new_files import Edit, NewFile
from weft.app.restoring import restored
from weft.app.yaml_edit import CannotEdit, by_hand, set_value
from weft.contract.term_compatibility import same_terms
from weft.contract.versions import Bump, next_version
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status
from weft.mesh.diagnostic import as_written
from weft.mesh.manifest import PortVersion, ProductManifest


@dataclass(frozen=True)
class Kept:
    """What has to be written. `version` is the one to list, "" where it is listed already.

    `restored` says that the contract comes back as it was applied, its end apart.
    """

    files: tuple[NewFile, ...] = ()
    edits: tuple[Edit, ...] = ()
    version: str = ""
    restored: bool = False


def keep_major(
    mesh: Path, contract: Path, address: PortAddress, until: str, applied: ProductManifest | None
) -> Kept:
    """Draft what keeps the major of an address alive, until a last day where one is given.

    `applied` is the product as it was applied, if ever; what consumers read of it comes back where
    the files say something else now. Raises Usage for a last day that does not fit, Blocked where
    a person has to see to a document.
    """
    before = after = definition_text(contract)
    port = _published(address, applied)
    version = ""
    written = resolved_data(mesh, address.product.domain, before.encode())
    differs = port is not None and not _is_as_applied(written, port.contract)
    if port is not None and differs:
        after, version = restored(before, port.contract), port.version
    if until:
        after = _ending(after, contract.name, address, until)
    if port is not None and until and (differs or written.get("version") == port.version):
        # A released version does not change, and its end is something new.
        version = next_version(port.version, Bump.PATCH)
        after = _with_version(after, contract.name, version)
    folder = contract.parent / "models"
    files = sorted([*folder.glob("*.sql"), *folder.glob("*.py")])
    today = {path.stem: definition_text(path) for path in files}
    if applied is not None and port is not None:
        models = kept_models(applied, port, today)
    else:
        functions = {path.stem for path in files if path.suffix == ".py"}
        models = _copies(written, address.major, today, functions)
    place = folder.relative_to(mesh).as_posix()
    its_path = contract.relative_to(mesh).as_posix()
    there = {its_path: before, **{f"{place}/{name}.sql": text for name, text in today.items()}}
    wanted = {its_path: after, **{f"{place}/{name}.sql": text for name, text in models.items()}}
    return Kept(
        tuple(NewFile(path, text) for path, text in wanted.items() if path not in there),
        tuple(
            Edit(path, there[path], text)
            for path, text in wanted.items()
            if there.get(path, text) != text
        ),
        version,
        differs,
    )


def _published(address: PortAddress, applied: ProductManifest | None) -> PortVersion | None:
    """The version of a port that consumers were promised."""
    port = applied.port(address.name) if applied else None
    return port if port and port.status.published else None


def _is_as_applied(written: Mapping[str, Any], applied: Mapping[str, Any]) -> bool:
    """Whether a contract promises what was applied, under whatever version."""
    return same_terms(written, applied) and written.get("status") == applied.get("status")


def _with_version(text: str, file: str, version: str) -> str:
    try:
        return set_value(text, version, "version")
    except CannotEdit as problem:
        raise by_hand(file, problem, f"version: {version}") from None


def _copies(
    contract: dict[str, Any], major: int | None, today: dict[str, str], functions: set[str]
) -> dict[str, str]:
    """The models that fill a major today, under names of this major alone."""
    objects = entries(contract, "schema").values()
    names = [str(each.get("name", "")) for each in objects]
    for name in names:
        kept = f"{name}_v{major}"
        if name in functions and kept not in functions:
            raise in_python(name, kept)
    copies = {f"{name}_v{major}": today[name] for name in names if name in today}
    return {name: text for name, text in copies.items() if name not in today}


def _ending(text: str, file: str, address: PortAddress, until: str) -> str:
    """Deprecate a published contract and promise its last day."""
    contract = definition_data(text.encode())
    status = contract.get("status")
    port, _, major = str(address).rpartition("@")
    without = f"weft new port {port} --keep {major}"
    if status not in (Status.ACTIVE, Status.DEPRECATED):
        raise Usage(
            f"major {major} of {port} is {as_written(status)}, so nobody reads it until a last day",
            next_step=without,
        )
    promised = entries(contract, "slaProperties").values()
    if any(each.get("property") == "endOfSupport" for each in promised):
        raise Usage(
            f"major {major} of {port} has a last day already",
            why=f"It stands as endOfSupport in {file}; change it there.",
            next_step=without,
        )
    try:
        return deprecated(text, Sunset(until))
    except CannotEdit as problem:
        wanted = f"status: deprecated, and endOfSupport {until} in slaProperties"
        raise by_hand(file, problem, wanted) from None
