"""A check: one measurable question made from a promise, and its answer. No SQL here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from weft.mesh.contract import Operator


class CheckKind(StrEnum):
    """What a check measures."""

    COLUMNS = "columns"
    TYPE = "type"
    REQUIRED = "required"
    UNIQUE = "unique"
    ENUM = "enum"
    OPTION = "option"
    RELATIONSHIP = "relationship"
    NULL_VALUES = "nullValues"
    MISSING_VALUES = "missingValues"
    INVALID_VALUES = "invalidValues"
    DUPLICATE_VALUES = "duplicateValues"
    ROW_COUNT = "rowCount"
    SQL = "sql"


FINDS_REPEATED = (CheckKind.UNIQUE, CheckKind.DUPLICATE_VALUES)
"""The kinds that look for rows whose values another row has too."""


class Verdict(StrEnum):
    """The answer to a check. `error` means that it could not be measured, which blocks too."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"


@dataclass(frozen=True)
class Check:
    """A warehouse-neutral question about one object.

    `id` is unique in the object and stable (`required_flight_id`); `label` is what people read.
    `arguments` depend on the kind: `values` (enum, validValues), `option` and `value` (option),
    `to` (relationship: the relation's name in FROM), `to_columns`, `missing`, `query` (sql),
    `types` (missing, validValues: the logical type of each column).
    `operator` None means that no row may fail. `unit` is `rows` or `percent`.
    `reads` are the names in FROM that the check needs beside its own object.
    `where` is the path inside the contract's object, as keys and indexes: `properties/0/quality/1`.
    """

    id: str
    label: str
    kind: CheckKind
    columns: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    operator: Operator | None = None
    threshold: Any = None
    unit: str = "rows"
    severity: str = "error"
    blocks: bool = True
    notify: str = ""
    dimension: str = ""
    reads: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class Promise:
    """A column as a contract promises it: logical and physical type, and the type's options.

    `properties` are the fields inside of an object, `items` what every item of an array is.
    """

    name: str
    logical_type: str = ""
    physical_type: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    properties: tuple[Promise, ...] = ()
    items: Promise | None = None


@dataclass(frozen=True)
class CheckResult:
    """What a check found. `failed` and `rows` are counts; `keys` a few keys of failing rows.

    `value` is what was compared with the promise, when that is not `failed`. `message` says in
    words why a check could not be measured.
    """

    check: str
    label: str
    verdict: Verdict
    rows: int = 0
    failed: int = 0
    value: float | None = None
    expected: str = ""
    blocks: bool = True
    notify: str = ""
    keys: tuple[str, ...] = ()
    message: str = ""
    quarantined: bool = False


@dataclass(frozen=True)
class Measure:
    """How one check is measured on a candidate.

    `column` is the place of its failing count in the fused scan, -1 where it has a `statement`
    of its own (one row, the measured value first). `rows` selects the failing rows, "" where
    rows cannot fail.
    """

    check: Check
    column: int = -1
    statement: str = ""
    rows: str = ""
