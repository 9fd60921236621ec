"""Compile the output ports of one product: which model fills each object, and what is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.contract.checks import checks_of
from weft.contract.problems import contract_problems
from weft.mesh.check import Check, CheckKind, Promise
from weft.mesh.contract import SchemaObject
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.manifest import (
    RULE_TABLE,
    CheckQuery,
    PortObject,
    PortVersion,
    Read,
    ReadKind,
    Transform,
)
from weft.mesh.nearest import nearest
from weft.mesh.product import DataProduct, PortContract
from weft.project.faces import capped, column_of
from weft.project.models import Surroundings
from weft.project.read_yaml import Document
from weft.sql.query import Known, parse_rule
from weft.sql.types import fit_problem, translated_type


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
    product: DataProduct,
    port: PortContract,
    document: Document,
    transforms: Mapping[str, Transform],
    around: Surroundings,
) -> tuple[PortVersion | None, list[Diagnostic]]:
    """Compile one major of an output port; None when an object cannot be filled."""
    diagnostics = [
        document.diagnostic(each.code, each.message, *each.path, note=each.note, help=each.help)
        if each.severity is Severity.ERROR
        else document.diagnostic(
            each.code, each.message, *each.path, note=each.note, severity=each.severity
        )
        for each in contract_problems(port.contract)
    ]
    objects: list[PortObject] = []
    broken = {each.name for each in product.models} - set(transforms)
    for index, obj in enumerate(port.contract.objects):
        place = _Place(document, index, obj)
        model = _filled_by(obj.name, port.major, {*transforms, *broken})
        if not model:
            diagnostics.append(_unfilled(place, port.major, tuple(transforms)))
        elif model in transforms:
            diagnostics += _misfits(place, transforms[model], around)
            checks, found = _checks(place, transforms, around)
            diagnostics += found
            objects.append(_port_object(obj, model, checks, around))
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
    ), diagnostics


def _filled_by(name: str, major: int, models: set[str]) -> str:
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
            near = nearest(prop.name, tuple(given))
            found.append(
                place.report(
                    "W408",
                    f"model `{model.name}` does not give column `{prop.name}`",
                    "properties",
                    number,
                    "name",
                    note=f"did you mean `{near}`?" if near else f"see {model.path}",
                )
            )
            continue
        physical = prop.physical_type
        if physical and around.native is not around.dialect:
            found += _untranslated(place, number, physical, around)
        problem = fit_problem(prop, given[prop.name], around.dialect)
        if problem:
            key = "physicalType" if prop.physical_type else "logicalType"
            found.append(
                place.report(
                    "W409",
                    f"column `{prop.name}` of model `{model.name}` does not fit its contract",
                    "properties",
                    number,
                    key,
                    note=problem,
                )
            )
    return found


def _untranslated(
    place: _Place, number: int, physical: str, around: Surroundings
) -> list[Diagnostic]:
    if translated_type(physical, around.dialect, around.native):
        return []
    message = f"{around.native.name} has no type like {physical}"
    note = "the product's warehouse could not keep what is promised"
    where = ("properties", number, "physicalType")
    return [place.report("W330", message, *where, note=note, help="leave physicalType out")]


def _port_object(
    obj: SchemaObject, model: str, checks: tuple[CheckQuery, ...], around: Surroundings
) -> PortObject:
    return PortObject(
        name=obj.name,
        model=model,
        columns=tuple(column_of(prop, around.dialect) for prop in obj.properties),
        promises=tuple(
            Promise(prop.name, prop.logical_type, prop.physical_type, prop.options)
            for prop in obj.properties
        ),
        identity=_identity(obj),
        checks=checks,
        description=obj.description,
    )


def _identity(obj: SchemaObject) -> tuple[str, ...]:
    """The columns by which people find a row: the primary key, else the first unique column."""
    unique = tuple(prop.name for prop in obj.properties if prop.unique)
    return obj.primary_key or unique[:1]


def _checks(
    place: _Place, transforms: Mapping[str, Transform], around: Surroundings
) -> tuple[tuple[CheckQuery, ...], list[Diagnostic]]:
    compiled: list[CheckQuery] = []
    diagnostics: list[Diagnostic] = []
    for check in checks_of(place.obj):
        if check.kind is CheckKind.RELATIONSHIP:
            result = _relationship(check, place, transforms, around)
        elif check.kind is CheckKind.SQL:
            result = _sql_rule(check, place, transforms, around)
        else:
            result = CheckQuery(check)
        if isinstance(result, Diagnostic):
            diagnostics.append(result)
        else:
            compiled.append(result)
    return tuple(compiled), diagnostics


def _known(name: str, transforms: Mapping[str, Transform], around: Surroundings) -> Known | None:
    """A relation that a rule may name: an own model, or an input port."""
    if name in transforms:
        return Known(Read(ReadKind.MODEL, name), transforms[name].columns)
    return around.known_input(name)


def _path_of(check: Check) -> tuple[str | int, ...]:
    """The path of a check inside its schema object, as keys and indexes."""
    return tuple(int(part) if part.isdigit() else part for part in check.where.split("/") if part)


def _relationship(
    check: Check, place: _Place, transforms: Mapping[str, Transform], around: Surroundings
) -> CheckQuery | Diagnostic:
    name = check.reads[0]
    known = _known(name, transforms, around)
    if known is None:
        names = (*transforms, *around.names())
        near = nearest(name, names)
        return place.report(
            "W415",
            f"relationship to unknown `{name}`",
            *_path_of(check),
            note=f"did you mean `{near}`?"
            if near
            else "it can name an input port or an own object",
        )
    columns = [each.name for each in known.columns]
    wanted: list[str] = list(check.arguments["to_columns"])
    for column in wanted:
        if column not in columns:
            near = nearest(column, columns)
            return place.report(
                "W415",
                f"relationship to unknown column `{column}` of `{name}`",
                *_path_of(check),
                note=f"did you mean `{near}`?" if near else f"`{name}` has no such column",
            )
    return CheckQuery(check, refers_to=replace(known.read, columns=tuple(wanted)))


def _sql_rule(
    check: Check, place: _Place, transforms: Mapping[str, Transform], around: Surroundings
) -> CheckQuery | Diagnostic:
    column = check.columns[0] if check.columns else None
    tree, problems = parse_rule(str(check.arguments["query"]), around.dialect, column)
    known: dict[str, Known] = {}
    for name in tree.names if tree else ():
        if name in (RULE_TABLE, place.obj.name):
            known[name] = Known(
                Read(ReadKind.MODEL, RULE_TABLE),
                tuple(column_of(prop, around.dialect) for prop in place.obj.properties),
            )
            continue
        found = _known(name, transforms, around)
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
        compiled, problems = around.compiled(tree, known)
        if compiled is not None:
            return CheckQuery(check, query=compiled.query)
    first = problems[0]
    return place.report(
        first.code, first.message, *_path_of(check), "query", note=first.note, help=first.help
    )
