"""Resolve any SELECT with sqlglot's optimizer, and say what cannot be resolved."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.qualify_columns import qualify_columns
from sqlglot.optimizer.qualify_tables import qualify_tables
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from weft.mesh.manifest import Column
from weft.mesh.nearest import did_you_mean
from weft.sql.dialect import Case
from weft.sql.gate import cte_of
from weft.sql.infer import infer
from weft.sql.problem import Problem, place_of
from weft.sql.qualified import Qualified, Setting

_UNKNOWN = exp.DataType(this=exp.DType.UNKNOWN)


def qualify_scoped(tree: exp.Query, setting: Setting) -> tuple[Qualified | None, list[Problem]]:
    """Resolve `tree` in place, or return every problem that was found."""
    problems = _unnamed(tree, setting)
    if problems:
        return None, problems
    shown = _shown_names(tree, setting)
    _spell(tree, setting)
    _name_relations(tree, setting)
    dialect = setting.dialect.sqlglot
    try:
        tree = qualify_tables(tree, dialect=dialect)
        tree = qualify_columns(
            tree, _schema(setting), allow_partial_qualification=True, dialect=dialect
        )
        scopes = traverse_scope(tree)
    except SqlglotError as error:
        return None, [_unreadable(setting, str(error))]
    work = _Scopes(setting, scopes)
    problems = work.problems()
    if problems:
        return None, problems
    return work.qualified(tree, shown)


def first_select(tree: exp.Expr) -> exp.Expr:
    """The SELECT that names the outputs of a query: the leftmost of a UNION."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    return tree


def _unnamed(tree: exp.Query, setting: Setting) -> list[Problem]:
    select = first_select(tree)
    return [
        place_of(each).problem(
            setting.text,
            "W322",
            "a column of the result has no name",
            "warehouses would name it differently",
            "name it with AS",
        )
        for each in select.expressions
        if not isinstance(each, exp.Alias | exp.Column | exp.Star | exp.Dot)
    ]


def _shown_names(tree: exp.Query, setting: Setting) -> dict[str, str]:
    """How outputs are spelled: an alias as it is written."""
    fold = setting.dialect.fold
    names: dict[str, str] = {}
    for each in first_select(tree).expressions:
        if isinstance(each, exp.Alias):
            identifier = each.args["alias"]
            names[fold(identifier.name, bool(identifier.args.get("quoted")))] = identifier.name
    return names


def _spell(tree: exp.Query, setting: Setting) -> None:
    """Give identifiers that mean the same one spelling: of known columns theirs."""
    dialect = setting.dialect
    spellings: dict[str, str] = {}
    for known in setting.known.values():
        for column in known.columns:
            spellings.setdefault(dialect.fold(column.name, quoted=True), column.name)
    for identifier in tree.find_all(exp.Identifier):
        name = identifier.name
        folded = dialect.fold(name, bool(identifier.args.get("quoted")))
        spelled = spellings.setdefault(folded, name if dialect.case is Case.IGNORED else folded)
        if spelled != name:
            identifier.set("this", spelled)


def _name_relations(tree: exp.Query, setting: Setting) -> None:
    """Put the stand-ins into FROM, each with the alias by which the query calls it."""
    qualified: dict[tuple[str, str], str] = {}
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            _name_generator(table)
            continue
        if cte_of(table, setting.dialect) is not None:
            continue
        name = ".".join(part.name for part in table.parts).lower()
        if not table.alias:
            columns = table.alias_column_names
            table.set(
                "alias",
                exp.TableAlias(
                    this=exp.Identifier(this=table.name, quoted=True),
                    columns=[exp.to_identifier(each, quoted=True) for each in columns] or None,
                ),
            )
        if table.args.get("db"):
            qualified[table.db.lower(), table.name.lower()] = table.alias
            table.set("db", None)
        table.set("this", exp.Identifier(this=setting.relation(name), quoted=True))
    if qualified:
        for column in tree.find_all(exp.Column):
            if (column.db.lower(), column.table.lower()) in qualified:
                column.set("db", None)


def _name_generator(table: exp.Table) -> None:
    """Row generators name their column after themselves; say so, for the optimizer."""
    if isinstance(table.this, exp.GenerateSeries) and not table.alias_column_names:
        name = "range" if table.this.args.get("is_end_exclusive") else "generate_series"
        table.set(
            "alias",
            exp.TableAlias(
                this=exp.to_identifier(table.alias or name, quoted=True),
                columns=[exp.to_identifier(name, quoted=True)],
            ),
        )


def _schema(setting: Setting) -> MappingSchema:
    return MappingSchema(
        {
            setting.relation(name): {
                column.name: _UNKNOWN for column in setting.known[name].columns
            }
            for name in setting.names
        },
        dialect=setting.dialect.sqlglot,
        normalize=False,
    )


def _unreadable(setting: Setting, message: str) -> Problem:
    line = message.splitlines()[0] if message else "it is too involved"
    return Problem("W325", "the query cannot be resolved", note=line.rstrip("."))


class _Scopes:
    """The scopes of a resolved query, inner ones first."""

    def __init__(self, setting: Setting, scopes: list[Scope]) -> None:
        self.setting = setting
        self.scopes = scopes
        self.types: dict[int, dict[str, str]] = {}
        self.by_stand_in = {setting.relation(name): name for name in setting.names}

    def problems(self) -> list[Problem]:
        """Every column and output that cannot be resolved, in order of the text."""
        found: dict[int, Problem] = {}
        for scope in self.scopes:
            for column in scope.columns:
                problem = self._problem(scope, column)
                if problem is not None:
                    found.setdefault(id(column), problem)
                else:
                    found.pop(id(column), None)
        problems = [*found.values(), *self._uneven()]
        if not problems:
            problems = self._duplicates()
        return sorted(dict.fromkeys(problems), key=lambda each: (each.line, each.column))

    def _problem(self, scope: Scope, column: exp.Column) -> Problem | None:
        place = place_of(column)
        text = self.setting.text
        if column.table:
            source = _source(scope, column.table)
            if source is None:
                names = {name for name in _visible(scope)}
                return place.problem(
                    text,
                    "W324",
                    f"`{column.table}` is no relation of this query",
                    did_you_mean(column.table, names, f"it has {_listed(names)}"),
                )
            columns = self.columns(scope, column.table)
            if isinstance(column.this, exp.Star) or not columns or column.name in columns:
                return None
            return place.problem(
                text,
                "W320",
                f"unknown column `{column.name}`",
                did_you_mean(column.name, columns, f"`{column.table}` has no such column"),
            )
        holders = [name for name in scope.selected_sources if column.name in self.columns(scope, name)]
        if len(holders) > 1:
            return place.problem(
                text,
                "W321",
                f"column `{column.name}` is ambiguous",
                f"it could be of {_listed(holders)}",
                f"write `{holders[0]}.{column.name}`",
            )
        if isinstance(scope.expression, exp.SetOperation) and column.name in _output_names(scope.expression):
            return None
        every = {
            each
            for near in _chain(scope)
            for name in near.selected_sources
            for each in self.columns(near, name)
        }
        return place.problem(
            text,
            "W320",
            f"unknown column `{column.name}`",
            did_you_mean(column.name, every, "no relation of this query has it"),
        )

    def columns(self, scope: Scope, name: str) -> list[str]:
        """The columns of a source; none when they cannot be known."""
        source = _source(scope, name)
        if isinstance(source, exp.Table):
            known = self.by_stand_in.get(source.name)
            own = [each.name for each in self.setting.known[known].columns] if known else []
            aliases = source.alias_column_names
            return [*aliases, *own[len(aliases) :]]
        if source is None:
            return []
        expression = source.expression
        if isinstance(expression, exp.Query):
            return [each for each in expression.named_selects if each != "*"]
        return list(expression.alias_column_names)

    def _uneven(self) -> list[Problem]:
        found = []
        for scope in self.scopes:
            operation = scope.expression
            if not isinstance(operation, exp.SetOperation) or len(scope.set_operation_scopes) != 2:
                continue
            left, right = (_output_names(each.expression) for each in scope.set_operation_scopes)
            by_name = bool(operation.args.get("by_name"))
            if set(left) != set(right) if by_name else len(left) != len(right):
                found.append(
                    place_of(operation.expression).problem(
                        self.setting.text,
                        "W326",
                        "the two sides have different columns",
                        f"{len(left)} on the left, {len(right)} on the right",
                    )
                )
        return found

    def _duplicates(self) -> list[Problem]:
        fold = self.setting.dialect.fold
        seen: set[str] = set()
        found = []
        for each in first_select(self.scopes[-1].expression).expressions:
            name = fold(each.alias_or_name, quoted=True)
            if isinstance(each, exp.Star) or (
                isinstance(each, exp.Column) and isinstance(each.this, exp.Star)
            ):
                found.append(_unreadable(self.setting, "a star cannot be expanded"))
            elif name in seen:
                found.append(
                    place_of(each).problem(
                        self.setting.text,
                        "W323",
                        f"column `{each.alias_or_name}` stands twice in the result",
                        "every column needs a name of its own",
                        "name it with AS, or take it out with EXCLUDE",
                    )
                )
            seen.add(name)
        return found

    def qualified(
        self, tree: exp.Query, shown: dict[str, str]
    ) -> tuple[Qualified | None, list[Problem]]:
        """Types, used columns and neutral names of a query that is in order."""
        for scope in self.scopes:
            self.types[id(scope)] = self._types_of(scope)
        result = Qualified(tree)
        for scope, column in self._own_columns():
            source = _source(scope, column.table)
            if isinstance(source, exp.Table) and source.name in self.by_stand_in:
                name = self.by_stand_in[source.name]
                result.used.setdefault(name, set()).add(self._original(source, name, column.name))
        fold = self.setting.dialect.fold
        outputs = first_select(tree).expressions
        types = self.types[id(self.scopes[-1])]
        columns = []
        for each in outputs:
            name = each.alias_or_name
            spelled = shown.get(fold(name, quoted=True), name)
            columns.append(Column(spelled, types.get(name, "")))
            if spelled != name and isinstance(each, exp.Alias):
                each.set("alias", exp.Identifier(this=spelled, quoted=True))
        result.columns = tuple(columns)
        self._neutral_names(result)
        return result, []

    def _original(self, table: exp.Table, name: str, column: str) -> str:
        aliases = table.alias_column_names
        if column in aliases:
            return self.setting.known[name].columns[aliases.index(column)].name
        return column

    def _own_columns(self) -> Iterator[tuple[Scope, exp.Column]]:
        for scope in self.scopes:
            for column in scope.columns:
                if column.table:
                    yield scope, column

    def _types_of(self, scope: Scope) -> dict[str, str]:
        expression = scope.expression
        if isinstance(expression, exp.Select):
            return {
                each.alias_or_name: infer(
                    each, lambda column: self._column_type(scope, column), self.setting.dialect
                )
                for each in expression.expressions
            }
        if isinstance(expression, exp.SetOperation) and len(scope.set_operation_scopes) == 2:
            left, right = (self.types.get(id(each), {}) for each in scope.set_operation_scopes)
            pairs = zip(left, left.values(), right.values(), strict=False)
            return {name: a if a == b else "" for name, a, b in pairs}
        return {}

    def _column_type(self, scope: Scope, column: exp.Column) -> str:
        source = _source(scope, column.table) if column.table else None
        if isinstance(source, exp.Table):
            name = self.by_stand_in.get(source.name)
            if name is None:
                return ""
            wanted = self._original(source, name, column.name)
            known = self.setting.known[name].columns
            return next((each.type for each in known if each.name == wanted), "")
        return self.types.get(id(source), {}).get(column.name, "") if source else ""

    def _neutral_names(self, result: Qualified) -> None:
        """Replace what the query calls its sources by numbers, for the fingerprint."""
        neutral: dict[int, str] = {}

        def name(node: exp.Expr, written: str) -> str:
            if id(node) not in neutral:
                neutral[id(node)] = f"{self.setting.mark}a{len(result.aliases)}"
                result.aliases.append(written)
            return neutral[id(node)]

        renames: list[tuple[exp.Identifier, str]] = []
        for scope, column in self._own_columns():
            holder = _holder(scope, column.table)
            if holder is not None:
                renames.append((column.args["table"], name(holder, column.table)))
        for scope in self.scopes:
            for alias, (node, source) in scope.selected_sources.items():
                holder = _alias_node(node)
                if holder is None:
                    continue
                renames.append((holder.this, name(holder, alias)))
                if isinstance(node, exp.Table) and isinstance(source, Scope):
                    cte = source.expression.parent
                    if isinstance(cte, exp.CTE):
                        shared = cte.args["alias"]
                        renames.append((shared.this, name(shared, cte.alias)))
                        renames.append((node.this, name(shared, cte.alias)))
        for identifier, neutral_name in renames:
            identifier.set("this", neutral_name)


def _alias_node(node: exp.Expr) -> exp.TableAlias | None:
    while not node.args.get("alias") and node.parent is not None:
        if isinstance(node, exp.Table):
            return None
        node = node.parent
    alias = node.args.get("alias")
    return alias if isinstance(alias, exp.TableAlias) and alias.this is not None else None


def _holder(scope: Scope, name: str) -> exp.TableAlias | None:
    for each in _chain(scope):
        if name in each.selected_sources:
            return _alias_node(each.selected_sources[name][0])
    return None


def _chain(scope: Scope) -> Iterator[Scope]:
    each: Scope | None = scope
    while each is not None:
        yield each
        each = each.parent


def _source(scope: Scope, name: str) -> exp.Table | Scope | None:
    for each in _chain(scope):
        if name in each.sources:
            found: exp.Table | Scope = each.sources[name]
            return found
    return None


def _visible(scope: Scope) -> Iterator[str]:
    for each in _chain(scope):
        yield from each.selected_sources


def _listed(names: object) -> str:
    return ", ".join(f"`{name}`" for name in sorted(map(str, names))) or "none"  # type: ignore[call-overload]


def _output_names(expression: exp.Expr) -> list[str]:
    return [each.alias_or_name for each in first_select(expression).expressions]
