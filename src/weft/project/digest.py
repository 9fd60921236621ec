"""The digest of a compiled product: equal for definitions that mean the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec

from weft.mesh.manifest import ProductManifest, Transform


def digest_of(manifest: ProductManifest) -> str:
    """Hash everything that a manifest means, 32 hex digits; texts and paths are no part of that."""
    meaning = replace(
        manifest,
        digest="",
        path="",
        transforms=tuple(_meaning(each) for each in sorted(manifest.transforms, key=_name)),
        tests=tuple(replace(each, path="") for each in manifest.tests),
    )
    text = msgspec.json.encode(meaning, order="sorted")
    return hashlib.sha256(text).hexdigest()[:32]


def _name(transform: Transform) -> str:
    return transform.name


def _meaning(transform: Transform) -> Transform:
    # The query's text differs where only aliases do; its fingerprint says all it means.
    return replace(transform, text="", path="", query=replace(transform.query, parts=(), moved=()))
