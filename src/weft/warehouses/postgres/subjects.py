"""What is compared to find drift in a database: things with how statements name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from weft.mesh.drift import Thing
from weft.mesh.manifest import Column
from weft.mesh.release import Release
from weft.sql.postgres import DIALECT
from weft.sql.types import canonical_type
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.marks import SchemaMark
from weft.warehouses.postgres.names import Place
from weft.warehouses.shown import Shown

OURS = "Weft's own"
NONE = "none"

TYPES = {
    "r": "TABLE",
    "p": "TABLE",
    "v": "VIEW",
    "m": "MATERIALIZED VIEW",
    "f": "FOREIGN TABLE",
    "S": "SEQUENCE",
}
"""What statements call the kinds of relations."""


@dataclass(frozen=True)
class Subject:
    """A thing, and how statements name it.

    `target` is quoted, with its type where a statement needs that: `TABLE "a"."b"`. `role` is whom
    statements about it run as. `rights` are privileges, and `grantee`, quoted, is who has them;
    `always` stands in front of what takes them back where they are for all that is yet to come.
    """

    thing: Thing
    target: str
    role: str = ""
    rights: tuple[str, ...] = ()
    grantee: str = ""
    always: str = ""


@dataclass(frozen=True)
class Left:
    """What is known of how a product was left, beside what its place says by itself.

    `kept` is what the place has under the number of each release, None where that cannot be read.
    `marks` are those of its schemas. `views` are the ones that are shown, by name, with their
    columns and definition, "" where that cannot be said. `builds` are those behind them that lie
    in this place, by key, None where one is nowhere, and `copies` what they were made from of that
    came from elsewhere. `roles` are all that the mesh has made.
    """

    place: Place
    releases: tuple[Release, ...]
    kept: Mapping[int, Release] | None
    marks: tuple[SchemaMark, ...]
    shown: tuple[Shown, ...]
    views: Mapping[str, tuple[tuple[Column, ...], str]]
    builds: Mapping[str, Located | None]
    copies: Mapping[str, Located]
    roles: frozenset[str]

    @property
    def current(self) -> Release:
        """The release that was published last."""
        return self.releases[0]

    def role_in(self, schema: str) -> str:
        """The owner of one of the schemas."""
        place = self.place
        return place.port_owner if schema == place.ports else place.internal_owner

    def address_of(self, schema: str, name: str) -> str:
        """The port that a view shows, or the product."""
        for each in self.shown:
            if (schema, name) == (self.place.ports, each.name):
                return f"{self.place.product}.{each.port.name}"
        return self.place.product


@dataclass(frozen=True)
class Counted:
    """What tables hold: the pointer's number, and the rows of builds by key.

    Rows are in words. What could not be read, or nobody looked at, is None or not there. `sharing`
    are the keys of other builds that have tables which are not as they were written, by the key of
    a build that has them too.
    """

    number: int | None = None
    rows: Mapping[str, str] = field(default_factory=dict)
    sharing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def marked(comment: str, *, is_ours: bool) -> str:
    """Say whose mark a comment is."""
    return OURS if is_ours else comment or NONE


def in_words(columns: Iterable[Column]) -> str:
    """Say columns with their types, however these were written."""
    return ", ".join(f"{each.name} {_as_said(each.type)}" for each in columns)


def _as_said(native: str) -> str:
    """A type under its one name; under its own where that says more, such as a length."""
    canonical = canonical_type(native, DIALECT)
    says_more = "(" in native and "(" not in canonical
    return native if says_more else canonical.lower()
