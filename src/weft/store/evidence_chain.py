"""The chain of evidence as pure values: how records are linked, and how a chain is checked.

A record can be checked by anybody who has SHA-256 and the record. The chain shows what was altered,
taken away or moved by those who do not write it anew up to its end; against those who do, note the
hash of its end in a place that they cannot write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any

import msgspec

from weft.mesh.evidence import Evidence, EvidenceHead, EvidenceRecord


def linked(head: EvidenceHead, evidence: Evidence) -> EvidenceRecord:
    """Return the record that follows `head`."""
    number = head.number + 1
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(evidence))
    return EvidenceRecord(number, head.hash, _hash(number, head.hash, plain), plain)


def content_of(number: int, previous: str, evidence: dict[str, Any]) -> bytes:
    """What a record's hash is of: its other fields as JSON, with sorted keys and no spaces."""
    fields = {"evidence": evidence, "number": number, "previous": previous}
    return msgspec.json.encode(fields, order="sorted")


def head_of(records: Sequence[EvidenceRecord]) -> EvidenceHead:
    """The end of a whole chain, in its order."""
    return EvidenceHead(records[-1].number, records[-1].hash) if records else EvidenceHead()


def is_whole(record: EvidenceRecord) -> bool:
    """Whether a record is as it was written."""
    return _hash(record.number, record.previous, record.evidence) == record.hash


def faults(records: Sequence[EvidenceRecord], head: EvidenceHead) -> tuple[str, ...]:
    """Say everything that is wrong with a chain, in the order of its numbers.

    `head` is where the chain ends according to somebody else.
    """
    found = [*_missing(records, head), *_out_of_place(records)]
    found += [(each.number, f"record {each.number} was altered") for each in _altered(records)]
    found += _unlinked(records)
    found += _other_end(records, head) if not found else ()
    return tuple(text for _, text in sorted(found, key=lambda each: each[0]))


_Fault = tuple[int, str]


def _missing(records: Sequence[EvidenceRecord], head: EvidenceHead) -> Iterator[_Fault]:
    numbers = {each.number for each in records}
    last = max(numbers, default=0)
    for number in range(1, last):
        if number not in numbers:
            yield number, f"record {number} is missing"
    if last < head.number:
        gone = f"records {last + 1} to {head.number} are missing"
        if head.number == last + 1:
            gone = f"record {head.number} is missing"
        yield last + 1, f"{gone}: the end was cut off"


def _out_of_place(records: Sequence[EvidenceRecord]) -> Iterator[_Fault]:
    for number, times in Counter(each.number for each in records).items():
        if times > 1:
            yield number, f"record {number} is there {times} times"
    for earlier, later in pairwise(records):
        if later.number < earlier.number:
            yield later.number, f"record {later.number} was moved behind record {earlier.number}"


def _altered(records: Sequence[EvidenceRecord]) -> Iterator[EvidenceRecord]:
    return (each for each in records if not is_whole(each))


def _unlinked(records: Sequence[EvidenceRecord]) -> Iterator[_Fault]:
    """Records that are whole and do not follow the one before them, which is whole, too."""
    whole = {each.number: each for each in records if is_whole(each)}
    for number, each in whole.items():
        before = whole.get(number - 1)
        wanted = before.hash if before else EvidenceHead().hash if number == 1 else each.previous
        if each.previous != wanted:
            yield number, f"record {number} does not follow record {number - 1}: one was replaced"


def _other_end(records: Sequence[EvidenceRecord], head: EvidenceHead) -> Iterator[_Fault]:
    end = head_of(records)
    if end != head:
        yield end.number, f"record {end.number} is not the end of the chain: the end was replaced"


def _hash(number: int, previous: str, evidence: dict[str, Any]) -> str:
    return sha256(content_of(number, previous, evidence)).hexdigest()
