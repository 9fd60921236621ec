"""Compile what a product expects of its input ports: checks for others to run on their data.

They are run where the producer's data lies, so they see the object that they are about alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from weft.contract.checks import checks_of
from weft.contract.problems import contract_problems
from weft.mesh.check import Check, CheckKind
from weft.mesh.contract import SchemaObject
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import (
    RULE_TABLE,
    CheckQuery,
    Column,
    Expectation,
    Query,
    Read,
    ReadKind,
    ResolvedInput,
)
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import DataProduct, InputContract
from weft.project.check_contract import unknown_status
from weft.project.models import Surroundings
from weft.project.read_yaml import Document
from weft.sql.dialect import dialect_named
from weft.sql.query import Known, parse_rule


def compile_expectations(
    product: DataProduct, documents: Mapping[str, Document], around: Surroundings
) -> tuple[tuple[Expectation, ...], list[Diagnostic]]:
    """Compile all expectations of a product; those that are drafts are checked and left out."""
    found: list[Expectation] = []
    diagnostics: list[Diagnostic] = []
    for each in product.expectations:
        if each.name in around.unresolved:
            continue
        reading = _Reading(each, documents[each.path], around)
        compiled = reading.compile()
        diagnostics += reading.diagnostics
        if each.contract.status.published:
            found += compiled
    return tuple(found), diagnostics


@dataclass
class _Reading:
    """One file of expectations while it is compiled, and what is wrong with it."""

    expected: InputContract
    document: Document
    around: Surroundings
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def compile(self) -> list[Expectation]:
        """What the file says, as far as it makes sense."""
        contract = self.expected.contract
        self.diagnostics += unknown_status(self.document)
        port = self._port()
        if port is None:
            return []
        self.diagnostics += [
            self.document.diagnostic(
                each.code,
                each.message,
                *each.path,
                note=each.note,
                help=each.help,
                severity=each.severity,
            )
            for each in contract_problems(contract)
        ]
        levels = tuple(contract.document.get("slaProperties", ()))
        found = [Expectation(port.name, port.port, "", levels=levels)] if levels else []
        seen: set[str] = set()
        for index, obj in enumerate(contract.objects):
            columns = self._columns(port, index, obj, seen)
            seen.add(obj.name)
            if columns is not None:
                found.append(self._expectation(port, index, obj, columns))
        return found

    def _port(self) -> ResolvedInput | None:
        name = self.expected.name
        port = self.around.inputs.get(name)
        if port is not None and port.port:
            return port
        if port is not None:
            message = f"`{name}` is data from outside, and nobody can be told what it should be"
            note = "expectations are of ports of other products"
        else:
            message = f"this product has no input port `{name}`"
            others = [each.name for each in self.around.inputs.values() if each.port]
            note = did_you_mean(name, others, "the file is named like the input port it is about")
        self.diagnostics.append(self.document.diagnostic("W280", message, "id", note=note))
        return None

    def _columns(
        self, port: ResolvedInput, index: int, obj: SchemaObject, seen: set[str]
    ) -> tuple[Column, ...] | None:
        """The columns that the port shows of an object; None where it does not have the object."""
        objects = self.around.faces.face(port.port).objects_in(self.around.dialect)
        place = ("schema", index, "name")
        if obj.name in seen:
            message = f"two objects have the name `{obj.name}`"
            self._report("W211", message, "write what is expected of it in one place", *place)
            return None
        if obj.name not in objects:
            message = f"port `{port.port}` has no object `{obj.name}`"
            note = did_you_mean(obj.name, objects, f"it has {', '.join(objects)}")
            self._report("W278", message, note, *place)
            return None
        names = [each.name for each in objects[obj.name]]
        for number, column in enumerate(obj.properties):
            if column.name not in names:
                message = f"object `{obj.name}` of port `{port.port}` has no column `{column.name}`"
                note = did_you_mean(column.name, names, "it is not in the port's contract")
                where = ("schema", index, "properties", number, "name")
                self._report("W278", message, note, *where)
        return objects[obj.name]

    def _expectation(
        self, port: ResolvedInput, index: int, obj: SchemaObject, columns: tuple[Column, ...]
    ) -> Expectation:
        checks = tuple(self._checks(port, index, obj, columns))
        face = self.around.faces.face(port.port)
        has_query = any(each.query for each in checks)
        written_in = (face.native or self.around.native.name) if has_query else ""
        return Expectation(port.name, port.port, obj.name, checks, written_in)

    def _checks(
        self, port: ResolvedInput, index: int, obj: SchemaObject, columns: tuple[Column, ...]
    ) -> Iterator[CheckQuery]:
        """The checks of an object; none keeps anybody from publishing by itself."""
        for found in checks_of(obj):
            check = replace(found, blocks=False)
            path = tuple(int(part) if part.isdigit() else part for part in check.where.split("/"))
            if check.kind is CheckKind.RELATIONSHIP:
                message = "an expectation is about one object"
                note = "it is measured where the producer's data lies, which has no other of yours"
                self._report("W279", message, note, "schema", index, *path)
            elif check.kind is CheckKind.SQL:
                query = self._query(port, index, check, obj, columns)
                if query is not None:
                    yield CheckQuery(check, query)
            else:
                yield CheckQuery(check)

    def _query(
        self,
        port: ResolvedInput,
        index: int,
        check: Check,
        obj: SchemaObject,
        columns: tuple[Column, ...],
    ) -> Query | None:
        """The query of a rule, in the dialect of the warehouse that the port is on."""
        around = self.around
        column = check.columns[0] if check.columns else None
        tree, problems = parse_rule(str(check.arguments["query"]), around.dialect, column)
        path = tuple(int(part) if part.isdigit() else part for part in check.where.split("/"))
        place = ("schema", index, *path, "query")
        itself = Known(Read(ReadKind.MODEL, RULE_TABLE), columns)
        others = [
            name for name in (tree.names if tree else ()) if name not in (RULE_TABLE, obj.name)
        ]
        if others:
            message = f"an expectation is about one object, and this names `{others[0]}`"
            note = "write ${table} for the object that the rule is about"
            self._report("W279", message, note, *place)
            return None
        if tree is not None and not problems:
            native = around.faces.face(port.port).native
            there = replace(around, native=dialect_named(native)) if native else around
            compiled, problems = there.compiled(tree, dict.fromkeys(tree.names, itself))
            if compiled is not None:
                moved = compiled.query.moved
                return replace(compiled.query, parts=moved or compiled.query.parts, moved=())
        first = problems[0]
        self.diagnostics.append(
            self.document.diagnostic(
                first.code, first.message, *place, note=first.note, help=first.help
            )
        )
        return None

    def _report(self, code: str, message: str, note: str, *place: str | int) -> None:
        self.diagnostics.append(self.document.diagnostic(code, message, *place, note=note))
