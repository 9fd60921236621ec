"""What a contract says of how it changes has to be readable: its waivers, and names of before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.contract.document import Element, custom_properties
from weft.contract.renames import rename_problems
from weft.contract.waivers import can_break, is_about_sign_off, waiver_problems
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.project.read_yaml import Document, Step


def marks_of_change(document: Document) -> Iterator[Diagnostic]:
    """Check the custom properties `waivers` of a contract and `renamed_from` of its columns."""
    data: dict[str, Any] = document.data
    if "waivers" in custom_properties(data):
        yield from _waivers(document)
    for index, obj in enumerate(data.get("schema", ())):
        yield from _renames(document, obj, ("schema", index))


def _waivers(document: Document) -> Iterator[Diagnostic]:
    value = custom_properties(document.data)["waivers"]
    place = (*_place(document.data, "waivers"), "value")
    problems = list(waiver_problems(value))
    for path, note in problems:
        yield document.diagnostic(
            "W274", "this is no waiver", *place, *path, key=len(path) == 2, note=note
        )
    for number, each in enumerate(() if problems else value):
        if not (can_break(each["change"]) or is_about_sign_off(each["change"])):
            yield document.diagnostic(
                "W275",
                f"no breaking change is called `{each['change']}`",
                *(*place, number, "change"),
                note="write it as the plan prints it, such as `column dep_delay removed`",
                severity=Severity.WARNING,
            )


def _renames(document: Document, obj: Element, place: tuple[Step, ...]) -> Iterator[Diagnostic]:
    """Names of before that belong to a column that is still there, or to two columns."""
    for index, note in rename_problems(obj).items():
        where = (*place, "properties", index)
        yield document.diagnostic(
            "W290",
            "this column cannot have been renamed so",
            *(*where, *_place(obj["properties"][index], "renamed_from"), "value"),
            note=note,
            severity=Severity.WARNING,
        )


def _place(element: Element, name: str) -> tuple[Step, ...]:
    """Where the custom property of a name stands in an element; the last one of it counts."""
    listed = element["customProperties"]
    own = [
        n
        for n, each in enumerate(listed)
        if name in custom_properties({"customProperties": [each]})
    ]
    return ("customProperties", own[-1])
