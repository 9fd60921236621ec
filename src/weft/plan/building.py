"""The steps that build a product's models, and those that keep what others have built of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from weft.mesh.check import FINDS_REPEATED
from weft.mesh.growth import Brought, Growing, Range
from weft.mesh.manifest import Read, ReadKind, Transform
from weft.plan.audits import relation_of, render
from weft.plan.copies import Bringing, Foreign, select_of
from weft.plan.examine import Examined, Situation
from weft.plan.keys import key_of
from weft.plan.moving import to_bring
from weft.plan.plan import Argument, BuildSpec, Call, Source, Step, StepKind
from weft.plan.waiting import Pending
from weft.sql.dialect import Dialect, dialect_named


class Building:
    """Makes the build steps of one product; what they bring is noted in `pending`."""

    def __init__(
        self, found: Examined, situation: Situation, bringing: Bringing, pending: Pending
    ) -> None:
        self._found = found
        self._manifest = found.manifest
        self._situation = situation
        self._bringing = bringing
        self._pending = pending
        self._dialect = dialect_named(found.manifest.native_dialect)
        self._there = situation.builds.get(found.manifest.warehouse, frozenset())

    def steps(self) -> list[Step]:
        """The steps, in the order in which models read each other."""
        bases = {each.read.target: each for each in to_bring(self._found, self._situation)}
        steps: list[Step] = []
        for transform in self._manifest.transforms:
            name = transform.name
            base = bases.get(name)
            if base and self._is_wanted(base.behind.key):
                steps.append(self._keeping(transform, base))
            key = self._found.keyed.builds.get(name)
            if key and self._is_wanted(key):
                growing = self._found.keyed.growing.get(name)
                spec = replace(self._spec(transform, key), growing=growing)
                grown_from = (growing.base,) if growing else ()
                steps.append(self._step("build", spec, (*spec.reads, *grown_from)))
        return steps

    def _is_wanted(self, key: str) -> bool:
        """Whether a build is neither there nor made by a step."""
        return key not in self._there and key not in self._pending.steps

    def _keeping(self, transform: Transform, base: Foreign) -> Step:
        """The step that keeps a build of another warehouse; its copy is brought over before."""
        if transform.growth is None:
            raise ValueError(f"{transform.name} does not grow")
        self._bringing.bring(base)
        spec = self._spec(transform, base.behind.key)
        made = self._situation.bases[base.behind.key]
        growing = Growing(
            transform.growth,
            ranges=(Range(),) if transform.growth.time_column else (),
            brought=Brought(base.behind.columns, spec.select, made.covered),
        )
        copied = replace(base.behind, key=base.key)
        select, reads = select_of(copied, self._dialect), (*spec.reads, base.key)
        spec = replace(spec, select=select, reads=reads, growing=growing, recipe=made.recipe)
        return self._step("keep", spec, reads)

    def _spec(self, transform: Transform, key: str) -> BuildSpec:
        reads = tuple(
            key_of(read, self._found.keyed, self._bringing) or "" for read in transform.query.reads
        )
        pin_sources(self._found, self._situation, reads, self._pending)
        return BuildSpec(
            key=key,
            model=transform.name,
            kind=transform.materialized,
            select=_select(transform, reads, self._dialect),
            reads=tuple(dict.fromkeys(reads)),
            call=_call(transform, reads, self._dialect),
            looked_up=self._looked_up(transform.name) if transform.growth else (),
            recipe=self._found.keyed.recipes[transform.name],
        )

    def _step(self, act: str, spec: BuildSpec, needs: Iterable[str]) -> Step:
        """The step of a build, noted as the one that brings it; `needs` are keys of others."""
        manifest, pending = self._manifest, self._pending
        step = Step(
            id=f"{manifest.address}/{act}/{spec.model}",
            kind=StepKind.BUILD,
            product=manifest.address,
            warehouse=manifest.warehouse,
            target=spec.model,
            needs=pending.needs(needs),
            build=spec,
        )
        pending.steps[spec.key] = step.id
        return step

    def _looked_up(self, model: str) -> tuple[tuple[str, ...], ...]:
        """The columns by which audits look for rows of a model that have the same values there."""
        audits = (each for each in self._found.audits.values() if each.model == model)
        checks = (each.check for audit in audits for each in audit.checks)
        return tuple(dict.fromkeys(each.columns for each in checks if each.kind in FINDS_REPEATED))


def pin_sources(
    found: Examined, situation: Situation, keys: tuple[str, ...], pending: Pending
) -> None:
    """Note which files are meant by the sources among these keys."""
    pending.sources |= {
        each.key: each for each in sources_now(found, situation) if each.key in keys
    }


def sources_now(found: Examined, situation: Situation) -> Iterator[Source]:
    """The file sources of a product as they are now, as far as they can be read."""
    contents = situation.contents.get(found.manifest.address, {})
    for spec in found.manifest.sources:
        if spec.name in contents:
            content = contents[spec.name]
            yield Source(found.keyed.sources[spec.name], spec, content.files, content.content)


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
