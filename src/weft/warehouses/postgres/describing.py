"""What the catalogue of a database says of tables and views that others made there.

By the catalogue alone; only decimals without a size are looked at, in a transaction that can change
nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from weft.mesh.found import FoundColumn, FoundCondition, FoundReference, FoundTable, TableName
from weft.mesh.nearest import did_you_mean
from weft.sql.postgres import DIALECT, quote
from weft.warehouses.postgres.catalog import relation
from weft.warehouses.postgres.schemas import Schemas
from weft.warehouses.postgres.sessions import Row, Sessions
from weft.warehouses.postgres.tables import Tables
from weft.warehouses.protocol import WarehouseError

_SCHEMAS = """
SELECT nspname FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname
"""

# What an extension made belongs to it, and the parts of a table are read with the whole.
_TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname,
 CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END,
 coalesce(obj_description(c.oid, 'pg_class'), ''),
 CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END,
 has_schema_privilege(n.oid, 'USAGE'), c.relrowsecurity
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND NOT c.relispartition
 AND NOT EXISTS (
  SELECT FROM pg_depend AS d
  WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e'
 )
ORDER BY n.nspname, c.relname
"""

# A domain stands for the type that it is made of, with all that it demands of its values.
_COLUMNS = """
WITH RECURSIVE typed AS (
 SELECT a.attrelid, a.attnum, a.atttypid AS kind, a.atttypmod AS size,
  a.attnotnull AS filled, 0 AS depth, ARRAY[]::oid[] AS domains
 FROM pg_attribute AS a
 WHERE a.attrelid::bigint = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
 UNION ALL
 SELECT typed.attrelid, typed.attnum, t.typbasetype, t.typtypmod,
  typed.filled OR t.typnotnull, typed.depth + 1, typed.domains || t.oid
 FROM typed JOIN pg_type AS t ON t.oid = typed.kind WHERE t.typtype = 'd'
)
SELECT DISTINCT ON (typed.attrelid, typed.attnum)
 typed.attrelid::bigint, a.attname, format_type(typed.kind, typed.size),
 coalesce(col_description(typed.attrelid, typed.attnum), ''), typed.filled,
 ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = typed.kind
  ORDER BY e.enumsortorder),
 has_column_privilege(typed.attrelid, typed.attnum, 'SELECT'),
 ARRAY(SELECT x.conname::text FROM pg_constraint AS x WHERE x.contypid = ANY(typed.domains)
  AND x.contype = 'c' AND x.convalidated ORDER BY x.conname),
 ARRAY(SELECT pg_get_expr(x.conbin, 0) FROM pg_constraint AS x
  WHERE x.contypid = ANY(typed.domains)
  AND x.contype = 'c' AND x.convalidated ORDER BY x.conname)
FROM typed JOIN pg_attribute AS a ON a.attrelid = typed.attrelid AND a.attnum = typed.attnum
ORDER BY typed.attrelid, typed.attnum, typed.depth DESC
"""

# A constraint that is not enforced is known to newer servers only.
_CONSTRAINTS = """
SELECT x.conrelid::bigint, x.contype::text, x.conname,
 x.convalidated AND coalesce((to_jsonb(x) ->> 'conenforced')::boolean, true),
 ARRAY(SELECT a.attname::text FROM unnest(x.conkey) WITH ORDINALITY AS k(number, place)
  JOIN pg_attribute AS a ON a.attrelid = x.conrelid AND a.attnum = k.number ORDER BY k.place),
 coalesce(n.nspname, ''), coalesce(f.relname, ''),
 ARRAY(SELECT a.attname::text FROM unnest(x.confkey) WITH ORDINALITY AS k(number, place)
  JOIN pg_attribute AS a ON a.attrelid = x.confrelid AND a.attnum = k.number ORDER BY k.place),
 coalesce(pg_get_expr(x.conbin, x.conrelid), ''), pg_get_constraintdef(x.oid)
FROM pg_constraint AS x
LEFT JOIN pg_class AS f ON f.oid = x.confrelid
LEFT JOIN pg_namespace AS n ON n.oid = f.relnamespace
WHERE x.conrelid::bigint = ANY(%s) AND x.contype IN ('p', 'u', 'f', 'c', 'x')
ORDER BY x.conrelid, x.contype, x.conname
"""

# Unique indexes that no constraint stands for; one over a part of the rows promises less.
_INDEXES = """
SELECT i.indrelid::bigint, c.relname,
 i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid,
 ARRAY(SELECT a.attname::text
  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
  WHERE k.place <= i.indnkeyatts ORDER BY k.place),
 pg_get_indexdef(i.indexrelid)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid::bigint = ANY(%s) AND i.indisunique AND NOT i.indisprimary
 AND NOT EXISTS (SELECT FROM pg_constraint AS x WHERE x.conindid = i.indexrelid)
ORDER BY i.indrelid, c.relname
"""

_UNSIZED = "numeric"
# Before the point and behind it; NaN and infinity need more than anything has.
_DIGITS = (
    "max(CASE WHEN CAST({name} AS text) ~ '[A-Z]' THEN 1000"
    " ELSE length(CAST(trunc(abs({name})) AS text)) END), coalesce(max(scale({name})), 0)"
)


@dataclass(frozen=True)
class _Constraints:
    """What holds in a table, sorted by what it is."""

    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    references: tuple[FoundReference, ...]
    conditions: tuple[FoundCondition, ...]
    unread: tuple[str, ...]


class Describing:
    """Describes what others have in a database."""

    def __init__(self, sessions: Sessions, schemas: Schemas, tables: Tables) -> None:
        self._sessions = sessions
        self._schemas = schemas
        self._tables = tables

    def tables_of_others(self, schemas: Sequence[str] = ()) -> tuple[TableName, ...]:
        """Name all tables and views in these schemas, or in all that others have."""
        there = [name for (name,) in self._sessions.ask(_SCHEMAS)]
        marked = self._schemas.marked()
        for name in schemas:
            self._refuse(name, there, marked)
        wanted = list(schemas) or [each for each in there if each not in marked]
        return tuple(_name(row) for row in self._sessions.ask(_TABLES, (wanted,)))

    def described(self, tables: Collection[TableName]) -> tuple[FoundTable, ...]:
        """Describe tables and views, those that are there."""
        schemas = sorted({each.schema for each in tables})
        wanted = frozenset(tables)
        rows = [each for each in self._sessions.ask(_TABLES, (schemas,)) if _name(each) in wanted]
        numbers = [row[0] for row in rows]
        columns = _by_table(self._sessions.ask(_COLUMNS, (numbers,)))
        constraints = _by_table(self._sessions.ask(_CONSTRAINTS, (numbers,)))
        indexes = _by_table(self._sessions.ask(_INDEXES, (numbers,)))
        found = (
            _table(row, columns[row[0]], _constraints(constraints[row[0]], indexes[row[0]]))
            for row in rows
        )
        return tuple(self._with_digits(each) for each in found)

    def _refuse(self, name: str, there: Sequence[str], marked: Mapping[str, object]) -> None:
        place = self._sessions.target.place
        if name in marked:
            raise WarehouseError(
                f"schema `{name}` in {place} was made by Weft; there is nothing to adopt",
                denied=True,
            )
        if name not in there:
            others = [each for each in there if each not in marked]
            near = did_you_mean(name, others, f"there is {', '.join(others) or 'none'}")
            raise WarehouseError(f"there is no schema `{name}` in {place}; {near}", denied=True)

    def _with_digits(self, table: FoundTable) -> FoundTable:
        """The table with how many digits the decimals have that say no size themselves."""
        unsized = [each.name for each in table.columns if each.type == _UNSIZED]
        if not unsized or table.problem:
            return table
        counted = ", ".join(_DIGITS.format(name=quote(each)) for each in unsized)
        source = relation(table.schema, table.name)
        select = " ".join(("SELECT CAST(to_json(ARRAY[", counted, "]) AS text) FROM", source))
        try:
            with self._tables.moment() as moment:
                found = json.loads(moment.value(select))
        except WarehouseError as error:
            return replace(table, problem=str(error))
        digits = {
            name: (before, behind)
            for name, before, behind in zip(unsized, found[::2], found[1::2], strict=True)
            if before is not None
        }
        return replace(
            table,
            columns=tuple(
                replace(each, digits=digits[each.name]) if each.name in digits else each
                for each in table.columns
            ),
        )


def _name(row: Row) -> TableName:
    return TableName(row[1], row[2])


def _by_table(rows: Sequence[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for number, *rest in rows:
        found[number].append(tuple(rest))
    return found


def _table(row: Row, columns: Sequence[Row], constraints: _Constraints) -> FoundTable:
    _, schema, name, kind, comment, definition, may_use, is_filtered = row
    unread = [f"column `{each[0]}`: it may not be read" for each in columns if not each[5]]
    if is_filtered:
        unread.append("its row security: only rows that the login may see are read")
    seen = [each for each in columns if each[5]]
    problem = "" if may_use and seen else "it may not be read, or has no columns"
    demanded = tuple(
        FoundCondition(label, sql, column)
        for column, *_, labels, texts in seen
        for label, sql in zip(labels, texts, strict=True)
    )
    return FoundTable(
        schema=schema,
        name=name,
        kind=kind,
        dialect=DIALECT.name,
        columns=tuple(
            FoundColumn(column, native, said, filled, tuple(values))
            for column, native, said, filled, values, *_ in seen
        ),
        comment=comment,
        primary_key=constraints.primary_key,
        unique=constraints.unique,
        references=constraints.references,
        conditions=(*constraints.conditions, *demanded),
        definition=definition,
        unread=(*unread, *constraints.unread),
        problem=problem,
    )


def _constraints(constraints: Sequence[Row], indexes: Sequence[Row]) -> _Constraints:
    primary: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = []
    references: list[FoundReference] = []
    conditions: list[FoundCondition] = []
    unread: list[str] = []
    for kind, name, is_held, columns, schema, table, to, condition, text in constraints:
        if not is_held:
            unread.append(f"constraint `{name}`: rows that break it may be there ({text})")
        elif kind == "p":
            primary = tuple(columns)
        elif kind == "u":
            unique.append(tuple(columns))
        elif kind == "f":
            references.append(FoundReference(tuple(columns), schema, table, tuple(to)))
        elif kind == "c":
            conditions.append(FoundCondition(name, condition))
        else:
            unread.append(f"constraint `{name}`: contracts have no such promise ({text})")
    for name, is_whole, columns, text in indexes:
        if is_whole:
            unique.append(tuple(columns))
        else:
            unread.append(f"index `{name}`: contracts have no such promise ({text})")
    return _Constraints(primary, tuple(unique), tuple(references), tuple(conditions), tuple(unread))
