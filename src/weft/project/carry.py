"""Carry fingerprints over an upgrade of Weft or sqlglot, so that it rebuilds nothing by itself.

A fingerprint says which programs made it. Where the applied one was made by others, the two
texts are compared by today's programs, and equal ones keep the applied fingerprint.
"""

from __future__ import annotations

from dataclasses import replace

from weft.mesh.manifest import ProductManifest, Transform
from weft.project.digest import digest_of
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.normal import normalized


def carry(desired: ProductManifest, applied: ProductManifest) -> ProductManifest:
    """Give the models of `desired` the applied fingerprints where their meaning is the same."""
    before = {each.name: each for each in applied.transforms}
    dialect = dialect_named(desired.dialect)
    transforms = tuple(
        _carried(each, before.get(each.name), dialect) for each in desired.transforms
    )
    if transforms == desired.transforms:
        return desired
    manifest = replace(desired, transforms=transforms)
    return replace(manifest, digest=digest_of(manifest))


def _carried(new: Transform, old: Transform | None, dialect: Dialect) -> Transform:
    # A function's fingerprint is written by no other program.
    if old is None or new.function or old.fingerprint_version == new.fingerprint_version:
        return new
    if old.query.reads != new.query.reads or not _same(old.text, new.text, dialect):
        return new
    growth = new.growth
    if growth is not None and old.growth is not None:
        growth = replace(growth, shape=old.growth.shape)
    return replace(
        new,
        fingerprint=old.fingerprint,
        fingerprint_version=old.fingerprint_version,
        growth=growth,
    )


def _same(old: str, new: str, dialect: Dialect) -> bool:
    if old == new:
        return True
    before = normalized(old, dialect)
    return before is not None and before == normalized(new, dialect)
