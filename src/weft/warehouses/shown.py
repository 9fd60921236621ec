"""Which objects of a release other programs see, and under which names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from weft.contract.outages import unreadable
from weft.mesh.contract import Status
from weft.mesh.release import ObjectRelease, PortRelease, Release


@dataclass(frozen=True)
class Shown:
    """An object of a port version under one of its names; `plain` is the one without a version."""

    name: str
    port: PortRelease
    object: ObjectRelease
    plain: bool = False

    @property
    def versioned(self) -> str:
        """The name with the version."""
        return versioned_name(self.object.name, self.port.major, self.port.candidate)

    def as_plain(self, name: str) -> Shown:
        """The same under a name without a version."""
        return replace(self, name=name, plain=True)


def shown(release: Release, production: bool) -> Iterator[Shown]:
    """Yield each object of each visible major, and after them the current major of each.

    A candidate is seen under a name of its own and is never the current major.
    """
    newest: dict[str, Shown] = {}
    for port in _visible(release, production):
        for each in port.objects:
            yield Shown(versioned_name(each.name, port.major, port.candidate), port, each)
            if port.candidate:
                continue
            if each.name not in newest or _rank(newest[each.name].port) < _rank(port):
                newest[each.name] = Shown(each.name, port, each, plain=True)
    yield from newest.values()


def versioned_name(name: str, major: int, candidate: str) -> str:
    """The name of an object with its major; that of a candidate says that it is a preview.

    >>> versioned_name("orders", 2, ""), versioned_name("orders", 2, "2027-01-31")
    ('orders_v2', 'orders_v2_rc')
    """
    return f"{name}_v{major}_rc" if candidate else f"{name}_v{major}"


def suspended(product: str, port: PortRelease) -> str:
    """Say why a port of a product cannot be read, "" where it can."""
    return unreadable(f"{product}.{port.name}", port.outage) if port.outage else ""


def digest(release: Release) -> str:
    """Return twelve digits that stand for all that a release says."""
    if release.damaged:
        return "cannot be read"
    return sha256(msgspec.json.encode(release, order="deterministic")).hexdigest()[:12]


def _visible(release: Release, production: bool) -> Iterator[PortRelease]:
    return (port for port in release.ports if port.is_visible(production=production))


def _rank(port: PortRelease) -> tuple[bool, int]:
    return (port.status is Status.ACTIVE, port.major)
