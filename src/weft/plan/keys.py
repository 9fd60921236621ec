"""Keys: what makes two builds, two sources or two audits the same, so that none is done twice.

A build's key is a hash of what its model means, how it is kept and the keys of what it reads; of
one that grows also of the build that it grows from.
Not in it: environment, warehouse, checks, time, engine version.

A recipe is the same of definitions alone: of a model, and of all that it reads, whatever the data.
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
from weft.plan.growing import Course, Ground, course, kept_anew
from weft.plan.offers import Offer, Refusal, Unfit, Wanted, chosen

KEY_LENGTH = 32

# Finds the key behind what a query reads of another product's port, or None where there is none.
Upstream = Callable[[Read], "str | None"]


@dataclass(frozen=True)
class Made:
    """Something that is read: its key, and the recipe it is made by, "" where that is not known."""

    key: str
    recipe: str = field(default="", kw_only=True)


# The same, with its recipe.
Lookup = Callable[[Read], Made | None]


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

    `recipes` are those of models, "" where something behind one is not known. Of models that grow,
    `growing` says how the build of the key is made and `grown` what a release says of it; `refused`
    says why one is not taken that another environment shows, `stuck` why one cannot go on as its
    definition asks, and `lost` are those that have lost what nobody can build again. `missing` are
    the port objects (`a.b.c@1.object`) that nobody has published; models that need one have no key.
    """

    builds: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    recipes: dict[str, str] = field(default_factory=dict)
    growing: dict[str, Growing] = field(default_factory=dict)
    grown: dict[str, Grown] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
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
    find: Lookup,
    contents: Mapping[str, SourceContent],
    salts: Mapping[str, str],
    ground: Ground,
) -> Keyed:
    """Give every model of a product its key, in the order in which they read each other.

    `find` finds what is behind the ports of others. `contents` has the product's sources by name,
    but for those that cannot be read; what reads such a one has no key. `salts` goes by
    `domain.product.model`. `ground` is what models that grow can grow from.
    """
    sources = {
        each.name: Made(source_key(each, contents[each.name].content), recipe=each.fingerprint)
        for each in manifest.sources
        if each.name in contents
    }
    sources |= {
        each.name: Made(contents[each.name].content, recipe=each.fingerprint)
        for each in manifest.tables
        if each.name in contents
    }
    keyed = Keyed(sources={name: each.key for name, each in sources.items()})
    missing: list[str] = []
    for transform in manifest.transforms:
        reads: list[Made] = []
        for read in transform.query.reads:
            found = _behind(read, keyed, sources, find)
            if found is not None:
                reads.append(found)
            elif read.kind is ReadKind.PORT:
                missing.append(f"{read.target}.{read.object}")
        if len(reads) == len(transform.query.reads):
            _key_model(manifest.address, transform, reads, salts, ground, keyed)
    return replace(keyed, missing=tuple(dict.fromkeys(missing)))


def _behind(read: Read, keyed: Keyed, sources: Mapping[str, Made], find: Lookup) -> Made | None:
    if read.kind is ReadKind.PORT:
        return find(read)
    if read.kind is not ReadKind.MODEL:
        return sources.get(read.target)
    key = keyed.builds.get(read.target)
    return None if key is None else Made(key, recipe=keyed.recipes[read.target])


def _key_model(
    product: str,
    transform: Transform,
    reads: Sequence[Made],
    salts: Mapping[str, str],
    ground: Ground,
    keyed: Keyed,
) -> None:
    """Note the key of a model that reads these, and its recipe.

    Without a salt of its own in an environment one that grows goes on under that of what it grows
    from.
    """
    name = transform.name
    salt = salts.get(f"{product}.{name}")
    before = ground.grown(name)
    if salt is None:
        salt = before.salt if before and transform.growth else ""
    key = build_key(product, transform, [each.key for each in reads], salt)
    recipes = [each.recipe for each in reads]
    recipe = build_key(product, transform, recipes) if all(recipes) else ""
    if transform.growth is None:
        keyed.builds[name], keyed.recipes[name] = key, recipe
        if ground.has_states(name):
            keyed.stuck[name] = kept_anew(transform.materialized)
        return
    # How far back is read says nothing of what rows mean; the shape is in the fingerprint.
    said = replace(transform.growth, look_back=0, shape=Shape())
    head = msgspec.json.encode(said, order="sorted").decode()
    keyed.recipes[name] = recipe and hashed("recipe-1", recipe, head)
    asked = hashed("asked-1", key, head)
    keyed.builds[name] = _key_growing(transform, asked, salt, ground, keyed)


def _key_growing(transform: Transform, asked: str, salt: str, ground: Ground, keyed: Keyed) -> str:
    """The key of a model that grows; how it comes to it is noted in `keyed`."""
    name = transform.name
    way = course(transform, asked, salt, ground)
    if not (way.key or way.blocked or way.lost):
        way = _taken(name, way, asked, ground, keyed)
    keyed.growing[name] = way.growing
    keyed.grown[name] = Grown(asked, way.growing.base, way.growing.growth, salt)
    if way.blocked:
        keyed.stuck[name] = way.blocked
    if way.lost:
        keyed.lost.append(name)
    return way.key or hashed("grown-1", asked, way.growing.base)


def _taken(name: str, way: Course, asked: str, ground: Ground, keyed: Keyed) -> Course:
    """The course to a build that another environment shows, where one can be taken, or the same.

    Why it cannot is noted in `keyed`, but not for every build by other data or another definition
    while a model goes on here as it is.
    """
    wanted = Wanted(asked, keyed.recipes[name], way.growing.base)
    found = chosen(ground.offers.get(name, ()), wanted)
    if isinstance(found, Offer):
        return Course(Growing(way.growing.growth, found.build.base), key=found.build.key)
    released = ground.builds.get(ground.released(name))
    goes_on = released is not None and released.recipe == wanted.recipe
    if found is not None and not (goes_on and found.why in (Unfit.RECIPE, Unfit.DATA)):
        keyed.refused[name] = found
    return way


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
