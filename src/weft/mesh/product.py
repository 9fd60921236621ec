"""Domains and data products as people define them: the content of the files, not yet compiled."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from weft.mesh.address import major_of
from weft.mesh.contract import DataContract, Status
from weft.mesh.growth import Growth
from weft.mesh.people import Team


class Materialization(StrEnum):
    """How a model's result is kept."""

    TABLE = "table"
    VIEW = "view"
    INCREMENTAL = "incremental"
    SNAPSHOT = "snapshot"

    @property
    def grows(self) -> bool:
        """Whether one build adds to an earlier one."""
        return self in (Materialization.INCREMENTAL, Materialization.SNAPSHOT)


@dataclass(frozen=True)
class Domain:
    """A business area that owns data products; `title` is what `domain.yaml` calls name.

    `warehouse_dialect` is that of its warehouse, where it is not `dialect`.
    """

    name: str
    warehouse: str
    dialect: str = ""
    title: str = ""
    purpose: str = ""
    team: Team = field(default_factory=Team)
    warehouse_dialect: str = ""


@dataclass(frozen=True)
class InputPort:
    """What a product reads: `name` is what FROM uses, `contract_id` whose contract it is.

    `version` is a major to pin, or "" to float on the current one.
    """

    name: str
    contract_id: str = ""
    version: str = ""


@dataclass(frozen=True)
class OutputPort:
    """One major version of what a product offers. `version` is the contract's full version."""

    name: str
    version: str = ""
    contract_id: str = ""
    description: str = ""

    @property
    def major(self) -> int:
        """The major number; 0 when the version is not one."""
        return major_of(self.version) or 0


@dataclass(frozen=True)
class Model:
    """A SELECT of a product, or a function in Python, with the head of its file.

    `path` is relative to the mesh; `head` is the text before line `first_line`, where the body
    begins that `sql` holds. `growth` is what it says of growing, whether or not it grows.

    Of a function `sql` holds the whole file, `columns` are those that the head says it gives,
    and one run of it may take `memory` bytes and `timeout` seconds.
    """

    name: str
    sql: str
    path: str
    first_line: int = 1
    materialized: Materialization = Materialization.TABLE
    description: str = ""
    refresh_always: bool = False
    required: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    growth: Growth = field(default_factory=Growth)
    head: str = ""
    columns: tuple[str, ...] = ()
    memory: int = 4 * 2**30
    timeout: int = 3600

    @property
    def in_python(self) -> bool:
        """Whether it is a function and no SELECT."""
        return self.path.endswith(".py")


@dataclass(frozen=True)
class UnitTest:
    """Given rows for what a model reads, and the rows it must give; columns left out are null."""

    name: str
    model: str
    path: str
    given: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    expect: list[dict[str, Any]] = field(default_factory=list)
    any_order: bool = True


@dataclass(frozen=True)
class PortContract:
    """The contract of one major of an output port, and the file it stands in."""

    port: str
    major: int
    path: str
    contract: DataContract


@dataclass(frozen=True)
class SourceContract:
    """The contract of data from outside, and the file it stands in; `name` is the file's name."""

    name: str
    path: str
    contract: DataContract


@dataclass(frozen=True)
class InputContract:
    """What a product expects of an input port, as a contract, and the file it stands in.

    `name` is the input port's, and the file's.
    """

    name: str
    path: str
    contract: DataContract


@dataclass(frozen=True)
class DataProduct:
    """A data product as its folder defines it. `path` is the folder, relative to the mesh."""

    domain: str
    name: str
    path: str
    title: str = ""
    status: Status = Status.ACTIVE
    version: str = ""
    purpose: str = ""
    tags: tuple[str, ...] = ()
    inputs: tuple[InputPort, ...] = ()
    outputs: tuple[OutputPort, ...] = ()
    contracts: tuple[PortContract, ...] = ()
    sources: tuple[SourceContract, ...] = ()
    expectations: tuple[InputContract, ...] = ()
    models: tuple[Model, ...] = ()
    tests: tuple[UnitTest, ...] = ()
    team: Team = field(default_factory=Team)
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """`domain.product`."""
        return f"{self.domain}.{self.name}"
