"""The fingerprint of a query: equal for equal meaning, whatever the text looks like."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from sqlglot._version import __version__

from weft.mesh.manifest import Read
from weft.sql.dialect import Dialect

_ALGORITHM = 1

# The text that is hashed is written by sqlglot, so another version of it may write it differently.
FINGERPRINT_VERSION = f"{_ALGORITHM} sqlglot {__version__}"


def fingerprint(canonical: str, reads: Iterable[Read], dialect: Dialect) -> str:
    """Hash a query whose relations and aliases have been replaced by numbers.

    What a relation is called does not count, only what it is. Returns 32 hex digits.
    """
    lines = [str(_ALGORITHM), dialect.name, canonical]
    lines += [f"{read.kind}\t{read.target}\t{read.object}" for read in reads]
    return sha256("\n".join(lines).encode()).hexdigest()[:32]
