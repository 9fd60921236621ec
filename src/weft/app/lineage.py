"""Lineage: what feeds a product, a model or a column, and what it feeds, one step or many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound
from weft.app.load import load
from weft.app.situation import remembered
from weft.mesh.address import AddressError, ColumnAddress
from weft.project.graph import Graph, Node, column_graph, mesh_graph


@dataclass(frozen=True)
class Branch:
    """A node of a lineage tree. `cut` says that it was drawn before and is not drawn again."""

    node: Node
    branches: tuple[Branch, ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Lineage:
    """What stands before a thing and what stands behind it."""

    node: Node
    upstream: tuple[Branch, ...]
    downstream: tuple[Branch, ...]


@dataclass(frozen=True)
class LineageOptions:
    """How far to look; `depth` 0 means to the end."""

    address: str
    depth: int = 0


def lineage(mesh: Opened, options: LineageOptions) -> Lineage:
    """The lineage of a product, port, model, source or column (`a.b.c@1#column`).

    Raises NotFound, and Invalid when the files have errors.
    """
    memory = remembered(mesh)
    loaded = load(mesh.folder, mesh.system, mesh.cache, memory.descriptors.values())
    manifest = loaded.manifest(mesh.environment)
    column = "#" in options.address
    graph = column_graph(manifest) if column else mesh_graph(manifest)
    node = _find(graph, options.address, column)
    depth = options.depth or len(graph.nodes) + 1
    return Lineage(
        node,
        _branches(node, graph.reads, graph.nodes, depth, {node.id}),
        _branches(node, graph.read_by, graph.nodes, depth, {node.id}),
    )


def _find(graph: Graph, address: str, column: bool) -> Node:
    wanted = address
    if column:
        try:
            wanted = str(ColumnAddress.parse(address))
        except AddressError as error:
            raise NotFound("column", address, graph.nodes, next_step="weft show") from error
    candidates = [wanted, f"{wanted}@1"]
    majors = [each for each in graph.nodes if each.startswith(f"{wanted}@") and "#" not in each]
    for each in (wanted, *sorted(majors, reverse=True), *candidates):
        if each in graph.nodes:
            return graph.nodes[each]
    raise NotFound("product, port, model or column", address, graph.nodes, next_step="weft ls")


def _branches(
    node: Node,
    edges: Mapping[str, tuple[str, ...]],
    nodes: Mapping[str, Node],
    depth: int,
    seen: set[str],
) -> tuple[Branch, ...]:
    if depth == 0:
        return ()
    found: list[Branch] = []
    for name in edges.get(node.id, ()):
        following = nodes[name]
        if name in seen:
            found.append(Branch(following, cut=bool(edges.get(name))))
            continue
        seen.add(name)
        found.append(Branch(following, _branches(following, edges, nodes, depth - 1, seen)))
    return tuple(found)
