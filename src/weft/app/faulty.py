"""Let work on some products go on where the files of others have errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from weft.app.load import Loaded
from weft.app.workspace import DOMAINS
from weft.mesh.address import product_of
from weft.mesh.diagnostic import Diagnostic, Severity


def beside_faulty(loaded: Loaded, selectors: Iterable[str]) -> Loaded:
    """Return a mesh in which errors of products that no selector means are warnings.

    Raises Invalid for all others. Of a product with errors no more is known than its name: what
    selects by reading, tag or change may mean any.
    """
    named = tuple(selectors)
    if loaded.sound or not named:
        return loaded
    if any(_may_mean(selector, name) for selector in named for name in loaded.unusable):
        raise loaded.invalid()
    folders = tuple(f"{DOMAINS}/{name.replace('.', '/')}/" for name in loaded.unusable)
    milder = replace(
        loaded, diagnostics=tuple(_milder(each, folders) for each in loaded.diagnostics)
    )
    if not milder.sound:
        raise loaded.invalid()
    return milder


def _milder(found: Diagnostic, folders: tuple[str, ...]) -> Diagnostic:
    if found.severity is not Severity.ERROR or not found.span:
        return found
    is_theirs = f"{found.span.file}/".startswith(folders)
    return replace(found, severity=Severity.WARNING) if is_theirs else found


def _may_mean(selector: str, name: str) -> bool:
    """Whether a selector may mean a product, or something in a domain."""
    if ":" in selector or selector.strip("+") != selector:
        return True
    domain, _, product = name.partition(".")
    wanted = product_of(selector)
    if not product:
        return fnmatchcase(domain, wanted.partition(".")[0])
    return wanted in (name, domain) or fnmatchcase(name, selector)
