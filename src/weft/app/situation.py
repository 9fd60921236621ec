"""Gather what a plan is made from: files, store and warehouses, each asked once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import msgspec

from weft.app.bootstrap import Opened
from weft.app.current import current_of, observe
from weft.app.remembered import Remembered, applied_definitions
from weft.app.source_contents import source_contents
from weft.app.table_contents import with_last_read
from weft.app.unpublished import promised_instead
from weft.contract.document import contract_digest
from weft.mesh.consumption import PortReads
from weft.mesh.evidence import EvidencedVersion
from weft.mesh.manifest import Descriptor, Manifest, ProductManifest
from weft.mesh.release import Build, Observed, Release
from weft.plan.copies import foreign
from weft.plan.examine import Examined, Situation
from weft.plan.moving import to_bring, to_compare
from weft.plan.outages import is_due
from weft.warehouses.protocol import Scope


def gather(
    mesh: Opened,
    desired: Manifest,
    everyone: Mapping[str, ProductManifest],
    memory: Remembered,
    removed: Sequence[str] = (),
) -> Situation:
    """Gather the situation of the products in `desired`; `removed` are gone from the files.

    Fingerprints that only another version of the programs made differ are carried over.
    """
    digests = {address: each.digest for address, each in memory.applied.items()}
    inherited = {address: each.digest for address, each in memory.inherited.items()}
    differing = _differing(desired, {**inherited, **digests})
    applied = applied_definitions(mesh, memory, [*differing, *removed])
    desired = _carried_over(desired, applied)
    scopes = _scopes(desired, everyone, applied, memory.descriptors)
    observed = observe(mesh, mesh.environment, scopes)
    fallback = {} if mesh.production else observe(mesh, mesh.settings.production, scopes)
    releases, own_homes = current_of(observed)
    shown, homes = current_of(fallback)
    homes |= own_homes
    lost = _lost(mesh, releases, shown)
    promised = promised_instead(mesh, desired.products, digests, releases)
    files, variables = desired.products.values(), mesh.system.variables
    contents = source_contents(mesh.folder, files, mesh.cache, variables)
    situation = Situation(
        desired=desired,
        production=mesh.settings.production,
        digests=digests,
        inherited=inherited,
        applied=_as_promised(applied, promised),
        unpublished=frozenset(promised),
        releases=releases,
        recorded={address: each.release for address, each in memory.applied.items()},
        fallback=shown,
        homes=homes,
        there={name: each.releases for name, each in observed.items()},
        dialects={name: each.type for name, each in mesh.settings.warehouses.items()},
        builds={
            name: each.builds & fallback.get(name, each).builds for name, each in observed.items()
        },
        hollow=_hollow([*observed.values(), *fallback.values()]),
        bases=_bases(mesh, homes, lost, (*observed.values(), *fallback.values())),
        lost=lost,
        contents=contents.found,
        unread=contents.unread,
        input_contracts={
            address: input_contracts(manifest, everyone, memory.descriptors)
            for address, manifest in desired.products.items()
        },
        removed=tuple(removed),
        proposed=frozenset(removed) & everyone.keys(),
        taken=_taken(desired, memory),
        readers=_readers(desired, memory),
        suspended={port: each.outage for port, each in memory.descriptors.items() if each.outage},
    )
    return with_last_read(_with_acts(mesh, situation))


def _as_promised(
    applied: Mapping[str, ProductManifest], promised: Mapping[str, ProductManifest | None]
) -> dict[str, ProductManifest]:
    """Applied definitions, in the place of which somebody was promised another one, or nothing."""
    every = {**applied, **promised}
    return {address: each for address, each in every.items() if each is not None}


def _differing(desired: Manifest, known: Mapping[str, str]) -> list[str]:
    """The products whose definition is not the one that is known, by digest."""
    return [
        address
        for address, manifest in desired.products.items()
        if address in known and known[address] != manifest.digest
    ]


def _with_acts(mesh: Opened, situation: Situation) -> Situation:
    """A situation with the time it is, what people did and said, and what is made of that."""
    store, settings, now = mesh.store, mesh.settings, mesh.system.now()
    return replace(
        situation,
        now=now,
        today=now[:10],
        salts=_salts(mesh),
        holds=store.journal.holds(mesh.environment),
        signoffs=store.signoffs.all(mesh.environment) if mesh.production else (),
        silence=settings.release.silence,
        reads=_reads(mesh, situation),
        quiet_days=settings.retire.quiet_days,
        evidenced=_evidenced(mesh, situation),
    )


def _reads(mesh: Opened, situation: Situation) -> tuple[PortReads, ...]:
    """Who read products of which a port ends now, wherever they did."""
    ending = [
        address
        for address, before in situation.applied.items()
        if not _published(before) <= _published(situation.desired.products.get(address))
    ]
    return mesh.store.reads.of("", ending) if mesh.production and ending else ()


def _evidenced(mesh: Opened, situation: Situation) -> tuple[EvidencedVersion, ...]:
    """The versions ever released of products that begin to publish a port, or do so again.

    With them are those of releases that are not recorded, because the run was killed before that.
    """
    beginning = [
        address
        for address, manifest in situation.desired.products.items()
        if (situation.digests.get(address) != manifest.digest or address in situation.unpublished)
        and not _published(manifest) <= _published(situation.applied.get(address))
    ]
    if not mesh.production:
        return ()
    known = mesh.store.evidence.versions(mesh.environment, beginning) if beginning else ()
    return (*known, *_unrecorded(situation))


def _unrecorded(situation: Situation) -> Iterator[EvidencedVersion]:
    """The versions that are shown and that the store does not know to be."""
    for address, release in situation.releases.items():
        if release.number > situation.recorded.get(address, 0):
            for port in release.ports:
                if port.status.published:
                    digest = contract_digest(port.contract)
                    yield EvidencedVersion(address, port.port, port.major, port.version, digest)


def _published(manifest: ProductManifest | None) -> set[str]:
    ports = manifest.ports if manifest else ()
    return {each.name for each in ports if each.status.published}


def _readers(desired: Manifest, memory: Remembered) -> frozenset[str]:
    """The products outside of the scope that read one in it, as far as they publish anything."""
    scope = desired.products.keys()
    return frozenset(
        each.product
        for each in memory.descriptors.values()
        if each.product not in scope and not scope.isdisjoint(each.reads)
    )


def _taken(desired: Manifest, memory: Remembered) -> dict[str, str]:
    """The products in scope that another root applied, with its name."""
    return {
        address: memory.applied[address].root
        for address in desired.products
        if address in memory.applied and memory.applied[address].root != desired.root
    }


def _salts(mesh: Opened) -> dict[str, str]:
    """The salts of an environment; what production was asked to rebuild is rebuilt everywhere."""
    salts = mesh.store.definitions.salts
    own = salts(mesh.environment)
    return own if mesh.production else {**salts(mesh.settings.production), **own}


def with_candidates(
    mesh: Opened, situation: Situation, examined: Mapping[str, Examined]
) -> Situation:
    """Look, too, at the builds that are to be released and there already, and at what is copied.

    Of what may have to be brought over from another warehouse it is asked what is kept of it.
    """
    waiting: dict[str, set[str]] = {}
    for address, found in examined.items():
        if not found.settled:
            wanted = {*found.keyed.builds.values()} - situation.released_builds(address)
            waiting.setdefault(found.manifest.warehouse, set()).update(wanted)
    behind: dict[str, set[str]] = {}
    readers = (each for each in examined.values() if not each.settled or each.audits)
    moving = (
        each(found, situation) for found in examined.values() for each in (to_bring, to_compare)
    )
    for each in chain(foreign(situation, examined, readers), *moving):
        waiting.setdefault(each.reader.warehouse, set()).update((each.key, each.behind.key))
        behind.setdefault(each.behind.warehouse, set()).add(each.behind.key)
    builds, hollow = dict(situation.builds), dict(situation.hollow)
    for name, keys in waiting.items():
        there = keys & builds[name]
        if there:
            scope = Scope(mesh.environment, (), builds=frozenset(there))
            observed = mesh.warehouse(name).observe(scope)
            builds[name] &= observed.builds
            hollow |= observed.hollow
    made = {
        key: build
        for name, keys in behind.items()
        for key, build in mesh.warehouse(name).built(keys & builds[name]).items()
    }
    return replace(situation, builds=builds, hollow=hollow, made=made)


def _carried_over(desired: Manifest, applied: Mapping[str, ProductManifest]) -> Manifest:
    upgraded = {
        address: applied[address]
        for address, manifest in desired.products.items()
        if address in applied and _versions(applied[address]) != _versions(manifest)
    }
    if not upgraded:
        return desired
    from weft.project.carry import carry

    carried = {
        address: carry(desired.products[address], before) for address, before in upgraded.items()
    }
    return replace(desired, products={**desired.products, **carried})


def _versions(manifest: ProductManifest) -> set[str]:
    return {each.fingerprint_version for each in manifest.transforms}


def _scopes(
    desired: Manifest,
    everyone: Mapping[str, ProductManifest],
    applied: Mapping[str, ProductManifest],
    descriptors: Mapping[str, Descriptor],
) -> dict[str, list[str]]:
    """Which products to look for on which warehouse: those in scope and those they read."""
    homes: dict[str, dict[str, None]] = {}

    def add(product: str, warehouse: str) -> None:
        homes.setdefault(warehouse, {})[product] = None

    for address, manifest in desired.products.items():
        add(address, manifest.warehouse)
        for port in manifest.inputs:
            if port.product in everyone:
                add(port.product, everyone[port.product].warehouse)
            elif port.port in descriptors:
                add(port.product, descriptors[port.port].warehouse)
    for address, manifest in applied.items():
        add(address, manifest.warehouse)
    for each in descriptors.values():
        # Where readers see it; a product that moves, or whose move is held, is still there.
        if each.product in desired.products:
            add(each.product, each.warehouse)
    return {warehouse: list(products) for warehouse, products in homes.items()}


def _hollow(observed: Iterable[Observed]) -> dict[str, tuple[str, ...]]:
    return {view: reads for each in observed for view, reads in each.hollow.items()}


def _lost(
    mesh: Opened, releases: Mapping[str, Release], production: Mapping[str, Release]
) -> dict[str, Release]:
    """What the store knows of shown releases that are damaged where they are kept."""
    found: dict[str, Release] = {}
    for product, shown in {**production, **releases}.items():
        if shown.damaged:
            environment = mesh.environment if product in releases else mesh.settings.production
            for each in mesh.store.journal.releases(environment, product):
                if each.number == shown.number:
                    found[product] = each
    return found


def _bases(
    mesh: Opened,
    homes: Mapping[str, str],
    lost: Mapping[str, Release],
    observed: Iterable[Observed],
) -> dict[str, Build]:
    """What can be grown from, by key, also where no release that can be read shows it."""
    found = {key: build for each in observed for key, build in each.bases.items()}
    for product, release in lost.items():
        if release.bases:
            scope = Scope(mesh.environment, (), bases=release.bases)
            found |= mesh.warehouse(homes[product]).observe(scope).bases
    return found


def input_contracts(
    manifest: ProductManifest,
    everyone: Mapping[str, ProductManifest],
    descriptors: Mapping[str, Descriptor],
) -> str:
    """Hash what a product's inputs promise it; "" for a product without input ports."""
    promised: list[object] = []
    for port in manifest.inputs:
        if not port.port:
            continue
        upstream = everyone.get(port.product)
        if upstream is not None:
            promised += [
                [port.port, [(obj.name, obj.columns) for obj in each.objects], each.status]
                for each in upstream.ports
                if f"{port.product}.{each.name}" == port.port
            ]
        elif port.port in descriptors:
            found = descriptors[port.port]
            promised.append([port.port, sorted(found.objects.items()), found.status])
    if not promised:
        return ""
    return hashlib.sha256(msgspec.json.encode(promised)).hexdigest()[:16]


def consumers(mesh: Opened, situation: Situation) -> Mapping[str, ProductManifest]:
    """Who may read what changes: products in scope as they will be, others as applied.

    Where no definition changes, those that are known to read something in scope are enough; but
    everybody who reads a port is told of its outage.
    """
    scope = situation.desired.products
    own = situation.digests.keys() - scope.keys() - set(situation.removed)
    inherited = situation.inherited.keys() - scope.keys()
    if not (situation.applied or is_due(situation)):
        own, inherited = own & situation.readers, inherited & situation.readers
        if not (own or inherited):
            return scope
    definitions = mesh.store.definitions
    return {
        **definitions.manifests(mesh.environment, sorted(own)),
        **definitions.manifests(situation.production, sorted(inherited)),
        **scope,
    }
