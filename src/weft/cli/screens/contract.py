"""Contracts as text, and what a sync found where there is nothing to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.app.contract_file import ContractFile
from weft.app.new_files import Draft
from weft.app.yaml_write import yaml_text
from weft.cli.cells import flow, visible
from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screen import Screen
from weft.cli.screens.draft import draw_draft
from weft.mesh.address import PortAddress

_FIRST = ("apiVersion", "kind", "id", "name", "version", "status", "domain", "description")


def contract_result(found: ContractFile, *, resolved: bool) -> Result:
    """Return a contract for every format: as it is written, or with its fragments in place."""
    document = _in_order(found.resolved) if resolved else found.written
    row = (found.address, found.path, document.get("version"), document.get("status"))
    table = Table("contract", tuple(map(Column, ("contract", "path", "version", "status"))), [row])
    text = yaml_text(document) if resolved else found.text
    data = {"contract": found.address, "path": found.path, "document": document}
    return Result("contract", data, table, lambda _: text if text.endswith("\n") else f"{text}\n")


def _in_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """A contract with what it is in front, wherever a fragment has put that."""
    first = {key: document[key] for key in _FIRST if key in document}
    return first | {key: value for key, value in document.items() if key not in first}


def draft_result(draft: Draft) -> Result:
    """Return what would be written, for every format."""
    texts = [(new.path, new.text) for new in draft.files]
    texts += [(edit.path, edit.after) for edit in draft.edits]
    table = Table("draft", (Column("path"), Column("text", Kind.TEXT)), texts)

    def text(screen: Screen) -> str:
        return "\n".join([draw_draft(draft, colour=screen.colour), *_notes(draft, screen), ""])

    return Result("draft", {**table.data, "notes": draft.notes}, table, text)


def _notes(draft: Draft, screen: Screen) -> list[str]:
    return [flow("", visible(each).split(), screen.width, joint=" ") for each in draft.notes]


def up_to_date(address: PortAddress, draft: Draft) -> Result:
    """Return that a contract says what its model and its data are, with what is to be known."""
    table = Table("sync", (Column("note"),), [(note,) for note in draft.notes])

    def text(screen: Screen) -> str:
        return "\n".join([f"{address} is up to date.", *_notes(draft, screen), ""])

    return Result("sync", {"contract": str(address), "notes": draft.notes}, table, text)
