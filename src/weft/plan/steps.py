"""Turn one examined product into ordered steps: builds, audits, publish, drop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from weft.mesh.manifest import Query, Transform
from weft.mesh.release import PortRelease, Release
from weft.plan.audits import audit_spec, relation_of, render
from weft.plan.examine import Examined, Situation, upstream_of
from weft.plan.keys import key_of
from weft.plan.plan import BuildSpec, Source, Step, StepKind
from weft.sql.dialect import Dialect, dialect_named


@dataclass
class Pending:
    """What the steps so far will bring: the step to wait for, by key, and pinned sources."""

    steps: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)

    def needs(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The steps that have to be done before these keys can be read."""
        return tuple(dict.fromkeys(self.steps[key] for key in keys if key in self.steps))


@dataclass(frozen=True)
class Asked:
    """What is still to do for a product, beside what its definition says.

    `audits` are the keys of audits without a verdict; `publish` is false while it is held.
    """

    audits: frozenset[str]
    publish: bool


def product_steps(
    found: Examined,
    situation: Situation,
    examined: Mapping[str, Examined],
    asked: Asked,
    pending: Pending,
) -> list[Step]:
    """The steps of one product, in order; what they bring is noted in `pending`."""
    manifest = found.manifest
    dialect = dialect_named(manifest.native_dialect)
    steps = _builds(found, situation, examined, dialect, pending)
    upstream = upstream_of(situation, examined)
    for key, audit in found.audits.items():
        if key not in asked.audits:
            continue
        spec = audit_spec(audit, key, found.keyed, upstream, dialect)
        _pin_sources(found, situation, spec.reads, pending)
        steps.append(
            Step(
                id=f"{manifest.address}/audit/{audit.object}",
                kind=StepKind.AUDIT,
                product=manifest.address,
                warehouse=manifest.warehouse,
                target=audit.object,
                needs=pending.needs(spec.reads),
                audit=spec,
            )
        )
    if asked.publish:
        steps += _pointer_moves(found, situation, steps)
    _note_publish(found, situation, steps, pending)
    return steps


def _pin_sources(
    found: Examined, situation: Situation, keys: tuple[str, ...], pending: Pending
) -> None:
    """Note which files are meant by the sources among these keys."""
    contents = situation.contents.get(found.manifest.address, {})
    for spec in found.manifest.sources:
        key = found.keyed.sources[spec.name]
        if key in keys:
            content = contents[spec.name]
            pending.sources[key] = Source(key, spec, content.files, content.content)


def _builds(
    found: Examined,
    situation: Situation,
    examined: Mapping[str, Examined],
    dialect: Dialect,
    pending: Pending,
) -> list[Step]:
    manifest = found.manifest
    upstream = upstream_of(situation, examined)
    there = situation.builds.get(manifest.warehouse, frozenset())
    steps: list[Step] = []
    for transform in manifest.transforms:
        key = found.keyed.builds.get(transform.name)
        if key is None or key in there or key in pending.steps:
            continue
        reads = tuple(key_of(read, found.keyed, upstream) or "" for read in transform.query.reads)
        _pin_sources(found, situation, reads, pending)
        step = Step(
            id=f"{manifest.address}/build/{transform.name}",
            kind=StepKind.BUILD,
            product=manifest.address,
            warehouse=manifest.warehouse,
            target=transform.name,
            needs=pending.needs(reads),
            build=BuildSpec(
                key=key,
                model=transform.name,
                kind=transform.materialized,
                select=_select(transform, reads, dialect),
                reads=tuple(dict.fromkeys(reads)),
            ),
        )
        pending.steps[key] = step.id
        steps.append(step)
    return steps


def _select(transform: Transform, keys: tuple[str, ...], dialect: Dialect) -> str:
    query: Query = transform.query
    relations = {
        number: relation_of(read, key, dialect)
        for number, (read, key) in enumerate(zip(query.reads, keys, strict=True))
    }
    return render(query, relations)


def _pointer_moves(found: Examined, situation: Situation, steps: list[Step]) -> list[Step]:
    """Publish what is wanted beside what goes away, then drop what goes away."""
    manifest = found.manifest
    current = situation.releases.get(manifest.address)
    wanted = Release(
        product=manifest.address,
        environment=situation.desired.environment,
        number=(current.number if current else 0) + 1,
        ports=tuple(sorted(found.ports, key=_port_order)),
        builds=dict(found.keyed.builds),
        sources=dict(found.keyed.sources),
        manifest=manifest.digest,
        root=manifest.root,
    )
    gone_ports, gone_builds = _gone(current, wanted)
    between = Release(
        **{
            **vars(wanted),
            "ports": tuple(sorted((*wanted.ports, *gone_ports), key=_port_order)),
            "builds": {**gone_builds, **wanted.builds},
        }
    )
    moves: list[Step] = []
    if current is None or current.content != between.content:
        moves.append(_move(StepKind.PUBLISH, manifest.warehouse, between, steps))
    if gone_ports or gone_builds:
        number = moves[-1].expected + 2 if moves else wanted.number
        last = Release(**{**vars(wanted), "number": number})
        names = [f"{each.port}@{each.major}" for each in gone_ports] + sorted(gone_builds)
        moves.append(
            _move(StepKind.DROP, manifest.warehouse, last, [*steps, *moves], ", ".join(names))
        )
    return moves


def _gone(current: Release | None, wanted: Release) -> tuple[list[PortRelease], dict[str, str]]:
    if current is None:
        return [], {}
    names = {(each.port, each.major) for each in wanted.ports}
    ports = [each for each in current.ports if (each.port, each.major) not in names]
    builds = {model: key for model, key in current.builds.items() if model not in wanted.builds}
    return ports, builds


def _port_order(port: PortRelease) -> tuple[str, int]:
    return (port.port, port.major)


def _move(
    kind: StepKind, warehouse: str, release: Release, steps: list[Step], target: str = ""
) -> Step:
    return Step(
        id=f"{release.product}/{kind}",
        kind=kind,
        product=release.product,
        warehouse=warehouse,
        target=target or f"release {release.number}",
        needs=tuple(step.id for step in steps),
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
    names = [f"{each.port}@{each.major}" for each in current.ports] + sorted(current.builds)
    return _move(StepKind.DROP, warehouse, empty, [], ", ".join(names) or "product")


def _note_publish(
    found: Examined, situation: Situation, steps: list[Step], pending: Pending
) -> None:
    """Others read only what is released, so they wait for the release and not for the build."""
    current = situation.releases.get(found.manifest.address)
    released = set(current.builds.values()) if current else set()
    publish = next((step.id for step in steps if step.kind is StepKind.PUBLISH), "")
    for key in found.keyed.builds.values():
        if key in released:
            pending.steps.pop(key, None)
        elif publish:
            pending.steps[key] = publish
