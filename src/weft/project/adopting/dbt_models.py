"""Models of dbt as models of a product: named, in order, and compiled to know their columns.

What cannot be compiled is left out, and so is what reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weft.mesh.manifest import Column, Read, ReadKind
from weft.project.adopting.dbt_manifest import DbtNode, DbtProject
from weft.project.adopting.dbt_sql import Relations, Untranslatable, renamed_sql
from weft.project.adopting.names import fitting_name
from weft.project.adopting.product import Told
from weft.project.adopting.types import Around
from weft.project.order import in_order
from weft.sql.query import Known, compile_select, parse_select
from weft.sql.transpile import transpile_select

DATA = ("source", "seed", "snapshot")
"""What is in the database before any model is made, by resource type."""

_JINJA = ("{{", "{%")


@dataclass(frozen=True)
class Named:
    """A model under its names: of its object, of its file, and its major where it has several."""

    node: DbtNode
    object: str
    file: str
    major: int = 1


@dataclass(frozen=True)
class ModelDraft:
    """A model that compiles: its SQL in the domain's dialect, its columns, and what it reads."""

    named: Named
    sql: str
    columns: tuple[Column, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Inputs:
    """What models may read beside each other: names in FROM by id, and the columns by name."""

    names: Mapping[str, str]
    columns: Mapping[str, tuple[Column, ...]]


def is_model(node: DbtNode) -> bool:
    """Whether a node becomes a model; an ephemeral one is written out in what reads it."""
    return node.resource_type == "model" and node.materialized != "ephemeral"


def read_data(project: DbtProject) -> tuple[DbtNode, ...]:
    """The sources, seeds and snapshots that models read: they become sources."""
    read = {each for node in project.of_kind("model") for each in node.reads}
    return tuple(each for each in project.of_kind(*DATA) if each.unique_id in read)


def named_models(project: DbtProject, taken: frozenset[str], told: list[Told]) -> list[Named]:
    """Name all models; versions of one become majors of one object."""
    objects: dict[tuple[str, str], str] = {}
    names = set(taken)
    found = []
    for node in (each for each in project.of_kind("model") if is_model(each)):
        key = (node.package_name, node.name)
        if key not in objects:
            objects[key] = fitting_name(node.name, names, instead="model")
            names.add(objects[key])
            if objects[key] != node.name:
                told.append(Told(node.unique_id, f"is called `{objects[key]}` here"))
        major = _major(node, project, told)
        file = f"{objects[key]}_v{major}" if major else objects[key]
        found.append(Named(node, objects[key], file, major or 1))
    return found


def model_drafts(
    project: DbtProject, models: list[Named], inputs: Inputs, around: Around, told: list[Told]
) -> Iterator[ModelDraft]:
    """Compile models in the order in which they read each other; what does not compile is told."""
    by_id = {each.node.unique_id: each for each in models}
    files = {id: each.file for id, each in by_id.items()}
    relations = relations_of(project, {**inputs.names, **files})
    reads = {each: tuple(_reads(project, each, set())) for each in by_id}
    order, cycle = in_order(reads)
    if cycle:
        told.append(Told(cycle[0], f"models read each other: {' -> '.join(cycle)}", is_lost=True))
    columns = dict(inputs.columns)
    names = dict(inputs.names)
    for each in order:
        named = by_id[each]
        try:
            lacking = [one for one in reads[each] if one not in names]
            if lacking:
                raise Untranslatable(f"it reads {lacking[0]}, which is left out")
            sql = renamed_sql(_compiled(named.node), project.adapter, around.own, relations)
            known = {names[one]: columns[names[one]] for one in reads[each]}
            columns[named.file] = _columns(sql, known, around)
        except Untranslatable as problem:
            told.append(Told(each, str(problem), is_lost=True))
            continue
        names[each] = named.file
        yield ModelDraft(named, sql, columns[named.file], tuple(names[one] for one in reads[each]))


def relations_of(project: DbtProject, names: Mapping[str, str]) -> Relations:
    """The names in a product of relations in the database, from names by id."""
    nodes = ((project.nodes[each], name) for each, name in names.items())
    return Relations(
        {((node.schema or "").lower(), node.table.lower()): name for node, name in nodes}
    )


def _reads(project: DbtProject, node: str, seen: set[str]) -> Iterator[str]:
    """What a model reads, by id; in place of an ephemeral one what that reads."""
    for each in project.nodes[node].reads:
        found = project.nodes.get(each)
        if each in seen:
            continue
        seen.add(each)
        if found is not None and found.resource_type == "model" and not is_model(found):
            yield from _reads(project, each, seen)
        else:
            yield each


def _compiled(node: DbtNode) -> str:
    if node.language != "sql":
        raise Untranslatable(f"it is written in {node.language}")
    if node.compiled_code:
        return node.compiled_code
    raw = node.raw_code or ""
    if not raw or any(each in raw for each in _JINJA):
        raise Untranslatable("it was not compiled; run `dbt compile` and adopt again")
    return raw


def _columns(
    sql: str, known: Mapping[str, tuple[Column, ...]], around: Around
) -> tuple[Column, ...]:
    """What a SELECT gives. Raises Untranslatable where it does not compile."""
    own = around.own
    parsed, problems = parse_select(sql, own)
    if parsed is not None:
        strange = [each for each in parsed.names if each not in known]
        if strange:
            raise Untranslatable(f"it reads `{strange[0]}`, which is no model or source")
        reads = {name: Known(Read(ReadKind.MODEL, name), known[name]) for name in parsed.names}
        compiled, problems = compile_select(parsed, own, reads)
        if compiled is not None and own is not around.home:
            _, problems = transpile_select(parsed, own, around.home, reads)
        if compiled is not None and not problems:
            return compiled.columns
    first = problems[0]
    raise Untranslatable(f"{first.message}{f' ({first.note})' if first.note else ''}")


def _major(node: DbtNode, project: DbtProject, told: list[Told]) -> int:
    """The major of a version, 0 where a model has none; where one is no number, its place."""
    if node.version is None:
        return 0
    versions = [
        each.version
        for each in project.of_kind("model")
        if (each.package_name, each.name) == (node.package_name, node.name)
        and each.version is not None
    ]
    if all(isinstance(each, int) and each > 0 for each in versions):
        return int(node.version)
    place = sorted(map(str, versions)).index(str(node.version)) + 1
    told.append(Told(node.unique_id, f"version {node.version} is major {place} here"))
    return place
