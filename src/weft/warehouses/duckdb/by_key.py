"""Grow by key: a new row of a key takes the place of the one that is there, or ends it."""

from __future__ import annotations

from weft.sql.duckdb import DIALECT, quote
from weft.warehouses.duckdb.recipe import NEW, Recipe, file_column, new_rows, temporary
from weft.warehouses.growing import Fresh
from weft.warehouses.merging import alive, names, refused, same

_MET = "weft_met"

# Statements, whose holes take quoted names, conditions, and SELECTs that are whole.
_MEETING = "SELECT {columns} FROM (\n{base}\n) AS b SEMI JOIN weft_new AS n ON {same}"
_OUTDATED = "DELETE FROM weft_new AS n USING weft_met AS b WHERE {same} AND b.{later} > n.{later}"
_TOUCHED = "SELECT DISTINCT b.{file} FROM weft_met AS b SEMI JOIN weft_new AS n ON {same}"
_NEW = "SELECT n.* FROM weft_new AS n WHERE {alive}"
_STAYS = "SELECT b.* FROM (\n{old}\n) AS b ANTI JOIN weft_new AS n ON {same}"


def by_key(fresh: Fresh) -> Recipe:
    """Return how a model grows by its key. What is there stays where it changed later."""
    growth = fresh.growth
    key = growth.unique_key
    later = (growth.changed_at,) if growth.changed_at else ()
    file, matches = file_column(fresh), same(DIALECT, key)

    def prepared(base: str) -> tuple[str, ...]:
        columns = names(DIALECT, (file, *key, *later), "b")
        met = temporary(_MET, _MEETING.format(columns=columns, base=base, same=matches))
        outdated = [_OUTDATED.format(same=matches, later=quote(each)) for each in later]
        return (new_rows(fresh), met, *outdated)

    return Recipe(
        columns=fresh.columns,
        order=key,
        new=_NEW.format(alive=alive(fresh, "n")),
        stays=lambda old: _STAYS.format(old=old, same=matches),
        prepared=prepared,
        tables=(NEW, _MET),
        refused=refused(fresh, NEW),
        touched=_TOUCHED.format(file=quote(file), same=matches),
    )
