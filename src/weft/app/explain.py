"""Explain a diagnostic code, a kind of change, or what Weft does with a field of the standards.

Verbs explain themselves in `weft.cli`; the texts stand in `weft.mesh.codes` and in `fields/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as package_files

import msgspec
import yaml

from weft.app.errors import NotFound
from weft.contract.change_kinds import KINDS
from weft.contract.versions import Bump, min_bump
from weft.mesh.change import Effect
from weft.mesh.codes import CODES
from weft.mesh.nearest import nearest

EFFECTS = {
    "read": "Weft reads it",
    "enforced": "Weft holds you and your data to it",
    "shown": "Weft only shows it",
    "ignored": "Weft keeps it and does nothing with it",
}
SCHEMAS = ("contract", "domain", "policy", "product", "shared", "tests", "weft")
_CODE = re.compile(r"[Ww][0-9]{1,6}")
_DOCUMENTS = ("odcs.yaml", "odps.yaml")


@dataclass(frozen=True)
class Explanation:
    """An answer: what it is about, and what it says; `effect` is a key of EFFECTS for fields."""

    topic: str
    title: str
    text: str
    effect: str = ""


def schema_text(name: str) -> str:
    """The JSON Schema of a format, one of SCHEMAS, as indented JSON."""
    from weft.project.schema import Format, schema_of

    formats = {"contract": Format.ODCS, "product": Format.ODPS}
    schema = schema_of(formats.get(name) or Format(name))
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def explain(topic: str, verbs: Iterable[str] = ()) -> Explanation:
    """Explain a code such as W214, a field such as `schema.properties.required`, or a change.

    `contract.` in front of a field means a data contract and may be left out, `product.` a data
    product. Raises NotFound, which names the nearest code, field or one of `verbs`.
    """
    code = CODES.get(topic.upper())
    if code is not None:
        return Explanation(topic.upper(), code.title, code.explanation)
    if topic.lower() in KINDS:
        return _kind_of_change(topic.lower())
    path = topic.removeprefix("contract.")
    found = field_entry(path)
    if found is None:
        # Whoever writes no hyphen means no kind of change, however near the letters are.
        known = [*(each for each in topics() if each not in KINDS or "-" in topic), *verbs]
        meant = _meant(topic, known)
        next_step = f"weft explain {meant or '--help'}"
        raise NotFound("code, field, change or verb", topic, known, next_step=next_step)
    effect, text = found
    return Explanation(path, EFFECTS[effect], text, effect)


def _kind_of_change(name: str) -> Explanation:
    """What a kind of change of a contract means, and the version that it asks for."""
    kind = KINDS[name]
    breaks = kind.consumer is Effect.BREAKING
    bump = Bump.MAJOR if breaks else min_bump([kind.consumer])
    waiver = ", or somebody who answers for it until a day" if breaks else ""
    text = (
        f"{kind.meaning} It is {kind.provider} for the provider and {kind.consumer} for consumers, "
        f"so that it needs a new {bump} version{waiver}."
    )
    return Explanation(name, f"a change of a contract, told as `… {kind.verb}`", text)


def topics() -> list[str]:
    """Every code, every kind of change, and every field that has a line of its own."""
    return [*CODES, *KINDS, *(each for each in _fields() if "*" not in each)]


def _meant(topic: str, known: Iterable[str]) -> str:
    """The topic that was probably meant: the nearest one, code, or last name of a field's path."""
    near = nearest(topic, known)
    if near:
        return near
    if _CODE.fullmatch(topic):
        return min(CODES, key=lambda code: abs(int(code[1:]) - int(topic[1:])))
    by_name = {each.rpartition(".")[2]: each for each in _fields()}
    return by_name.get(nearest(topic.rpartition(".")[2], by_name), "")


def field_entry(path: str) -> tuple[str, str] | None:
    """Return effect and sentence of a field: its own line, else the closest that speaks for it."""
    fields = _fields()
    parts = path.split(".")
    product = ["product"] if parts[0] == "product" else []
    candidates = [path]
    candidates += [".".join(["*", *parts[start:]]) for start in range(1, len(parts))]
    candidates += [".".join([*parts[:end], "*"]) for end in range(len(parts) - 1, len(product), -1)]
    candidates += [f"*.{name}.*" for name in reversed(parts[:-1])]
    return next((fields[each] for each in candidates if each in fields), None)


@cache
def _fields() -> Mapping[str, tuple[str, str]]:
    """Read what is written about the fields: path or pattern → effect and sentence."""
    fields: dict[str, tuple[str, str]] = {}
    for name in _DOCUMENTS:
        text = package_files("weft.app").joinpath("fields", name).read_text(encoding="utf-8")
        for path, entry in yaml.load(text, Loader=yaml.CSafeLoader).items():
            [(effect, sentence)] = entry.items()
            fields[path] = (effect, sentence)
    return fields
