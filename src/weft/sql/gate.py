"""What a query may contain: one walk over its tree that finds relations and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from weft.sql.dialect import Dialect
from weft.sql.functions import function_name, is_allowed, is_function, is_volatile
from weft.sql.problem import Place, Problem, place_of

MAX_DEPTH = 120

_FILE_ENDINGS = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "gz", "zst", "txt", "xlsx")
_SYSTEM_SCHEMAS = frozenset(
    ["information_schema", "pg_catalog", "main", "public", "temp", "system", "memory", "sys"]
)


@dataclass
class Survey:
    """What a walk found. `simple` means one SELECT from at most one relation, without subqueries.

    `relations` are the places in FROM that stand for relations of the mesh, in order of the text.
    """

    text: str
    dialect: Dialect
    parts: tuple[int, ...]
    relations: list[tuple[str, exp.Table]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    deterministic: bool = True
    simple: bool = True
    parens: list[exp.Paren] = field(default_factory=list)

    def refuse(self, node: exp.Expr, code: str, message: str, note: str = "", help: str = "") -> None:
        """Note a problem at a node."""
        self.problems.append(place_of(node).problem(self.text, code, message, note, help))


def survey(tree: exp.Expr, text: str, dialect: Dialect, parts: tuple[int, ...]) -> Survey:
    """Walk a parsed query; `parts` says how many parts a relation's name may have."""
    found = Survey(text, dialect, parts)
    tables: list[exp.Table] = []
    has_with = False
    stack: list[tuple[exp.Expr, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        kind = type(node)
        if depth > MAX_DEPTH:
            found.refuse(node, "W304", "the query is nested too deeply", f"at most {MAX_DEPTH} levels")
            return found
        if kind is exp.Table:
            tables.append(node)
        elif kind is exp.With:
            has_with = True
        look = _LOOKS.get(kind)
        if look is not None:
            look(node, found)
        elif is_function(kind):
            _function(node, found)
        # Chains of AND and OR are worked on without recursion, so their length is no depth.
        below = depth if kind in _CHAINS else depth + 1
        for value in node.args.values():
            if type(value) is list:
                stack.extend((each, below) for each in value if isinstance(each, exp.Expr))
            elif isinstance(value, exp.Expr):
                stack.append((value, below))
    for table in tables:
        if not has_with or not _is_cte(table, dialect):
            _relation(table, found)
    found.relations.sort(key=lambda each: place_of(each[1]).start)
    found.simple = found.simple and len(found.relations) == len(tables) <= 1
    found.problems.sort(key=lambda each: (each.line, each.column))
    return found


def _function(node: exp.Expr, found: Survey) -> None:
    if is_volatile(node, found.dialect):
        found.deterministic = False
    parent = node.parent
    if isinstance(parent, exp.Table) and node.arg_key == "this":
        return
    if not is_allowed(node, found.dialect):
        found.refuse(
            node,
            "W309",
            f"function `{function_name(node)}` cannot be used here",
            "only functions that reach nothing but their arguments can",
        )


def _relation(table: exp.Table, found: Survey) -> None:
    """Classify what stands in FROM: a relation's name, a row generator, or something refused."""
    this = table.this
    if isinstance(this, exp.Func):
        name = function_name(this)
        if isinstance(this, exp.GenerateSeries) or name in found.dialect.functions.generators:
            found.simple = False
        else:
            found.refuse(
                this,
                "W306",
                f"`{name}` cannot stand in FROM",
                "it is a table function; only row generators can",
                "declare data from outside as a source and name its input port",
            )
        return
    parts = [part.name for part in table.parts]
    name = ".".join(parts).lower()
    written = parts[-1]
    if any(mark in written for mark in "/\\*.:") or written.lower().endswith(_FILE_ENDINGS_OF):
        found.refuse(
            table,
            "W307",
            f"`{written}` looks like a file",
            "files are read through sources",
            "declare it in sources/<name>.odcs.yaml and add an input port",
        )
    elif not isinstance(this, exp.Identifier) or len(parts) not in found.parts:
        found.refuse(table, "W308", f"`{name}` is no name of a relation here", _wanted(found.parts))
    elif len(parts) > 1 and parts[0].lower() in _SYSTEM_SCHEMAS:
        found.refuse(
            table,
            "W308",
            f"`{name}` names a schema of the warehouse",
            "write the name of a model or an input port",
        )
    else:
        found.relations.append((name, table))
        if set(table.args) - {"this", "db", "catalog", "alias"} or table.alias_column_names:
            found.simple = found.simple and not any(
                table.args.get(key) for key in table.args if key not in ("this", "db", "catalog", "alias")
            )
            found.simple = found.simple and not table.alias_column_names


_FILE_ENDINGS_OF = tuple(f".{ending}" for ending in _FILE_ENDINGS)


def _wanted(parts: tuple[int, ...]) -> str:
    if 3 in parts:
        return "ports are named `domain.product.object`"
    return "a model or an input port has one part, an object of a port has two: `port.object`"


def _is_cte(table: exp.Table, dialect: Dialect) -> bool:
    """Whether a name in FROM means a CTE that is visible where it stands."""
    return cte_of(table, dialect) is not None


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


def _select(node: exp.Expr, found: Survey) -> None:
    found.simple = found.simple and node.parent is None
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
        node, "W311", "SELECT … INTO writes a table", "a model is named by its file; take INTO out"
    )


def _parameter(node: exp.Expr, found: Survey) -> None:
    found.refuse(node, "W305", "a query has no parameters", "write the value itself")


def _star(node: exp.Expr, found: Survey) -> None:
    parent = node.parent
    if isinstance(parent, exp.Column):
        parent = parent.parent
    if not isinstance(parent, exp.Select | exp.Count):
        _columns(node, found)
    elif any(node.args.get(key) for key in ("except_", "replace", "rename")):
        found.simple = False


def _columns(node: exp.Expr, found: Survey) -> None:
    found.refuse(
        node, "W312", "expressions over all columns are not allowed", "name the columns"
    )


def _positional(node: exp.Expr, found: Survey) -> None:
    found.refuse(node, "W312", "columns cannot be named by number", "write the column's name")


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
    found.refuse(node, "W313", f"this construct is not allowed in a query: {name}")


def _sample(node: exp.Expr, found: Survey) -> None:
    found.simple = False
    if not node.args.get("seed"):
        found.deterministic = False


def _paren(node: exp.Expr, found: Survey) -> None:
    if isinstance(node, exp.Paren):
        found.parens.append(node)


def _plain(node: exp.Expr, found: Survey) -> None:
    """Nothing to say about this function-like node."""


_CHAINS = frozenset([exp.And, exp.Or])

_LOOKS: dict[type[exp.Expr], Callable[[exp.Expr, Survey], None]] = {
    exp.And: _plain,
    exp.Or: _plain,
    exp.Cast: _plain,
    exp.Case: _plain,
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
    exp.TableSample: _sample,
    exp.Paren: _paren,
    exp.Exists: _not_simple,
    exp.Lambda: _not_simple,
    exp.Comprehension: _not_simple,
    exp.Dot: _not_simple,
    exp.Lateral: _not_simple,
    exp.Unnest: _not_simple,
    exp.Explode: _not_simple,
    exp.Values: _not_simple,
    exp.Union: _not_simple,
    exp.Except: _not_simple,
    exp.Intersect: _not_simple,
    **dict.fromkeys(
        [
            getattr(exp, name)
            for name in (
                "Command Create Insert Update Delete Merge Drop Alter Copy Attach Detach Set Use "
                "Pragma Describe Summarize Show Kill Transaction Commit Rollback Cache Refresh "
                "LoadData Export Install HistoricalData MatchRecognize QueryTransform Semicolon "
                "Lock Schema TableFromRows Block"
            ).split()
            if hasattr(exp, name)
        ],
        _construct,
    ),
}

