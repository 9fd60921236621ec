"""Comments around a change to YAML that keeps them: they belong to the last value before them.

Nodes are those of the round-trip reader; a tail is the comment lines that follow a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_comments_after(node: Any, change: Callable[[], object]) -> None:
    """Change a list or mapping at its end; comments that stood behind it stay behind it.

    They belong to the last value before them, as the writer of YAML sees it.
    """
    tail = take_tail(node, _last(node)) if node else ""
    change()
    give_tail(node, _last(node), tail)


def take_out(node: Any, *path: Any) -> None:
    """Take out a value by its keys and indexes, with what would be empty around it.

    Comments behind it stay: behind what is before it, else in front of what comes next.
    """
    holders = [node]
    for step in path[:-1]:
        holders.append(holders[-1][step])
    while len(holders) > 1 and len(holders[-1]) == 1:
        holders.pop()
    holder, key = holders[-1], path[len(holders) - 1]
    keys = list(holder) if hasattr(holder, "keys") else list(range(len(holder)))
    place = keys.index(key)
    tail = take_tail(holder, key)
    del holder[key]
    if place:
        give_tail(holder, keys[place - 1], tail)
    elif holder and tail.strip():
        lines = (line.strip().removeprefix("#").removeprefix(" ") for line in tail.splitlines())
        following = keys[1] if hasattr(holder, "keys") else 0
        comment = "\n".join(lines).strip("\n")
        holder.yaml_set_comment_before_after_key(following, comment, holder.lc.col)


def _last(node: Any) -> Any:
    return list(node)[-1] if hasattr(node, "keys") else len(node) - 1


def _holder(node: Any, key: Any) -> tuple[Any, Any]:
    """What holds the last value in a value that is written over several lines, and its key."""
    value = node[key]
    while hasattr(value, "fa") and value and not value.fa.flow_style():
        node, key = value, _last(value)
        value = node[key]
    return node, key


def take_tail(node: Any, key: Any) -> str:
    """Take the lines of comment, and empty lines, that follow a value; its own line keeps its."""
    holder, last = _holder(node, key)
    ending = ""
    if holder.ca.end and last == _last(holder):
        # Where the last entry of a list is in one line, they belong to the list.
        tokens, holder.ca.end = holder.ca.end, []
        ending = "".join(f"{' ' * each.column}{each.value}" for each in tokens)
    slots = holder.ca.items.get(last)
    place = 2 if hasattr(holder, "keys") else 0
    token = slots[place] if slots else None
    if token is None:
        return ending
    head, _, tail = token.value.partition("\n")
    if _is_block(holder[last]):
        head, tail = "", token.value
    if tail:
        token.value = f"{head}\n"
    if tail and not head:
        slots[place] = None
    return f"{ending}{tail}"


def give_tail(node: Any, key: Any, tail: str) -> None:
    """Put lines of comment behind a value."""
    from ruamel.yaml.error import CommentMark
    from ruamel.yaml.tokens import CommentToken

    if not tail:
        return
    holder, last = _holder(node, key)
    is_mapping = hasattr(holder, "keys")
    place = 2 if is_mapping else 0
    slots = holder.ca.items.setdefault(last, [None] * (4 if is_mapping else 2))
    if slots[place] is None:
        text = tail if _is_block(holder[last]) else f"\n{tail}"
        slots[place] = CommentToken(text, CommentMark(0), None)
    else:
        slots[place].value += tail


def _is_block(value: Any) -> bool:
    """Whether it is a text over lines of its own, on which no comment can stand beside it."""
    from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

    return isinstance(value, FoldedScalarString | LiteralScalarString)
