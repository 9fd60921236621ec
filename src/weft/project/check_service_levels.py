"""Warn of service levels that are written in a way that nothing can measure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo

from weft.contract.service_levels import service_levels
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.project.read_yaml import Document


def service_level_problems(document: Document) -> Iterator[Diagnostic]:
    """Warn of every entry of `slaProperties` that says what cannot be.

    Names of time zones are not looked up: which ones there are is the machine's affair.
    """
    entries = document.data.get("slaProperties") or ()
    for index, entry in enumerate(entries):
        alone = {**document.data, "slaProperties": [entry]}
        for level in service_levels(alone, _any_zone):
            if level.mistaken:
                yield document.diagnostic(
                    "W285",
                    f"service level `{level.name}` cannot be measured",
                    "slaProperties",
                    index,
                    note=level.why,
                    severity=Severity.WARNING,
                )


def _any_zone(_: str) -> tzinfo:
    return UTC
