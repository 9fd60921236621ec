"""What a query may contain: one walk over its tree that finds relations and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from weft.sql.constructs import constructs
from weft.sql.dialect import Dialect
from weft.sql.functions import (
    FUNCTION_CLASSES,
    classes_named,
    function_name,
    is_allowed,
    is_volatile,
)
from weft.sql.problem import NOWHERE, Place, Problem, place_in, place_of
from weft.sql.types import family_of, nearest_type

MAX_DEPTH = 120
NAMES_IN_FROM = "a model or an input port has one part, an object of a port has two: `port.object`"

# What to do instead of reading around ports and sources.
_LIST_PORTS = "weft ls"
_ADD_SOURCE = "declare data from outside in sources/<name>.odcs.yaml and add an input port"

_FILE_MARKS = re.compile(r"[/\\*:]|\.[A-Za-z][A-Za-z0-9]{1,8}$")
_SYSTEM_SCHEMAS = frozenset(
    ["information_schema", "pg_catalog", "main", "public", "temp", "system", "memory", "sys"]
)
# Chains of these are worked through without recursion, so that their length is no depth.
_CHAINS = frozenset([exp.And, exp.Or])


@dataclass
class Survey:
    """What a walk found. `relations` are the names in FROM that the mesh has to explain.

    `simple` means one SELECT from at most one relation, without subqueries and the like.
    """

    text: str
    dialect: Dialect
    parts: tuple[int, ...]
    relations: list[tuple[str, exp.Table]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    deterministic: bool = True
    simple: bool = True

    def refuse(
        self, node: exp.Expr, code: str, message: str, note: str = "", help: str = ""
    ) -> None:
        """Note a problem at a node."""
        self.refuse_at(place_of(node), code, message, note, help)

    def refuse_at(
        self, place: Place, code: str, message: str, note: str = "", help: str = ""
    ) -> None:
        """Note a problem at a place."""
        self.problems.append(place.problem(self.text, code, message, note, help))


def survey(tree: exp.Query, text: str, dialect: Dialect, parts: tuple[int, ...]) -> Survey:
    """Walk a parsed query; `parts` says how many parts a relation's name may have."""
    found = Survey(text, dialect, parts)
    tables: list[exp.Table] = []
    stack: list[tuple[exp.Expr, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            found.refuse(
                node, "W304", "the query is nested too deeply", f"at most {MAX_DEPTH} levels"
            )
            return found
        kind = type(node)
        if isinstance(node, exp.Table):
            tables.append(node)
        before = len(found.problems)
        _look(node, found)
        if len(found.problems) > before:
            continue
        if kind in _CHAINS and node.parent is not None and type(node.parent) is kind:
            depth -= 1
        for value in node.args.values():
            if type(value) is list:
                stack.extend((each, depth + 1) for each in value if isinstance(each, exp.Expr))
            elif isinstance(value, exp.Expr):
                stack.append((value, depth + 1))
    _relations(tables, found)
    found.problems.sort(key=lambda each: (each.line, each.column))
    return found


def _look(node: exp.Expr, found: Survey) -> None:
    kind = type(node)
    look = _LOOKS.get(kind) or (_function if kind in FUNCTION_CLASSES else None)
    if look is not None:
        look(node, found)
    lacks = found.dialect.lacks
    missing = next((name for name in constructs(node) if name in lacks), "") if lacks else ""
    if missing:
        found.refuse(node, "W313", f"{missing.upper()} is not known to {found.dialect.name}")


def _function(node: exp.Expr, found: Survey) -> None:
    if is_volatile(node, found.dialect):
        found.deterministic = False
    if isinstance(node.parent, exp.Table) and node.arg_key == "this":
        return
    if not is_allowed(node, found.dialect):
        name = function_name(node)
        # Functions that are called without brackets have no place of their own.
        known = node.meta_get("start") is not None
        found.refuse_at(
            place_of(node) if known else place_in(found.text, name),
            "W309",
            f"function `{name}` cannot be used here",
            "functions may reach nothing but their arguments",
        )


def _relations(tables: list[exp.Table], found: Survey) -> None:
    """Classify what stands in FROM, but for names of CTEs."""
    for table in tables:
        if cte_of(table, found.dialect) is not None:
            found.simple = False
        elif isinstance(table.this, exp.Func):
            _table_function(table, table.this, found)
        elif not table.parts or table.args.get("only"):
            found.refuse(table, "W313", "FROM takes relations and row generators alone")
        else:
            _relation(table, found)
    found.relations.sort(key=lambda each: place_of(each[1]).start)
    if len(tables) > 1 or any(table.alias_column_names for _, table in found.relations):
        found.simple = False


def _table_function(table: exp.Table, function: exp.Func, found: Survey) -> None:
    found.simple = False
    name = function_name(function)
    known = isinstance(function, exp.GenerateSeries) or name in found.dialect.functions.generators
    if not known or table.args.get("db"):
        found.refuse(
            function,
            "W306",
            f"`{name}` cannot stand in FROM",
            "of table functions only row generators can",
            _LIST_PORTS if _reads_ports(found) else _ADD_SOURCE,
        )


def _relation(table: exp.Table, found: Survey) -> None:
    written = [part.name for part in table.parts]
    name = ".".join(written).lower()
    if _FILE_MARKS.search(written[-1]):
        _file(table, f"`{written[-1]}` looks like a file", found)
    elif len(written) > 1 and written[0].lower() in _SYSTEM_SCHEMAS:
        _unnamed(table, f"`{name}` belongs to the warehouse", found)
    elif not isinstance(table.this, exp.Identifier) or len(written) not in found.parts:
        _unnamed(table, f"`{name}` is no name that FROM knows", found)
    else:
        found.relations.append((name, table))


def _reads_ports(found: Survey) -> bool:
    """Whether it is a query over published ports, and no model."""
    return 1 not in found.parts


def _file(table: exp.Table, message: str, found: Survey) -> None:
    if _reads_ports(found):
        found.refuse(table, "W307", message, "a query reads published ports", _LIST_PORTS)
    else:
        found.refuse(table, "W307", message, "files are read through sources", _ADD_SOURCE)


def _unnamed(table: exp.Table, message: str, found: Survey) -> None:
    if _reads_ports(found):
        found.refuse(table, "W308", message, "ports are named `domain.product.object`", _LIST_PORTS)
    else:
        found.refuse(table, "W308", message, NAMES_IN_FROM)


def cte_of(table: exp.Table, dialect: Dialect) -> exp.CTE | None:
    """Find the CTE that a name in FROM means; None when it means a relation."""
    this = table.this
    if not isinstance(this, exp.Identifier) or table.args.get("db"):
        return None
    wanted = dialect.fold(this.name, bool(this.args.get("quoted")))
    node: exp.Expr | None = table
    while node is not None and node.parent is not None:
        child, node = node, node.parent
        if isinstance(node, exp.With):
            known = node.expressions
            until = next(n for n, each in enumerate(known) if each is child)
            visible = known[: until + 1] if node.args.get("recursive") else known[:until]
            # The query that owns this WITH must not be asked again: it would show all of them.
            child, node = node, node.parent
        else:
            with_ = node.args.get("with_") if isinstance(node, exp.Query) else None
            visible = with_.expressions if with_ is not None else []
        for each in reversed(visible):
            identifier = each.args["alias"].this
            if dialect.fold(identifier.name, bool(identifier.args.get("quoted"))) == wanted:
                found: exp.CTE = each
                return found
    return None


def _not_simple(node: exp.Expr, found: Survey) -> None:
    found.simple = False


def _dot(node: exp.Expr, found: Survey) -> None:
    """A dot takes a field of a value; before a function or in a type it would be a schema's."""
    found.simple = False
    if isinstance(node.parent, exp.DataType):
        found.refuse(node, "W313", f"type `{node.sql()}` is not one that every warehouse has")
    elif isinstance(node.expression, exp.Func):
        name = function_name(node.expression)
        found.refuse(
            node,
            "W309",
            f"function `{name}` cannot be called after a dot",
            "functions have no schema, and every argument stands in the brackets",
            f"write {name}(…)",
        )


def _select(node: exp.Expr, found: Survey) -> None:
    found.simple = found.simple and node.parent is None
    if not node.args.get("expressions"):
        found.refuse(node, "W301", "this SELECT has no columns", "name some, or write *")
    if node.args.get("locks"):
        found.refuse(node, "W313", "a query cannot lock rows", "take FOR … out")


def _subquery(node: exp.Expr, found: Survey) -> None:
    found.simple = False
    if not isinstance(node.this, exp.Query | exp.Values | exp.Table):
        found.refuse(node, "W303", "a subquery must be a SELECT")


def _cte(node: exp.Expr, found: Survey) -> None:
    found.simple = False
    if not isinstance(node.this, exp.Query | exp.Values):
        found.refuse(node, "W303", f"CTE `{node.alias}` must be a SELECT")


def _set_operation(node: exp.Expr, found: Survey) -> None:
    found.simple = False
    for side in (node.this, node.args["expression"]):
        if not isinstance(side, exp.Query):
            found.refuse(side, "W303", "both sides must be a SELECT")


def _join(node: exp.Expr, found: Survey) -> None:
    found.simple = False
    method = str(node.args.get("method") or "").upper()
    if method == "NATURAL":
        found.refuse(
            node.this,
            "W310",
            "NATURAL JOIN is not allowed",
            "a column added upstream would change what is joined",
            "name the columns with USING",
        )
    elif method == "POSITIONAL":
        found.refuse(
            node.this,
            "W310",
            "POSITIONAL JOIN is not allowed",
            "the rows of a relation have no order",
            "join on columns",
        )
    elif method == "ASOF" and node.args.get("using"):
        found.refuse(
            node.this,
            "W310",
            "ASOF JOIN cannot be written with USING here",
            "its last column is compared by order, not for equality",
            "write the conditions with ON",
        )


def _into(node: exp.Expr, found: Survey) -> None:
    found.refuse(
        node, "W311", "SELECT … INTO writes a table", "a query only reads", "take INTO out"
    )


def _parameter(node: exp.Expr, found: Survey) -> None:
    name = node.text("this")
    mark = next((mark for mark in "?$:@" if mark + name in found.text), "?")
    found.refuse_at(
        place_in(found.text, mark + name),
        "W305",
        "a query has no parameters",
        "write the value itself",
    )


def _star(node: exp.Expr, found: Survey) -> None:
    parent = node.parent
    if isinstance(parent, exp.Column):
        parent = parent.parent
    if not isinstance(parent, exp.Select | exp.Count):
        _columns(node, found)
    elif any(node.args.get(key) for key in ("except_", "replace", "rename")):
        found.simple = False


def _columns(node: exp.Expr, found: Survey) -> None:
    found.refuse(node, "W312", "expressions over all columns are not allowed", "name the columns")


def _positional(node: exp.Expr, found: Survey) -> None:
    place = place_in(found.text, f"#{node.name}")
    found.refuse_at(place, "W312", "columns cannot be named by number", "write the column's name")


def _pivot(node: exp.Expr, found: Survey) -> None:
    found.refuse(
        node,
        "W313",
        "PIVOT and UNPIVOT are not allowed",
        "their columns depend on the data",
        "write one aggregate with FILTER per column, or UNION ALL",
    )


def _construct(node: exp.Expr, found: Survey) -> None:
    name = type(node).__name__
    words = _WORDS.get(name) or _CAPITAL.sub(" ", name).upper()
    found.refuse(node, "W313", f"{words} cannot stand in a query")


def _sample(node: exp.Expr, found: Survey) -> None:
    found.simple = False
    if not node.args.get("seed"):
        found.deterministic = False


def _type(node: exp.Expr, found: Survey) -> None:
    name = _unknown_type(node, found.dialect)
    if name:
        cast = node.find_ancestor(exp.Cast)
        place = place_in(found.text, name, place_of(cast.this).end + 1 if cast else 0)
        found.refuse_at(
            place if place is not NOWHERE else place_of(node),
            "W314",
            f"unknown type `{name}`",
            nearest_type(name, found.dialect),
        )


def _unknown_type(node: exp.Expr, dialect: Dialect) -> str:
    """Return the name of a type in a query when no such type exists, "" when it does.

    Types inside others, such as those of a list's items, are nodes of their own.
    """
    if node.this is not exp.DType.USERDEFINED:
        return ""
    name = str(node.args.get("kind") or "")
    return name if not family_of(name, dialect) else ""


# How SQL says what the parser calls otherwise; most statements are called by their first words.
_WORDS = {
    "HistoricalData": "AT or BEFORE",
    "MatchRecognize": "MATCH_RECOGNIZE",
    "QueryTransform": "TRANSFORM",
    "TableFromRows": "TABLE(…)",
    "Lock": "FOR UPDATE",
    "Schema": "a list of columns with types",
    "Block": "BEGIN … END",
    "Transaction": "BEGIN",
    "Semicolon": "a semicolon",
    "Command": "such a statement",
}
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")

# What has no place inside a query, wherever it stands.
_STATEMENTS = """
    Command Create Insert Update Delete Merge Drop Alter Copy Attach Detach Set Use Pragma Describe
    Summarize Show Kill Transaction Commit Rollback Cache Refresh LoadData Export Install
    HistoricalData MatchRecognize QueryTransform Semicolon Lock Schema TableFromRows Block
    ObjectIdentifier PseudoType Operator
"""

_LOOKS: dict[type[exp.Expr], Callable[[exp.Expr, Survey], None]] = {
    exp.Select: _select,
    exp.Subquery: _subquery,
    exp.CTE: _cte,
    exp.Join: _join,
    exp.Into: _into,
    exp.Placeholder: _parameter,
    exp.Parameter: _parameter,
    exp.SessionParameter: _parameter,
    exp.Star: _star,
    exp.Columns: _columns,
    exp.PositionalColumn: _positional,
    exp.Pivot: _pivot,
    exp.DataType: _type,
    exp.TableSample: _sample,
    exp.Exists: _not_simple,
    exp.Lambda: _not_simple,
    exp.Comprehension: _not_simple,
    exp.Dot: _dot,
    exp.Lateral: _not_simple,
    exp.Unnest: _not_simple,
    exp.Explode: _not_simple,
    exp.Values: _not_simple,
    exp.Union: _set_operation,
    exp.Except: _set_operation,
    exp.Intersect: _set_operation,
    **dict.fromkeys(classes_named(_STATEMENTS), _construct),
}
