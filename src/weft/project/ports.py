"""Compile the output ports of one product: which model fills each object, and what is checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from weft.contract.candidates import candidate_until
from weft.contract.checks import checks_of
from weft.contract.problems import contract_problems
from weft.mesh.check import Check, CheckKind, Promise
from weft.mesh.contract import SchemaObject, SchemaProperty
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.manifest import (
    RULE_TABLE,
    CheckQuery,
    Column,
    PortObject,
    PortVersion,
    Read,
    ReadKind,
    Transform,
)
from weft.mesh.nearest import did_you_mean, nearest
from weft.mesh.product import DataProduct, PortContract
from weft.project.faces import capped, column_of
from weft.project.models import Surroundings
from weft.project.physical_types import unknown_types
from weft.project.read_yaml import Document
from weft.project.relations import Relations
from weft.sql.dialect import Dialect
from weft.sql.nested import Misfit, misfits
from weft.sql.query import Known, parse_rule
from weft.sql.types import translated_type


@dataclass(frozen=True)
class _Place:
    """One object of one contract, and where it stands."""

    document: Document
    index: int
    obj: SchemaObject

    def report(
        self, code: str, message: str, *path: str | int, note: str = "", help: str = ""
    ) -> Diagnostic:
        return self.document.diagnostic(
            code, message, "schema", self.index, *path, note=note, help=help
        )


def compile_port(
    product: DataProduct, port: PortContract, document: Document, relations: Relations
) -> tuple[PortVersion | None, list[Diagnostic]]:
    """Compile one major of an output port; None when an object cannot be filled."""
    diagnostics = [
        document.diagnostic(
            each.code,
            each.message,
            *each.path,
            note=each.note,
            help=each.help,
            severity=each.severity,
        )
        for each in contract_problems(port.contract)
    ]
    objects: list[PortObject] = []
    transforms, dialect = relations.transforms, relations.around.dialect
    for index, obj in enumerate(port.contract.objects):
        place = _Place(document, index, obj)
        model = filled_by(obj.name, port.major, {*transforms, *relations.broken})
        if not model:
            diagnostics.append(_unfilled(place, port.major, tuple(transforms)))
        elif model in transforms:
            unknown = unknown_types(obj, index, document, dialect)
            diagnostics += unknown or _misfits(place, transforms[model], relations.around)
            checks, found = _checks(place, relations)
            diagnostics += found
            objects.append(_port_object(obj, transforms[model], checks, dialect))
    if any(each.severity is Severity.ERROR for each in diagnostics):
        return None, diagnostics
    contract = port.contract
    return PortVersion(
        port=port.port,
        major=port.major,
        version=contract.version,
        status=capped(contract.status, product.status),
        objects=tuple(objects),
        contract=contract.document,
        description=contract.purpose,
        candidate=candidate_until(contract.document, capped(contract.status, product.status)),
    ), diagnostics


def filled_by(name: str, major: int, models: Collection[str]) -> str:
    """Which of these models fills an object of a major version; "" where none does."""
    versioned = f"{name}_v{major}"
    return versioned if versioned in models else name if name in models else ""


def _unfilled(place: _Place, major: int, models: tuple[str, ...]) -> Diagnostic:
    name = place.obj.name
    near = nearest(name, models)
    return place.report(
        "W407",
        f"no model fills object `{name}`",
        "name",
        note=f"did you mean model `{near}`?" if near else "it is promised and nobody makes it",
        help=f"write models/{name}.sql, or models/{name}_v{major}.sql for this major alone",
    )


def _misfits(place: _Place, model: Transform, around: Surroundings) -> list[Diagnostic]:
    """Promised columns that the model does not give, or gives in a type that does not fit."""
    given = {column.name: column.type for column in model.columns}
    found: list[Diagnostic] = []
    for number, prop in enumerate(place.obj.properties):
        if prop.name not in given:
            found.append(
                place.report(
                    "W408",
                    f"model `{model.name}` does not give column `{prop.name}`",
                    "properties",
                    number,
                    "name",
                    note=did_you_mean(prop.name, given, f"see {model.path}"),
                )
            )
            continue
        found += [
            _misfit(place, model, each, "properties", number)
            for each in misfits(prop, given[prop.name], around.dialect)
        ]
        physical = prop.physical_type
        moves = physical and around.native is not around.dialect
        if moves and not translated_type(physical, around.dialect, around.native):
            found.append(_untranslated(place, number, physical, around.native))
    return found


def _untranslated(place: _Place, number: int, physical: str, native: Dialect) -> Diagnostic:
    return place.report(
        "W330",
        f"{native.name} has no type like {physical}",
        "properties",
        number,
        "physicalType",
        note="the product's warehouse could not keep what is promised",
        help="leave physicalType out",
    )


def _misfit(place: _Place, model: Transform, misfit: Misfit, *path: str | int) -> Diagnostic:
    column = f"column `{misfit.path}`"
    help = ""
    if misfit.missing:
        code, message = "W408", f"model `{model.name}` does not give {column}"
    elif misfit.unlisted:
        code, message = "W409", f"model `{model.name}` gives {column}, which is not promised"
        help = "list it in the contract, or leave it out of the model"
    else:
        code, message = "W409", f"{column} of model `{model.name}` does not fit its contract"
    return place.report(code, message, *path, *misfit.keys, note=misfit.problem, help=help)


def _port_object(
    obj: SchemaObject, model: Transform, checks: tuple[CheckQuery, ...], dialect: Dialect
) -> PortObject:
    given = {column.name: column for column in model.columns}
    return PortObject(
        name=obj.name,
        model=model.name,
        columns=tuple(column_of(prop, dialect) for prop in obj.properties),
        promises=tuple(map(_promise, obj.properties)),
        identity=_identity(obj),
        checks=checks,
        description=obj.description,
        given=tuple(given.get(prop.name, Column(prop.name)) for prop in obj.properties),
    )


def _promise(prop: SchemaProperty) -> Promise:
    return Promise(
        prop.name,
        prop.logical_type,
        prop.physical_type,
        prop.options,
        properties=tuple(map(_promise, prop.properties)),
        items=_promise(prop.items) if prop.items is not None else None,
    )


def _identity(obj: SchemaObject) -> tuple[str, ...]:
    """The columns by which people find a row: the primary key, else the first unique column."""
    unique = tuple(prop.name for prop in obj.properties if prop.unique)
    return obj.primary_key or unique[:1]


def _checks(place: _Place, relations: Relations) -> tuple[tuple[CheckQuery, ...], list[Diagnostic]]:
    """Compile the checks of an object; one that reads something broken is left out silently."""
    compiled: list[CheckQuery] = []
    diagnostics: list[Diagnostic] = []
    for check in checks_of(place.obj):
        result: CheckQuery | Diagnostic | None = CheckQuery(check)
        if check.kind is CheckKind.RELATIONSHIP:
            result = _relationship(check, place, relations)
        elif check.kind is CheckKind.SQL:
            result = _sql_rule(check, place, relations)
        if isinstance(result, Diagnostic):
            diagnostics.append(result)
        elif result is not None:
            compiled.append(result)
    return tuple(compiled), diagnostics


def _path_of(check: Check) -> tuple[str | int, ...]:
    """The path of a check inside its schema object, as keys and indexes."""
    return tuple(int(part) if part.isdigit() else part for part in check.where.split("/") if part)


def _relationship(
    check: Check, place: _Place, relations: Relations
) -> CheckQuery | Diagnostic | None:
    name = check.reads[0]
    if relations.is_broken(name):
        return None
    known = relations.find(name)
    if known is None:
        return place.report(
            "W415",
            f"relationship to unknown `{name}`",
            *_path_of(check),
            note=did_you_mean(
                name, relations.names(), "it can name an input port or an own object"
            ),
        )
    columns = [each.name for each in known.columns]
    wanted: list[str] = list(check.arguments["to_columns"])
    for column in wanted:
        if column not in columns:
            return place.report(
                "W415",
                f"relationship to unknown column `{column}` of `{name}`",
                *_path_of(check),
                note=did_you_mean(column, columns, f"`{name}` has no such column"),
            )
    return CheckQuery(check, refers_to=replace(known.read, columns=tuple(wanted)))


def _sql_rule(check: Check, place: _Place, relations: Relations) -> CheckQuery | Diagnostic | None:
    column = check.columns[0] if check.columns else None
    dialect = relations.around.dialect
    tree, problems = parse_rule(str(check.arguments["query"]), dialect, column)
    known: dict[str, Known] = {}
    for name in tree.names if tree else ():
        if name in (RULE_TABLE, place.obj.name):
            known[name] = Known(
                Read(ReadKind.MODEL, RULE_TABLE),
                tuple(column_of(prop, dialect) for prop in place.obj.properties),
            )
            continue
        if relations.is_broken(name):
            return None
        found = relations.find(name)
        if found is None:
            return place.report(
                "W410",
                f"unknown relation `{name}` in a quality rule",
                *_path_of(check),
                "query",
                note="a rule may read ${table}, own models and input ports",
            )
        known[name] = found
    if tree is not None and not problems:
        compiled, problems = relations.around.compiled(tree, known)
        if compiled is not None:
            return CheckQuery(check, query=compiled.query)
    first = problems[0]
    return place.report(
        first.code, first.message, *_path_of(check), "query", note=first.note, help=first.help
    )
