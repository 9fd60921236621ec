"""Lineage: what feeds a product, a model or a column, and what it feeds, one step or many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.app.remembered import load_files, remembered
from weft.mesh.address import port_and_major, product_of
from weft.project.graph import Graph, Node, column_graph, mesh_graph

MAX_DEPTH = 200


@dataclass(frozen=True)
class Branch:
    """A node of a lineage tree.

    `cut` says that its own branches are not drawn: they were before, or they lie too deep.
    """

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
    """How far to look; `depth` 0 means as far as MAX_DEPTH."""

    address: str
    depth: int = 0


def lineage(mesh: Opened, options: LineageOptions) -> Lineage:
    """The lineage of a product, port, model, source or column (`a.b.c@1#column`).

    Raises NotFound, Usage for a column that several objects have, and Invalid when the files
    have errors.
    """
    memory = remembered(mesh)
    loaded = load_files(mesh, memory)
    manifest = loaded.manifest(mesh.environment)
    graph = column_graph(manifest) if "#" in options.address else mesh_graph(manifest)
    node = find_node(graph, options.address)
    depth = min(options.depth or MAX_DEPTH, MAX_DEPTH)
    return Lineage(
        node,
        _branches(node, graph.reads, graph.nodes, depth, {node.id}),
        _branches(node, graph.read_by, graph.nodes, depth, {node.id}),
    )


def find_node(graph: Graph, address: str) -> Node:
    """Find a node by its address, in which a port's major and its only object may be left out.

    A model comes before a port of its name, a higher major before a lower one. Raises NotFound,
    and Usage where several objects have the column.
    """
    if address in graph.nodes:
        return graph.nodes[address]
    found = [node for node in graph.nodes.values() if _is_meant(node.id, address)]
    if not found:
        what = "column" if "#" in address else "product, port, model or source"
        raise NotFound(what, address, _neighbours(graph, address), next_step="weft ls")
    highest = max(_major(node) for node in found)
    newest = [node for node in found if _major(node) == highest]
    if len(newest) > 1:
        raise Usage(
            f"several objects have the column {address}",
            why="name the object too",
            next_step=f"weft lineage {newest[0].id}",
        )
    return newest[0]


def _neighbours(graph: Graph, address: str) -> list[str]:
    """What an unknown address may have meant: something in its product, or another product."""
    product = product_of(address)
    inside = [node.id for node in graph.nodes.values() if node.product == product]
    return inside or list({node.product for node in graph.nodes.values()})


def _is_meant(id: str, address: str) -> bool:
    """Whether an address names a port, or a column of one, with less than its id says."""
    place, mark, inner = id.partition("#")
    holder, wanted, column = address.partition("#")
    if mark != wanted or "@" not in place or holder not in (place, place.partition("@")[0]):
        return False
    return column in (inner, inner.partition(".")[2])


def _major(node: Node) -> int:
    return port_and_major(node.id.partition("#")[0])[1]


def _branches(
    node: Node,
    edges: Mapping[str, tuple[str, ...]],
    nodes: Mapping[str, Node],
    depth: int,
    seen: set[str],
) -> tuple[Branch, ...]:
    found: list[Branch] = []
    for name in edges.get(node.id, ()):
        following = nodes[name]
        if name in seen or depth == 1:
            found.append(Branch(following, cut=name in edges))
            continue
        seen.add(name)
        found.append(Branch(following, _branches(following, edges, nodes, depth - 1, seen)))
    return tuple(found)
