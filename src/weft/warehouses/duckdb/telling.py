"""Say what steps will do on the lake: the statements, and what happens to files.

The statements are made by those who run them; nothing here runs one or writes a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from weft.mesh.growth import Growing, Part
from weft.mesh.product import Materialization
from weft.mesh.release import Build, Release
from weft.plan.plan import AuditSpec, BuildSpec, Call, Source, Step
from weft.warehouses.auditing import statements_of
from weft.warehouses.duckdb.audits import TYPE_OF, audited
from weft.warehouses.duckdb.builds import Builder
from weft.warehouses.duckdb.growing import Grower
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.sessions import parquet_copy
from weft.warehouses.protocol import Act, Bound, WarehouseError, going_to_fail
from weft.warehouses.shown import suspended

# The type of a value that can be taken for one of any type.
_ANY = '"NULL"'

# In the place of what only a run knows: its id and time, and how many files it made before.
_RUN, _N, _NOW = "RUN", "N", "NOW"


class Teller:
    """Tells the steps of one plan, each after those that it needs.

    `foreseen` gets the builds that the steps will make; `relations`, `builder` and `grower` read
    them.
    """

    def __init__(
        self,
        layout: Layout,
        foreseen: dict[str, Build],
        relations: Relations,
        builder: Builder,
        grower: Grower,
    ) -> None:
        self._layout = layout
        self._foreseen = foreseen
        self._relations = relations
        self._builder = builder
        self._grower = grower

    def tell(self, step: Step, sources: Mapping[str, Source]) -> list[Act]:
        """What a step will do; of one that is going to fail, what it was to do."""
        try:
            return list(self._acts(step, sources))
        except WarehouseError as error:
            asked = [Act(statement) for statement in step.statements]
            return [*asked, going_to_fail(error)]

    def _acts(self, step: Step, sources: Mapping[str, Source]) -> Iterator[Act]:
        if step.copy:
            key, columns = step.copy.key, step.copy.columns
            self._foreseen[key] = Build(key, "", "", Materialization.TABLE, columns)
        elif step.build and step.build.call:
            yield from self._call(step, step.build, step.build.call, sources)
        elif step.build and step.build.growing:
            yield from self._growth(step, step.build, step.build.growing, sources)
        elif step.build:
            yield from self._build(step, step.build, sources)
        elif step.audit:
            yield from self._audit(step.audit, sources)
        elif step.release:
            yield from self._release(step.release)

    def _build(self, step: Step, spec: BuildSpec, sources: Mapping[str, Source]) -> Iterator[Act]:
        layout = self._layout
        draft = self._builder.draft(step, spec, Bound(_RUN, 0, "", sources))
        kept = layout.relative(layout.build(spec.key))
        if draft.build.is_view:
            self._foreseen[spec.key] = draft.build
            yield Act(draft.build.select)
            yield _in_words(f"nothing runs: this SELECT is kept in {kept}")
            return
        data = layout.relative(layout.data(spec.key, _RUN, _N))
        self._foreseen[spec.key] = replace(draft.build, files=(data,))
        path = layout.draft(_RUN, _N, "data.parquet")
        yield Act(parquet_copy(draft.statement, path))
        yield _in_words(f"then {layout.relative(path)} becomes {data}, and {kept} names it")

    def _growth(
        self, step: Step, spec: BuildSpec, growing: Growing, sources: Mapping[str, Source]
    ) -> Iterator[Act]:
        layout = self._layout
        work = self._grower.work(step, spec, growing, Bound(_RUN, 0, _NOW, sources))
        part = layout.relative(layout.part(spec.key, _RUN, _N))
        touched = self._grower.touched(work)
        shared = [each for each in work.there if each not in touched]
        if work.recipe.touched and work.there:
            named = layout.relative(layout.part(growing.base, _RUN, _N))
            touched = [replace(work.there[0], file=named)]
        self._foreseen[spec.key] = replace(work.build, parts=(*shared, Part(part, 0, 0, 0)))
        folder = layout.draft(_RUN, _N, "parts")
        for statement in self._grower.statements(work, touched, folder):
            yield Act(statement)
        if work.recipe.touched and work.there:
            named = touched[0].file
            yield _in_words(f"the last one reads, as {named}, the files that the one before it")
            yield _in_words("gives, and those of few rows;")
        kept = layout.relative(layout.build(spec.key))
        beside = f", beside what {growing.base} shares with it" if shared else ""
        new = f"then what is in {layout.relative(folder)} becomes {part}"
        yield _in_words(f"{new}, and {kept} names it{beside}")

    def _call(
        self, step: Step, spec: BuildSpec, call: Call, sources: Mapping[str, Source]
    ) -> Iterator[Act]:
        layout = self._layout
        for each in call.arguments:
            yield _in_words(f"{each.name} is what this gives:")
            yield Act(self._relations.reading([each.key], sources).over(each.select))
        data = layout.relative(layout.data(spec.key, _RUN, _N))
        columns = tuple(replace(each, type=each.type or _ANY) for each in call.columns)
        build = Build(spec.key, step.product, spec.model, spec.kind, columns, files=(data,))
        self._foreseen[spec.key] = build
        names = ", ".join(each.name for each in call.arguments)
        limits = f"{call.memory // 2**20:,} MB and {call.seconds:,} s"
        yield _in_words(f"{call.function}({names}) of {call.path}")
        yield _in_words(f"runs in a process of its own, which may take {limits};")
        kept = layout.relative(layout.build(spec.key))
        yield _in_words(f"then what it gives becomes {data}, and {kept} names it")

    def _audit(self, spec: AuditSpec, sources: Mapping[str, Source]) -> Iterator[Act]:
        reading = audited(self._relations, spec, sources)
        for statement in statements_of(spec, TYPE_OF):
            yield Act(reading.over(statement))
        place = self._layout.relative(f"{self._layout.quarantine}/{spec.audit}")
        yield _in_words(f"rows of what fails are kept in {place}")

    def _release(self, release: Release) -> Iterator[Act]:
        layout = self._layout
        path = layout.release(release.environment, release.product, release.number)
        yield _in_words(f"link {layout.relative(path)}, which makes this current:")
        for port in release.ports:
            for obj in port.objects:
                yield _in_words(f"  {port.name} {obj.name}: build {obj.key}")
            if port.outage:
                yield _in_words(f"  {suspended(release.product, port)}")
        for model, key in release.builds.items():
            yield _in_words(f"  model {model}: build {key}")
        if release.empty:
            yield _in_words("  nothing")


def _in_words(text: str) -> Act:
    return Act(text, is_statement=False)
