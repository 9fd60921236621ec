"""What queries compile to and why others are refused, word for word.

WEFT_GOLDEN=write writes the files anew; read the difference before keeping it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from weft.sql.dialect import Dialect
from weft.sql.query import Known, Problem, compile_select, parse_select

GOLDEN = Path(__file__).parents[2] / "golden" / "sql"


def compiled(text: str, dialect: Dialect, known: Mapping[str, Known]) -> str:
    parsed, problems = parse_select(text, dialect)
    if parsed is None:
        return drawn(text, problems)
    result, problems = compile_select(parsed, dialect, known)
    if result is None:
        return drawn(text, problems)
    reads = [f"{{{read.target}: {', '.join(read.columns)}}}" for read in result.query.reads]
    sql = "".join(part if isinstance(part, str) else reads[part] for part in result.query.parts)
    types = ", ".join(f"{column.name} {column.type or '?'}" for column in result.columns)
    mark = "" if result.deterministic else " [volatile]"
    return f"{text}\n  {sql}\n  -> {types}{mark}\n"


def drawn(text: str, problems: tuple[Problem, ...]) -> str:
    lines = []
    for each in problems:
        caret = " " * (each.column - 1) + "^" * each.length
        why = "; ".join(part for part in (each.message, each.note, each.help) if part)
        lines.append(f"  {caret}\n  {each.code} {why}\n")
    return f"  {text}\n{''.join(lines)}"


@pytest.mark.parametrize("case", ["queries", "refused"])
def test_queries_compile_to_what_is_kept(
    case: str, dialect: Dialect, known: Mapping[str, Known]
) -> None:
    texts = (GOLDEN / f"{case}.sql").read_text().splitlines()
    shown = "\n".join(compiled(text, dialect, known) for text in texts).encode()
    kept = GOLDEN / dialect.name / f"{case}.txt"
    if os.environ.get("WEFT_GOLDEN") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(shown)
    assert shown == kept.read_bytes()
