"""A data contract as the Open Data Contract Standard (ODCS) describes it: nouns only.

`weft.contract` says what they mean; `weft.project.odcs` reads and writes the documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """The life of a product or port (ODCS `status`, ODPS `status`)."""

    PROPOSED = "proposed"
    DRAFT = "draft"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"

    @property
    def published(self) -> bool:
        """Whether consumers can see a port of this status in production."""
        return self in (Status.ACTIVE, Status.DEPRECATED)

    def is_visible(self, *, production: bool) -> bool:
        """Whether consumers can see a port of this status; drafts only outside production."""
        return self.published or (not production and self is not Status.RETIRED)


class Operator(StrEnum):
    """The eight comparisons of an ODCS quality rule."""

    EQUAL = "mustBe"
    NOT_EQUAL = "mustNotBe"
    GREATER = "mustBeGreaterThan"
    GREATER_OR_EQUAL = "mustBeGreaterOrEqualTo"
    LESS = "mustBeLessThan"
    LESS_OR_EQUAL = "mustBeLessOrEqualTo"
    BETWEEN = "mustBeBetween"
    NOT_BETWEEN = "mustNotBeBetween"


@dataclass(frozen=True)
class QualityRule:
    """One ODCS `quality` entry.

    `threshold` is a number, or a list of two for the between operators. `unit` is `rows` or
    `percent`. `rule` is the older name of a metric where the document has one. `blocks` and
    `notify` come from custom properties of vendor weft.
    """

    type: str = "library"
    name: str = ""
    id: str = ""
    description: str = ""
    metric: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    operator: Operator | None = None
    threshold: Any = None
    unit: str = "rows"
    severity: str = "error"
    dimension: str = ""
    blocks: str = ""
    notify: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Relationship:
    """An ODCS foreign key: columns of this object, and `object.column` references they point to.

    `blocks` and `notify` come from custom properties of vendor weft.
    """

    columns: tuple[str, ...]
    to: tuple[str, ...]
    blocks: str = ""
    notify: str = ""


@dataclass(frozen=True)
class SchemaProperty:
    """An ODCS property: a column, or a field inside one when it stands in `properties`."""

    name: str
    logical_type: str = ""
    physical_type: str = ""
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int = -1
    description: str = ""
    enum: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    relationships: tuple[Relationship, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    properties: tuple[SchemaProperty, ...] = ()
    items: SchemaProperty | None = None
    tags: tuple[str, ...] = ()
    physical_name: str = ""


@dataclass(frozen=True)
class SchemaObject:
    """An ODCS schema object: a logical table of a port."""

    name: str
    properties: tuple[SchemaProperty, ...] = ()
    description: str = ""
    physical_name: str = ""
    quality: tuple[QualityRule, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in the contract's order."""
        return tuple(each.name for each in self.properties)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key, by `primaryKeyPosition`."""
        keys = [each for each in self.properties if each.primary_key]
        return tuple(each.name for each in sorted(keys, key=lambda p: p.primary_key_position))


@dataclass(frozen=True)
class Server:
    """One ODCS `servers` entry; what is special to a type stands in `settings`.

    `settings` keeps `${VAR}` as written. `custom` holds the custom properties of vendor weft.
    """

    server: str
    type: str
    settings: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataContract:
    """A data contract, with the whole document it was read from.

    `document` is the lossless original as plain lists and dicts: what Weft only shows, such as
    service levels, stands there alone. `custom` are the custom properties of vendor weft.
    """

    id: str
    version: str
    status: Status = Status.ACTIVE
    name: str = ""
    domain: str = ""
    purpose: str = ""
    objects: tuple[SchemaObject, ...] = ()
    servers: tuple[Server, ...] = ()
    tags: tuple[str, ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
