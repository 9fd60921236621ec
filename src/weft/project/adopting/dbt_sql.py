"""SQL that dbt compiled, with the names that relations have in a product.

Names are put in where the text has the others, so that layout and comments stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import Dialect as SqlDialect
from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import SqlglotError

from weft.project.adopting.names import as_sql
from weft.sql.dialect import Dialect

RULE_OBJECT = "${table}"
"""What a rule calls the object that it is about."""

# No query of people's is longer; reading takes time that grows with the text.
_MOST_TEXT = 500_000


def is_known(adapter: str) -> bool:
    """Whether SQL of this adapter can be read.

    >>> is_known("hive"), is_known("abacus")
    (True, False)
    """
    return bool(adapter) and SqlDialect.get(adapter) is not None


class Untranslatable(ValueError):
    """SQL that cannot be taken over; the message says why."""


@dataclass(frozen=True)
class Relations:
    """The names in a product by those in the database: of relations, as their last two parts."""

    names: Mapping[tuple[str, str], str]

    def find(self, table: exp.Table) -> str:
        """The name in the product of what FROM names, "" for another."""
        return self.names.get((table.db.lower(), table.name.lower()), "")


def renamed_sql(sql: str, adapter: str, own: Dialect, relations: Relations) -> str:
    """Return a SELECT with the names of the product, in the dialect of its domain.

    `adapter` is the dialect in which it is written, as sqlglot knows it. Raises Untranslatable.
    """
    text = sql.strip().rstrip(";").rstrip()
    if len(text) > _MOST_TEXT:
        raise Untranslatable(f"it has more than {_MOST_TEXT:,} characters")
    try:
        tree = parse_one(text, dialect=adapter)
        if adapter == own.sqlglot:
            return _spliced(text, tree, own, relations)
        for table in list(tree.find_all(exp.Table)):
            name = relations.find(table)
            if name:
                _rename(table, name)
        return tree.sql(own.sqlglot, pretty=True, unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
        raise Untranslatable(f"its SQL cannot be read: {first[:120]}") from error


def _spliced(text: str, tree: exp.Expr, own: Dialect, relations: Relations) -> str:
    """The text with other names, from its end on, so that places before stay right."""
    places: list[tuple[int, int, str]] = []
    for table in tree.find_all(exp.Table):
        name = relations.find(table)
        if name:
            first, last = table.parts[0], table.parts[-1]
            alias = "" if table.alias or name == table.name else f" AS {_quoted(table, own)}"
            written = name if name == RULE_OBJECT else as_sql(name, own)
            places.append((first.meta["start"], last.meta["end"] + 1, written + alias))
    for start, end, name in sorted(places, reverse=True):
        text = text[:start] + name + text[end:]
    return text


def _quoted(table: exp.Table, own: Dialect) -> str:
    """The alias by which columns go on to be called: the name that the relation had."""
    return own.quote(table.name) if table.this.quoted else str(table.name)


def _rename(table: exp.Table, name: str) -> None:
    if not table.alias and name != table.name:
        table.set("alias", exp.TableAlias(this=table.this.copy()))
    table.set("this", exp.to_identifier(name))
    table.set("db", None)
    table.set("catalog", None)
