"""Remove from a database what nobody will ask for again."""

from __future__ import annotations

from datetime import datetime

from weft.store.database import Transaction, json_list
from weft.store.protocol import Outdated

_ENDED = (
    "SELECT id, ended FROM runs JOIN plans ON plans.run = runs.id "
    "WHERE root = :root AND ended <> ''"
)
_MANIFESTS = (
    "DELETE FROM manifests WHERE digest NOT IN (SELECT digest FROM applied) "
    "AND digest NOT IN (SELECT value FROM json_each(:digests) AS wanted)"
)
_VERDICTS = "DELETE FROM verdicts WHERE build IN (SELECT value FROM json_each(:builds) AS wanted)"
_PLANS = "DELETE FROM plans WHERE run IN (SELECT value FROM json_each(:runs) AS wanted)"
_MEASUREMENTS = (
    "DELETE FROM measurements WHERE at < :measured AND EXISTS (SELECT 1 FROM measurements AS later "
    "WHERE later.environment = measurements.environment "
    "AND later.product = measurements.product AND later.port = measurements.port "
    "AND later.major = measurements.major AND later.level = measurements.level "
    "AND later.at > measurements.at)"
)
_READS = (
    "DELETE FROM reads WHERE last < :measured AND EXISTS (SELECT 1 FROM reads AS later "
    "WHERE later.environment = reads.environment "
    "AND later.product = reads.product AND later.port = reads.port "
    "AND later.major = reads.major AND later.kind = reads.kind "
    "AND later.reader = reads.reader AND later.day > reads.day)"
)
_OUTCOMES = "DELETE FROM outcomes WHERE run IN (SELECT value FROM json_each(:runs) AS wanted)"


def forget(transaction: Transaction, outdated: Outdated) -> None:
    """Remove it, inside the caller's transaction; the database keeps the room for what comes."""
    before = datetime.fromisoformat(outdated.before)
    ended = transaction.execute(_ENDED, {"root": outdated.root}).fetchall()
    old = {run for run, at in ended if datetime.fromisoformat(at) < before} - outdated.runs
    runs = {"runs": json_list(old)}
    transaction.execute(_PLANS, runs)
    transaction.execute(_OUTCOMES, runs)
    transaction.execute(_VERDICTS, {"builds": json_list(outdated.builds)})
    transaction.execute(_MANIFESTS, {"digests": json_list(outdated.definitions)})
    transaction.execute(_MEASUREMENTS, {"measured": outdated.measured})
    transaction.execute(_READS, {"measured": outdated.measured})
