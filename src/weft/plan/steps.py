"""Turn one examined product into ordered steps: copies, builds, audits, publish, drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from weft.mesh.growth import AuditedAs, Grown
from weft.mesh.release import PortRelease, Release
from weft.plan.audits import audit_spec, audited_as
from weft.plan.building import Building, pin_sources
from weft.plan.copies import Bringing
from weft.plan.examine import Examined, Finding, Situation, offered_builds
from weft.plan.expectations import Watched, expectation_steps
from weft.plan.keys import Upstream
from weft.plan.moving import old_home, verifications
from weft.plan.plan import Step, StepKind
from weft.plan.previews import apart, previews, to_show, without
from weft.plan.waiting import Pending
from weft.sql.dialect import dialect_named


@dataclass(frozen=True)
class Asked:
    """What is still to do for a product, beside what its definition says.

    `audits` are the keys of audits without a verdict; `passed` are, by such a key, the ids of
    checks that no row of the build fails that this one grows from; `publish` is false while it is
    held. `expected` is what consumers expect and what has to be measured for that. `kept` are the
    unreleased port versions, `port@N`, that are kept back.
    """

    audits: frozenset[str]
    publish: bool
    passed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    expected: tuple[Watched, ...] = ()
    kept: frozenset[str] = frozenset()


def product_steps(
    found: Examined, situation: Situation, find: Finding, asked: Asked, pending: Pending
) -> list[Step]:
    """The steps of one product, in order; what they bring is noted in `pending`.

    `find` finds what is behind the ports of others.
    """
    manifest = found.manifest
    upstream = Bringing(manifest, situation, find, pending)
    steps = Building(found, situation, upstream, pending).steps()
    steps += _audits(found, situation, upstream, asked, pending)
    steps += verifications(found, situation, upstream, pending)
    steps = apart([*upstream.steps, *steps], found, situation)
    # What others expect is told and holds nothing back, so nothing waits for it.
    needs = [step.id for step in steps]
    steps += expectation_steps(found, situation, asked.expected, pending)
    if asked.publish:
        needs += pending.needs(found.keyed.builds.values())
        needs += pending.guards_of(each.target for each in found.foreign_reads)
        unreleased = previews(found, situation, steps)
        kept = [each for each in unreleased if each.port in asked.kept]
        others = tuple(each for each in unreleased if each.port not in asked.kept)
        wanted = without(_wanted(found, situation, upstream), kept, others)
        moves = _pointer_moves(found, situation, wanted, tuple(dict.fromkeys(needs)))
        moves += _leavings(found, situation, tuple([*needs, *(each.id for each in moves)]))
        own = to_show(moves, others, situation)
        steps += [replace(each, previews=others, only_of=own) for each in moves]
        pending.guards |= {f"{manifest.address}.{each.port}": each.steps for each in others}
    _note_publish(found, situation, steps, pending)
    return steps


def _audits(
    found: Examined, situation: Situation, upstream: Upstream, asked: Asked, pending: Pending
) -> Iterator[Step]:
    manifest = found.manifest
    dialect = dialect_named(manifest.native_dialect)
    for key, audit in found.audits.items():
        if key not in asked.audits:
            continue
        passed = asked.passed.get(key, frozenset())
        spec = audit_spec(audit, key, found.keyed, upstream, dialect, passed)
        pin_sources(found, situation, spec.reads, pending)
        yield Step(
            id=f"{manifest.address}/audit/{audit.object}",
            kind=StepKind.AUDIT,
            product=manifest.address,
            warehouse=manifest.warehouse,
            target=audit.object,
            needs=pending.needs(spec.reads),
            audit=spec,
            only_of=audit.previews,
        )


def _wanted(found: Examined, situation: Situation, upstream: Upstream) -> Release:
    """The release in which a product shows all that it is defined to show."""
    manifest = found.manifest
    return Release(
        product=manifest.address,
        environment=situation.desired.environment,
        number=situation.next_number(manifest.address),
        ports=tuple(sorted(found.ports, key=_port_order)),
        builds=dict(found.keyed.builds),
        sources=dict(found.keyed.sources),
        manifest=manifest.digest,
        root=manifest.root,
        grown=_grown(found, upstream),
    )


def _pointer_moves(
    found: Examined, situation: Situation, wanted: Release, needs: tuple[str, ...]
) -> list[Step]:
    """Publish what is wanted beside what goes away, then drop what goes away."""
    manifest = found.manifest
    current = situation.releases.get(manifest.address)
    if old_home(manifest, situation):
        publish = _move(StepKind.PUBLISH, manifest.warehouse, wanted, needs)
        expected = situation.number_at(manifest.warehouse, manifest.address)
        return [replace(publish, expected=expected)]
    gone_ports, gone_builds = _gone(current, found)
    between = replace(
        wanted,
        ports=tuple(sorted((*wanted.ports, *gone_ports), key=_port_order)),
        builds={**gone_builds, **wanted.builds},
    )
    moves: list[Step] = []
    shown = current or situation.followed(manifest.address)
    if shown is None or shown.content != between.content:
        moves.append(_move(StepKind.PUBLISH, manifest.warehouse, between, needs))
    if gone_ports or gone_builds:
        last = replace(wanted, number=wanted.number + len(moves))
        gone = _named(gone_ports, gone_builds)
        needs = (*needs, *(step.id for step in moves))
        moves.append(_move(StepKind.DROP, manifest.warehouse, last, needs, gone))
    if moves:
        moves[0] = replace(moves[0], expected=situation.release_number(manifest.address))
    return moves


def _grown(found: Examined, upstream: Upstream) -> dict[str, Grown]:
    """What the release says of models that grow: how they came to be, and how they were audited."""
    audits: dict[str, dict[str, AuditedAs]] = {model: {} for model in found.keyed.grown}
    for key, audit in found.audits.items():
        if audit.model in audits:
            audits[audit.model][audit.object] = audited_as(audit, key, found.keyed, upstream)
    return {
        model: replace(grown, audits=audits[model]) for model, grown in found.keyed.grown.items()
    }


def _leavings(found: Examined, situation: Situation, needs: tuple[str, ...]) -> Iterator[Step]:
    """End what other warehouses show of a product, once its own shows it.

    What is not shown there either is dropped with that.
    """
    manifest = found.manifest
    address = manifest.address
    for warehouse, releases in situation.there.items():
        current = releases.get(address)
        if warehouse == manifest.warehouse or current is None or current.empty:
            continue
        environment, number = current.environment, current.number + 1
        empty = Release(address, environment, number, ports=(), root=manifest.root)
        gone = _named(*_gone(current, found))
        kind = StepKind.DROP if gone else StepKind.LEAVE
        target = gone or f"release {current.number} on {warehouse}"
        yield replace(
            _move(kind, warehouse, empty, needs, target), id=f"{address}/leave/{warehouse}"
        )


def _gone(current: Release | None, found: Examined) -> tuple[list[PortRelease], dict[str, str]]:
    """The ports and builds of a release that its product is no longer defined to have."""
    if current is None:
        return [], {}
    names = {each.name for each in found.ports}
    # A preview ends when its day is over, and is nothing that anybody relies on.
    ports = [each for each in current.ports if each.name not in names and not each.candidate]
    models = found.keyed.builds
    builds = {model: key for model, key in current.builds.items() if model not in models}
    return ports, builds


def _named(ports: Iterable[PortRelease], models: Iterable[str]) -> str:
    return ", ".join([each.name for each in ports] + sorted(models))


def _port_order(port: PortRelease) -> tuple[str, int]:
    return (port.port, port.major)


def _move(
    kind: StepKind, warehouse: str, release: Release, needs: tuple[str, ...], target: str = ""
) -> Step:
    return Step(
        id=f"{release.product}/{kind}",
        kind=kind,
        product=release.product,
        warehouse=warehouse,
        target=target or f"release {release.number}",
        needs=needs,
        release=release,
        expected=release.number - 1,
    )


def drop_product(product: str, warehouse: str, current: Release) -> Step:
    """The step that ends a product whose files are gone: a release that shows nothing."""
    empty = Release(
        product=product,
        environment=current.environment,
        number=current.number + 1,
        ports=(),
        root=current.root,
    )
    gone = _named(current.ports, current.builds)
    return _move(StepKind.DROP, warehouse, empty, (), gone or "product")


def _note_publish(
    found: Examined, situation: Situation, steps: list[Step], pending: Pending
) -> None:
    """Others read only what is released, so they wait for the release and not for the build.

    What is released already and had lost its data is there again with its build.
    """
    moves_here = old_home(found.manifest, situation)
    address = found.manifest.address
    shown = {obj.key for port in found.ports for obj in port.objects}
    new = shown - offered_builds(address, situation)
    released = situation.released_builds(address) - new
    publish = next((step.id for step in steps if step.kind is StepKind.PUBLISH), "")
    if publish:
        unreleased = set(found.keyed.builds.values()) - (set() if moves_here else released)
        pending.steps |= dict.fromkeys(unreleased, publish)
        pending.tried |= {each.build.key: each.id for each in steps if each.build and each.only_of}
