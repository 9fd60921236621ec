"""A `manifest.json` of dbt, versions 10 to 12, as nouns: only what is taken over of it.

It is untrusted: what has another form than it should is a mistake with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

MAX_BYTES = 256 * 2**20
VERSIONS = (10, 11, 12)

T = TypeVar("T")

_SCHEMA = re.compile(r".*/manifest/v([0-9]{1,4})(\.json)?")
_BYTE = re.compile(r" \(byte ([0-9]+)\)")


class NoManifest(ValueError):
    """The text is no manifest that is read; the message says why, and where."""


class _Part(msgspec.Struct, frozen=True):
    """What is in a manifest; keys that are not named here are passed over."""


class Constraint(_Part, frozen=True):
    """A constraint of a column, or of a model: `columns` then are those that it is about."""

    type: str = ""
    name: str | None = None
    columns: list[str] | None = None
    expression: str | None = None
    to: str | None = None
    to_columns: list[str] | None = None


class DbtColumn(_Part, frozen=True):
    """A column as a project describes it."""

    name: str
    description: str | None = None
    data_type: str | None = None
    constraints: list[Constraint] = []
    tags: list[str] | str = []
    meta: dict[str, Any] = {}


class Depends(_Part, frozen=True):
    """What a node reads, by ids."""

    nodes: list[str] = []


class Enforced(_Part, frozen=True):
    """Whether the types of a model's columns are held to."""

    enforced: bool = False


class TestMetadata(_Part, frozen=True):
    """Which generic test this is, and with which arguments."""

    name: str
    kwargs: dict[str, Any] = {}
    namespace: str | None = None


class DbtNode(_Part, frozen=True):
    """A model, seed, snapshot, test, or whatever else is in `nodes`; also a source."""

    unique_id: str
    name: str
    resource_type: str = "source"
    package_name: str = ""
    alias: str | None = None
    identifier: str | None = None
    source_name: str = ""
    database: str | None = None
    schema: str | None = None
    original_file_path: str = ""
    description: str | None = None
    columns: dict[str, DbtColumn] = {}
    raw_code: str | None = None
    compiled_code: str | None = None
    language: str = "sql"
    access: str | None = None
    group: str | None = None
    version: int | float | str | None = None
    latest_version: int | float | str | None = None
    deprecation_date: str | None = None
    constraints: list[Constraint] = []
    contract: Enforced = msgspec.field(default_factory=Enforced)
    tags: list[str] | str = []
    meta: dict[str, Any] = {}
    config: dict[str, Any] = {}
    depends_on: Depends = msgspec.field(default_factory=Depends)
    test_metadata: TestMetadata | None = None
    column_name: str | None = None
    attached_node: str | None = None
    freshness: dict[str, Any] | None = None

    @property
    def table(self) -> str:
        """The name of its relation in the database."""
        return self.identifier or self.alias or self.name

    @property
    def reads(self) -> tuple[str, ...]:
        """The ids of what it reads, each once."""
        return tuple(dict.fromkeys(self.depends_on.nodes))

    @property
    def materialized(self) -> str:
        """How its result is kept."""
        return str(self.config.get("materialized", ""))


class Owner(_Part, frozen=True):
    """Who answers for a group or an exposure."""

    name: str | None = None
    email: str | list[str] | None = None

    @property
    def user(self) -> str:
        """The one name by which the owner is known, "" where there is none."""
        email = self.email[0] if isinstance(self.email, list) and self.email else self.email
        return (email if isinstance(email, str) else "") or self.name or ""


class DbtGroup(_Part, frozen=True):
    """A group of models, and its owner."""

    name: str
    owner: Owner = msgspec.field(default_factory=Owner)


class DbtExposure(_Part, frozen=True):
    """What somebody makes of models outside of the project."""

    name: str
    type: str = ""
    label: str | None = None
    url: str | None = None
    description: str | None = None
    owner: Owner = msgspec.field(default_factory=Owner)
    depends_on: Depends = msgspec.field(default_factory=Depends)


class UnitTestRows(_Part, frozen=True):
    """Rows of a unit test; of a given input, `input` is what it stands for."""

    input: str = ""
    rows: Any = None
    format: str = "dict"


class DbtUnitTest(_Part, frozen=True):
    """Given rows, and what a model has to make of them."""

    name: str
    model: str
    given: list[UnitTestRows] = []
    expect: UnitTestRows = msgspec.field(default_factory=UnitTestRows)
    description: str | None = None
    depends_on: Depends = msgspec.field(default_factory=Depends)


class _Metadata(_Part, frozen=True):
    dbt_schema_version: str = ""
    project_name: str | None = None
    adapter_type: str | None = None


class _Manifest(_Part, frozen=True):
    metadata: _Metadata
    nodes: dict[str, msgspec.Raw] = {}
    sources: dict[str, msgspec.Raw] = {}
    exposures: dict[str, msgspec.Raw] = {}
    groups: dict[str, msgspec.Raw] = {}
    unit_tests: dict[str, msgspec.Raw] = {}
    metrics: dict[str, msgspec.Raw] = {}
    semantic_models: dict[str, msgspec.Raw] = {}
    saved_queries: dict[str, msgspec.Raw] = {}
    disabled: dict[str, msgspec.Raw] | None = None


@dataclass(frozen=True)
class DbtProject:
    """A project: its nodes and sources by id, and `others` that have no counterpart, by kind."""

    name: str
    adapter: str
    nodes: Mapping[str, DbtNode]
    exposures: tuple[DbtExposure, ...] = ()
    groups: Mapping[str, DbtGroup] = field(default_factory=dict)
    unit_tests: tuple[DbtUnitTest, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of_kind(self, *kinds: str) -> Iterator[DbtNode]:
        """The nodes of these resource types, by id."""
        return (each for _, each in sorted(self.nodes.items()) if each.resource_type in kinds)


def read_manifest(data: bytes) -> DbtProject:
    """Read a manifest. Raises NoManifest."""
    if len(data) > MAX_BYTES:
        raise NoManifest(f"it has {len(data):,} bytes, more than {MAX_BYTES:,}")
    manifest = _decoded(data, _Manifest, data, "")
    version = _SCHEMA.fullmatch(manifest.metadata.dbt_schema_version)
    number = int(version.group(1)) if version else 0
    if number not in VERSIONS:
        raise NoManifest(
            f"it is of version {number or 'unknown'}, and {VERSIONS[0]} to {VERSIONS[-1]} are read"
        )
    nodes = {
        each.unique_id: each
        for part in (manifest.nodes, manifest.sources)
        for each in _all(part, DbtNode, data)
    }
    return DbtProject(
        name=manifest.metadata.project_name or "project",
        adapter=manifest.metadata.adapter_type or "",
        nodes=nodes,
        exposures=tuple(_all(manifest.exposures, DbtExposure, data)),
        groups={each.name: each for each in _all(manifest.groups, DbtGroup, data)},
        unit_tests=tuple(_all(manifest.unit_tests, DbtUnitTest, data)),
        others={
            "metric": tuple(manifest.metrics),
            "semantic model": tuple(manifest.semantic_models),
            "saved query": tuple(manifest.saved_queries),
            "disabled": tuple(manifest.disabled or ()),
        },
    )


def _all(part: Mapping[str, msgspec.Raw], kind: type[T], data: bytes) -> Iterator[T]:
    return (_decoded(raw, kind, data, name) for name, raw in part.items())


def _decoded(raw: bytes | msgspec.Raw, kind: type[T], data: bytes, name: str) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        place = ".".join(filter(None, (name, path.strip("`."))))
        raise NoManifest(f"{what}{f' at {place}' if place else ''}") from error
    except msgspec.DecodeError as error:
        found = _BYTE.search(str(error))
        line = data.count(b"\n", 0, int(found.group(1))) + 1 if found and not name else 0
        where = f"line {line}: " if line else f"{name}: " if name else ""
        raise NoManifest(where + _BYTE.sub("", str(error))) from error
    except RecursionError as error:
        raise NoManifest(f"{name or 'it'} is nested too deeply") from error
