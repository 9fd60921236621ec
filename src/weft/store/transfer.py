"""A whole store as one file of JSON lines, and a store again.

The first line says whose store it is, then comes a line for each row, and the last line has the
number of rows and the SHA-256 of all bytes before it, so that a cut or altered file is seen.
"""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

import msgspec

from weft.store.acts import store_imported
from weft.store.audit_log import record, verified
from weft.store.database import Transaction
from weft.store.protocol import Identity, Unfit

# In an order in which each row finds the rows that it refers to. Only `content` holds bytes.
_TABLES = {
    "production": "environment",
    "runs": "position id kind environment plan state started ended actor host pid git_commit root "
    "message branch",
    "plans": "run content",
    "outcomes": "position run product content",
    "fences": "environment product last",
    "locks": "id product environment fence holder host pid since run",
    "holds": "product environment release actor reason since",
    "manifests": "digest content",
    "applied": "environment product root digest run at",
    "releases": "environment product number content",
    "descriptors": "environment product port major content",
    "verdicts": "audit build content environment",
    "salts": "environment model salt",
    "settlements": "environment drift product subject until actor reason since",
    "evidence": "environment number product port major version hash content",
    "signoffs": "environment product port version consumer state answer_by actor reason at",
    "reads": "environment product port major kind reader day count last",
    "notices": "environment number product port major consumer kind message at",
    "measurements": "environment product port major level at value problem",
    "audit": "number at actor action subject detail previous hash",
    "audit_head": "number hash",
}
_BATCH = 1_000
_DAMAGED = "the file is damaged or incomplete; export the store again"

Row = tuple[str, list[str | int | None]]


@dataclass(frozen=True)
class Beginning:
    """The first line of a file."""

    weft_store: int
    format: int
    mesh: str
    id: str


@dataclass(frozen=True)
class End:
    """The last line of a file."""

    rows: int
    sha256: str


_BEGINNING = msgspec.json.Decoder(Beginning)
_ROW: msgspec.json.Decoder[Row | End] = msgspec.json.Decoder(Row | End)


def exported(transaction: Transaction, identity: Identity, file: BinaryIO) -> int:
    """Write all rows into a file, from its start; how many."""
    file.seek(0)
    file.truncate()
    digest = sha256()

    def write(line: object) -> None:
        text = msgspec.json.encode(line) + b"\n"
        digest.update(text)
        file.write(text)

    write(Beginning(1, identity.format, identity.mesh, identity.id))
    rows = 0
    for table in _TABLES:
        for row in transaction.execute(_select(table)):
            write((table, row))
            rows += 1
    write(End(rows, digest.hexdigest()))
    return rows


def imported(
    transaction: Transaction, identity: Identity, file: BinaryIO, actor: str, at: str
) -> tuple[str, int]:
    """Fill an empty store from a file; the id that the store has now, and how many rows.

    Raises Unfit, for which the caller's transaction keeps nothing.
    """
    _refuse_used(transaction)
    file.seek(0)
    first = file.readline()
    beginning = _beginning(first, identity)
    # Of a damaged file no row is written: the database might refuse it in words of its own.
    deque(_rows(file, first), maxlen=0)
    file.seek(len(first))
    rows = 0
    batch: list[dict[str, Any]] = []
    last = ""
    for table, values in _rows(file, first):
        if batch and (table != last or len(batch) == _BATCH):
            transaction.execute_all(_insert(last), batch)
            batch = []
        batch.append(values)
        last = table
        rows += 1
    transaction.execute_all(_insert(last), batch)
    good, fault = verified(transaction)
    if fault:
        raise Unfit(f"the audit log in the file is not whole: {good} entries, then: {fault}")
    transaction.execute("UPDATE identity SET id = :id", {"id": beginning.id})
    record(transaction, actor, at, store_imported(beginning.id, rows))
    return beginning.id, rows


def _refuse_used(transaction: Transaction) -> None:
    (entries,) = transaction.execute("SELECT count(*) FROM audit").fetchone()
    if entries:
        raise Unfit(
            f"the store was used already: it has {entries} entries in its audit log, and only an "
            "empty one can be filled; name a new one in weft.yaml"
        )


def _beginning(line: bytes, identity: Identity) -> Beginning:
    """The first line, of a file that fits this store."""
    try:
        found = _BEGINNING.decode(line)
    except msgspec.DecodeError as error:
        raise Unfit("the file was not written by `weft store export`") from error
    if found.mesh != identity.mesh:
        raise Unfit(
            f"the file holds the store of mesh `{found.mesh}`, and this is `{identity.mesh}`"
        )
    if (found.weft_store, found.format) != (1, identity.format):
        raise Unfit(
            f"the file has format {found.format}, and this store has {identity.format}; export it "
            "again with the same version of Weft"
        )
    return found


def _rows(file: BinaryIO, first: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """The table and the values of each row, until the end of the file proves that all is there."""
    digest = sha256(first)
    for rows, line in enumerate(file):
        found = _decoded(line)
        if isinstance(found, End):
            if found != End(rows, digest.hexdigest()) or file.read(1):
                break
            return
        digest.update(line)
        table, values = found
        yield table, _named(table, values)
    raise Unfit(_DAMAGED)


def _decoded(line: bytes) -> Row | End:
    try:
        return _ROW.decode(line)
    except msgspec.DecodeError as error:
        raise Unfit(_DAMAGED) from error


def _named(table: str, values: list[str | int | None]) -> dict[str, Any]:
    """The values of a row by column, the bytes as bytes again."""
    columns = _TABLES.get(table, "").split()
    if len(columns) != len(values):
        raise Unfit(_DAMAGED)
    row: dict[str, Any] = dict(zip(columns, values, strict=True))
    if "content" in row:
        row["content"] = _bytes(row["content"])
    return row


def _bytes(text: str | int | None) -> bytes:
    try:
        return b64decode(str(text), validate=True)
    except ValueError as error:
        raise Unfit(_DAMAGED) from error


def _select(table: str) -> str:
    columns = _TABLES[table].split()
    order = ", ".join(each for each in columns if each != "content")
    return " ".join(["SELECT", ", ".join(columns), "FROM", table, "ORDER BY", order])


def _insert(table: str) -> str:
    columns = _TABLES[table].split()
    if table == "audit_head":
        return "UPDATE audit_head SET number = :number, hash = :hash WHERE number < :number"
    names = ", ".join(columns)
    values = ", ".join(f":{each}" for each in columns)
    return " ".join(["INSERT INTO", table, f"({names})", "VALUES", f"({values})"])
