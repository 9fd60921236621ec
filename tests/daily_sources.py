"""Sources with something new every day: flights in one more file, customers in their only one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mesh_files import Source

RAW = Source("raw", "data/raw/*.csv", {"id": "integer", "day": "date", "delay": "integer"})
CHANGES = Source(
    "changes",
    "data/changes.csv",
    {"id": "integer", "name": "string", "updated": "timestamp", "gone": "boolean"},
)
CUSTOMERS = """-- materialized: incremental
-- unique_key: id
-- changed_at: updated
-- deleted: gone
SELECT id, name, updated, gone FROM changes
"""


def flights(day: str, rows: Iterable[tuple[int, str, int]]) -> dict[str, bytes]:
    """The file of flights that a day brings."""
    return {f"data/raw/{day}.csv": _table("id,day,delay", rows)}


def changes(rows: Iterable[tuple[int, str, str, bool]]) -> dict[str, bytes]:
    """The file of what is known of customers now."""
    return {"data/changes.csv": _table("id,name,updated,gone", rows)}


def _table(head: str, rows: Iterable[tuple[Any, ...]]) -> bytes:
    lines = (",".join(map(_text, row)) for row in rows)
    return "\n".join([head, *lines, ""]).encode()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
