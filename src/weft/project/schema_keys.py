"""Which keys a JSON Schema knows at a place of a document, whatever its conditions say there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]


def keys_at(schema: Node, path: tuple[str | int, ...]) -> frozenset[str]:
    """All keys that some branch of the schema knows at a path of keys and indexes.

    Empty where keys are free. Conditions and alternatives all count, so that a key which is known
    and out of place can be told from one that nobody knows.
    """
    nodes = [schema]
    for step in path:
        nodes = _distinct(
            child for each in nodes for part in _parts(schema, each) for child in _child(part, step)
        )
    parts = [part for each in nodes for part in _parts(schema, each)]
    if any(isinstance(part.get("additionalProperties"), dict) for part in parts):
        return frozenset()
    return frozenset(key for part in parts for key in part.get("properties", {}))


def _parts(schema: Node, node: Node) -> Iterator[Node]:
    """A schema and every schema that it applies to the same value."""
    yield node
    if "$ref" in node:
        target: Any = schema
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        yield from _parts(schema, target)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for each in node.get(keyword, ()):
            yield from _parts(schema, each)
    for keyword in ("then", "else"):
        if keyword in node:
            yield from _parts(schema, node[keyword])


def _child(node: Node, step: str | int) -> Iterator[Node]:
    if isinstance(step, int):
        found = node.get("items")
    else:
        found = node.get("properties", {}).get(step, node.get("additionalProperties"))
    if isinstance(found, dict):
        yield found


def _distinct(nodes: Iterator[Node]) -> list[Node]:
    """Schemas without repetitions: many branches lead to the same one."""
    return list({id(each): each for each in nodes}.values())
