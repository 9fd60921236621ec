"""Compile the models of one product: names in FROM, order, columns, fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from weft.mesh.diagnostic import Diagnostic, Severity, Span
from weft.mesh.manifest import (
    FileSource,
    Function,
    Read,
    ReadKind,
    ResolvedInput,
    TableSource,
    Transform,
)
from weft.mesh.nearest import did_you_mean, nearest
from weft.mesh.product import Materialization, Model
from weft.project.faces import Faces
from weft.project.functions import (
    FUNCTION_VERSION,
    ParsedFunction,
    compile_function,
    parse_function,
)
from weft.project.growth import grown_columns, growth_of, growth_problems, idle_keys
from weft.project.names import MeshNames, explain_unknown
from weft.project.order import in_order
from weft.sql.dialect import Dialect
from weft.sql.fingerprint import FINGERPRINT_VERSION
from weft.sql.gate import NAMES_IN_FROM
from weft.sql.query import Compiled, Known, ParsedSelect, Problem, compile_select, parse_select
from weft.sql.transpile import transpile_select


@dataclass(frozen=True)
class Surroundings:
    """What the models of a product may see beside each other.

    `native` is the dialect of the warehouse. `unresolved` are input ports and models that were
    reported already, or lead to what was; who reads them is passed over. `promised` are the
    columns that contracts promise of models, with their types.
    """

    product: str
    dialect: Dialect
    native: Dialect
    inputs: Mapping[str, ResolvedInput]
    unresolved: frozenset[str]
    sources: Mapping[str, FileSource | TableSource]
    faces: Faces
    mesh: MeshNames = field(default_factory=MeshNames)
    promised: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def known_input(self, name: str) -> Known | None:
        """What an input port's name, or `port.object`, stands for in FROM."""
        port_name, dot, object_name = name.partition(".")
        port = self.inputs.get(port_name)
        if port is None:
            return None
        if port.source:
            source = self.sources.get(port.source)
            if source is None or dot:
                return None
            kind = ReadKind.TABLE if isinstance(source, TableSource) else ReadKind.SOURCE
            return Known(Read(kind, source.name), source.columns)
        return self._known_object(port, object_name)

    def _known_object(self, port: ResolvedInput, name: str) -> Known | None:
        face = self.faces.face(port.port)
        objects = face.objects_in(self.dialect)
        chosen = name or (face.port if face.port in objects else "")
        if not chosen and len(objects) == 1:
            chosen = next(iter(objects))
        if chosen not in objects:
            return None
        return Known(Read(ReadKind.PORT, port.port, chosen), objects[chosen])

    def is_unresolved(self, name: str) -> bool:
        """Whether a name in FROM stands for something that was reported already."""
        return name.partition(".")[0] in self.unresolved

    def names(self) -> tuple[str, ...]:
        """The names that an input gives to FROM."""
        return tuple(self.inputs)

    def compiled(
        self, tree: ParsedSelect, known: Mapping[str, Known], *, shaped: bool = False
    ) -> tuple[Compiled | None, tuple[Problem, ...]]:
        """Compile a query, and write it in the dialect of the warehouse where it is another.

        `shaped` asks for the query's shape too.
        """
        compiled, problems = compile_select(tree, self.dialect, known, shaped=shaped)
        if compiled is None or self.native is self.dialect:
            return compiled, problems
        parts, problems = transpile_select(tree, self.dialect, self.native, known)
        if parts is None:
            return None, problems
        return replace(compiled, query=replace(compiled.query, moved=parts)), ()


Parsed = ParsedSelect | ParsedFunction


def compile_models(
    models: tuple[Model, ...], around: Surroundings
) -> tuple[dict[str, Transform], list[Diagnostic]]:
    """Compile every model that can be; a model that reads a broken one is left out silently."""
    diagnostics: list[Diagnostic] = []
    parsed: dict[str, Parsed] = {}
    by_name = {model.name: model for model in models}
    for model in models:
        tree, problems = _parse(model, by_name, around)
        diagnostics += [located(model, each) for each in problems]
        if tree is not None:
            parsed[model.name] = tree
    sound = {
        name: tree
        for name, tree in parsed.items()
        if not _unknown_names(by_name, name, tree, around, diagnostics)
    }
    order, cycle = in_order({name: tree.names for name, tree in sound.items()})
    if cycle:
        diagnostics.append(_cycle(by_name[cycle[0]], cycle))
        return {}, diagnostics
    done: dict[str, Transform] = {}
    for name in order:
        transform, found = _compile_one(by_name[name], sound[name], done, around)
        diagnostics += found
        if transform is not None:
            done[name] = transform
    return done, diagnostics


def _parse(
    model: Model, models: Mapping[str, Model], around: Surroundings
) -> tuple[Parsed | None, tuple[Problem, ...]]:
    if model.in_python:
        return parse_function(model.sql, model.name, models)
    return parse_select(model.sql, around.dialect)


def located(model: Model, problem: Problem, severity: Severity = Severity.ERROR) -> Diagnostic:
    """A problem of a model's text as a diagnostic in its file."""
    lines = model.sql.split("\n")
    inside = 0 < problem.line <= len(lines)
    return Diagnostic(
        code=problem.code,
        message=problem.message,
        span=Span(
            model.path,
            model.first_line + problem.line - 1,
            problem.column,
            max(problem.length, 1),
        ),
        note=problem.note,
        help=problem.help,
        excerpt=lines[problem.line - 1] if inside else "",
        severity=severity,
    )


def _unknown_names(
    models: Mapping[str, Model],
    name: str,
    tree: Parsed,
    around: Surroundings,
    diagnostics: list[Diagnostic],
) -> bool:
    """Report the names in FROM that are nothing; say whether there were any."""
    bad = False
    for each in tree.names:
        if around.is_unresolved(each):
            bad = True
            continue
        if each == name:
            problem = tree.problem_at(
                each, "W406", f"model `{name}` reads itself", "a model cannot be its own input"
            )
        elif each in models or around.known_input(each):
            continue
        else:
            known = tuple(sorted({*models, *around.names()} - {name}))
            problem = _unknown(each, tree, around, known)
        diagnostics.append(located(models[name], problem))
        bad = True
    return bad


def _unknown(name: str, tree: Parsed, around: Surroundings, known: tuple[str, ...]) -> Problem:
    note, help = _explain(name, around, known)
    if name.count(".") > 1 and not help:
        message = f"`{name}` is no name that FROM knows"
        return tree.problem_at(name, "W308", message, NAMES_IN_FROM)
    return tree.problem_at(name, "W410", f"unknown relation `{name}`", note, help)


def _explain(name: str, around: Surroundings, known: tuple[str, ...]) -> tuple[str, str]:
    port_name, dot, object_name = name.partition(".")
    port = around.inputs.get(port_name)
    if port is None:
        return explain_unknown(name, around.product, known, around.mesh)
    if port.source:
        return f"source `{port_name}` has one object, write `{port_name}`", ""
    objects = tuple(around.faces.face(port.port).objects)
    if not dot:
        return f"the port has several objects: write `{port_name}.{objects[0]}`", ""
    near = nearest(object_name, objects)
    return (
        f"did you mean `{port_name}.{near}`?" if near else "it has " + ", ".join(objects),
        f"weft show {port.port}",
    )


def _cycle(model: Model, cycle: tuple[str, ...]) -> Diagnostic:
    path = " -> ".join(cycle)
    problem = Problem("W406", f"models read each other in a circle: {path}")
    return located(model, problem)


def _compile_one(
    model: Model, tree: Parsed, done: Mapping[str, Transform], around: Surroundings
) -> tuple[Transform | None, list[Diagnostic]]:
    known: dict[str, Known] = {}
    for name in tree.names:
        if name in done:
            known[name] = Known(Read(ReadKind.MODEL, name), done[name].columns)
        elif (found := around.known_input(name)) is not None:
            known[name] = found
        else:
            return None, []
    if isinstance(tree, ParsedFunction):
        return _compile_function(model, tree, known, around)
    compiled, problems = around.compiled(tree, known, shaped=model.materialized.grows)
    diagnostics = [located(model, each) for each in problems]
    diagnostics += _head_problems(model, known, compiled)
    columns = compiled.columns if compiled else None
    for each in growth_problems(model, columns, around.dialect):
        diagnostics.append(_in_head(model, each.key, each.code, each.message, each.note))
    if compiled is None or any(each.severity is Severity.ERROR for each in diagnostics):
        return None, diagnostics
    return _transform(model, compiled, around.dialect), diagnostics


def _compile_function(
    model: Model, parsed: ParsedFunction, known: Mapping[str, Known], around: Surroundings
) -> tuple[Transform | None, list[Diagnostic]]:
    promised = around.promised.get(model.name, {})
    compiled = compile_function(parsed, known, model.columns, promised)
    diagnostics = []
    if model.materialized is not Materialization.TABLE:
        message = f"model `{model.name}` cannot be materialized as {model.materialized}"
        note = "a model in Python is a table"
        diagnostics.append(_in_head(model, "materialized", "W358", message, note))
    for each in idle_keys(model):
        diagnostics.append(_in_head(model, each.key, each.code, each.message, each.note))
    if compiled is None:
        message = f"the columns of model `{model.name}` are not known"
        note = "no contract promises them"
        problem = Problem("W356", message, note=note, help="write `# columns: [id, name]` on top")
        return None, [*diagnostics, located(model, problem)]
    diagnostics += _head_problems(model, known, compiled)
    if diagnostics:
        return None, diagnostics
    function = Function(parsed.arguments, model.memory, model.timeout)
    transform = _transform(model, compiled, around.dialect)
    return replace(transform, function=function, fingerprint_version=FUNCTION_VERSION), []


def _head_problems(
    model: Model, known: Mapping[str, Known], compiled: Compiled | None
) -> list[Diagnostic]:
    """What the head of a model promises and the query does not allow."""
    found: list[Diagnostic] = []

    def report(key: str, code: str, message: str, note: str) -> None:
        found.append(_in_head(model, key, code, message, note))

    if model.materialized is Materialization.VIEW:
        foreign = [name for name, each in known.items() if each.read.kind is not ReadKind.MODEL]
        if foreign:
            report(
                "materialized",
                "W411",
                f"view `{model.name}` reads input port `{foreign[0]}`",
                "a view may read models of its own product only; make it a table",
            )
    if compiled is None:
        return found
    names = [column.name for column in compiled.columns]
    for key, columns in (("required", model.required), ("unique", model.unique)):
        for column in columns:
            if column not in names:
                note = did_you_mean(column, names, "the query does not give it")
                message = f"the head of `{model.name}` names unknown column `{column}`"
                report(key, "W418", message, note)
    if not compiled.deterministic and not model.refresh_always:
        found.append(_volatile(model))
    return found


def _volatile(model: Model) -> Diagnostic:
    message = f"model `{model.name}` gives other rows each time it runs"
    note = "it is built when what it reads changes; `-- refresh: always` builds it in every run"
    return located(model, Problem("W419", message, note=note), Severity.WARNING)


def _in_head(model: Model, key: str, code: str, message: str, note: str) -> Diagnostic:
    """Report something at the line of the head that sets a key."""
    for number, line in enumerate(model.head.split("\n"), start=1):
        name, colon, value = line.lstrip("-# ").partition(":")
        if colon and name.strip() == key:
            text = value.strip()
            span = Span(model.path, number, line.index(text) + 1, max(len(text), 1))
            return Diagnostic(code, message, span, note=note, excerpt=line)
    return located(model, Problem(code, message, note=note))


def _transform(model: Model, compiled: Compiled, dialect: Dialect) -> Transform:
    return Transform(
        name=model.name,
        path=model.path,
        materialized=model.materialized,
        fingerprint=compiled.fingerprint,
        query=compiled.query,
        columns=grown_columns(model, compiled.columns, dialect),
        text=model.sql,
        description=model.description,
        refresh_always=model.refresh_always,
        deterministic=compiled.deterministic,
        fingerprint_version=FINGERPRINT_VERSION,
        growth=growth_of(model, compiled.shape),
    )
