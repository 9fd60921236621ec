"""Evidence of released versions: shown, and proved to be whole, from the store or from a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import msgspec

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.mesh.address import PortAddress, is_part_of
from weft.mesh.evidence import Evidence, EvidenceHead, EvidenceRecord
from weft.store.evidence_chain import faults, is_whole

SCHEMA = "weft.evidence/1"


@dataclass(frozen=True)
class EvidenceChain:
    """Records of an environment in their order: the whole chain, or those of one `address`.

    `head` is where the whole chain ends.
    """

    environment: str
    address: str
    head: EvidenceHead
    records: tuple[EvidenceRecord, ...]


@dataclass(frozen=True)
class Verification:
    """What was found wrong with so many records, in full sentences; nothing when all is well.

    `address` is what the records are of, "" for a whole chain that ends at `head`.
    """

    place: str
    records: int
    address: str
    head: EvidenceHead
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class _File:
    """What `weft release evidence` writes as JSON."""

    schema: str
    environment: str
    address: str
    head: EvidenceHead
    records: tuple[EvidenceRecord, ...] = field(default_factory=tuple)


def evidence_chain(mesh: Opened, address: str = "") -> EvidenceChain:
    """The chain of an environment, or what it has of a port or a port version.

    Raises NotFound where an address has no evidence.
    """
    records = mesh.store.evidence.records(mesh.environment)
    head = mesh.store.evidence.verify(mesh.environment).head
    if not address:
        return EvidenceChain(mesh.environment, "", head, records)
    wanted = PortAddress.parse(address)
    known = [(each, told(each)) for each in records]
    found = tuple(each for each, evidence in known if is_part_of(evidence.address, str(wanted)))
    if not found:
        names = [evidence.address for _, evidence in known]
        raise NotFound(
            "port",
            address,
            dict.fromkeys(names),
            where=f"of which anything was released in {mesh.environment}",
            next_step="weft release evidence",
        )
    return EvidenceChain(mesh.environment, str(wanted), head, found)


def told(record: EvidenceRecord) -> Evidence:
    """What a record tells, as far as this version of Weft knows it."""
    return msgspec.convert(record.evidence, Evidence)


def verify_store(mesh: Opened) -> Verification:
    """Check the chain of an environment, and its end by what the audit log says."""
    found = mesh.store.evidence.verify(mesh.environment)
    return Verification(mesh.environment, found.records, "", found.head, found.faults)


def verify_file(path: Path) -> Verification:
    """Check what `weft release evidence --json` wrote, with nothing but the file.

    Raises Usage where it is no such file, NotFound where there is none, and OSError where it
    cannot be read.
    """
    write = "weft release evidence --json > evidence.json"
    try:
        document = msgspec.json.decode(path.read_bytes())
        found = msgspec.convert(document, _File)
    except FileNotFoundError as error:
        raise NotFound("file", str(path), next_step=write) from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        found = None
    if found is None or found.schema != SCHEMA:
        raise Usage(
            f"{path} holds no evidence",
            why="It is not what `weft release evidence --json` writes, or it is damaged.",
            next_step=write,
        )
    wrong = _faults_of_some(found.records) if found.address else faults(found.records, found.head)
    wrong = (*wrong, *_added(document["records"]))
    return Verification(str(path), len(found.records), found.address, found.head, wrong)


def _added(records: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """What stands beside the evidence of records, where no hash covers it."""
    own = {each.name for each in fields(EvidenceRecord)}
    for each in records:
        if strange := ", ".join(sorted(each.keys() - own)):
            yield f"record {each['number']} has what no hash covers: {strange}"


def _faults_of_some(records: Sequence[EvidenceRecord]) -> tuple[str, ...]:
    """What is wrong with records that are no whole chain: each by itself."""
    return tuple(f"record {each.number} was altered" for each in records if not is_whole(each))
