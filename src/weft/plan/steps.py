"""Turn one examined product into ordered steps: copies, builds, audits, publish, drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from weft.mesh.growth import AuditedAs, Grown
from weft.mesh.manifest import Read, ReadKind, Transform
from weft.mesh.release import PortRelease, Release
from weft.plan.audits import audit_spec, audited_as, relation_of, render
from weft.plan.copies import Bringing
from weft.plan.examine import Examined, Finding, Situation
from weft.plan.keys import Upstream, key_of
from weft.plan.moving import old_home, verifications
from weft.plan.plan import Argument, BuildSpec, Call, Source, Step, StepKind
from weft.plan.waiting import Pending
from weft.sql.dialect import Dialect, dialect_named


@dataclass(frozen=True)
class Asked:
    """What is still to do for a product, beside what its definition says.

    `audits` are the keys of audits without a verdict; `passed` are, by such a key, the ids of
    checks that no row of the build fails that this one grows from; `publish` is false while it is
    held.
    """

    audits: frozenset[str]
    publish: bool
    passed: Mapping[str, frozenset[str]] = field(default_factory=dict)


def product_steps(
    found: Examined, situation: Situation, find: Finding, asked: Asked, pending: Pending
) -> list[Step]:
    """The steps of one product, in order; what they bring is noted in `pending`.

    `find` finds what is behind the ports of others.
    """
    manifest = found.manifest
    dialect = dialect_named(manifest.native_dialect)
    upstream = Bringing(manifest, situation, find, pending)
    steps = _builds(found, situation, upstream, dialect, pending)
    for key, audit in found.audits.items():
        if key not in asked.audits:
            continue
        passed = asked.passed.get(key, frozenset())
        spec = audit_spec(audit, key, found.keyed, upstream, dialect, passed)
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
    steps += verifications(found, situation, upstream, pending)
    steps = [*upstream.steps, *steps]
    if asked.publish:
        needs = [step.id for step in steps]
        needs += pending.needs(found.keyed.builds.values())
        moves = _pointer_moves(found, situation, upstream, tuple(dict.fromkeys(needs)))
        steps += moves
        steps += _leavings(found, situation, tuple([*needs, *(each.id for each in moves)]))
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
    found: Examined, situation: Situation, upstream: Upstream, dialect: Dialect, pending: Pending
) -> list[Step]:
    manifest = found.manifest
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
                growing=found.keyed.growing.get(transform.name),
                call=_call(transform, reads, dialect),
            ),
        )
        pending.steps[key] = step.id
        steps.append(step)
    return steps


def _select(transform: Transform, keys: tuple[str, ...], dialect: Dialect) -> str:
    reads = zip(transform.query.reads, keys, strict=True)
    relations = {
        number: relation_of(read, key, dialect) for number, (read, key) in enumerate(reads)
    }
    return render(transform.query, relations)


def _call(transform: Transform, keys: tuple[str, ...], dialect: Dialect) -> Call | None:
    """How a model in Python is called, with its arguments behind these keys."""
    function = transform.function
    if function is None:
        return None
    read = zip(function.arguments, keys, transform.query.reads, strict=True)
    return Call(
        function=transform.name,
        path=transform.path,
        text=transform.text,
        arguments=tuple(_argument(name, key, each, dialect) for name, key, each in read),
        columns=transform.columns,
        memory=function.memory,
        seconds=function.seconds,
    )


def _argument(name: str, key: str, read: Read, dialect: Dialect) -> Argument:
    relation = dialect.relation("sources" if read.kind is ReadKind.SOURCE else "builds", key)
    columns = ", ".join(map(dialect.quote, read.columns))
    return Argument(name, " ".join(("SELECT", columns, "FROM", relation)), key)


def _pointer_moves(
    found: Examined, situation: Situation, upstream: Upstream, needs: tuple[str, ...]
) -> list[Step]:
    """Publish what is wanted beside what goes away, then drop what goes away."""
    manifest = found.manifest
    current = situation.releases.get(manifest.address)
    wanted = Release(
        product=manifest.address,
        environment=situation.desired.environment,
        number=situation.release_number(manifest.address) + 1,
        ports=tuple(sorted(found.ports, key=_port_order)),
        builds=dict(found.keyed.builds),
        sources=dict(found.keyed.sources),
        manifest=manifest.digest,
        root=manifest.root,
        grown=_grown(found, upstream),
    )
    if old_home(manifest, situation):
        publish = _move(StepKind.PUBLISH, manifest.warehouse, wanted, needs)
        expected = situation.number_at(manifest.warehouse, manifest.address)
        return [replace(publish, expected=expected)]
    gone_ports, gone_builds = _gone(current, wanted)
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
        shown = replace(empty, ports=found.ports, builds=dict(found.keyed.builds))
        gone = _named(*_gone(current, shown))
        kind = StepKind.DROP if gone else StepKind.LEAVE
        target = gone or f"release {current.number} on {warehouse}"
        yield replace(
            _move(kind, warehouse, empty, needs, target), id=f"{address}/leave/{warehouse}"
        )


def _gone(current: Release | None, wanted: Release) -> tuple[list[PortRelease], dict[str, str]]:
    if current is None:
        return [], {}
    names = {(each.port, each.major) for each in wanted.ports}
    ports = [each for each in current.ports if (each.port, each.major) not in names]
    builds = {model: key for model, key in current.builds.items() if model not in wanted.builds}
    return ports, builds


def _named(ports: Iterable[PortRelease], models: Iterable[str]) -> str:
    return ", ".join([f"{each.port}@{each.major}" for each in ports] + sorted(models))


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
    released = situation.released_builds(found.manifest.address)
    publish = next((step.id for step in steps if step.kind is StepKind.PUBLISH), "")
    if publish:
        unreleased = set(found.keyed.builds.values()) - (set() if moves_here else released)
        pending.steps |= dict.fromkeys(unreleased, publish)
