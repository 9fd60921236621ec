"""The marks by which we know what is ours: comments that are JSON with the one key `weft`.

A description for people may stand in front of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from weft.mesh.release import Build, Release
from weft.sql.postgres import string
from weft.warehouses.auditing import Quarantined
from weft.warehouses.postgres.layers import Layers

FORMAT = 1

_BEGIN = '{"weft":'


@dataclass(frozen=True)
class SchemaMark:
    """Whose a schema is. `internal` tells the schema of builds from that of ports."""

    mesh: str
    store: str
    product: str
    environment: str
    internal: bool
    format: int = FORMAT


@dataclass(frozen=True)
class PortMark:
    """What a view of the ports' schema shows; `plain` is the name without a version."""

    port: str
    major: int
    object: str
    version: str
    plain: bool = False


@dataclass(frozen=True)
class Mark:
    """What a comment says: exactly one of these.

    `landed` is a file source that was brought into a table. `layer` is the key of the build that
    a table was made for whose rows or keys later builds share. `layers` stand beside a build that
    grows, and `damaged` beside one whose data was found to be no longer what was written.
    `transaction` is the number of the one that wrote all rows of a table, or a view, and this mark.
    """

    schema: SchemaMark | None = None
    build: Build | None = None
    landed: Build | None = None
    rows: Quarantined | None = None
    release: Release | None = None
    port: PortMark | None = None
    layer: str = ""
    layers: Layers | None = None
    damaged: bool = False
    transaction: int = 0

    @property
    def readable(self) -> Build | None:
        """What statements read by a key: a build, or a source that was landed."""
        return self.build or self.landed


@dataclass(frozen=True)
class _Comment:
    weft: Mark


_decoder = msgspec.json.Decoder(_Comment)


def marking(kind: str, target: str, mark: Mark, description: str = "") -> str:
    """Return the statement that marks a thing, by its quoted name, with a description in front."""
    comment = f"{description}\n{encoded(mark)}" if description else encoded(mark)
    return " ".join(("COMMENT ON", kind, target, "IS", string(comment)))


def encoded(mark: Mark) -> str:
    """Write a mark."""
    said = {name: value for name, value in vars(mark).items() if value}
    return msgspec.json.encode({"weft": said}).decode()


def read_mark(comment: str | None) -> Mark | None:
    """Read the mark in a comment; None when there is none that can be read."""
    text = comment or ""
    found = text.rfind(f"\n{_BEGIN}") + 1
    if not text.startswith(_BEGIN, found):
        return None
    try:
        return _decoder.decode(text[found:]).weft
    except msgspec.MsgspecError:
        return None
