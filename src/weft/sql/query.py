"""Read a SELECT: what it names in FROM, then, once that is known, what it gives and means.

Two phases, because the names in FROM decide the order in which models are compiled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import ErrorLevel, UnsupportedError, exp

from weft.mesh.growth import Shape
from weft.mesh.manifest import RULE_TABLE, Column, Query, Read
from weft.sql.dialect import Dialect
from weft.sql.fingerprint import fingerprint
from weft.sql.functions import add_brackets
from weft.sql.gate import survey
from weft.sql.problem import NOWHERE, Place, Problem, place_of
from weft.sql.qualified import Known, Qualified, Setting, choose_mark
from weft.sql.reading import MAX_TEXT, first_line, read
from weft.sql.scopes import qualify_scoped
from weft.sql.shape import shape_of
from weft.sql.simple import qualify_simple
from weft.sql.types import stored_type

__all__ = [
    "Compiled",
    "Known",
    "ParsedSelect",
    "Problem",
    "compile_select",
    "parse_ports_query",
    "parse_rule",
    "parse_select",
    "ports_query_text",
]

# As many characters fit into a name everywhere, whichever they are.
_RULE_NAME = 15

# Three parts name nothing that a model reads; who knows the mesh can say what was meant.
_MODEL_NAMES = (1, 2, 3)
_PORT_NAMES = (3,)

_PLACEHOLDER = re.compile(r"'(?:[^']|'')*'|\"?\$\{([^}\"]*)\}\"?")
_MARKED = re.compile(r"weft_([tc])_+")


@dataclass(frozen=True)
class ParsedSelect:
    """A query that passed the gate. `names` are the relations in FROM, in order of the text.

    `places` says where each of them stands first. `simple` and `deterministic` are what the gate
    saw. The tree is not to be changed.
    """

    tree: exp.Query
    text: str
    names: tuple[str, ...]
    places: Mapping[str, Place]
    simple: bool
    deterministic: bool

    def problem_at(
        self, name: str, code: str, message: str, note: str = "", help: str = ""
    ) -> Problem:
        """Make a problem that stands where a relation is named first."""
        return self.places.get(name, NOWHERE).problem(self.text, code, message, note, help)


@dataclass(frozen=True)
class Compiled:
    """What a query means: its SQL, its columns, and the fingerprint of its meaning.

    `columns` have the types in which results are stored, "" where only the warehouse can tell;
    `shape` is empty unless it was asked for.
    """

    query: Query
    columns: tuple[Column, ...]
    fingerprint: str
    deterministic: bool
    shape: Shape = field(default_factory=Shape)


Parsed = tuple[ParsedSelect | None, tuple[Problem, ...]]


def parse_select(text: str, dialect: Dialect) -> Parsed:
    """Read one SELECT over models (`name`) and objects of ports (`port.object`)."""
    tree, problems = read(text, dialect)
    return _examined(tree, text, dialect, _MODEL_NAMES) if tree is not None else (None, problems)


def parse_rule(text: str, dialect: Dialect, column: str | None) -> Parsed:
    """Read the query of a quality rule, which gives one row with one value.

    `${table}` and `${object}` stand for the object that the rule is about, `${column}` and
    `${property}` for `column`. The object is RULE_TABLE among the names in FROM.
    """
    marked, problems = _mark_placeholders(text, column)
    if problems:
        return None, problems
    tree, problems = read(marked, dialect)
    if tree is None:
        return None, problems
    for identifier in tree.find_all(exp.Identifier):
        found = _MARKED.fullmatch(identifier.name)
        if found:
            identifier.set("this", RULE_TABLE if found.group(1) == "t" else column)
            identifier.set("quoted", True)
    if isinstance(tree, exp.Select) and len(tree.expressions) > 1:
        problem = place_of(tree.expressions[1]).problem(
            text, "W327", "a rule gives one value", "this is a second one"
        )
        return None, (problem,)
    _name_outputs(tree, dialect, _RULE_NAME)
    return _examined(tree, text, dialect, _MODEL_NAMES)


def parse_ports_query(text: str, dialect: Dialect) -> Parsed:
    """Read one SELECT over published ports, which FROM names as `domain.product.object`.

    Outputs without a name are called by their text.
    """
    tree, problems = read(text, dialect)
    if tree is None:
        return None, problems
    _name_outputs(tree, dialect, dialect.longest_name or MAX_TEXT)
    return _examined(tree, text, dialect, _PORT_NAMES)


def ports_query_text(parsed: ParsedSelect, dialect: Dialect) -> str:
    """Write a query over ports as SQL, with every identifier quoted."""
    tree = parsed.tree if parsed.deterministic else add_brackets(parsed.tree.copy(), dialect)
    return tree.sql(dialect=dialect.sqlglot, identify=True, comments=False)


def compile_select(
    parsed: ParsedSelect, dialect: Dialect, known: Mapping[str, Known], *, shaped: bool = False
) -> tuple[Compiled | None, tuple[Problem, ...]]:
    """Resolve every column of a query; `known` has all of `parsed.names`.

    `shaped` asks for its shape, too, by which two queries can be told to differ in outputs alone.
    """
    setting = Setting(parsed.text, dialect, parsed.names, known, choose_mark(parsed.text))
    try:
        qualified = None
        if parsed.simple and isinstance(parsed.tree, exp.Select):
            qualified = qualify_simple(parsed.tree, setting)
        if qualified is None:
            qualified, problems = qualify_scoped(parsed.tree, setting)
            if qualified is None:
                return None, tuple(problems)
        compiled = _compiled(qualified, setting, parsed.deterministic)
        if shaped:
            compiled = replace(compiled, shape=shape_of(qualified, setting))
        return compiled, ()
    except RecursionError:
        return None, (Problem("W304", "the query is nested too deeply"),)
    except UnsupportedError as error:
        return None, (Problem("W325", "the query cannot be resolved", note=first_line(error)),)


def _compiled(qualified: Qualified, setting: Setting, deterministic: bool) -> Compiled:
    dialect = setting.dialect
    tree = qualified.tree if deterministic else add_brackets(qualified.tree, dialect)
    sql = tree.sql(
        dialect=dialect.sqlglot,
        identify=True,
        comments=False,
        unsupported_level=ErrorLevel.RAISE,
    )
    reads = tuple(_read(name, qualified, setting) for name in setting.names)
    return Compiled(
        query=Query(_cut(sql, qualified, setting), reads),
        columns=tuple(
            Column(each.name, stored_type(each.type, dialect)) for each in qualified.columns
        ),
        fingerprint=fingerprint(sql.replace(setting.mark, ""), reads, dialect),
        deterministic=deterministic,
    )


def _read(name: str, qualified: Qualified, setting: Setting) -> Read:
    known = setting.known[name]
    used = qualified.used.get(name, frozenset())
    columns = tuple(each.name for each in known.columns if each.name in used)
    return replace(known.read, columns=columns)


def _cut(sql: str, qualified: Qualified, setting: Setting) -> tuple[str | int, ...]:
    """Cut where the stand-ins of relations are, and give aliases back their names."""
    quote = setting.dialect.quote
    opening, closing = map(re.escape, quote(" ").split(" "))
    pieces = re.split(f"{opening}{setting.mark}([ra])([0-9]+){closing}", sql)
    parts: list[str | int] = []
    text = pieces[0]
    for kind, number, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if kind == "r":
            parts += [text, int(number)]
            text = after
        else:
            text = f"{text}{quote(qualified.aliases[int(number)])}{after}"
    return (*parts, text)


def _examined(tree: exp.Query, text: str, dialect: Dialect, parts: tuple[int, ...]) -> Parsed:
    found = survey(tree, text, dialect, parts)
    if found.problems:
        return None, tuple(found.problems)
    places: dict[str, Place] = {}
    for name, table in found.relations:
        places.setdefault(name, place_of(table))
    return ParsedSelect(tree, text, tuple(places), places, found.simple, found.deterministic), ()


def _name_outputs(tree: exp.Query, dialect: Dialect, longest: int) -> None:
    """Name the outputs of a query that nobody reads by name, by the beginning of their text.

    That are `longest` bytes of it at most.
    """
    while isinstance(tree, exp.SetOperation) and isinstance(tree.this, exp.Query):
        tree = tree.this
    for each in list(tree.expressions):
        if not isinstance(each, exp.Alias | exp.Column | exp.Star | exp.Dot):
            text = each.sql(dialect=dialect.sqlglot, comments=False).encode()
            name = text[:longest].decode(errors="ignore")
            named = exp.Alias(this=each.copy(), alias=exp.to_identifier(name, quoted=True))
            each.replace(named)


def _mark_placeholders(text: str, column: str | None) -> tuple[str, tuple[Problem, ...]]:
    """Replace placeholders by reserved words of the same length, so that places stay right."""
    problems: list[Problem] = []

    def marked(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return found.group()
        if name in ("table", "object"):
            return "weft_t".ljust(len(found.group()), "_")
        if name in ("column", "property") and column is not None:
            return "weft_c".ljust(len(found.group()), "_")
        note = "a rule at an object is about no column" if name in ("column", "property") else ""
        place = Place(found.start(), found.end() - 1)
        problems.append(
            place.problem(
                text,
                "W328",
                f"`${{{name}}}` stands for nothing here",
                note or "there are ${table} and ${column}",
            )
        )
        return found.group()

    return _PLACEHOLDER.sub(marked, text), tuple(problems)
