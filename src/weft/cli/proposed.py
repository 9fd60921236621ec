"""What is told of products that are only proposed, so that no plan has anything to do for them."""

from __future__ import annotations

from collections.abc import Sequence

from weft.cli.screen import Screen
from weft.mesh.words import count


def tell_proposed(products: Sequence[str], screen: Screen) -> None:
    """Say that nothing is built of products that are only proposed, and what changes that."""
    if products:
        one = len(products) == 1
        named = f"{products[0]} is" if one else f"{count(len(products), 'product')} are"
        whose = "its" if one else "their"
        screen.say(
            f"{named} only proposed: nothing is built until {whose} product.yaml says "
            "`status: draft`"
        )
