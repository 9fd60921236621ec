"""What a contract has to say differently, so that it says what a model gives and its data shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from weft.contract.described import described_type
from weft.contract.profile import ColumnProfile, Profile
from weft.contract.promising import kept_values, new_values
from weft.mesh.contract import SchemaObject, SchemaProperty
from weft.mesh.manifest import Column
from weft.mesh.words import count
from weft.sql.dialect import Dialect
from weft.sql.nested import misfits
from weft.sql.types import canonical_type, family_of, fit_problem

Path = tuple[str, ...]

_NUMBERS = frozenset(["integer", "number"])


@dataclass(frozen=True)
class Wish:
    """How a contract is brought up to date.

    `exact`: its columns become those of the model, and promises that the data suggests are added;
    else only what is not kept is changed. `key` are the columns of a primary key that a person
    names. `ranges` and `examples` ask for the least and the greatest values, as promises and as
    examples. Of the columns in `silent` no value is ever written.
    """

    exact: bool = True
    key: tuple[str, ...] = ()
    ranges: bool = False
    examples: bool = False
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Amendment:
    """A key of a column, by the keys that lead to it, and its new value; None takes it out."""

    column: str
    path: Path
    value: Any


@dataclass(frozen=True)
class Addition:
    """A new column as ODCS, and the name of the column that it stands behind, "" for the first."""

    column: dict[str, Any]
    after: str


@dataclass(frozen=True)
class Synced:
    """What is to be changed of one object, and what a person has to know or to decide."""

    removed: tuple[str, ...] = ()
    amended: tuple[Amendment, ...] = ()
    added: tuple[Addition, ...] = ()
    notes: tuple[str, ...] = ()


def synced(
    obj: SchemaObject,
    given: Sequence[Column],
    profile: Profile | None,
    dialect: Dialect,
    wish: Wish,
) -> Synced:
    """Compare an object with the columns that its model gives, and with a profile of their data.

    Without a profile, or one without rows, nothing is said of values.
    """
    seen = profile if profile is not None and profile.rows else None
    types = {each.name: each.type for each in given}
    kept = [each for each in obj.properties if each.name in types]
    gone = tuple(each.name for each in obj.properties if each.name not in types)
    physical = any(each.physical_type for each in kept)
    amended: list[Amendment] = []
    for each in kept:
        found = _amendments(each, types[each.name], seen, dialect, wish)
        amended += [Amendment(each.name, path, value) for path, value in found.items()]
    listed = {each.name for each in obj.properties}
    added: list[Addition] = []
    before = ""
    for column in given:
        if column.name not in listed and wish.exact:
            added.append(Addition(_new(column, seen, dialect, wish, physical), before))
        before = column.name if column.name in listed or wish.exact else before
    notes = (*_gone_notes(obj, gone, added), *_key_notes(obj, types, seen, wish))
    return Synced(gone, tuple(amended), tuple(added), notes)


def _new(
    column: Column, profile: Profile | None, dialect: Dialect, wish: Wish, physical: bool
) -> dict[str, Any]:
    """A column that the contract does not have yet, with all that is known of it."""
    described = described_type(column.type, dialect, physical=physical)
    prop = SchemaProperty(
        column.name,
        logical_type=described.get("logicalType", ""),
        physical_type=described.get("physicalType", ""),
        options=described.get("logicalTypeOptions", {}),
    )
    entry: dict[str, Any] = {"name": column.name, **described}
    for path, value in _amendments(prop, column.type, profile, dialect, wish).items():
        if value is not None:
            _put(entry, path, value)
    return entry


def _put(entry: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        entry = entry.setdefault(key, {})
    entry[path[-1]] = value


def _amendments(
    prop: SchemaProperty,
    native: str,
    profile: Profile | None,
    dialect: Dialect,
    wish: Wish,
) -> dict[Path, Any]:
    """The keys of one column that are to be other ones, with their values."""
    found: dict[Path, Any] = dict(_types(prop, native, dialect, wish.exact))
    if ("logicalType",) in found:
        found |= _ended(prop, found["logicalType",])
        prop = replace(
            prop,
            logical_type=found["logicalType",] or "",
            options={
                k: v for k, v in prop.options.items() if ("logicalTypeOptions", k) not in found
            },
            enum=() if ("enum",) in found else prop.enum,
        )
    found |= _key_keys(prop, wish)
    values = profile.columns.get(prop.name) if profile is not None else None
    if profile is not None and values is not None:
        found |= _nullability(prop, values, wish)
        found |= kept_values(prop, values)
        if wish.exact and prop.name not in wish.silent:
            found |= new_values(prop, values, profile, ranges=wish.ranges, examples=wish.examples)
    return found


def _types(
    prop: SchemaProperty, native: str, dialect: Dialect, exact: bool
) -> Iterator[tuple[Path, Any]]:
    """The types of a column, where the contract's do not fit or say nothing."""
    if not native:
        return
    described = described_type(native, dialect)
    if prop.physical_type:
        same = canonical_type(native, dialect) == canonical_type(prop.physical_type, dialect)
        if not same:
            yield ("physicalType",), native
    logical = SchemaProperty(prop.name, prop.logical_type)
    if prop.logical_type and fit_problem(logical, native, dialect):
        yield ("logicalType",), described.get("logicalType")
    elif exact and not prop.logical_type and not prop.physical_type:
        yield from (((key,), value) for key, value in described.items())
        return
    zoned = family_of(native, dialect) == "timestamptz"
    if "timezone" in prop.options and bool(prop.options["timezone"]) != zoned:
        yield ("logicalTypeOptions", "timezone"), zoned
    if any(len(each.keys) > 1 or each.unlisted for each in misfits(prop, native, dialect)):
        yield from (((key,), described[key]) for key in ("properties", "items") if key in described)


def _ended(prop: SchemaProperty, logical_type: str | None) -> dict[Path, Any]:
    """What was promised of values of the old type and means nothing to those of the new one."""
    if not prop.logical_type:
        return {}
    if {prop.logical_type, logical_type} <= _NUMBERS:
        return {("logicalTypeOptions", "format"): None} if "format" in prop.options else {}
    ended: dict[Path, Any] = {("logicalTypeOptions", option): None for option in prop.options}
    return ended | ({("enum",): None} if prop.enum else {})


def _nullability(prop: SchemaProperty, values: ColumnProfile, wish: Wish) -> dict[Path, Any]:
    if values.nulls and prop.required and not prop.primary_key:
        return {("required",): None}
    if wish.exact and not values.nulls and not prop.required and not prop.primary_key:
        return {("required",): True}
    return {}


def _key_keys(prop: SchemaProperty, wish: Wish) -> dict[Path, Any]:
    """The primary key that a person has named; another one that there is ends."""
    if not wish.key:
        return {}
    if prop.name not in wish.key:
        keys = ("primaryKey", "primaryKeyPosition", "required")
        return {(key,): None for key in keys} if prop.primary_key else {}
    place = wish.key.index(prop.name) + 1
    return {("primaryKey",): True, ("primaryKeyPosition",): place, ("required",): True}


def _gone_notes(obj: SchemaObject, gone: Sequence[str], added: Sequence[Addition]) -> Iterator[str]:
    """Say what a person should look at where columns went and came: it may be the same one."""
    described = [each.name for each in obj.properties if each.name in gone and each.description]
    if described and added:
        old = ", ".join(f"`{name}`" for name in described)
        new = ", ".join(f"`{each.column['name']}`" for each in added)
        yield (
            f"No longer given: {old}; new: {new}. Where that is one column under another name, "
            "change the name by hand, keep what stands there and write `renamed_from`."
        )


def _key_notes(
    obj: SchemaObject, types: Mapping[str, str], profile: Profile | None, wish: Wish
) -> Iterator[str]:
    """Say which keys the data breaks, and which columns could be one where there is none."""
    if profile is None:
        return
    for each in obj.properties:
        values = profile.columns.get(each.name)
        if each.unique and values is not None and values.distinct >= 0:
            repeated = profile.rows - values.nulls - values.distinct
            if repeated:
                yield (
                    f"`{each.name}` is promised to be unique, and that is not so in "
                    f"{count(repeated, 'row')}: correct the model, or take `unique` out."
                )
    for name in obj.primary_key:
        values = profile.columns.get(name)
        if values is not None and values.nulls and not wish.key:
            yield (
                f"`{name}` of the primary key is empty in {count(values.nulls, 'row')}: correct "
                "the model, or name another key with --key."
            )
    if profile.repeated and not wish.key:
        names = ", ".join(obj.primary_key)
        yield (
            f"The primary key ({names}) is repeated in {count(profile.repeated, 'row')}: correct "
            "the model, or name another key with --key."
        )
    if not obj.primary_key and not wish.key and profile.rows > 1:
        found = [name for name in types if profile.identifies(name)]
        if found:
            names = " and another ".join(f"`{name}`" for name in found[:3])
            yield (
                f"Each of {profile.rows:,} rows has another {names}: --key {found[0]} promises it."
            )
