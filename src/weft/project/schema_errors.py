"""From the errors of a JSON Schema to one diagnostic per mistake, in words of the author's.

A schema complains about consequences as well: a wrong value makes the mapping around it wrong.
Here the causes are kept and the consequences dropped. No text of a schema is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from jsonschema_rs import ValidationError, ValidationErrorKind

from weft.mesh.contract import Operator
from weft.mesh.diagnostic import Diagnostic, as_written
from weft.mesh.nearest import did_you_mean, nearest
from weft.project.read_yaml import Document, Step
from weft.project.schema_keys import keys_at

# More mistakes in one file are not worth the time that finding their places takes.
_MOST = 200

Kind = ValidationErrorKind
Path = tuple[Step, ...]

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys to values",
    "null": "empty",
}
_WORDS_OF_YAML_1_1 = {
    **dict.fromkeys(("yes", "y", "on"), "true"),
    **dict.fromkeys(("no", "n", "off"), "false"),
}
FORMS = {
    "ShorthandReference": "write `object.column`",
    "FullyQualifiedReference": "write `object.column`",
    "StableId": "use letters, digits, `_` and `-` only",
    "SftpServer": "write an address that begins with `sftp://`",
    "ttl": "write a number of days, such as 14d",
    "quiet": "write a number of days, such as 14d",
    "policy": "use lower-case letters and digits with `-` between words",
    "block_from": "write a day, such as 2027-01-31",
    "until": "write a day, such as 2027-01-31",
}
"""What a text has to look like, by the name of the schema's definition or its key."""
# What an entry of a list looks like, by the list's key.
_ENTRIES = {"enum": "write `{{value: {}}}`"}
# What a key needs beside it that is known at its place and yet refused.
_NEEDS = {
    "properties": "fields need `logicalType: object` beside them",
    "items": "`items` needs `logicalType: array` beside it",
    "map": "`map` needs `logicalType: map` beside it",
    "arguments": "`arguments` needs a `metric` beside it",
    "engine": "`engine` needs `type: custom` beside it",
    "implementation": "`implementation` needs `type: custom` beside it",
    "rule": "`rule` is an older word for `metric`, which needs `type: library`",
    "query": "`query` needs `type: sql` beside it",
    **{each.value: "an operator needs `metric` or `type: sql` beside it" for each in Operator},
}


@dataclass(frozen=True)
class _Fault:
    """One thing that is wrong. `at_key` points at the key and not at its value."""

    code: str
    path: Path
    message: str
    note: str = ""
    at_key: bool = False


def explain(
    document: Document, schema: dict[str, Any], errors: Iterable[ValidationError]
) -> tuple[Diagnostic, ...]:
    """Turn the errors of a schema into diagnostics of this document, one per mistake."""
    causes = list(islice((cause for error in errors for cause in _causes(error)), _MOST))
    wrong = [tuple(each.instance_path) for each in causes if not _unexpected(each)]
    unknown = [fault for each in causes for fault in _unknown_keys(each, schema, wrong)]
    misspelled = {
        (fault.path[:-1], nearest(str(fault.path[-1]), keys_at(schema, fault.path[:-1])))
        for fault in unknown
    }
    others = [
        _fault(each, schema)
        for each in causes
        if not _unexpected(each) and misspelled.isdisjoint(_wanted(each))
    ]
    faults = dict.fromkeys((*unknown, *others))
    return tuple(
        document.diagnostic(each.code, each.message, *each.path, key=each.at_key, note=each.note)
        for each in faults
    )


def _unexpected(error: ValidationError) -> list[str]:
    """The keys that an error is about, when it is about keys that should not be there."""
    if isinstance(error.kind, Kind.AdditionalProperties | Kind.UnevaluatedProperties):
        return error.kind.unexpected[:_MOST]
    return []


def _causes(error: ValidationError) -> Iterator[ValidationError]:
    """Follow alternatives to the one that was meant; an error that has none is its own cause."""
    kind = error.kind
    if not isinstance(kind, Kind.AnyOf | Kind.OneOfNotValid):
        yield error
        return
    fitting = [each for each in kind.context if not _has(each, Kind.Type, error)]
    meant = [each for each in fitting if not _has(each, Kind.Required, error)]
    if not meant:
        yield error
        return
    for each in min(meant, key=len):
        yield from _causes(each)


def _has(branch: list[ValidationError], kind: type[Kind], at: ValidationError) -> bool:
    return any(
        isinstance(each.kind, kind) and each.instance_path == at.instance_path for each in branch
    )


def _unknown_keys(
    error: ValidationError, schema: dict[str, Any], wrong: list[Path]
) -> Iterator[_Fault]:
    path, instance = tuple(error.instance_path), cast("dict[str, Any]", error.instance)
    known = keys_at(schema, path)
    # A key that is known here was refused because of something else; that something is shown.
    consequence = any(each[: len(path)] == path for each in wrong)
    for key in _unexpected(error):
        if key not in known:
            free = [each for each in known if each not in instance]
            note = did_you_mean(key, free, "no such key here")
            yield _Fault("W120", (*path, key), f"unknown key `{key}`", note, at_key=True)
        elif not consequence and not _unknown_below(instance[key], schema, (*path, key)):
            note = _need(key, path, instance)
            yield _Fault("W125", (*path, key), f"`{key}` cannot stand here", note, at_key=True)


def _unknown_below(value: Any, schema: dict[str, Any], path: Path) -> bool:
    """Whether the value under a refused key holds an unknown key, which then is the cause."""
    if isinstance(value, list):
        return any(_unknown_below(each, schema, (*path, n)) for n, each in enumerate(value))
    if not isinstance(value, dict):
        return False
    known = keys_at(schema, path)
    return any(
        (bool(known) and key not in known) or _unknown_below(each, schema, (*path, key))
        for key, each in value.items()
    )


def _need(key: str, path: Path, instance: dict[str, Any]) -> str:
    if path and path[-1] == "logicalTypeOptions":
        return "this is no option of the property's `logicalType`"
    if len(path) == 2 and path[0] == "servers":
        kind = instance.get("type", "")
        return f"this is no setting of a server with `type: {kind}`; use `customProperties`"
    return _NEEDS.get(key, "it does not go with what stands beside it")


def _wanted(error: ValidationError) -> list[tuple[Path, str]]:
    """The keys whose absence an error is about: a misspelled key is not missing as well."""
    path, kind = tuple(error.instance_path), error.kind
    if isinstance(kind, Kind.Required):
        return [(path, kind.property)]
    if isinstance(kind, Kind.AnyOf | Kind.OneOfNotValid):
        return [wanted for branch in kind.context for each in branch for wanted in _wanted(each)]
    return []


def _fault(error: ValidationError, schema: dict[str, Any]) -> _Fault:
    path, kind = tuple(error.instance_path), error.kind
    match kind:
        case Kind.Required():
            note = "it is needed beside this" if path else "this file needs it"
            return _Fault("W122", path, f"`{kind.property}` is missing", note, at_key=True)
        case Kind.Type():
            return _wrong_type(path, kind.types, error.instance)
        case Kind.Enum():
            return _not_allowed(path, [str(each) for each in kind.options], error.instance)
        case Kind.Not():
            return _forbidden(path, kind.schema)
        case Kind.AnyOf() | Kind.OneOfNotValid():
            return _no_alternative(path, kind.context, error.instance)
        case Kind.OneOfMultipleValid():
            branches = _at(schema, error.schema_path)
            return _too_many(path, kind.context, branches)
    return _Fault("W124", path, *_outside(kind, error))


def _wrong_type(path: Path, types: list[str], value: Any) -> _Fault:
    name = _name(path)
    if "boolean" in types and isinstance(value, str) and value.lower() in _WORDS_OF_YAML_1_1:
        meant = _WORDS_OF_YAML_1_1[value.lower()]
        message = f"`{value}` is text here, {name} has to be true or false"
        return _Fault("W126", path, message, f"write {meant}")
    wanted = " or ".join(_TYPES[each] for each in types)
    note = f"this is {_TYPES[_type_of(value)]}"
    if value is None:
        note = "nothing is written here"
    elif len(path) > 1 and path[-2] in _ENTRIES and not isinstance(value, dict | list):
        note = _ENTRIES[str(path[-2])].format(as_written(value))
    elif "string" in types and not isinstance(value, dict | list):
        note = "put it in quotes"
    return _Fault("W121", path, f"{name} has to be {wanted}", note, at_key=value is None)


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "null" if value is None else "object"


def _not_allowed(path: Path, options: list[str], value: Any) -> _Fault:
    shown = ", ".join(options[:12]) + (", …" if len(options) > 12 else "")
    note = did_you_mean(str(value), options, f"it can be {shown}")
    return _Fault("W123", path, f"unknown value of {_name(path)}", note)


def _no_alternative(path: Path, context: list[list[ValidationError]], value: Any) -> _Fault:
    causes = [each.kind for branch in context for each in branch]
    if all(isinstance(each, Kind.Type) for each in causes):
        types = [kind for each in causes if isinstance(each, Kind.Type) for kind in each.types]
        return _wrong_type(path, list(dict.fromkeys(types)), value)
    keys = [f"`{each.property}`" for each in causes if isinstance(each, Kind.Required)]
    note = f"write one of {', '.join(dict.fromkeys(keys))}"
    what = "an operator" if f"`{Operator.EQUAL}`" in keys else "one of several keys"
    return _Fault("W125", path, f"{what} is missing", note, at_key=True)


def _forbidden(path: Path, schema: Any) -> _Fault:
    """The schemas say "not" of a key that its place already stands for."""
    key = schema["required"][0]
    note = "it is already said by the place of this entry"
    return _Fault("W125", (*path, key), f"`{key}` cannot stand here", note, at_key=True)


def _too_many(path: Path, context: list[list[ValidationError]], branches: Any) -> _Fault:
    keys = [
        branch["required"][0]
        for branch, errors in zip(branches, context, strict=True)
        if not errors and branch.get("required")
    ]
    message = " and ".join(f"`{each}`" for each in keys) + " exclude each other"
    return _Fault("W125", (*path, *keys[1:2]), message, "keep one of them", at_key=True)


def _outside(kind: Kind, error: ValidationError) -> tuple[str, str]:
    """Say which limit a value breaks: the message and the note."""
    name = _name(tuple(error.instance_path))
    match kind:
        case Kind.Minimum():
            return f"{name} is too small", f"{kind.limit} or more is allowed"
        case Kind.ExclusiveMinimum():
            return f"{name} is too small", f"it has to be greater than {kind.limit}"
        case Kind.MinItems() | Kind.MinProperties():
            return f"{name} has too few entries", f"at least {kind.limit} wanted"
        case Kind.MaxItems() | Kind.MaxProperties():
            return f"{name} has too many entries", f"at most {kind.limit} wanted"
        case Kind.UniqueItems():
            return f"{name} holds an entry twice", "remove one of them"
        case Kind.Pattern():
            forms = [FORMS[str(each)] for each in error.schema_path if each in FORMS]
            return f"{name} is not written as it should be", (forms or [""])[0]
    return f"{name} cannot have this value", ""


def _name(path: Path) -> str:
    """What to call the value at a path: its key, or the key of the list that it stands in."""
    for number, step in enumerate(reversed(path)):
        if isinstance(step, str):
            return f"`{step}`" if number == 0 else f"an entry of `{step}`"
    return "this file"


def _at(schema: Any, pointer: list[str | int]) -> Any:
    for step in pointer:
        schema = schema[step]
    return schema
