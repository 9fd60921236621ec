"""The order of products, each after those it reads, and what to say when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import ProductManifest
from weft.project.order import in_order
from weft.project.parse import ParsedProduct


def order_products(
    products: Iterable[ProductManifest],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Order products so that each stands after those it reads; or one cycle of them."""
    return in_order(
        {
            product.address: [port.product for port in product.inputs if port.port]
            for product in products
        }
    )


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
