"""A small mesh whose models grow, each in its own way, in three versions of the data."""

from __future__ import annotations

from collections.abc import Sequence

from mesh_files import Port, Product, Source, mesh_files

_COLUMNS = {"id": "integer", "day": "date", "changed": "date"}
# So many that what is new is little: otherwise a warehouse writes all of it together.
_ROWS = (
    *(f"{id},2026-01-01,2026-02-01" for id in range(100, 120)),
    *("1,2026-01-01,2026-02-01", "2,2026-01-02,2026-02-01", "3,2026-01-02,2026-02-01"),
)
_MORE = ("4,2026-01-03,2026-02-01", "2,2026-01-04,2026-02-02")
_LAST = ("5,2026-01-05,2026-02-01", "1,2026-01-05,2026-02-03")

PRODUCT = "shop.visits"
_HEADS = {
    "by_day": "-- materialized: incremental\n-- time_column: day\n",
    "by_key": "-- materialized: incremental\n-- unique_key: id\n-- changed_at: changed\n",
    "states": "-- materialized: snapshot\n-- unique_key: id\n-- changed_at: changed\n",
}


def first() -> dict[str, bytes]:
    """The mesh as it is published first, in full builds."""
    return _mesh([_ROWS])


def second() -> dict[str, bytes]:
    """Later: newer data is added to what is there, and takes the place of some."""
    return _mesh([_ROWS, _MORE])


def third() -> dict[str, bytes]:
    """Still later, once more."""
    return _mesh([_ROWS, _MORE, _LAST])


def _mesh(days: Sequence[tuple[str, ...]]) -> dict[str, bytes]:
    """The mesh over a file of each day's rows."""
    models = {name: f"{head}SELECT id, day, changed FROM log" for name, head in _HEADS.items()}
    states = {"id": "integer", "valid_from": "date", "valid_to": "date"}
    log = Product(
        PRODUCT,
        models,
        (
            Port("by_day", _COLUMNS, required=("id",)),
            Port("by_key", _COLUMNS),
            Port("states", states),
        ),
        sources=(Source("log", "data/log/*.csv", _COLUMNS),),
    )
    files = {
        f"data/log/{day}.csv": "".join(f"{row}\n" for row in ("id,day,changed", *rows)).encode()
        for day, rows in enumerate(days, 1)
    }
    return mesh_files([log]) | files
