"""What a port version promised of time and reliability before, by its releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.app.bootstrap import Opened
from weft.app.zones import zone_named
from weft.contract.changing_promises import Promise
from weft.contract.kept_spans import seconds_since_1970
from weft.contract.service_levels import service_levels
from weft.mesh.release import Release
from weft.mesh.service_level import ServiceLevel


@dataclass(frozen=True)
class Promised:
    """What was promised from a release on, by the name of the level; `at` is since 1970."""

    at: float
    levels: Mapping[str, ServiceLevel]


def releases_that_differ(mesh: Opened, products: Iterable[str]) -> dict[str, tuple[Release, ...]]:
    """The releases of those of these products of which a port once promised something else.

    They are by product, oldest first. Raises StoreError.
    """
    versions = mesh.store.evidence.versions(mesh.environment, products)
    majors = Counter((each.product, each.port, each.major) for each in versions)
    changed = {product for (product, _, _), times in majors.items() if times > 1}
    releases = mesh.store.journal.releases
    return {each: releases(mesh.environment, each)[::-1] for each in sorted(changed)}


def promised_before(releases: Iterable[Release], port: str) -> tuple[Promised, ...]:
    """What these releases promised of a port version, `port@N`, oldest first; each change once."""
    found: list[Promised] = []
    known: dict[str, Any] | None = None
    for release in releases:
        shown = release.port(port)
        contract = shown.contract if shown else {}
        if contract != known:
            known = contract
            levels = {each.name: each for each in service_levels(contract, zone_named)}
            found.append(Promised(seconds_since_1970(release.at), levels))
    return tuple(found)


def promises_of(level: ServiceLevel, before: Sequence[Promised]) -> tuple[Promise, ...]:
    """The promises of a level one after the other, this one last; nothing where it is the first."""
    if not before:
        return ()
    *earlier, last = before
    return (
        *(Promise(each.at, each.levels.get(level.name)) for each in earlier),
        Promise(last.at, level),
    )
