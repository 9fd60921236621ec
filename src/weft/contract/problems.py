"""What is wrong with a contract's promises beyond what its JSON Schema sees.

Whether a relationship's target exists is known to `weft.project`, which has the other relations.
"""

from __future__ import annotations

from collections.abc import Iterator

from weft.contract.checks import is_path, split_reference
from weft.contract.problem import ContractProblem, Path, unknown_column
from weft.contract.rule_problems import rule_problems
from weft.contract.value_problems import listed_problems, option_problems
from weft.mesh.contract import DataContract, Relationship, SchemaObject, SchemaProperty
from weft.mesh.diagnostic import Severity


def contract_problems(contract: DataContract) -> list[ContractProblem]:
    """Return everything that is wrong with the promises of a contract, in its order."""
    found: list[ContractProblem] = []
    for number, obj in enumerate(contract.objects):
        found += _object_problems(obj, ("schema", number))
    return found


def _object_problems(obj: SchemaObject, path: Path) -> Iterator[ContractProblem]:
    for number, each in enumerate(obj.properties):
        yield from _property_problems(obj, each, (*path, "properties", number))
    yield from _key_problems(obj, path)
    for number, relationship in enumerate(obj.relationships):
        yield from _relationship_problems(obj, relationship, (*path, "relationships", number))
    for number, rule in enumerate(obj.quality):
        yield from rule_problems(obj, rule, "", (*path, "quality", number))


def _key_problems(obj: SchemaObject, path: Path) -> Iterator[ContractProblem]:
    """Several key columns need positions, each its own."""
    keys = [(n, each) for n, each in enumerate(obj.properties) if each.primary_key]
    seen: dict[int, str] = {}
    for number, each in keys if len(keys) > 1 else ():
        position = each.primary_key_position
        here = (*path, "properties", number)
        if position < 1:
            yield ContractProblem(
                "W262",
                (*here, "primaryKey"),
                f"`{each.name}` has no place in the primary key",
                f"the key has {len(keys)} columns",
                "give each a primaryKeyPosition, counted from 1",
            )
        elif position in seen:
            yield ContractProblem(
                "W262",
                (*here, "primaryKeyPosition"),
                f"`{each.name}` and `{seen[position]}` have the same place in the primary key",
            )
        seen.setdefault(position, each.name)


def _property_problems(
    obj: SchemaObject, each: SchemaProperty, path: Path
) -> Iterator[ContractProblem]:
    if "\0" in each.name:
        yield ContractProblem("W263", (*path, "name"), "a column's name holds a zero character")
    yield from listed_problems(each, each.enum, (*path, "enum"))
    yield from option_problems(each, path)
    for number, relationship in enumerate(each.relationships):
        yield from _relationship_problems(obj, relationship, (*path, "relationships", number))
    for number, rule in enumerate(each.quality):
        yield from rule_problems(obj, rule, each.name, (*path, "quality", number))
    inside = each.properties or ((each.items,) if each.items is not None else ())
    if any(map(_promises, inside)):
        yield ContractProblem(
            "W261",
            (*path, "properties" if each.properties else "items"),
            f"promises inside `{each.name}` are only shown",
            "checks are made of columns, not of fields inside them",
            severity=Severity.WARNING,
        )


def _promises(each: SchemaProperty) -> bool:
    return bool(
        each.required
        or each.unique
        or each.enum
        or each.options
        or each.quality
        or any(map(_promises, each.properties))
        or (each.items is not None and _promises(each.items))
    )


def _relationship_problems(
    obj: SchemaObject, relationship: Relationship, path: Path
) -> Iterator[ContractProblem]:
    # Who follows the paths of a document reports those that lead nowhere.
    for column in relationship.columns:
        if column not in obj.column_names and not is_path(column):
            yield unknown_column(obj, column, "relationship", (*path, "from"))
    if any(map(is_path, relationship.to)):
        return
    targets = [split_reference(reference) for reference in relationship.to]
    if not targets or ("", "") in targets:
        yield ContractProblem(
            "W258",
            (*path, "to"),
            "a relationship points to a column of an object",
            f"`{', '.join(relationship.to)}` is none",
            "write `object.column`, or `port.object.column`",
        )
    elif len({relation for relation, _ in targets}) > 1:
        yield ContractProblem(
            "W258",
            (*path, "to"),
            "a relationship points to columns of one object",
            "these are of several",
        )
    elif len(targets) != len(relationship.columns):
        yield ContractProblem(
            "W258",
            (*path, "to"),
            "a relationship has as many columns on both sides",
            f"{len(relationship.columns)} point to {len(targets)}",
        )
