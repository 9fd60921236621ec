"""What definitions may say and Weft keeps without acting on it: one warning each.

Fields that only describe are not named here; `weft explain` says what each of them is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.contract.document import custom_place, custom_properties
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.nearest import did_you_mean
from weft.project.odcs import Place, with_columns
from weft.project.read_yaml import Document, Step

_OF_CHECKS = ("blocks", "notify")
_OF_COLUMNS = ("renamed_from",)
_OF_CONTRACTS = ("candidate", "outage", "override", "reason", "successor", "waivers")

# Keys of objects, columns and rules, and why they do nothing.
_IDLE = {
    "schedule": "checks run with every build, before it is published",
    "scheduler": "checks run with every build, before it is published",
    "partitioned": "how data lies on disk is the warehouse's own affair",
}
_IDLE_IN_SOURCES = dict.fromkeys(
    ("required", "unique", "primaryKey", "enum", "relationships", "quality"),
    "the data of a source is not checked",
)

# How long the path of a column is: `schema`, a number, `properties`, a number.
_COLUMN = 4


def keys_without_effect(document: Document, *, is_source: bool) -> Iterator[Diagnostic]:
    """Warn of what a contract says in vain, each kind once."""
    seen: set[str] = set()
    data: dict[str, Any] = document.data
    yield from _custom(document, (data, ()), _OF_CONTRACTS)
    for element, is_rule in _elements(data):
        entry, path = element
        if "customProperties" in entry:
            is_column = len(path) == _COLUMN and not (is_rule or is_source)
            known = _OF_CHECKS if is_rule else _OF_COLUMNS if is_column else ()
            yield from _custom(document, element, known)
        idle = _IDLE_IN_SOURCES if is_source and not is_rule else _IDLE
        for key, why in idle.items():
            if why not in seen and entry.get(key):
                seen.add(why)
                message = f"`{key}` has no effect here"
                yield _warning(document, message, why, *path, key, at_key=True)


def domain_without_effect(document: Document) -> Iterator[Diagnostic]:
    """Warn of what a `domain.yaml` says in vain."""
    if "budget" in document.data:
        why = "nothing counts yet what is spent"
        yield _warning(document, "`budget` has no effect", why, "budget", at_key=True)


def _elements(data: dict[str, Any]) -> Iterator[tuple[Place, bool]]:
    """Objects, columns, rules and relationships; and whether checks are made of them."""
    for index, obj in enumerate(data.get("schema", ())):
        for entry, path in with_columns(obj, ("schema", index)):
            yield (entry, path), False
            for key in ("quality", "relationships"):
                for number, check in enumerate(entry.get(key, ())):
                    yield (check, (*path, key, number)), True


def _custom(document: Document, element: Place, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Custom properties of vendor weft that Weft does not know at their place."""
    entry, path = element
    for name in custom_properties(entry):
        if name not in known:
            where = (*path, *custom_place(entry, name), "property")
            note = did_you_mean(name, known, f"known here: {', '.join(known) or 'none'}")
            yield _warning(document, f"custom property `{name}` has no effect here", note, *where)


def _warning(
    document: Document, message: str, note: str, *path: Step, at_key: bool = False
) -> Diagnostic:
    return document.diagnostic(
        "W264", message, *path, key=at_key, note=note, severity=Severity.WARNING
    )
