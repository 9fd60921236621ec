"""Draft a data product from a project of dbt: sources, models, ports, and what tests promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from weft.contract.described import described_type
from weft.mesh.address import ProductAddress
from weft.mesh.found import FoundCondition, FoundTable
from weft.mesh.manifest import Column
from weft.project.adopting.conditions import promised
from weft.project.adopting.contracts import ObjectDraft, contract_document, product_document
from weft.project.adopting.dbt_manifest import DbtColumn, DbtNode, DbtProject
from weft.project.adopting.dbt_models import (
    Inputs,
    ModelDraft,
    is_model,
    model_drafts,
    named_models,
    read_data,
    relations_of,
)
from weft.project.adopting.dbt_rest import rest_of
from weft.project.adopting.dbt_tests import Setting, add_test, head_keys
from weft.project.adopting.dbt_unit_tests import unit_tests
from weft.project.adopting.names import fitting_name
from weft.project.adopting.product import (
    AdoptedPort,
    AdoptedProduct,
    Passed,
    Place,
    Told,
    source_document,
    typed_columns,
)
from weft.project.adopting.types import Around, column_of_keys
from weft.sql.dialect import dialect_named
from weft.sql.types import family_of

_PUBLIC = "public"
_TABLES = ("table", "view", "")


def product_of_project(
    address: ProductAddress,
    project: DbtProject,
    found: Mapping[str, FoundTable],
    place: Place,
    around: Around,
) -> AdoptedProduct:
    """Draft a product of a project. `found` describes what its models read, by id."""
    draft = _Draft(address, project, around)
    sources = dict(draft.sources(found))
    models = draft.models(sources)
    ports = draft.public(models)
    contracts = {(each.named.object, each.named.major): draft.contract(each) for each in ports}
    tests = draft.tests(models, sources)
    texts = {each.named.file: draft.text(each, is_port=each in ports) for each in models}
    draft.tell_the_rest()
    return AdoptedProduct(
        address=address,
        product=product_document(
            address,
            f"What the dbt project {project.name} makes.",
            [each.source for each in sources.values()],
            [(name, f"{major}.0.0") for name, major in contracts],
        ),
        sources={each.source: source_document(address, each, place) for each in sources.values()},
        contracts={key: document for key, (document, _) in contracts.items()},
        models=texts,
        tests=tests,
        ports=tuple(
            AdoptedPort(
                f"{each.named.object}@{each.named.major}",
                each.named.node.unique_id,
                len(each.columns),
                contracts[each.named.object, each.named.major][1].promises,
            )
            for each in ports
        ),
        told=tuple(draft.told),
    )


class _Draft:
    """A product that comes to be; `told` is what has no place in it, or another one."""

    def __init__(self, address: ProductAddress, project: DbtProject, around: Around) -> None:
        self.told: list[Told] = []
        self._address = address
        self._project = project
        self._around = around
        tests = list(project.of_kind("test"))
        self._tests: dict[str, list[DbtNode]] = {}
        for test in tests:
            if test.attached_node:
                self._tests.setdefault(test.attached_node, []).append(test)
        self._loose = [each for each in tests if not each.attached_node]

    def sources(self, found: Mapping[str, FoundTable]) -> Iterator[tuple[str, Passed]]:
        """Sources by the ids of what they are in the project."""
        taken: set[str] = set()
        for node in read_data(self._project):
            table = found.get(node.unique_id)
            if table is None or table.problem:
                why = table.problem if table else "its columns are nowhere to be read"
                self.told.append(Told(node.unique_id, why, is_lost=True))
                continue
            around = replace(self._around, holder=dialect_named(table.dialect))
            columns = tuple(typed_columns(_documented(table, node), around, self.told))
            if not columns:
                why = "no column can be read"
                self.told.append(Told(node.unique_id, why, is_lost=True))
                continue
            name = f"{node.source_name}_{node.name}" if node.source_name else node.name
            source = fitting_name(name, taken, instead="source")
            taken.add(source)
            port = fitting_name(table.name, instead="table")
            yield node.unique_id, Passed(table, port, source, columns)

    def models(self, sources: Mapping[str, Passed]) -> list[ModelDraft]:
        """All models that compile, in the order in which they read each other."""
        own = self._around.own
        names = {id: each.source for id, each in sources.items()}
        if self._project.adapter != own.sqlglot:
            why = f"translated from {self._project.adapter} to {own.name}: compare their rows"
            self.told.append(Told("all models", why))
        named = named_models(self._project, frozenset(names.values()), self.told)
        inputs = Inputs(names, self._columns_of(sources))
        drafts = list(model_drafts(self._project, named, inputs, self._around, self.told))
        files = {each.named.node.unique_id: each.named.file for each in drafts}
        self._setting = Setting(
            {**names, **files},
            relations_of(self._project, {**names, **files}),
            self._project.adapter,
            self._around,
            {each.named.file: each.columns for each in drafts} | self._columns_of(sources),
        )
        return drafts

    def public(self, models: Sequence[ModelDraft]) -> list[ModelDraft]:
        """The models that become ports: public ones, or where none is, those that none reads."""
        public = [each for each in models if _access(each.named.node) == _PUBLIC]
        if public or not models:
            return public
        read = {name for each in models for name in each.reads}
        self.told.append(Told("access", "no model is public: those that no other reads are ports"))
        return [each for each in models if each.named.file not in read]

    def contract(self, model: ModelDraft) -> tuple[dict[str, Any], ObjectDraft]:
        """The contract of a port, and the object in it."""
        node, named = model.named.node, model.named
        described = {each.name.lower(): each for each in node.columns.values()}
        given = {each.name.lower() for each in model.columns}
        self.told += [
            Told(f"{node.unique_id}.{each.name}", "the model does not give it", is_lost=True)
            for name, each in described.items()
            if name not in given
        ]
        columns = [
            self._column(each, described.get(each.name.lower()), node) for each in model.columns
        ]
        draft = ObjectDraft(named.object, columns, _text(node.description))
        self._constraints(draft, node)
        setting = self._setting.about(node.unique_id)
        loose = [each for each in self._loose if node.unique_id in each.reads]
        self._loose = [each for each in self._loose if each not in loose]
        for test in (*self._tests.pop(node.unique_id, ()), *loose):
            why = add_test(draft, test, setting)
            if why:
                self.told.append(Told(test.unique_id, why, is_lost=True))
        purpose = (
            _text(node.description) or f"What model {node.name} of {self._project.name} gives."
        )
        document = contract_document(
            self._address, named.object, purpose, draft.document(), version=f"{named.major}.0.0"
        )
        return {**document, **self._more(node)}, draft

    def text(self, model: ModelDraft, *, is_port: bool) -> str:
        """The file of a model: a head, and its SQL."""
        node = model.named.node
        head = {}
        description = " ".join(_text(node.description).split())[:200]
        if description:
            head["description"] = description
        reads_models = set(model.reads) <= {
            name for id, name in self._setting.names.items() if is_model(self._project.nodes[id])
        }
        if node.materialized == "view" and reads_models and not is_port:
            head["materialized"] = "view"
        elif node.materialized not in _TABLES:
            why = f"materialized as {node.materialized}: the model is a table here"
            self.told.append(Told(node.unique_id, why))
        if not is_port:
            given = {each.name for each in model.columns}
            keys, rest = head_keys(self._tests.pop(node.unique_id, []), given)
            head |= {key: f"[{', '.join(names)}]" for key, names in keys.items()}
            self.told += [Told(id, why, is_lost=True) for id, why in rest.items()]
        lines = [f"-- {key}: {value}" for key, value in head.items()]
        return "\n".join((*lines, *_unheaded(model.sql), ""))

    def tests(
        self, models: Sequence[ModelDraft], sources: Mapping[str, Passed]
    ) -> dict[str, dict[str, Any]]:
        """The unit tests, by the names of their files."""
        columns = {each.named.file: each.columns for each in models} | self._columns_of(sources)
        reads = {each.named.file: each.reads for each in models}
        return dict(unit_tests(self._project, columns, reads, self._setting, self.told))

    def tell_the_rest(self) -> None:
        """Tell what of the project has become nothing."""
        self.told += rest_of(self._project)
        for tests in (*self._tests.values(), self._loose):
            for test in tests:
                why = "what it is about is no port and no model here"
                self.told.append(Told(test.unique_id, why, is_lost=True))

    def _columns_of(self, sources: Mapping[str, Passed]) -> dict[str, tuple[Column, ...]]:
        """The columns of sources as models see them, by name."""
        own = self._around.own
        return {
            each.source: tuple(
                column_of_keys({"name": column.name, **as_read.keys}, own)
                for column, as_read in each.columns
            )
            for each in sources.values()
        }

    def _column(self, given: Column, said: DbtColumn | None, node: DbtNode) -> dict[str, Any]:
        own = self._around.own
        column: dict[str, Any] = {"name": given.name}
        column |= described_type(given.type, own, physical=node.contract.enforced)
        if said is None:
            return column
        if not given.type and said.data_type and family_of(said.data_type, own):
            column |= described_type(said.data_type, own)
        column["description"] = _text(said.description)
        column["tags"] = _tags(said.tags)
        column["customProperties"] = _custom(said.meta)
        return column

    def _constraints(self, draft: ObjectDraft, node: DbtNode) -> None:
        """Promise what an enforced contract of dbt has the database hold."""
        of_columns = [
            (each.type, (column.name,), each)
            for column in node.columns.values()
            for each in column.constraints
        ]
        of_model = [(each.type, tuple(each.columns or ()), each) for each in node.constraints]
        add = {"not_null": draft.fill, "primary_key": draft.key, "unique": draft.no_two}
        for kind, columns, each in (*of_columns, *of_model):
            known = columns and all(name in draft.kinds for name in columns)
            why = "it is no promise that can be said"
            if kind in add and known:
                add[kind](columns)
                why = ""
            elif kind == "check" and each.expression:
                own = self._around.own
                written = replace(self._around, holder=own)
                condition = FoundCondition(each.name or "check", each.expression)
                meant = promised(condition, draft.kinds, draft.columns(own), written)
                why = "; ".join(filter(None, map(draft.promise, meant)))
            if why:
                said = f"{node.unique_id}: {kind} ({', '.join(columns)}) {each.expression or ''}"
                self.told.append(Told(said, why, is_lost=True))

    def _more(self, node: DbtNode) -> dict[str, Any]:
        """What a contract says beside its object: tags, notes, the team, the end of its support."""
        more: dict[str, Any] = {"tags": _tags(node.tags), "customProperties": _custom(node.meta)}
        group = self._project.groups.get(node.group or str(node.config.get("group") or ""))
        if group is not None and group.owner.user:
            members = [{"username": group.owner.user, "role": "owner"}]
            more["team"] = {"name": group.name, "members": members}
        if node.deprecation_date:
            day = node.deprecation_date[:10]
            more["slaProperties"] = [{"property": "endOfSupport", "value": day}]
        return {key: value for key, value in more.items() if value}


def _documented(table: FoundTable, node: DbtNode) -> FoundTable:
    """A table with what the project says of it and its catalogue does not."""
    said = {each.name.lower(): _text(each.description) for each in node.columns.values()}
    return replace(
        table,
        comment=table.comment or _text(node.description),
        columns=tuple(
            replace(each, comment=each.comment or said.get(each.name.lower(), ""))
            for each in table.columns
        ),
    )


def _access(node: DbtNode) -> str:
    return node.access or str(node.config.get("access") or "")


def _text(text: str | None) -> str:
    return (text or "").strip()


def _tags(tags: list[str] | str) -> list[str]:
    return [tags] if isinstance(tags, str) else list(dict.fromkeys(tags))


def _custom(meta: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"vendor": "dbt", "property": key, "value": value} for key, value in meta.items()]


def _unheaded(sql: str) -> Iterator[str]:
    """The lines of a model; comments in front of it say nothing to the head."""
    is_head = True
    for line in sql.split("\n"):
        is_head = is_head and (not line.strip() or line.lstrip().startswith("--"))
        yield f"-- | {line.lstrip().lstrip('-').strip()}" if is_head and line.strip() else line
