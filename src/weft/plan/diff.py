"""Compare definitions: what changed, in which of the five classes, and what that will do.

Newer data under an unchanged definition is no change of definition; see `newer_data.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TypeVar

from weft.contract.compatibility import contract_changes
from weft.mesh.change import ChangeAction, ContractChange, Effect
from weft.mesh.growth import GROWTH_KEYS, Growth, Shape
from weft.mesh.manifest import (
    FileSource,
    PortVersion,
    ProductManifest,
    ReadKind,
    ResolvedInput,
    TableSource,
    Transform,
)
from weft.mesh.product import Materialization
from weft.plan.plan import Change, ChangeClass, FieldChange
from weft.sql.dialect import Dialect, dialect_named

CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE
BREAKING = ChangeClass.BREAKING

BUILD, REBUILD, NEW_VIEW, REPOINT = "build", "rebuild", "new view", "re-point view"
BUILDING = (BUILD, REBUILD, NEW_VIEW, REPOINT)
"""The effects of a model's change that ask for a build of it."""

_CATEGORIES = {Effect.BREAKING: BREAKING, Effect.ADDITIVE: ChangeClass.ADDITIVE}

# A promise is never broken by newer data.
_MILDEST_FIRST = (ChangeClass.METADATA, ChangeClass.VIEW, ChangeClass.ADDITIVE, BREAKING)

_Outside = FileSource | TableSource
_Part = TypeVar("_Part", PortVersion, Transform, _Outside, ResolvedInput)


def diff_product(
    desired: ProductManifest | None, applied: ProductManifest | None
) -> tuple[Change, ...]:
    """All changes of definition of one product; either side may be absent.

    diff(x, x) is empty, whatever x is.
    """
    present = desired or applied
    if present is None or (desired and applied and desired.digest == applied.digest):
        return ()
    address = present.address
    empty = replace(present, ports=(), transforms=(), sources=(), tables=(), inputs=())
    new, old = desired or empty, applied or empty
    return (
        *_whole(address, desired, applied),
        *_ports(address, old, new),
        *_models(address, old.transforms, new.transforms),
        *_sources(address, old.outside, new.outside),
        *_inputs(address, old.inputs, new.inputs),
    )


def _differing(
    old: Iterable[_Part], new: Iterable[_Part]
) -> Iterator[tuple[str, _Part | None, _Part | None]]:
    """The parts that differ, by name: as each was and as it will be, None where it is not."""
    before: dict[str, _Part] = {each.name: each for each in old}
    after: dict[str, _Part] = {each.name: each for each in new}
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _whole(
    address: str, desired: ProductManifest | None, applied: ProductManifest | None
) -> Iterable[Change]:
    if desired is None or applied is None:
        action, category = (CREATE, ChangeClass.ADDITIVE) if desired else (DELETE, BREAKING)
        yield Change(address, "product", address, action, category, "new" if desired else "drop")
        return
    fields = _fields(
        [
            ("title", applied.title, desired.title),
            ("purpose", applied.purpose, desired.purpose),
            ("owner", applied.owner, desired.owner),
            ("status", applied.status, desired.status),
            ("version", applied.version, desired.version),
            ("tags", ", ".join(applied.tags), ", ".join(desired.tags)),
            ("warehouse", applied.warehouse, desired.warehouse),
            ("dialect", applied.dialect, desired.dialect),
            ("root", applied.root, desired.root),
            ("unit tests", *_tests(applied, desired)),
        ]
    )
    moves = f"built on {desired.warehouse}, compared with {applied.warehouse}, then shown there"
    effect = "no rebuild" if desired.warehouse == applied.warehouse else moves
    if fields:
        yield Change(address, "product", address, UPDATE, ChangeClass.METADATA, effect, fields)


def _tests(old: ProductManifest, new: ProductManifest) -> tuple[str, str]:
    before, after = ([replace(each, path="") for each in one.tests] for one in (old, new))
    rewritten = len(before) == len(after) and before != after
    return _count(before), _count(after) + (", rewritten" if rewritten else "")


def _count(things: Sequence[object]) -> str:
    return str(len(things)) if things else ""


def _fields(triples: Iterable[tuple[str, object, object]]) -> tuple[FieldChange, ...]:
    """The fields that differ, as texts."""
    return tuple(
        FieldChange(UPDATE, name, str(old), str(new)) for name, old, new in triples if old != new
    )


def _ports(address: str, applied: ProductManifest, desired: ProductManifest) -> Iterable[Change]:
    dialect = dialect_named(desired.dialect)
    before = applied.ports
    if applied.dialect != desired.dialect:
        before = tuple(map(_without_given, before))
    for name, old, new in _differing(before, desired.ports):
        if new is None:
            yield Change(address, "port", name, DELETE, BREAKING, "drop")
        elif old is None:
            effect = "publish" if new.status.published else _unpublished(new)
            field = FieldChange(CREATE, "version", "", new.version)
            yield Change(address, "port", name, CREATE, ChangeClass.ADDITIVE, effect, (field,))
        else:
            change = port_change(address, old, new, dialect)
            if change.fields:
                yield change


def _without_given(port: PortVersion) -> PortVersion:
    """A port without the types of another dialect, which say nothing about those of this one."""
    return replace(port, objects=tuple(replace(each, given=()) for each in port.objects))


def port_change(address: str, old: PortVersion, new: PortVersion, dialect: Dialect) -> Change:
    """Compare two versions of one major of a port; without fields where nobody sees a change."""
    fields = (
        *_fields(
            [
                ("version", old.version, new.version),
                ("preview until", old.candidate, new.candidate),
            ]
        ),
        *(_field(each) for each in contract_changes(old, new, dialect)),
        *_other_models(old, new),
    )
    categories = (each.category for each in fields)
    category = max(categories, key=_MILDEST_FIRST.index, default=ChangeClass.METADATA)
    effect = "no rebuild" if category is ChangeClass.METADATA else ""
    if old.candidate and new.status.published:
        effect = "publish what was the preview, no rebuild"
    elif new.candidate or (not new.status.published and old.status.published):
        effect = _unpublished(new)
    return Change(address, "port", new.name, UPDATE, category, effect, fields)


def _field(change: ContractChange) -> FieldChange:
    category = _CATEGORIES.get(change.consumer, ChangeClass.METADATA)
    if change.kind == "columns-reordered":
        category = ChangeClass.VIEW
    return FieldChange(
        change.action,
        change.what,
        change.old,
        change.new,
        change.note,
        category,
        change.kind,
        change.object,
        change.columns,
    )


def _other_models(old: PortVersion, new: PortVersion) -> Iterator[FieldChange]:
    """The objects that both versions have and that other models fill."""
    before = {each.name: each.model for each in old.objects}
    for each in new.objects:
        was = before.get(each.name, each.model)
        if was != each.model:
            what = f"object {each.name}"
            yield FieldChange(UPDATE, what, was, each.model, "other model", ChangeClass.VIEW)


def _unpublished(port: PortVersion) -> str:
    if port.candidate:
        return f"{port.status}, shown as a preview until {port.candidate}"
    return f"{port.status}, not published"


def _models(
    address: str, applied: Iterable[Transform], desired: Iterable[Transform]
) -> Iterable[Change]:
    for name, old, new in _differing(applied, desired):
        if new is None:
            kept = _kept_by(old) if old else ()
            yield Change(address, "model", name, DELETE, ChangeClass.DATA, "drop", kept)
        elif old is None:
            effect = NEW_VIEW if new.materialized is Materialization.VIEW else BUILD
            yield Change(address, "model", name, CREATE, ChangeClass.ADDITIVE, effect)
        else:
            yield from _model_change(address, old, new)


def _kept_by(model: Transform) -> tuple[FieldChange, ...]:
    """What ends with a model that nobody can build again."""
    if model.materialized is not Materialization.SNAPSHOT:
        return ()
    note = "end with it: under another name it begins anew"
    return (FieldChange(DELETE, "kept states", note=note),)


def _model_change(address: str, old: Transform, new: Transform) -> Iterable[Change]:
    fields = (
        *_query_fields(old, new),
        *_fields(
            [
                ("materialized", old.materialized, new.materialized),
                ("description", old.description, new.description),
                ("refresh", _refresh(old), _refresh(new)),
                ("checks", _labels(old), _labels(new)),
                ("memory", _memory(old), _memory(new)),
                ("timeout", _timeout(old), _timeout(new)),
                *_growth(old, new),
            ]
        ),
    )
    if not fields:
        return
    if _meaning(old) == _meaning(new):
        category, effect = ChangeClass.METADATA, "no rebuild"
    elif new.materialized is Materialization.VIEW:
        category, effect = ChangeClass.VIEW, REPOINT
    else:
        category, effect = ChangeClass.DATA, REBUILD
    yield Change(address, "model", new.name, UPDATE, category, effect, fields)


def _meaning(model: Transform) -> tuple[object, ...]:
    """What of a model asks for another build of it where it differs."""
    growth = model.growth and replace(model.growth, look_back=0, shape=Shape())
    return (model.materialized, model.fingerprint, growth)


def _growth(old: Transform, new: Transform) -> Iterator[tuple[str, object, object]]:
    """What the heads say of growing, by key."""
    before, after = (each.growth or Growth() for each in (old, new))
    for key in GROWTH_KEYS:
        yield key, _as_text(getattr(before, key)), _as_text(getattr(after, key))


def _as_text(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _query_fields(old: Transform, new: Transform) -> Iterator[FieldChange]:
    """What tells two queries apart: a line of their texts, or what they read."""
    if old.fingerprint == new.fingerprint:
        return
    line = differing_line(old.text, new.text)
    if line:
        yield FieldChange(UPDATE, "function" if new.function else "query", *line)
        return
    before, after = (_majors_read(each) for each in (old, new))
    moved = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    for name in moved:
        yield FieldChange(UPDATE, f"reads {name}", before.get(name, ""), after.get(name, ""))
    if not moved:
        yield FieldChange(UPDATE, "query", note="what it reads has other columns")


def _majors_read(model: Transform) -> dict[str, str]:
    """What a model reads of others, by address without majors; the majors are the values."""
    majors: dict[str, set[str]] = {}
    for read in model.query.reads:
        if read.kind is ReadKind.PORT:
            port, _, major = read.target.partition("@")
            majors.setdefault(port, set()).add(f"@{major}")
    return {port: ", ".join(sorted(found)) for port, found in majors.items()}


def differing_line(old: str, new: str) -> tuple[str, str] | None:
    """The first line of a model in which two texts differ, old and new; comments do not count.

    >>> differing_line("SELECT a", "-- once\\nSELECT b")
    ('SELECT a', 'SELECT b')
    """
    pairs = zip_longest(_lines(old), _lines(new), fillvalue="")
    return next(((before, after) for before, after in pairs if before != after), None)


def _lines(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("--", "#"))]


def _refresh(model: Transform) -> str:
    return "always" if model.refresh_always else ""


def _memory(model: Transform) -> str:
    return f"{model.function.memory // 2**20:,} MB" if model.function else ""


def _timeout(model: Transform) -> str:
    return f"{model.function.seconds:,} s" if model.function else ""


def _labels(model: Transform) -> str:
    return ", ".join(check.label for check in model.checks)


def _sources(
    address: str, applied: Iterable[_Outside], desired: Iterable[_Outside]
) -> Iterable[Change]:
    for name, old, new in _differing(applied, desired):
        if new is None:
            yield Change(address, "source", name, DELETE, ChangeClass.METADATA, "no longer read")
        elif old is None:
            yield Change(address, "source", name, CREATE, ChangeClass.ADDITIVE, "read")
        else:
            fields = _fields(
                [
                    ("path", _place(old), _place(new)),
                    ("format", _format(old), _format(new)),
                    ("options", _options(old), _options(new)),
                    ("columns", _columns(old), _columns(new)),
                ]
            )
            same_reading = old.fingerprint == new.fingerprint
            category = ChangeClass.METADATA if same_reading else ChangeClass.DATA
            effect = "" if same_reading else "read again"
            yield Change(address, "source", name, UPDATE, category, effect, fields)


def _place(source: _Outside) -> str:
    if isinstance(source, TableSource):
        return f"{source.warehouse}: {source.schema}.{source.table}"
    return source.pattern


def _format(source: _Outside) -> str:
    return "table" if isinstance(source, TableSource) else source.format


def _options(source: _Outside) -> str:
    options = {} if isinstance(source, TableSource) else source.options
    return ", ".join(f"{name} {value}" for name, value in options.items())


def _columns(source: _Outside) -> str:
    return ", ".join(f"{each.name} {each.type}".rstrip() for each in source.columns)


def _inputs(
    address: str, applied: Iterable[ResolvedInput], desired: Iterable[ResolvedInput]
) -> Iterable[Change]:
    for name, old, new in _differing(applied, desired):
        if new is None:
            yield Change(address, "input", name, DELETE, ChangeClass.METADATA, "no longer read")
        elif old is None:
            yield Change(address, "input", name, CREATE, ChangeClass.ADDITIVE, _reads(new))
        else:
            fields = _fields(
                [
                    ("reads", _reads(old), _reads(new)),
                    ("major", _how_bound(old), _how_bound(new)),
                ]
            )
            yield Change(address, "input", name, UPDATE, ChangeClass.METADATA, "", fields)


def _how_bound(port: ResolvedInput) -> str:
    return "pinned" if port.pinned else "floats"


def _reads(port: ResolvedInput) -> str:
    return port.port or port.source
