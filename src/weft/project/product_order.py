"""The order of products, each after those it reads, and what to say when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import ProductManifest
from weft.project.order import in_order
from weft.project.parse import ParsedProduct


def order_products(
    products: Iterable[ProductManifest], others: Mapping[str, Sequence[str]] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Order products so that each stands after those it reads; or one cycle that has one of them.

    `others` says what the products of other repositories read, through which a cycle may go too.
    """
    own = {product.address: product.reads for product in products}
    reads = {**(others or {}), **own}
    order, cycle = in_order(reads)
    while cycle and own.keys().isdisjoint(cycle):
        # A circle of others is theirs to end, and keeps nobody else from working.
        reads = {each: reads[each] for each in reads if each not in cycle}
        order, cycle = in_order(reads)
    return tuple(each for each in order if each in own), cycle


def cycle_diagnostic(cycle: tuple[str, ...], parsed: Mapping[str, ParsedProduct]) -> Diagnostic:
    """Report a cycle between products at the first input port that is part of it."""
    path = " -> ".join(cycle)
    message = f"products read each other in a circle: {path}"
    for address, following in pairwise(cycle):
        found = parsed.get(address)
        if found is None or found.product is None:
            continue
        document = found.documents[f"{found.product.path}/product.yaml"]
        for index, port in enumerate(found.product.inputs):
            if port.contract_id.rpartition(".")[0] == following:
                return document.diagnostic(
                    "W405",
                    message,
                    "inputPorts",
                    index,
                    "contractId",
                    note="one of these edges has to go",
                )
    return Diagnostic("W405", message)
