"""The models behind a major version as they were applied, as files beside those of today."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from weft.app.errors import Blocked
from weft.mesh.check import CheckKind
from weft.mesh.manifest import PortVersion, ProductManifest, Transform
from weft.mesh.product import Materialization
from weft.project.read_sql import read_model
from weft.project.source import SourceFile

_PLAIN = re.compile(r'[^\s,"\[\]]+')


def kept_models(
    applied: ProductManifest, port: PortVersion, today: Mapping[str, str]
) -> dict[str, str]:
    """The models that fill a port version as it was applied, as texts of files by name.

    `today` are the files there are. A model that fills the port becomes one of this major alone,
    and so does what it reads, as far as that is no longer what was applied; everything else is
    shared with the other majors and left out. Raises Blocked where one of them is in Python.
    """
    models = {each.name: each for each in applied.transforms}
    fills = {each.model: f"{each.name}_v{port.major}" for each in port.objects}
    behind = applied.behind(fills)
    copied = {name for name in behind if not _is_as_applied(models[name], today.get(name, ""))}
    while more := {each for each in behind - copied if models[each].models_read & copied}:
        copied |= more
    names = {name: fills.get(name) or _of_major(name, port.major) for name in copied}
    functions = {name for name, model in models.items() if model.function is not None}
    for name, new in sorted((fills | names).items()):
        if name in functions and new not in today:
            raise in_python(name, new)
    renamed = {name: new for name, new in names.items() if name != new}
    texts = {
        new: _text(models[name], renamed, applied.dialect)
        for name, new in sorted(names.items())
        if name not in functions
    }
    shared = {new: today[name] for name, new in fills.items() if name not in copied}
    return texts | {new: text for new, text in shared.items() if new not in today}


def in_python(name: str, kept: str) -> Blocked:
    """What to raise where a model would have to go on under another name, and is a function."""
    return Blocked(
        f"model `{name}` is in Python, which is not copied",
        why=f"It has to go on as a function `{kept}` in models/{kept}.py. Nothing was written.",
        next_step="copy it, then give the same command again",
    )


def _of_major(name: str, major: int) -> str:
    ending = f"_v{major}"
    return name if name.endswith(ending) else name + ending


def _is_as_applied(model: Transform, text: str) -> bool:
    """Whether the text of a file is that of a model; the head of one in SQL does not count."""
    if model.function is not None:
        return text == model.text
    found, _ = read_model(SourceFile("", text.encode()))
    return found is not None and found.sql == model.text


def _text(model: Transform, renamed: Mapping[str, str], dialect: str) -> str:
    """A model's file: its head, and its SQL as it was applied but for renamed models."""
    sql = model.text
    if not model.models_read.isdisjoint(renamed):
        from weft.sql.dialect import dialect_named
        from weft.sql.renamed import with_renamed

        sql = with_renamed(sql, renamed, dialect_named(dialect)) or sql
    return "".join([*_head(model), sql.rstrip("\n"), "\n"])


def _head(model: Transform) -> Iterable[str]:
    if model.description:
        yield f"-- description: {model.description}\n"
    if model.materialized is not Materialization.TABLE:
        yield f"-- materialized: {model.materialized}\n"
    if model.refresh_always:
        yield "-- refresh: always\n"
    for key, kind in (("required", CheckKind.REQUIRED), ("unique", CheckKind.UNIQUE)):
        columns = [name for each in model.checks if each.kind is kind for name in each.columns]
        if columns:
            yield f"-- {key}: [{', '.join(map(_column, columns))}]\n"


def _column(name: str) -> str:
    """A column as the head of a model names it."""
    if _PLAIN.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'
