"""Evidence of released versions in a database: one chain per environment."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from weft.mesh.evidence import Evidence, EvidencedVersion, EvidenceHead, EvidenceRecord
from weft.store.acts import version_released
from weft.store.audit_chain import Act
from weft.store.content import compressed, unpacked
from weft.store.database import Database, Transaction, json_list, reading
from weft.store.evidence_chain import content_of, faults, linked
from weft.store.protocol import EvidenceVerdict

_DOCUMENT: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])

_COLUMNS = ("product", "port", "major", "version")
_VERSIONS = (
    "SELECT product, port, major, version, content FROM json_each(:products) AS wanted "
    "JOIN evidence ON evidence.environment = :environment AND evidence.product = wanted.value "
    "ORDER BY number"
)
_RECORDS = (
    "SELECT number, product, port, major, version, hash, content FROM evidence "
    "WHERE environment = :environment ORDER BY number"
)
_NEWEST = (
    "SELECT number, hash FROM evidence WHERE environment = :environment "
    "ORDER BY number DESC LIMIT 1"
)
# An environment that ended begins a new chain, and its earlier entries stay in the audit log.
_TOLD = (
    "SELECT CAST(detail ->> 'record' AS INTEGER), detail ->> 'hash' FROM audit "
    "WHERE action = 'version.released' AND detail ->> 'environment' = :environment "
    "AND number > coalesce((SELECT max(number) FROM audit WHERE action = 'environment.ended' "
    "AND subject = :environment), 0) ORDER BY number DESC"
)
_ADD = (
    "INSERT INTO evidence (environment, number, product, port, major, version, hash, content) "
    "VALUES (:environment, :number, :product, :port, :major, :version, :hash, :content)"
)


def record_evidence(
    transaction: Transaction, environment: str, evidence: Sequence[Evidence]
) -> tuple[Act, ...]:
    """Append evidence to the chain, inside the caller's transaction; what the audit log says."""
    head = _head(transaction, _NEWEST, environment)
    told = []
    for each in evidence:
        record = linked(head, each)
        content = content_of(record.number, record.previous, record.evidence)
        columns = {name: record.evidence[name] for name in _COLUMNS}
        place = {"environment": environment, "number": record.number, "hash": record.hash}
        transaction.execute(_ADD, {**columns, **place, "content": compressed(content)})
        head = EvidenceHead(record.number, record.hash)
        told.append(version_released(record, each))
    return tuple(told)


class DatabaseEvidence:
    """What stood behind each released version of a port, for ever."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @reading
    def versions(
        self, transaction: Transaction, environment: str, products: Iterable[str]
    ) -> tuple[EvidencedVersion, ...]:
        """The versions of products' ports that have evidence, in their order."""
        wanted = {"environment": environment, "products": json_list(products)}
        rows = transaction.execute(_VERSIONS, wanted)
        return tuple(
            EvidencedVersion(product, port, major, version, _contract(content))
            for product, port, major, version, content in rows
        )

    @reading
    def records(self, transaction: Transaction, environment: str) -> tuple[EvidenceRecord, ...]:
        """The chain of an environment in its order; what cannot be read is left out."""
        return tuple(record for record, _ in _records(transaction, environment) if record)

    @reading
    def verify(self, transaction: Transaction, environment: str) -> EvidenceVerdict:
        """Check the chain of an environment, and that it is the one of the audit log."""
        found = list(_records(transaction, environment))
        records = [record for record, _ in found if record]
        unread = tuple(fault for _, fault in found if fault)
        rows = transaction.execute(_TOLD, {"environment": environment})
        told = [EvidenceHead(number, hash) for number, hash in rows]
        head = told[0] if told else EvidenceHead()
        wrong = (*unread, *faults(records, head)) or tuple(_replaced(records, told))
        return EvidenceVerdict(len(found), head, wrong)


def _records(
    transaction: Transaction, environment: str
) -> Iterator[tuple[EvidenceRecord | None, str]]:
    """Each record, and what is wrong with its row; None where it cannot be read."""
    for row in transaction.execute(_RECORDS, {"environment": environment}):
        number, *columns, hash, content = row
        try:
            document = unpacked(content, _DOCUMENT)
            record = EvidenceRecord(
                document["number"], document["previous"], hash, document["evidence"]
            )
            inside = [record.evidence[name] for name in _COLUMNS]
        except (zlib.error, msgspec.DecodeError, KeyError, TypeError):
            yield None, f"record {number} cannot be read: it was altered"
            continue
        same = [record.number, *inside] == [number, *columns]
        yield record, "" if same else f"record {number} is kept under other names than its own"


def _contract(content: bytes) -> str:
    """The digest of the contract in a record, "" where it cannot be read."""
    try:
        return str(unpacked(content, _DOCUMENT)["evidence"]["contract"])
    except (zlib.error, msgspec.DecodeError, KeyError, TypeError):
        return ""


def _replaced(records: Sequence[EvidenceRecord], told: Sequence[EvidenceHead]) -> Iterator[str]:
    """What was taken off the end before the chain went on: the audit log has it still."""
    kept = {(each.number, each.hash) for each in records}
    for each in reversed(told):
        if (each.number, each.hash) not in kept:
            yield f"record {each.number} was replaced: the audit log has another one"


def _head(transaction: Transaction, statement: str, environment: str) -> EvidenceHead:
    row = transaction.execute(statement, {"environment": environment}).fetchone()
    return EvidenceHead(*row) if row else EvidenceHead()
