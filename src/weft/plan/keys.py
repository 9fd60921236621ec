"""Keys: what makes two builds, two sources or two audits the same, so that none is done twice.

A build's key is a hash of what its model means, how it is kept and the keys of what it reads; of
one that grows also of the build that it grows from.
Not in it: environment, warehouse, checks, time, engine version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from weft.mesh.check import Promise
from weft.mesh.growth import Growing, Grown, Shape
from weft.mesh.manifest import (
    CheckQuery,
    Column,
    FileSource,
    ProductManifest,
    Read,
    ReadKind,
    TableSource,
    Transform,
)
from weft.plan.growing import Ground, course, kept_anew

KEY_LENGTH = 32

# Finds the key behind what a query reads of another product's port, or None where there is none.
Upstream = Callable[[Read], "str | None"]


@dataclass(frozen=True)
class SourceContent:
    """The files that a source names right now, relative to the mesh, and a hash of their bytes.

    A table of a database has no files; its `content` is the key of what was read of it.
    """

    files: tuple[str, ...]
    content: str


@dataclass(frozen=True)
class Keyed:
    """The keys of one product: of its models and sources by name.

    Of models that grow, `growing` says how the build of the key is made and `grown` what a release
    says of it; `stuck` says why one cannot go on as its definition asks, and `lost` are those that
    have lost what nobody can build again. `missing` are the port objects (`a.b.c@1.object`) that
    nobody has published; models that need one have no key.
    """

    builds: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    growing: dict[str, Growing] = field(default_factory=dict)
    grown: dict[str, Grown] = field(default_factory=dict)
    stuck: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    missing: tuple[str, ...] = ()

    def tables(self, manifest: ProductManifest) -> Iterator[str]:
        """The keys of what was read of the tables that a product names."""
        yield from (
            self.sources[each.name] for each in manifest.tables if each.name in self.sources
        )


def hashed(kind: str, *parts: str) -> str:
    """Hash strings so that no two different lists of them give the same text."""
    text = "\x1f".join((kind, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def source_key(spec: FileSource, content: str) -> str:
    """The key of a file source: how it is read, and the hash of its content."""
    return hashed("source-1", spec.fingerprint, content)


def table_key(spec: TableSource, content: str) -> str:
    """The key of what is read of a table: how it is read, and a hash of its rows.

    Of one that was never read, `content` is "".
    """
    return hashed("table-1", spec.fingerprint, content)


def build_key(product: str, transform: Transform, reads: Sequence[str], salt: str = "") -> str:
    """The key of a build: `reads` are the keys of what the query reads, in its order.

    The product is part of it, so that no product ever depends on what another one keeps. `salt`
    is not empty where a rebuild was asked for.
    """
    kept = transform.materialized
    return hashed("build-1", product, transform.fingerprint, kept, salt, *reads)


def key_product(
    manifest: ProductManifest,
    upstream: Upstream,
    contents: Mapping[str, SourceContent],
    salts: Mapping[str, str],
    ground: Ground,
) -> Keyed:
    """Give every model of a product its key, in the order in which they read each other.

    `contents` has the product's sources by name, but for those that cannot be read; what reads
    such a one has no key. `salts` goes by `domain.product.model`. `ground` is what models that
    grow can grow from.
    """
    sources = {
        each.name: source_key(each, contents[each.name].content)
        for each in manifest.sources
        if each.name in contents
    }
    sources |= {
        each.name: contents[each.name].content for each in manifest.tables if each.name in contents
    }
    keyed = Keyed(sources=sources)
    missing: list[str] = []
    for transform in manifest.transforms:
        keys: list[str] = []
        for read in transform.query.reads:
            key = key_of(read, keyed, upstream)
            if key is not None:
                keys.append(key)
            elif read.kind is ReadKind.PORT:
                missing.append(f"{read.target}.{read.object}")
        if len(keys) < len(transform.query.reads):
            continue
        salt = salts.get(f"{manifest.address}.{transform.name}")
        if transform.growth is None:
            key = build_key(manifest.address, transform, keys, salt or "")
            if ground.has_states(transform.name):
                keyed.stuck[transform.name] = kept_anew(transform.materialized)
        else:
            key = _key_growing(manifest.address, transform, keys, salt, ground, keyed)
        keyed.builds[transform.name] = key
    return replace(keyed, missing=tuple(dict.fromkeys(missing)))


def _key_growing(
    product: str,
    transform: Transform,
    reads: Sequence[str],
    salt: str | None,
    ground: Ground,
    keyed: Keyed,
) -> str:
    """The key of a model that grows; how it comes to it is noted in `keyed`.

    Without a salt of its own in an environment it goes on under that of what it grows from.
    """
    name = transform.name
    before = ground.grown(name)
    if salt is None:
        salt = before.salt if before else ""
    # How far back is read says nothing of what rows mean; the shape is in the fingerprint.
    said = transform.growth and replace(transform.growth, look_back=0, shape=Shape())
    kept = msgspec.json.encode(said, order="sorted").decode()
    asked = hashed("asked-1", build_key(product, transform, reads, salt), kept)
    way = course(transform, asked, salt, ground)
    keyed.growing[name] = way.growing
    keyed.grown[name] = Grown(asked, way.growing.base, way.growing.growth, salt)
    if way.blocked:
        keyed.stuck[name] = way.blocked
    if way.lost:
        keyed.lost.append(name)
    return way.key or hashed("grown-1", asked, way.growing.base)


def key_of(read: Read, keyed: Keyed, upstream: Upstream) -> str | None:
    """The key of what a query reads, or None where there is none yet."""
    if read.kind is ReadKind.MODEL:
        return keyed.builds.get(read.target)
    if read.kind in (ReadKind.SOURCE, ReadKind.TABLE):
        return keyed.sources.get(read.target)
    return upstream(read)


def audit_key(
    key: str,
    columns: Sequence[Column],
    checks: Sequence[CheckQuery],
    refers: Sequence[str],
    promises: Sequence[Promise] = (),
    succeeds: str = "",
) -> str:
    """The key of an audit: the build, what is promised and checked, and the keys that it reads.

    `succeeds` is the key of the build whose types have to be kept, if any.
    """
    earlier = [succeeds] if succeeds else []
    asked = msgspec.json.encode([columns, checks, promises, *earlier], order="sorted")
    return hashed("audit-1", key, asked.decode(), *refers)


def check_key(check: CheckQuery, refers: Sequence[str]) -> str:
    """What a check asks of any build: two of one key give the same rows the same verdict."""
    return hashed("check-1", msgspec.json.encode(check, order="sorted").decode(), *refers)
