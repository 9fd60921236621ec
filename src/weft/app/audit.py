"""Audit: who did what, and the proof that nobody changed the list since."""

from __future__ import annotations

from dataclasses import dataclass

from weft.app.bootstrap import Opened
from weft.mesh.run import AuditEntry


@dataclass(frozen=True)
class Verification:
    """How many entries of the chain are good, and what is wrong with the next; "" when nothing."""

    entries: int
    problem: str


def audit_entries(mesh: Opened, limit: int = 50) -> tuple[AuditEntry, ...]:
    """The newest entries of the audit log, newest first; all of them when `limit` is 0."""
    return mesh.store.audit.entries(limit)


def verify_audit(mesh: Opened) -> Verification:
    """Walk the whole chain."""
    return Verification(*mesh.store.audit.verify())
