"""What the rows of a relation show of its columns: the SQL that measures it, and the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from weft.mesh.manifest import Column
from weft.sql.dialect import Dialect
from weft.sql.types import family_of

FEW = 12
"""So many different values are a list that a contract may name; more are not."""

_COUNTED = frozenset(
    ["string", "uuid", "integer", "decimal", "boolean", "date", "time", "timestamp", "timestamptz"]
)
_NUMBERS = frozenset(["integer", "decimal", "float"])
_ORDERED = _NUMBERS | {"string", "date", "timestamp", "timestamptz"}

# Statements, whose holes take quoted names, and what is made of these here.
_SCAN = "SELECT {columns} FROM {relation}"
_REPEATED = (
    "(SELECT coalesce(sum(often - 1), 0) FROM "
    "(SELECT count(*) AS often FROM {relation} GROUP BY {key}) AS groups)"
)
_VALUES = (
    "SELECT {place} AS place, {text} AS value FROM {relation} WHERE {name} IS NOT NULL "
    "GROUP BY {name}"
)


@dataclass(frozen=True)
class ColumnProfile:
    """What the values of one column are like; nulls are counted and nothing else.

    `distinct` is -1 where values cannot be compared. `low` and `high` are the least and the
    greatest value as text, None where there is none or no order; `shortest` and `longest` are
    lengths of texts in characters, -1 of anything else. `values` are all there are, as sorted
    texts, where they are at most FEW.
    """

    family: str
    nulls: int = 0
    distinct: int = -1
    low: str | None = None
    high: str | None = None
    shortest: int = -1
    longest: int = -1
    values: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self.family in _NUMBERS


@dataclass(frozen=True)
class Profile:
    """What is known of all rows. `repeated` counts rows beyond the first of a key's values."""

    rows: int
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)
    repeated: int = 0

    def identifies(self, name: str) -> bool:
        """Whether every row has a value in this column that no other row has."""
        column = self.columns.get(name)
        return column is not None and column.nulls == 0 and column.distinct == self.rows


@dataclass(frozen=True)
class _Measured:
    """One thing that the scan computes: of which column, which field of its profile."""

    column: str
    field: str
    sql: str


class ProfileScan:
    """One scan over a relation for everything that counts, and one for the values of a few columns.

    `relation` is its name as SQL, `columns` have native types; `key` are columns to be looked at
    as a key together. Every value is asked for as text, so that no driver changes it.
    """

    def __init__(
        self, relation: str, columns: Sequence[Column], dialect: Dialect, key: Sequence[str] = ()
    ) -> None:
        self._relation = relation
        self._dialect = dialect
        self._families = {each.name: family_of(each.type, dialect) for each in columns}
        self._measured = [each for name in self._families for each in self._of(name)]
        self._key = key

    @property
    def statement(self) -> str:
        """The scan: one row of texts."""
        quote = self._dialect.quote
        key = ", ".join(quote(name) for name in self._key)
        repeated = _REPEATED.format(relation=self._relation, key=key) if key else "0"
        wanted = ["count(*)", repeated, *(each.sql for each in self._measured)]
        columns = (
            f"{self._dialect.snippets.text(sql)} AS {quote(f'c{number}')}"
            for number, sql in enumerate(wanted)
        )
        return _SCAN.format(columns=", ".join(columns), relation=self._relation)

    def profile(self, row: Sequence[str | None]) -> Profile:
        """What the scan's row says."""
        rows, repeated, *values = row
        found: dict[str, dict[str, str | None]] = {name: {} for name in self._families}
        for measured, value in zip(self._measured, values, strict=True):
            found[measured.column][measured.field] = value
        total = _number(rows, 0)
        columns = {
            name: _column(self._families[name], total, found[name]) for name in self._families
        }
        return Profile(total, columns, _number(repeated, 0))

    def values_statement(self, profile: Profile) -> str:
        """The values of every column that has few, as rows of `place` and `value`; "" for none."""
        dialect = self._dialect
        selects = [
            _VALUES.format(
                place=dialect.literal(place),
                text=dialect.snippets.text(dialect.quote(name)),
                relation=self._relation,
                name=dialect.quote(name),
            )
            for place, name in enumerate(self._families)
            if 0 < profile.columns[name].distinct <= FEW
        ]
        return " UNION ALL ".join(selects)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns by their places."""
        return tuple(self._families)

    def _of(self, name: str) -> Iterator[_Measured]:
        quoted, family = self._dialect.quote(name), self._families[name]
        yield _Measured(name, "present", f"count({quoted})")
        if family in _COUNTED:
            yield _Measured(name, "distinct", f"count(DISTINCT {quoted})")
        if family in _ORDERED:
            yield _Measured(name, "low", f"min({quoted})")
            yield _Measured(name, "high", f"max({quoted})")
        if family == "string":
            length = self._dialect.snippets.length(quoted)
            yield _Measured(name, "shortest", f"min({length})")
            yield _Measured(name, "longest", f"max({length})")


def _column(family: str, rows: int, found: Mapping[str, str | None]) -> ColumnProfile:
    return ColumnProfile(
        family,
        nulls=rows - _number(found["present"], 0),
        distinct=_number(found.get("distinct"), -1),
        low=found.get("low"),
        high=found.get("high"),
        shortest=_number(found.get("shortest"), -1),
        longest=_number(found.get("longest"), -1),
    )


def _number(text: str | None, missing: int) -> int:
    return missing if text is None else int(text)
