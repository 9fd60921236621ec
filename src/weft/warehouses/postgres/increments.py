"""What a build has more than its base, as relations that audits read: its new and its kept rows."""

from __future__ import annotations

from weft.plan.plan import AuditSpec
from weft.sql.postgres import DIALECT
from weft.warehouses.postgres.catalog import Located
from weft.warehouses.postgres.layers import Layers, Stack


def stack_of(found: Located) -> Stack:
    """Return the layers of a build that grows, none of another."""
    relations = {each.name: each.relation for each in found.tables}
    return Stack(found.mark.layers or Layers(), found.build.columns, relations)


def increment(spec: AuditSpec, found: Located) -> dict[str, str]:
    """Return the SELECTs of the two relations by their quoted names, none where none is named.

    Of a build that was made from another base nothing counts as kept.
    """
    if not spec.base:
        return {}
    stack = stack_of(found)
    columns = [each.name for each in stack.columns]
    if found.mark.layers is None or found.build.base != spec.base:
        new, kept = " ".join(("SELECT * FROM", found.relation)), Stack(Layers(), stack.columns)
        return _named(spec.key, new, kept.rows(kept.all(columns)))
    return _named(spec.key, stack.newest(columns), stack.rows(stack.all(columns), without=1))


def _named(key: str, new: str, kept: str) -> dict[str, str]:
    return {DIALECT.relation("new", key): new, DIALECT.relation("kept", key): kept}
