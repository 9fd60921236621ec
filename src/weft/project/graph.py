"""The mesh as a graph: what reads what, by product and relation, or column by column.

Ids are addresses: `domain.product`, `domain.product.model`, `domain.product.source` and
`domain.product.port@N`; of columns `…model#column`, `…source#column` and `…port@N#object.column`.
A source that has the name of a model is `domain.product.sources.name`, after its file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from weft.mesh.address import product_of
from weft.mesh.manifest import (
    Column,
    Manifest,
    ProductManifest,
    Query,
    Read,
    ReadKind,
    Transform,
)
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.lineage import column_lineage
from weft.sql.query import Known, parse_select


@dataclass(frozen=True)
class Node:
    """Something that is read or reads. `kind` is product, source, model, port or column.

    `label` is its name inside its product; `product` is the address of that.
    """

    id: str
    kind: str
    label: str
    product: str


@dataclass(frozen=True)
class Graph:
    """Nodes by id, what each of them reads, and what reads it; every edge is in both."""

    nodes: dict[str, Node] = field(default_factory=dict)
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    read_by: dict[str, tuple[str, ...]] = field(default_factory=dict)


def mesh_graph(manifest: Manifest) -> Graph:
    """The graph of all products, and beneath it that of their sources, models and ports.

    Ports of products that are not in the manifest are there as what is read, and no more.
    """
    drawing = _Drawing()
    for address in manifest.order:
        product = manifest.products[address]
        names = _Names(product)
        drawing.node(address, "product", product.name, address)
        for source in product.outside:
            drawing.node(names.source(source.name), "source", source.name, address)
        for model in product.transforms:
            node = drawing.node(names.model(model.name), "model", model.name, address)
            for read in model.query.reads:
                if read.kind is ReadKind.PORT:
                    _outside(drawing, read.target)
                drawing.edge(node, names.read(read))
        for port in product.ports:
            node = drawing.node(f"{address}.{port.name}", "port", port.name, address)
            for obj in port.objects:
                drawing.edge(node, names.model(obj.model))
        for each in product.inputs:
            if each.port:
                drawing.node(each.product, "product", each.product.partition(".")[2], each.product)
                drawing.edge(address, each.product)
    return drawing.graph()


def column_graph(manifest: Manifest) -> Graph:
    """The graph of all columns: what each is computed from, through models and ports."""
    drawing = _Drawing()
    for address in manifest.order:
        product = manifest.products[address]
        names = _Names(product)
        dialect = dialect_named(product.dialect)
        for source in product.outside:
            for column in source.columns:
                _column(drawing, address, names.source(source.name), column.name)
        for model in product.transforms:
            _model_columns(drawing, names, model, dialect)
        for port in product.ports:
            for obj in port.objects:
                for column in obj.columns:
                    name = f"{obj.name}.{column.name}"
                    node = _column(drawing, address, f"{address}.{port.name}", name)
                    drawing.edge(node, f"{names.model(obj.model)}#{column.name}")
    return drawing.graph()


def _outside(drawing: _Drawing, port: str) -> None:
    """Note a port that is read; one of the manifest is drawn with its own product."""
    product = product_of(port)
    drawing.node(port, "port", port.removeprefix(f"{product}."), product)


def _model_columns(drawing: _Drawing, names: _Names, model: Transform, dialect: Dialect) -> None:
    origins = _everything(model) if model.function else _origins(model.query, dialect)
    for column in model.columns:
        node = _column(drawing, names.product, names.model(model.name), column.name)
        for read, origin in origins.get(column.name, ()):
            if read.kind is ReadKind.PORT:
                product = product_of(read.target)
                origin = _column(drawing, product, read.target, f"{read.object}.{origin}")
                drawing.edge(node, origin)
            else:
                drawing.edge(node, f"{names.read(read)}#{origin}")


def _column(drawing: _Drawing, product: str, holder: str, name: str) -> str:
    label = f"{holder.removeprefix(f'{product}.')}#{name}"
    return drawing.node(f"{holder}#{name}", "column", label, product)


def _origins(query: Query, dialect: Dialect) -> dict[str, list[tuple[Read, str]]]:
    """What each output of a compiled query is computed from; nothing where it cannot be traced."""
    text = "".join(
        part if isinstance(part, str) else dialect.quote(f"r{part}") for part in query.parts
    )
    parsed, _ = parse_select(text, dialect)
    if parsed is None:
        return {}
    reads = {f"r{number}": read for number, read in enumerate(query.reads)}
    known = {
        name: Known(reads[name], tuple(Column(each) for each in reads[name].columns))
        for name in parsed.names
    }
    found = column_lineage(parsed, dialect, known)
    return {
        output: [(reads[name], column) for name, column in origins]
        for output, origins in found.columns.items()
    }


def _everything(model: Transform) -> dict[str, list[tuple[Read, str]]]:
    """Nobody looks into a function: each output may be computed from all that it is given."""
    given = [(read, column) for read in model.query.reads for column in read.columns]
    return {output.name: given for output in model.columns}


class _Names:
    """The ids of what stands inside one product."""

    def __init__(self, manifest: ProductManifest) -> None:
        self.product = manifest.address
        self._models = {each.name for each in manifest.transforms}

    def model(self, name: str) -> str:
        return f"{self.product}.{name}"

    def source(self, name: str) -> str:
        return f"{self.product}.{'sources.' if name in self._models else ''}{name}"

    def read(self, read: Read) -> str:
        if read.kind is ReadKind.PORT:
            return read.target
        return self.model(read.target) if read.kind is ReadKind.MODEL else self.source(read.target)


class _Drawing:
    """A graph while it is drawn. Ids are kept in the order in which they come."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._reads: dict[str, dict[str, None]] = {}
        self._read_by: dict[str, dict[str, None]] = {}

    def node(self, id: str, kind: str, label: str, product: str) -> str:
        """Draw a node, unless it is there; return its id."""
        if id not in self._nodes:
            self._nodes[id] = Node(id, kind, label, product)
        return id

    def edge(self, reader: str, read: str) -> None:
        """Draw that `reader` reads `read`."""
        self._reads.setdefault(reader, {})[read] = None
        self._read_by.setdefault(read, {})[reader] = None

    def graph(self) -> Graph:
        """What was drawn."""
        return Graph(
            self._nodes,
            {reader: tuple(read) for reader, read in self._reads.items()},
            {read: tuple(readers) for read, readers in self._read_by.items()},
        )
