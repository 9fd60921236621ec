"""ODPS documents to data products, without what lies in other files of the product's folder.

The documents have the standard's shape when they get here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.mesh.people import Member, Team
from weft.mesh.product import DataProduct, InputPort, OutputPort
from weft.project.odcs import read_status


def read_product(document: dict[str, Any], domain: str, name: str, path: str) -> DataProduct:
    """Make a product of an ODPS document; `path` is its folder, and names are those of folders."""
    get = document.get
    return DataProduct(
        domain=domain,
        name=name,
        path=path,
        title=get("name", ""),
        status=read_status(document),
        version=get("version", ""),
        purpose=get("description", {}).get("purpose", ""),
        tags=tuple(get("tags", ())),
        inputs=tuple(
            InputPort(each["name"], each.get("contractId", ""), each.get("version", ""))
            for each in get("inputPorts", ())
        ),
        outputs=tuple(
            OutputPort(
                each["name"],
                each.get("version", ""),
                each.get("contractId", ""),
                each.get("description", ""),
            )
            for each in get("outputPorts", ())
        ),
        team=read_team(get("team", {})),
        document=document,
    )


def read_team(entry: Mapping[str, Any] | list[Mapping[str, Any]]) -> Team:
    """Make a team of the standards' team object; in their older versions it is a list of people."""
    if isinstance(entry, list):
        return Team("", tuple(map(_member, entry)))
    return Team(entry.get("name", ""), tuple(map(_member, entry.get("members", ()))))


def _member(entry: Mapping[str, Any]) -> Member:
    return Member(entry["username"], entry.get("role", "member"), entry.get("name", ""))
