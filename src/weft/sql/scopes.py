"""Resolve any SELECT with sqlglot's optimizer."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify_columns import qualify_columns
from sqlglot.optimizer.qualify_tables import qualify_tables
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from weft.mesh.manifest import Column
from weft.sql.functions import function_name
from weft.sql.gate import cte_of
from weft.sql.neutral import neutral_names
from weft.sql.problem import Problem
from weft.sql.qualified import Qualified, Setting
from weft.sql.reading import first_line
from weft.sql.sources import Sources, first_select, output_names
from weft.sql.stars import changed_stars, unknown_in_stars
from weft.sql.unresolved import unnamed_outputs, unresolved

# The optimizer asks for names alone; types are worked out in `infer.py`.
_ANY_TYPE = exp.DataType(this=exp.DType.UNKNOWN)


def qualify_scoped(tree: exp.Query, setting: Setting) -> tuple[Qualified | None, list[Problem]]:
    """Return a resolved copy of a query, or every problem that was found."""
    sources, problems = resolve_scoped(tree, setting)
    if sources is None:
        return None, problems
    types = sources.types()
    columns = tuple(Column(name, types.get(name, "")) for name in output_names(sources.tree))
    used = _used(sources)
    return Qualified(sources.tree, columns, used, neutral_names(sources)), []


def resolve_scoped(tree: exp.Query, setting: Setting) -> tuple[Sources | None, list[Problem]]:
    """Resolve a copy of a query and return its scopes, or every problem that was found."""
    problems = unnamed_outputs(tree, setting)
    if problems:
        return None, problems
    written = _written_names(tree, setting)
    tree = tree.copy()
    _spell(tree, setting)
    _name_relations(tree, setting)
    stars = changed_stars(tree)
    dialect = setting.dialect.sqlglot
    try:
        tree = qualify_tables(tree, dialect=dialect)
        tree = qualify_columns(
            tree, _schema(setting), allow_partial_qualification=True, dialect=dialect
        )
        sources = Sources(setting, tree, traverse_scope(tree))
    except SqlglotError as error:
        return None, [Problem("W325", "the query cannot be resolved", note=first_line(error))]
    problems = unknown_in_stars(stars, sources) or unresolved(sources)
    if problems:
        return None, problems
    for each in first_select(tree).expressions:
        name = each.alias_or_name
        spelled = written.get(setting.dialect.fold(name, True), name)
        each.set("alias", exp.Identifier(this=spelled, quoted=True))
    return sources, []


def _written_names(tree: exp.Query, setting: Setting) -> dict[str, str]:
    """How the query spells its outputs, where it names them itself."""
    dialect = setting.dialect
    aliases = [
        (each.alias, bool(each.args["alias"].args.get("quoted")))
        for each in first_select(tree).expressions
        if isinstance(each, exp.Alias)
    ]
    return {dialect.fold(*alias): dialect.spelled(*alias) for alias in aliases}


def _spell(tree: exp.Query, setting: Setting) -> None:
    """Give identifiers that mean the same one spelling: that of a known column where it is one."""
    dialect = setting.dialect
    spellings: dict[str, str] = {}
    for known in setting.known.values():
        for column in known.columns:
            spellings.setdefault(dialect.fold(column.name, True), column.name)
    for identifier in tree.find_all(exp.Identifier):
        name = identifier.name
        folded = dialect.fold(name, bool(identifier.args.get("quoted")))
        spelled = spellings.setdefault(folded, dialect.spelled(name, folded == name))
        if spelled != name:
            identifier.set("this", spelled)


def _name_relations(tree: exp.Query, setting: Setting) -> None:
    """Put the stand-ins into FROM, each under the alias by which the query calls it."""
    paths: set[tuple[str, ...]] = set()
    for unnest in tree.find_all(exp.Unnest):
        if isinstance(unnest.parent, exp.From | exp.Join):
            _name_generator(unnest, setting)
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            _name_generator(table, setting)
            continue
        if cte_of(table, setting.dialect) is not None:
            continue
        path = tuple(part.name.lower() for part in table.parts)
        alias = table.args.get("alias") or exp.TableAlias()
        if alias.this is None:
            paths.add(path)
            alias.set("this", exp.Identifier(this=table.name, quoted=True))
        table.set("alias", alias)
        table.set("db", None)
        table.set("catalog", None)
        table.set("this", exp.Identifier(this=setting.relation(".".join(path)), quoted=True))
    for column in list(tree.find_all(exp.Column)):
        if column.args.get("db") and tuple(p.name.lower() for p in column.parts[:-1]) in paths:
            column.set("db", None)
            column.set("catalog", None)


def _name_generator(source: exp.Table | exp.Unnest, setting: Setting) -> None:
    """Row generators name their columns by themselves; the optimizer has to be told."""
    name = _generator_name(source)
    if source.alias_column_names or not name:
        return
    outputs = setting.dialect.functions.outputs(name, source.alias)
    alias = exp.to_identifier(source.alias or name, quoted=True)
    columns = [exp.to_identifier(each, quoted=True) for each in outputs]
    source.set("alias", exp.TableAlias(this=alias, columns=columns))


def _generator_name(source: exp.Table | exp.Unnest) -> str:
    """The name of the function in FROM; "" where its columns cannot be told by it."""
    if isinstance(source, exp.Unnest):
        return "unnest" if len(source.expressions) == 1 and not source.args.get("offset") else ""
    if isinstance(source.this, exp.GenerateSeries):
        return "range" if source.this.args.get("is_end_exclusive") else "generate_series"
    return function_name(source.this)


def _schema(setting: Setting) -> MappingSchema:
    return MappingSchema(
        {
            setting.relation(name): {
                column.name: _ANY_TYPE for column in setting.known[name].columns
            }
            for name in setting.names
        },
        dialect=setting.dialect.sqlglot,
        normalize=False,
    )


def _used(sources: Sources) -> dict[str, set[str]]:
    """The columns that are taken of each relation."""
    used: dict[str, set[str]] = {}
    for scope, column in sources.own_columns():
        source = sources.find(scope, column.table)
        relation = sources.relation(source)
        if isinstance(source, exp.Table) and relation:
            used.setdefault(relation, set()).add(sources.original(source, column.name))
    return used
