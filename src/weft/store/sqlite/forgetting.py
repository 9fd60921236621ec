"""Remove from SQLite what nobody will ask for again."""

from __future__ import annotations

import sqlite3

from weft.store.protocol import Outdated
from weft.store.sqlite.database import json_list

_OLD_RUNS = (
    "SELECT id FROM runs JOIN plans ON plans.run = runs.id "
    "WHERE root = ? AND ended <> '' AND julianday(ended) < julianday(?) "
    "AND id NOT IN (SELECT value FROM json_each(?))"
)
_MANIFESTS = (
    "DELETE FROM manifests WHERE digest NOT IN (SELECT digest FROM applied) "
    "AND digest NOT IN (SELECT value FROM json_each(?))"
)
_VERDICTS = "DELETE FROM verdicts WHERE build IN (SELECT value FROM json_each(?))"
_PLANS = "DELETE FROM plans WHERE run IN (SELECT value FROM json_each(?))"
_OUTCOMES = "DELETE FROM outcomes WHERE run IN (SELECT value FROM json_each(?))"


def forget(connection: sqlite3.Connection, outdated: Outdated) -> None:
    """Remove it, inside the caller's transaction; the file keeps the room for what comes."""
    rows = connection.execute(_OLD_RUNS, (outdated.root, outdated.before, json_list(outdated.runs)))
    runs = json_list(run for (run,) in rows)
    connection.execute(_PLANS, (runs,))
    connection.execute(_OUTCOMES, (runs,))
    connection.execute(_VERDICTS, (json_list(outdated.builds),))
    connection.execute(_MANIFESTS, (json_list(outdated.definitions),))
