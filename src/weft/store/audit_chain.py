"""The audit chain as pure values: how entries are linked, and how the whole chain is checked.

Whoever can write the store's file can rewrite the whole chain, from any entry to the head, with
hashes that agree. The chain shows changes by those who cannot or do not do all of that: altered,
missing and reordered entries, and a tail that was cut without its head. To be safe from the rest,
note the head's hash from time to time in a place that the store's users cannot write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from weft.mesh.run import AuditEntry

# The fields of an AuditEntry in their order, as a database gives them.
AuditRow = tuple[int, str, str, str, str, str, str, str]

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Head:
    """The newest entry's number and hash; number 0 before there is one."""

    number: int = 0
    hash: str = "0" * 64


@dataclass(frozen=True)
class Act:
    """Something that was done: what, to what, and mostly as compact JSON what else matters."""

    action: str
    subject: str
    detail: str = "{}"


def linked(head: Head, done: Act, actor: str, at: str) -> AuditEntry:
    """Return the entry that follows `head`.

    Its hash is the SHA-256, in hexadecimal, of the JSON array of its other fields: number, at,
    actor, action, subject, detail, previous; in UTF-8, without spaces.
    """
    number = head.number + 1
    fields = (number, at, actor, done.action, done.subject, done.detail, head.hash)
    return AuditEntry(*fields, hash=_hash(fields))


def examined(rows: Iterable[AuditRow], head: Head) -> tuple[int, str]:
    """Walk a chain from its first entry; how many are good, and what is wrong with the next.

    The second part is "" when all are good and the chain ends where `head` says.
    """
    good = Head()
    for row in rows:
        if fault := _fault(good, row):
            return good.number, fault
        good = Head(row[0], row[7])
    return good.number, _fault_of_end(good, head)


def _hash(fields: tuple[int, str, str, str, str, str, str]) -> str:
    return sha256(_encode(fields)).hexdigest()


def _fault(good: Head, row: AuditRow) -> str:
    """Say what is wrong with the entry that follows the good ones; "" when nothing is."""
    number = row[0]
    if number != good.number + 1:
        return f"entry {good.number + 1} is missing"
    if _hash(row[:7]) != row[7]:
        return f"entry {number} was altered"
    if row[6] != good.hash:
        return f"entry {number} does not follow entry {good.number}: reordered or replaced"
    return ""


def _fault_of_end(good: Head, head: Head) -> str:
    if good == head:
        return ""
    if good.number < head.number:
        return f"entries {good.number + 1} to {head.number} are missing: the end was cut off"
    return f"the head names entry {head.number} and another hash: the end was replaced"
