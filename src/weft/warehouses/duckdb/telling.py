"""Say what steps will do on the lake: the statements, and what happens to files.

The statements are made by those who run them; nothing here runs one or writes a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from weft.mesh.product import Materialization
from weft.mesh.release import Build, Release
from weft.plan.plan import AuditSpec, BuildSpec, Source, Step
from weft.warehouses.auditing import statements_of
from weft.warehouses.duckdb.audits import TYPE_OF
from weft.warehouses.duckdb.builds import Builder
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.relations import Relations
from weft.warehouses.duckdb.sessions import parquet_copy
from weft.warehouses.protocol import Act, Bound, WarehouseError

# In the place of what only a run knows: its id, and how many files it made before.
_RUN, _N = "RUN", "N"


class Teller:
    """Tells the steps of one plan, each after those that it needs.

    `foreseen` gets the builds that the steps will make; `relations` and `builder` read them.
    """

    def __init__(
        self, layout: Layout, foreseen: dict[str, Build], relations: Relations, builder: Builder
    ) -> None:
        self._layout = layout
        self._foreseen = foreseen
        self._relations = relations
        self._builder = builder

    def tell(self, step: Step, sources: Mapping[str, Source]) -> list[Act]:
        """What a step will do; of one that is going to fail, what it was to do."""
        try:
            return list(self._acts(step, sources))
        except WarehouseError as error:
            asked = [Act(statement) for statement in step.statements]
            return [*asked, _in_words(f"this is going to fail: {error}")]

    def _acts(self, step: Step, sources: Mapping[str, Source]) -> Iterator[Act]:
        if step.copy:
            key, columns = step.copy.key, step.copy.columns
            self._foreseen[key] = Build(key, "", "", Materialization.TABLE, columns)
        elif step.build:
            yield from self._build(step, step.build, sources)
        elif step.audit:
            yield from self._audit(step.audit, sources)
        elif step.release:
            yield from self._release(replace(step.release, number=step.expected + 1))

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

    def _audit(self, spec: AuditSpec, sources: Mapping[str, Source]) -> Iterator[Act]:
        reading = self._relations.reading((spec.key, *spec.reads), sources)
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
                yield _in_words(f"  {port.port}@{port.major} {obj.name}: build {obj.key}")
        for model, key in release.builds.items():
            yield _in_words(f"  model {model}: build {key}")
        if release.empty:
            yield _in_words("  nothing")


def _in_words(text: str) -> Act:
    return Act(text, is_statement=False)
