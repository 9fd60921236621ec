"""Selectors: name products by address, glob, tag, domain, and with what they read or feed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from weft.app.errors import NotFound
from weft.mesh.address import product_of
from weft.mesh.manifest import ProductManifest

_FORM = re.compile(r"(\+?)([^+]+)(\+?)")


def select_products(
    selectors: Iterable[str], products: Mapping[str, ProductManifest]
) -> tuple[str, ...]:
    """The products that any of these selectors names, sorted.

    `a.b` is a product, `a` a domain, `a.*` a glob, `tag:x` a tag; `+s` adds everything that s
    reads and `s+` everything that reads it. Raises NotFound for one that names nothing.
    """
    chosen: set[str] = set()
    for selector in selectors:
        found = _FORM.fullmatch(selector)
        before, text, after = found.groups() if found else ("", selector, "")
        named = _named(text, products)
        if not named:
            known = [*products, *{each.domain for each in products.values()}]
            raise NotFound("product", text, known, next_step="weft ls")
        chosen |= named
        if before:
            chosen |= _reach(named, _reads(products))
        if after:
            chosen |= _reach(named, _read_by(products))
    return tuple(sorted(chosen))


def _named(text: str, products: Mapping[str, ProductManifest]) -> set[str]:
    if text.startswith("tag:"):
        tag = text.removeprefix("tag:")
        return {address for address, each in products.items() if tag in each.tags}
    exact = product_of(text)
    return {
        address
        for address, each in products.items()
        if address == exact or each.domain == text or fnmatchcase(address, text)
    }


def _reads(products: Mapping[str, ProductManifest]) -> dict[str, set[str]]:
    return {
        address: {port.product for port in each.inputs} & set(products)
        for address, each in products.items()
    }


def _read_by(products: Mapping[str, ProductManifest]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {address: set() for address in products}
    for address, reads in _reads(products).items():
        for each in reads:
            turned[each].add(address)
    return turned


def _reach(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        for each in edges[waiting.pop()] - seen:
            seen.add(each)
            waiting.append(each)
    return seen
