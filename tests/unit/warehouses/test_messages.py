"""What warehouses say in the same words."""

from __future__ import annotations

from weft.warehouses.messages import MAX_MESSAGE, one_line


def test_a_message_is_one_short_line() -> None:
    assert one_line("a\n  b\n") == "a b"
    assert len(one_line("x" * 1000)) == MAX_MESSAGE
