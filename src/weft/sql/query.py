"""Read a SELECT: what it names in FROM, then, once that is known, what it gives and means.

Two phases, because the names in FROM decide the order in which models are compiled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from weft.mesh.manifest import Column, Query, Read
from weft.sql.dialect import Dialect
from weft.sql.fingerprint import fingerprint
from weft.sql.gate import survey
from weft.sql.problem import NOWHERE, Place, Problem, place_of
from weft.sql.qualified import Known, Qualified, Setting, choose_mark
from weft.sql.reading import read
from weft.sql.scopes import qualify_scoped
from weft.sql.simple import qualify_simple

__all__ = [
    "RULE_TABLE",
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

RULE_TABLE = "table_under_audit"
"""The name in FROM by which a rule's query calls the object that it is about."""

_PLACEHOLDER = re.compile(r"'(?:[^']|'')*'|\"?\$\{([A-Za-z_]*)\}\"?")
_MARKED = re.compile(r"weft_([tc])_+")


@dataclass(frozen=True)
class ParsedSelect:
    """A query that passed the gate. `names` are the relations in FROM, in order of the text.

    `simple` and `deterministic` are what the gate saw; `places` say where each name stands first.
    """

    tree: exp.Query
    text: str
    names: tuple[str, ...]
    places: Mapping[str, Place]
    simple: bool = False
    deterministic: bool = True

    def problem_at(
        self, name: str, code: str, message: str, note: str = "", help: str = ""
    ) -> Problem:
        """Make a problem that stands where a relation is named first."""
        return self.places.get(name, NOWHERE).problem(self.text, code, message, note, help)


@dataclass(frozen=True)
class Compiled:
    """What a query means: its SQL, its columns, and the fingerprint of its meaning.

    `needs_describe` says that a column may have a type that has to be stored as another one, so
    that the warehouse must look at the real types.
    """

    query: Query
    columns: tuple[Column, ...]
    fingerprint: str
    deterministic: bool
    needs_describe: bool


def parse_select(
    text: str, dialect: Dialect
) -> tuple[ParsedSelect | None, tuple[Problem, ...]]:
    """Read one SELECT over models (`name`) and objects of ports (`port.object`)."""
    tree, problems = read(text, dialect)
    if tree is None:
        return None, problems
    return _examined(tree, text, dialect, (1, 2))


def parse_rule(
    text: str, dialect: Dialect, column: str | None
) -> tuple[ParsedSelect | None, tuple[Problem, ...]]:
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
    if isinstance(tree, exp.Select) and len(tree.expressions) == 1:
        only = tree.expressions[0]
        if not isinstance(only, exp.Alias | exp.Star):
            tree.set("expressions", [exp.alias_(only, "value", quoted=True, copy=False)])
    if len(getattr(tree, "expressions", [0])) > 1:
        place = place_of(tree.expressions[1])
        return None, (
            place.problem(text, "W327", "a rule gives one value", "this is a second column"),
        )
    return _examined(tree, text, dialect, (1, 2))


def parse_ports_query(
    text: str, dialect: Dialect
) -> tuple[ParsedSelect | None, tuple[Problem, ...]]:
    """Read one SELECT over published ports, which FROM names as `domain.product.object`."""
    tree, problems = read(text, dialect)
    if tree is None:
        return None, problems
    return _examined(tree, text, dialect, (3,))


def ports_query_text(parsed: ParsedSelect, dialect: Dialect) -> str:
    """Write a query over ports as SQL, with every identifier quoted."""
    return parsed.tree.sql(dialect=dialect.sqlglot, identify=True, comments=False)


def compile_select(
    parsed: ParsedSelect, dialect: Dialect, known: Mapping[str, Known]
) -> tuple[Compiled | None, tuple[Problem, ...]]:
    """Resolve every column of a query; `known` has all of `parsed.names`."""
    setting = Setting(parsed.text, dialect, parsed.names, known, choose_mark(parsed.text))
    qualified = None
    if parsed.simple and isinstance(parsed.tree, exp.Select):
        qualified = qualify_simple(parsed.tree, setting)
    if qualified is None:
        qualified, problems = qualify_scoped(parsed.tree.copy(), setting)
        if qualified is None:
            return None, tuple(problems)
    return _compiled(qualified, setting, parsed.deterministic), ()


def _compiled(qualified: Qualified, setting: Setting, deterministic: bool) -> Compiled:
    dialect = setting.dialect
    sql = qualified.tree.sql(dialect=dialect.sqlglot, identify=True, comments=False)
    reads = tuple(_read(name, qualified, setting) for name in setting.names)
    stored = dialect.types.stored_as
    return Compiled(
        query=Query(_cut(sql, qualified, setting), reads),
        columns=tuple(
            Column(each.name, stored.get(each.type, each.type)) for each in qualified.columns
        ),
        fingerprint=fingerprint(sql.replace(setting.mark, ""), reads, dialect),
        deterministic=deterministic,
        needs_describe=any(not each.type or each.type in stored for each in qualified.columns),
    )


def _read(name: str, qualified: Qualified, setting: Setting) -> Read:
    known = setting.known[name]
    used = qualified.used.get(name, set())
    columns = tuple(each.name for each in known.columns if each.name in used)
    return replace(known.read, columns=columns)


def _cut(sql: str, qualified: Qualified, setting: Setting) -> tuple[str | int, ...]:
    """Cut where the stand-ins of relations are, and give aliases back their names."""
    quote = setting.dialect.quote
    open_, close = quote("x").split("x")
    stand_in = re.escape(open_ + setting.mark) + r"([ra])(\d+)" + re.escape(close)
    pieces = re.split(stand_in, sql)
    parts: list[str | int] = [pieces[0]]
    for kind, number, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if kind == "r":
            parts += [int(number), after]
        else:
            parts[-1] = f"{parts[-1]}{quote(qualified.aliases[int(number)])}{after}"
    return tuple(parts)


def _examined(
    tree: exp.Query, text: str, dialect: Dialect, parts: tuple[int, ...]
) -> tuple[ParsedSelect | None, tuple[Problem, ...]]:
    found = survey(tree, text, dialect, parts)
    if found.problems:
        return None, tuple(found.problems)
    places: dict[str, Place] = {}
    for name, table in found.relations:
        places.setdefault(name, place_of(table))
    return ParsedSelect(
        tree, text, tuple(places), places, found.simple, found.deterministic
    ), ()


def _mark_placeholders(text: str, column: str | None) -> tuple[str, tuple[Problem, ...]]:
    """Replace placeholders by reserved words of the same length, so that places stay right."""
    problems: list[Problem] = []

    def marked(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return found.group()
        place = Place(found.start(), found.end() - 1)
        if name in ("table", "object"):
            return "weft_t".ljust(len(found.group()), "_")
        if name in ("column", "property") and column is not None:
            return "weft_c".ljust(len(found.group()), "_")
        note = "the rule stands at an object, which is no column" if name in ("column", "property") else ""
        problems.append(
            place.problem(text, "W328", f"`${{{name}}}` stands for nothing here", note, "write ${table}")
        )
        return found.group()

    return _PLACEHOLDER.sub(marked, text), tuple(problems)
