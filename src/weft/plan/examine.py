"""Look at every product in scope: its keys, what it wants to show, and whether it is settled.

This is the first half of planning, before earlier verdicts are asked for; `planning.py` is the
second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from weft.contract.attainment import LevelState
from weft.contract.candidates import is_shown
from weft.contract.outages import suspended_until
from weft.mesh.address import PortAddress
from weft.mesh.consumption import PortReads
from weft.mesh.evidence import EvidencedVersion
from weft.mesh.growth import Grown
from weft.mesh.manifest import Manifest, PortObject, PortVersion, ProductManifest, Read, ReadKind
from weft.mesh.release import Build, ObjectRelease, PortRelease, Release
from weft.mesh.run import Hold
from weft.mesh.signoff import Answer, Signoff
from weft.plan.audits import Audit, audits_of, checks_read_others, key_audit, refers_to
from weft.plan.growing import Ground
from weft.plan.keys import Keyed, Made, SourceContent, Upstream, key_product
from weft.plan.offers import Offer


@dataclass(frozen=True)
class Situation:
    """Everything a plan is made from, gathered before anything is decided.

    `desired` has the products in scope. `homes` are the warehouses of the products that have a
    release, by address; `there` has all releases by warehouse, those of products that moved too.
    `dialects` are those of all warehouses, by name, and `made` is what is kept of
    builds that may have to be brought over. `digests` are of the last applied definitions and
    `applied` the content of those that differ from the desired ones or are gone; of `unpublished`
    products, whose last definition was held back, it is the one that was published last. `releases`
    are the current ones of this environment, `recorded` the numbers of those that the store knows
    to be current, `fallback` are those of production, which readers here see of products without a
    release here. `inherited` are the digests of production's definitions of products that were
    never applied here: of these `applied` has what production has. `builds` are the keys that each
    warehouse has, `hollow` the views that lead to a build that is nowhere, each with what it reads.
    `bases` are the builds, by key, that models which grow can grow from, `offers`, by product and
    model, those of such models that other environments show, and `lost` what the store knows of
    shown releases that are damaged.
    `contents` go by product and source, `unread` says by product why a source has none.
    `new_salts` are the ones among `salts` that this plan adds, `removed` are products that this
    root applied and no longer defines, `proposed` those of them that its files only propose.
    `taken` are those in scope that another root applied, with its name, and that nobody asked to
    take from it. `input_contracts` are hashes of what each product was promised by its inputs, and
    `broken` the ports that a consumer compiled against as published, but not as they would be.
    `readers` are products outside of the scope that read one in it. `signoffs` are those that were
    asked for, and `silence` is what none means. `reads` are of the ports of products that retire
    one, which nobody may have queried for `quiet_days`. `evidenced` are the versions that were ever
    released of products that begin to publish a port. `attained` says, by consumer and name of its
    input, how the service levels are kept that it expects there, one by one, None where nothing was
    measured. `suspended` says of ports that cannot be read up to when readers were told so, by
    address. `failed` says, by product and step, what failed in its last run of versions that are
    not released, where nothing changed since. `now` is an ISO time and `today` its day.
    """

    desired: Manifest
    production: str
    digests: Mapping[str, str] = field(default_factory=dict)
    inherited: Mapping[str, str] = field(default_factory=dict)
    applied: Mapping[str, ProductManifest] = field(default_factory=dict)
    unpublished: frozenset[str] = frozenset()
    releases: Mapping[str, Release] = field(default_factory=dict)
    recorded: Mapping[str, int] = field(default_factory=dict)
    fallback: Mapping[str, Release] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    there: Mapping[str, Mapping[str, Release]] = field(default_factory=dict)
    dialects: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, Build] = field(default_factory=dict)
    builds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hollow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bases: Mapping[str, Build] = field(default_factory=dict)
    offers: Mapping[str, Mapping[str, Sequence[Offer]]] = field(default_factory=dict)
    lost: Mapping[str, Release] = field(default_factory=dict)
    contents: Mapping[str, Mapping[str, SourceContent]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    salts: Mapping[str, str] = field(default_factory=dict)
    new_salts: Mapping[str, str] = field(default_factory=dict)
    input_contracts: Mapping[str, str] = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    proposed: frozenset[str] = frozenset()
    taken: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    readers: frozenset[str] = frozenset()
    signoffs: tuple[Signoff, ...] = ()
    silence: str = Answer.NO
    reads: tuple[PortReads, ...] = ()
    quiet_days: int = 0
    evidenced: tuple[EvidencedVersion, ...] = ()
    attained: Mapping[tuple[str, str], Sequence[LevelState | None]] = field(default_factory=dict)
    suspended: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    now: str = ""
    today: str = ""

    @property
    def auditor(self) -> str:
        """Who answers for a verdict: an environment never takes one from another."""
        return "" if self.in_production else self.desired.environment

    @property
    def in_production(self) -> bool:
        """Whether the plan is for the environment that other ones fall back to."""
        return self.desired.environment == self.production

    def hold_on(self, product: str) -> Hold | None:
        """The hold by which a person keeps a product on its release; a new definition ends it."""
        manifest = self.desired.products.get(product)
        if manifest is None or self.digests.get(product) != manifest.digest:
            return None
        return self.holds.get(product)

    def release_number(self, product: str) -> int:
        """The number of a product's current release, 0 where it has none."""
        release = self.releases.get(product)
        return release.number if release else 0

    def next_number(self, product: str) -> int:
        """The number of a product's next release: none is given twice, also after a loss."""
        return max(self.release_number(product), self.recorded.get(product, 0)) + 1

    def number_at(self, warehouse: str, product: str) -> int:
        """The number of the release that is current on a warehouse, 0 where there is none."""
        release = self.there.get(warehouse, {}).get(product)
        return release.number if release else 0

    def shown(self, product: str) -> Release | None:
        """The release that readers here see: this environment's, or production's without one."""
        return self.releases.get(product) or self.fallback.get(product)

    def followed(self, product: str) -> Release | None:
        """Production's release of a product that has nothing of its own here, which shows it."""
        own = product in self.digests or product in self.releases
        return None if own else self.fallback.get(product)

    def definition(self, product: str) -> str:
        """The digest of the definition that stands behind what readers here see of a product."""
        return self.digests.get(product) or self.inherited.get(product, "")

    def ground(self, manifest: ProductManifest) -> Ground:
        """What the models of a product can grow from: what is shown here.

        It is on the product's own warehouse, or can be brought over from the one that it leaves.
        """
        release = self.lost.get(manifest.address) or self.shown(manifest.address)
        offers = self.offers.get(manifest.address, {})
        if release is None:
            return Ground(offers=offers)
        warehouses = (manifest.warehouse, home_of(manifest, self))
        there = [self.builds.get(name, frozenset()) & release.bases for name in warehouses]
        keys = frozenset().union(*there)
        builds = {key: self.bases[key] for key in keys if key in self.bases}
        return Ground(release, builds, offers)

    def is_damaged(self, product: str) -> bool:
        """Whether nothing but its number can be read of the release that a product shows."""
        release = self.shown(product)
        return release is not None and release.damaged

    def released_builds(self, product: str) -> frozenset[str]:
        """The keys of the builds behind a product's current release."""
        release = self.releases.get(product)
        return frozenset(release.builds.values()) if release else frozenset()

    def has(self, key: str) -> bool:
        """Whether a build is there, wherever it is."""
        return any(key in builds for builds in self.builds.values())

    @property
    def damaged(self) -> bool:
        """Whether a release, or anything that one shows, is gone or has lost its data."""
        releases = (*self.releases.values(), *self.fallback.values())
        there = frozenset().union(*self.builds.values())
        return bool(self.hollow) or any(
            each.damaged or not there.issuperset(each.keys) for each in releases
        )

    def is_recorded(self, product: str) -> bool:
        """Whether the store knows a product's current release; not so after a kill just then."""
        release = self.releases.get(product)
        return release is None or release.number == self.recorded.get(product, 0)


@dataclass(frozen=True)
class Examined:
    """One product: its keys, the ports and builds it wants to release, and its audits by key.

    `settled` means that the current release and the applied definition are already as wanted; then
    `audits` is empty, nobody asks for them, unless checks look at other data too, which they
    name in `refers`; `standing` are the keys of such audits over what is published now. `missing`
    are the port objects (`a.b.c@1.object`) that its models or checks read and nobody has published.
    `before` is what was released of models that grow, by model.
    """

    manifest: ProductManifest
    keyed: Keyed
    settled: bool
    ports: tuple[PortRelease, ...] = ()
    audits: Mapping[str, Audit] = field(default_factory=dict)
    refers: tuple[Read, ...] = ()
    standing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    before: Mapping[str, Grown] = field(default_factory=dict)

    @property
    def foreign_reads(self) -> Iterator[Read]:
        """What its models and checks read of other products."""
        for transform in self.manifest.transforms:
            yield from (each for each in transform.query.reads if each.kind is ReadKind.PORT)
        yield from (each for each in self.refers if each.kind is ReadKind.PORT)


def home_of(manifest: ProductManifest, situation: Situation) -> str:
    """The warehouse that has what readers see of a product; its own while they see nothing."""
    return situation.homes.get(manifest.address, manifest.warehouse)


def offered_builds(product: str, situation: Situation) -> frozenset[str]:
    """The keys of the builds that readers get: not those of drafts, or of what is retired."""
    release = situation.shown(product)
    ports = release.ports if release else ()
    return frozenset(each.key for port in ports for each in port.objects)


def examine(situation: Situation) -> dict[str, Examined]:
    """Examine all products in scope, each after those it reads."""
    examined: dict[str, Examined] = {}
    find = finding_of(situation, examined)
    upstream = keys_behind(find)
    for address in situation.desired.order:
        manifest = situation.desired.products[address]
        contents = situation.contents.get(address, {})
        home = home_of(manifest, situation)
        ground = situation.ground(manifest)
        keyed = key_product(manifest, find, contents, situation.salts, ground)
        settled = _settled(situation, manifest, keyed)
        if settled and not _to_look_again(situation, manifest, keyed, upstream):
            examined[address] = Examined(manifest, keyed, True)
            continue
        audits: dict[str, Audit] = {}
        missing = dict.fromkeys(keyed.missing)
        asked = audits_of(manifest, situation.shown(address))
        for audit in asked:
            key = key_audit(audit, keyed, upstream, situation.auditor)
            if key is not None:
                audits[key] = audit
            else:
                missing |= dict.fromkeys(_unpublished(audit, upstream))
        examined[address] = Examined(
            manifest,
            keyed,
            settled,
            released_ports(manifest, keyed, situation),
            audits,
            refers=tuple(
                read for audit in asked for check in audit.checks for read in refers_to(check)
            ),
            standing=_standing(asked, keyed, situation),
            missing=tuple(missing),
            # What was audited elsewhere is audited as a whole where it comes to be.
            before=_grown_from(keyed, ground) if home == manifest.warehouse else {},
        )
    return examined


def _grown_from(keyed: Keyed, ground: Ground) -> dict[str, Grown]:
    """What the release says of the builds that the next ones grow from."""
    return {
        model: before
        for model, growing in keyed.growing.items()
        if growing.base and growing.base == ground.released(model)
        if (before := ground.grown(model)) is not None
    }


def _standing(audits: Iterable[Audit], keyed: Keyed, situation: Situation) -> tuple[str, ...]:
    """The keys of audits that look at other products, over what those have published."""
    published = keys_behind(partial(behind_released, situation))
    looking = (each for each in audits if any(map(refers_to, each.checks)) and not each.previews)
    keys = (key_audit(each, keyed, published, situation.auditor) for each in looking)
    return tuple(key for key in keys if key is not None)


def _unpublished(audit: Audit, upstream: Upstream) -> Iterator[str]:
    """The port objects that keep an audit from being asked."""
    for check in audit.checks:
        for read in refers_to(check):
            if read.kind is ReadKind.PORT and upstream(read) is None:
                yield f"{read.target}.{read.object}"


def _settled(situation: Situation, manifest: ProductManifest, keyed: Keyed) -> bool:
    """Whether readers see what is wanted already: here, or of production while that is the same."""
    address = manifest.address
    release = situation.shown(address)
    return (
        release is not None
        and situation.is_recorded(address)
        and not keyed.missing
        and situation.definition(address) == manifest.digest
        and release.manifest == manifest.digest
        and release.builds == keyed.builds
        and _faces(release.ports) == _faces(released_ports(manifest, keyed, situation))
        and not lost_models(situation, manifest, keyed)
    )


def _to_look_again(
    situation: Situation, manifest: ProductManifest, keyed: Keyed, upstream: Upstream
) -> bool:
    """Whether checks of a settled product look at other data, which may have changed.

    What production shows was checked there, and that holds here as well while they find the same.
    """
    if not checks_read_others(manifest):
        return False
    followed = situation.followed(manifest.address)
    if followed is None:
        return True
    there = Keyed(followed.builds, followed.sources)
    in_production = keys_behind(partial(_behind, situation.fallback.get, situation.homes))
    return any(
        key_audit(each, keyed, upstream) != key_audit(each, there, in_production)
        for each in audits_of(manifest, followed)
    )


def lost_models(situation: Situation, manifest: ProductManifest, keyed: Keyed) -> tuple[str, ...]:
    """The models whose released builds the warehouse no longer has, or not in full."""
    release = situation.shown(manifest.address)
    there = situation.builds.get(home_of(manifest, situation), frozenset())
    if release is None or there.issuperset(release.builds.values()):
        return ()
    return tuple(
        model
        for model, key in release.builds.items()
        if key not in there and keyed.builds.get(model) == key
    )


def visible_ports(manifest: ProductManifest, situation: Situation) -> list[PortVersion]:
    """The ports that consumers see: published ones, candidates, and outside production all drafts.

    A candidate whose last day is over is none any longer.
    """
    production = situation.in_production
    today = (
        each if is_shown(each.candidate, situation.today) else replace(each, candidate="")
        for each in manifest.ports
    )
    return [
        each for each in today if each.candidate or each.status.is_visible(production=production)
    ]


def _faces(ports: Iterable[PortRelease]) -> dict[tuple[str, int, str], object]:
    """What is shown where: port versions, what they promise, and the build behind each object.

    Outages begin and end by themselves, and are nowhere but in production.
    """
    return {
        (port.port, port.major, port.candidate): (
            port.contract,
            {(each.name, each.key) for each in port.objects},
        )
        for port in ports
    }


def _outage_on(port: PortVersion, situation: Situation) -> str:
    """Up to when a port cannot be read now, an ISO time; "" where it can, as outside production."""
    if not situation.in_production:
        return ""
    return suspended_until(port.contract, port.status, situation.now)


def released_ports(
    manifest: ProductManifest, keyed: Keyed, situation: Situation
) -> tuple[PortRelease, ...]:
    """What the product's next release would show; objects without a key are left out."""
    release = situation.shown(manifest.address)
    promised = release.promised if release else {}
    return tuple(
        PortRelease(
            port=port.port,
            major=port.major,
            version=port.version,
            status=port.status,
            objects=tuple(
                _released_object(obj, keyed, promised.get((port.port, port.major, obj.name)))
                for obj in port.objects
                if obj.model in keyed.builds
            ),
            contract=port.contract,
            candidate=port.candidate,
            outage=_outage_on(port, situation),
        )
        for port in visible_ports(manifest, situation)
    )


def _released_object(obj: PortObject, keyed: Keyed, shown: ObjectRelease | None) -> ObjectRelease:
    key = keyed.builds[obj.model]
    columns = tuple(column.name for column in obj.columns)
    succeeds = shown.before(key) if shown else ""
    return ObjectRelease(obj.name, key, columns, succeeds, keyed.recipes[obj.model])


@dataclass(frozen=True)
class Behind(Made):
    """What stands behind an object of a port: a build, where it is, and the columns to be seen.

    `released` is since when readers have it, an ISO time, "" where they do not yet.
    """

    warehouse: str
    columns: tuple[str, ...]
    released: str = ""


Finding = Callable[[Read], Behind | None]


def upstream_of(situation: Situation, examined: Mapping[str, Examined]) -> Upstream:
    """Find keys behind ports, as `finding_of` finds what is there."""
    return keys_behind(finding_of(situation, examined))


def keys_behind(find: Finding) -> Upstream:
    """Find the keys alone of what is behind ports."""

    def upstream(read: Read) -> str | None:
        found = find(read)
        return found.key if found else None

    return upstream


def finding_of(situation: Situation, examined: Mapping[str, Examined]) -> Finding:
    """Find what is behind ports: of products in scope as they will be, of others as they are.

    Nobody's production is built on a port that is not published, be it shown as a candidate.
    One that a person holds is read as it is too. Where its release does not have what is read,
    its candidate is found, so that the reader waits for the hold to end.
    """

    def find(read: Read) -> Behind | None:
        address = PortAddress.parse(read.target)
        product = str(address.product)
        found = examined.get(product)
        if found is None:
            return behind_released(situation, read)
        if situation.hold_on(product) and _still_offered(situation.releases.get(product), read):
            return behind_released(situation, read)
        return _desired(found, address, read.object, production=situation.in_production)

    return find


def behind_released(situation: Situation, read: Read) -> Behind | None:
    """What is behind a port as it is released here, or in production where it is not."""
    if situation.in_production and _is_preview(situation.shown, read):
        return None
    return _behind(situation.shown, situation.homes, read)


def _is_preview(released: Callable[[str], Release | None], read: Read) -> bool:
    """Whether a release shows a port as a candidate."""
    address = PortAddress.parse(read.target)
    release = released(str(address.product))
    port = release.port(address.name) if release else None
    return port is not None and bool(port.candidate)


def _behind(
    released: Callable[[str], Release | None], homes: Mapping[str, str], read: Read
) -> Behind | None:
    """What is behind a port, given what is released of a product, and where."""
    address = PortAddress.parse(read.target)
    product = str(address.product)
    release = released(product)
    found = _released(release, address, read.object) if release else None
    if release is None or found is None:
        return None
    home = homes.get(product, "")
    return Behind(found.key, home, found.columns, release.at, recipe=found.recipe)


def _still_offered(release: Release | None, read: Read) -> bool:
    """Whether a release shows every column that a query reads of a port."""
    address = PortAddress.parse(read.target)
    found = _released(release, address, read.object) if release else None
    return found is not None and set(read.columns) <= set(found.columns)


def _desired(
    examined: Examined, address: PortAddress, obj: str, *, production: bool
) -> Behind | None:
    port = examined.manifest.port(address.name)
    if port is None or not port.status.is_visible(production=production):
        return None
    found = port.object(obj)
    if found is None or found.model not in examined.keyed.builds:
        return None
    key, recipe = examined.keyed.builds[found.model], examined.keyed.recipes[found.model]
    columns = tuple(each.name for each in found.columns)
    return Behind(key, examined.manifest.warehouse, columns, recipe=recipe)


def released_key(release: Release, address: PortAddress, obj: str) -> str | None:
    """The key behind an object of a released port, or None where it is not released."""
    found = _released(release, address, obj)
    return found.key if found else None


def _released(release: Release, address: PortAddress, obj: str) -> ObjectRelease | None:
    port = release.port(address.name)
    return port.object(obj) if port else None
