"""Make a query read other relations, and mean the same by everything else."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from weft.sql.dialect import Dialect
from weft.sql.gate import cte_of
from weft.sql.reading import read


def with_renamed(text: str, names: Mapping[str, str], dialect: Dialect) -> str | None:
    """Write a query that reads `names[x]` wherever this one reads relation x.

    The query goes on calling it x. Its layout is made anew; None where the text cannot be read.
    """
    tree, _ = read(text, dialect)
    if tree is None:
        return None
    for table in list(tree.find_all(exp.Table)):
        name = names.get(table.name.lower())
        if name is None or table.args.get("db") or cte_of(table, dialect) is not None:
            continue
        alias = table.args.get("alias") or exp.TableAlias()
        if alias.this is None:
            alias.set("this", table.this.copy())
            table.set("alias", alias)
        table.set("this", exp.to_identifier(name))
    return tree.sql(dialect=dialect.sqlglot, pretty=True)
