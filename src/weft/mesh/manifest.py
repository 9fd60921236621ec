"""The compiled mesh: what the files ask for, checked and resolved, ready to compare with what is.

A manifest knows meanings, not places: build keys, releases and files appear in `release.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from weft.mesh.address import PortAddress, ProductAddress, product_of
from weft.mesh.check import Check, Promise
from weft.mesh.contract import Status
from weft.mesh.growth import Growth
from weft.mesh.product import Materialization, UnitTest

RULE_TABLE = "table_under_audit"
"""What the query of a quality rule calls the object that it is about."""


@dataclass(frozen=True)
class Column:
    """A column of a relation. `type` is native to the dialect, "" where it cannot be known."""

    name: str
    type: str = ""


class ReadKind(StrEnum):
    """What a name in FROM stands for."""

    MODEL = "model"
    PORT = "port"
    SOURCE = "source"
    TABLE = "table"


@dataclass(frozen=True)
class Read:
    """One relation that a query reads.

    `target` is a model's name (MODEL), the address `domain.product.port@N` (PORT) or the name of a
    source, of files (SOURCE) or of a database (TABLE); `object` is the port's object. `columns` are
    what the query may see of it.
    """

    kind: ReadKind
    target: str
    object: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """A compiled SELECT in its dialect, cut where it names a relation.

    `parts` alternates text and numbers: a number n stands for `reads[n]`. Joining the parts with
    the relations' quoted names gives the statement; nothing else is ever put into it.
    `moved` is the same SELECT in the dialect of the warehouse, cut likewise, where that is another.
    """

    parts: tuple[str | int, ...]
    reads: tuple[Read, ...] = ()
    moved: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Function:
    """What makes a model in Python: a function that is called with what it reads.

    `arguments` are its parameters, one for each of the query's reads, in their order. One run of
    it may take `memory` bytes and `seconds` of wall time.
    """

    arguments: tuple[str, ...]
    memory: int
    seconds: int


@dataclass(frozen=True)
class Transform:
    """A compiled model. `fingerprint` is of the meaning: see `weft.sql.fingerprint`.

    `text` is the source text and `fingerprint_version` names the programs that made the
    fingerprint, so that later ones can compare like with like.
    `deterministic` is false where the query calls functions such as now() or random(). `growth`
    is of one that grows, whose builds add to earlier ones. `function` is of a model in Python,
    whose `query` has no text and reads all columns that it may see.
    """

    name: str
    path: str
    materialized: Materialization
    fingerprint: str
    query: Query
    columns: tuple[Column, ...]
    text: str = ""
    description: str = ""
    refresh_always: bool = False
    deterministic: bool = True
    checks: tuple[Check, ...] = ()
    fingerprint_version: str = ""
    growth: Growth | None = None
    function: Function | None = None

    @property
    def models_read(self) -> frozenset[str]:
        """The models of its product that it reads."""
        reads = self.query.reads
        return frozenset(each.target for each in reads if each.kind is ReadKind.MODEL)


@dataclass(frozen=True)
class CheckQuery:
    """A check together with the compiled query of a SQL rule, or the relation it refers to."""

    check: Check
    query: Query | None = None
    refers_to: Read | None = None


@dataclass(frozen=True)
class Expectation:
    """What a product expects of an object of a port that it reads, as checks on that object.

    `port` is the address `domain.product.port@N`, `input` the name of the input port. Queries of
    rules are `written_in` a dialect, "" where there are none. `levels` are service levels that it
    expects, as ODCS has them: they are about the port, and then `object` is "".
    """

    input: str
    port: str
    object: str
    checks: tuple[CheckQuery, ...] = ()
    written_in: str = ""
    levels: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class PortObject:
    """One object of a port version: which model fills it, what it shows, what is checked.

    `columns` have the types that the contract leaves no choice of, `given` those that the model
    gives them. `promises` are the columns in the contract's words; `identity` are those that
    identify a row.
    """

    name: str
    model: str
    columns: tuple[Column, ...]
    promises: tuple[Promise, ...] = ()
    identity: tuple[str, ...] = ()
    checks: tuple[CheckQuery, ...] = ()
    description: str = ""
    given: tuple[Column, ...] = ()


@dataclass(frozen=True)
class PortVersion:
    """One major of an output port. `contract` is the resolved ODCS document, lossless.

    `candidate` is the last day, an ISO date, on which one that is not published is shown as a
    preview, "" where it is not to be.
    """

    port: str
    major: int
    version: str
    status: Status
    objects: tuple[PortObject, ...]
    contract: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    candidate: str = ""

    @property
    def name(self) -> str:
        """`port@N`."""
        return f"{self.port}@{self.major}"

    def object(self, name: str) -> PortObject | None:
        """Its object of this name, None where it has none."""
        return next((each for each in self.objects if each.name == name), None)


@dataclass(frozen=True)
class FileSource:
    """Data from outside that lies in files of the mesh's folder.

    `pattern` is a path or glob relative to the mesh; `options` are the reader's (delimiter,
    header, quote, nullString); `columns` give names and native types.
    """

    name: str
    pattern: str
    format: str
    columns: tuple[Column, ...]
    options: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""


@dataclass(frozen=True)
class TableSource:
    """Data from outside that lies in a table or view of a database.

    `warehouse` is the one of `weft.yaml` by which it is reached; `schema` and `table` are names as
    the database has them. `columns` give names, and native types of the product's dialect.
    """

    name: str
    warehouse: str
    schema: str
    table: str
    columns: tuple[Column, ...]
    fingerprint: str = ""


@dataclass(frozen=True)
class ResolvedInput:
    """An input port and what it stands for: a port version (`a.b.c@1`) or a source's name."""

    name: str
    port: str = ""
    source: str = ""
    pinned: bool = False

    @property
    def product(self) -> str:
        """The address of the product that the port is of, "" for a source."""
        return product_of(self.port)


@dataclass(frozen=True)
class ProductManifest:
    """A compiled data product. `digest` is of everything in it and of nothing else.

    `dialect` is that of its models, contracts and types; `warehouse_dialect` that of its warehouse,
    where it is another one.
    """

    domain: str
    name: str
    root: str
    path: str
    warehouse: str
    dialect: str
    title: str = ""
    purpose: str = ""
    owner: str = ""
    status: Status = Status.ACTIVE
    version: str = ""
    tags: tuple[str, ...] = ()
    inputs: tuple[ResolvedInput, ...] = ()
    sources: tuple[FileSource, ...] = ()
    transforms: tuple[Transform, ...] = ()
    ports: tuple[PortVersion, ...] = ()
    tests: tuple[UnitTest, ...] = ()
    digest: str = ""
    warehouse_dialect: str = ""
    tables: tuple[TableSource, ...] = ()
    expectations: tuple[Expectation, ...] = ()

    @property
    def outside(self) -> tuple[FileSource | TableSource, ...]:
        """What it reads from outside of the mesh."""
        return (*self.sources, *self.tables)

    @property
    def address(self) -> str:
        """`domain.product`."""
        return f"{self.domain}.{self.name}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The addresses of the products whose ports it reads, each once, as its inputs name them.

        >>> inputs = (ResolvedInput("a", "x.y.a@1"), ResolvedInput("f", source="files"))
        >>> ProductManifest("x", "z", "", "", "", "", inputs=inputs).reads
        ('x.y',)
        """
        return tuple(dict.fromkeys(each.product for each in self.inputs if each.port))

    @property
    def native_dialect(self) -> str:
        """The dialect of what runs on its warehouse."""
        return self.warehouse_dialect or self.dialect

    @property
    def is_proposed(self) -> bool:
        """Whether it is checked and shown, and nothing of it is built anywhere."""
        return self.status is Status.PROPOSED

    def port(self, name: str) -> PortVersion | None:
        """Its port version of this name, `port@N`, None where it has none."""
        return next((each for each in self.ports if each.name == name), None)

    def behind(self, models: Iterable[str]) -> frozenset[str]:
        """These of its models, and all of its models that they read, directly or not."""
        found = set(models)
        # Every model stands after those that it reads.
        for transform in reversed(self.transforms):
            if transform.name in found:
                found |= transform.models_read
        return frozenset(found)


@dataclass(frozen=True)
class Manifest:
    """The desired state of one mesh in one environment: products by address, sources of order.

    `order` lists the addresses so that every product stands after those it reads.
    """

    mesh: str
    environment: str
    root: str
    products: dict[str, ProductManifest] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def narrowed(self, addresses: Collection[str]) -> Manifest:
        """The desired state of these products alone."""
        order = tuple(each for each in self.order if each in addresses)
        return replace(self, products={each: self.products[each] for each in order}, order=order)


@dataclass(frozen=True)
class Descriptor:
    """What a published port version tells the rest of the mesh, kept in the store.

    `objects` gives each object's columns, with types of `dialect`; `contract` is the resolved ODCS
    document. `reads` are the addresses of the products that its product reads. `candidate` is the
    last day of a preview, "" of any other port. `warehouse_dialect` is as in `ProductManifest`.
    `outage` is the moment up to which it cannot be read, an ISO time, "" where it can.
    """

    port: str
    major: int
    product: str
    warehouse: str
    root: str
    version: str
    status: Status
    contract: dict[str, Any]
    objects: dict[str, tuple[Column, ...]]
    release: int = 0
    dialect: str = ""
    reads: tuple[str, ...] = ()
    candidate: str = ""
    warehouse_dialect: str = ""
    outage: str = ""

    @property
    def address(self) -> PortAddress:
        """`domain.product.port@N`."""
        return PortAddress(ProductAddress.parse(self.product), self.port, self.major)
