"""Selectors: products by address, glob, tag, domain or change, with what they read or feed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

from weft.app.changed import changed_files
from weft.app.errors import NotFound, Usage
from weft.app.workspace import DOMAINS, SETTINGS, SHARED
from weft.mesh.address import product_of
from weft.mesh.manifest import ProductManifest

_FORM = re.compile(r"(\+?)(.+?)(\+?)", re.DOTALL)
_CHANGED = "changed:"
_TAG = "tag:"
# The folder of a product is `domains/<domain>/<product>`.
_DEPTH = 3


def select_products(
    selectors: Iterable[str],
    products: Mapping[str, ProductManifest],
    folder: Path,
    owners: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """The products that any of these selectors names, sorted.

    `a.b` is a product, `a` a domain, `a.*` a glob, `tag:x` a tag, `changed:r` whatever differs in
    the mesh's folder from git revision r; `+s` adds everything that s reads and `s+` everything
    that reads it. Raises NotFound for one that names nothing, which only a change may do, and
    Usage where git cannot answer. `owners` are the roots of products that are not here: asking
    for one of those raises Usage, with its root.
    """
    chosen: set[str] = set()
    for selector in selectors:
        found = _FORM.fullmatch(selector)
        before, text, after = found.groups() if found else ("", selector, "")
        named = _named(text, products, folder, owners)
        chosen |= named
        if before:
            chosen |= _reach(named, _reads(products))
        if after:
            chosen |= _reach(named, _read_by(products))
    return tuple(sorted(chosen))


def _named(
    text: str,
    products: Mapping[str, ProductManifest],
    folder: Path,
    owners: Mapping[str, str],
) -> set[str]:
    if text.startswith(_CHANGED):
        places = _places(changed_files(folder, text.removeprefix(_CHANGED)))
        return {
            address
            for address, each in products.items()
            if not places.isdisjoint(_defining(each.domain, each.name))
        }
    if text.startswith(_TAG):
        tag = text.removeprefix(_TAG)
        named = {address for address, each in products.items() if tag in each.tags}
    else:
        exact = product_of(text)
        named = {
            address
            for address, each in products.items()
            if address == exact or each.domain == text or fnmatchcase(address, text)
        }
    if not named:
        if product_of(text) in owners:
            owner = owners[product_of(text)]
            raise Usage(
                f"{product_of(text)} is a product of root {owner}",
                why="This root has no definition of it.",
                next_step=f"the same command in the files of root {owner}",
            )
        known = [*products, *{each.domain for each in products.values()}]
        raise NotFound("product", text, known, next_step="weft ls")
    return named


def _places(files: Iterable[str]) -> set[str]:
    """These files, each of them cut to the folder of a product or of fragments it lies in."""
    return {
        SHARED if each.startswith(f"{SHARED}/") else "/".join(each.rstrip("/").split("/")[:_DEPTH])
        for each in files
    }


def _defining(domain: str, product: str) -> tuple[str, ...]:
    """Where a change concerns a product.

    A repository inside of this one is a single name to git, with everything that is in it.
    """
    folder = f"{DOMAINS}/{domain}"
    shared = (SHARED, f"{folder}/{SHARED}")
    return (SETTINGS, DOMAINS, folder, f"{folder}/domain.yaml", f"{folder}/{product}", *shared)


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
