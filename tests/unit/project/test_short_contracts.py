"""The longest contract of the example, written with fragments: short, and the same contract."""

from __future__ import annotations

from pathlib import Path

from weft.app.yaml_write import yaml_text
from weft.project.fragments import read_fragments
from weft.project.read_yaml import read_yaml
from weft.project.resolving import resolve
from weft.project.schema import Format, check_shape
from weft.project.source import SourceFile

ROOT = Path(__file__).parents[3]
LONG = ROOT / "examples/skyline/domains/operations/flights/departures.v1.odcs.yaml"
SHORT = ROOT / "tests/golden/fragments/departures.v1.odcs.yaml"
SHARED = ROOT / "tests/golden/fragments/shared.yaml"


def source(path: Path) -> SourceFile:
    data = path.read_bytes()
    return SourceFile(path.name, data, len(data))


def test_a_long_contract_is_short_with_fragments() -> None:
    long, _ = read_yaml(source(LONG))
    written, _ = read_yaml(source(SHORT))
    fragments, problems = read_fragments([source(SHARED)])
    assert long is not None and written is not None and problems == ()
    meant = resolve(written, fragments).document
    assert meant is not None
    assert meant.data == long.data
    assert check_shape(meant, Format.ODCS) == ()
    assert 5 * len(SHORT.read_text().splitlines()) < len(LONG.read_text().splitlines())


OBJECTS, COLUMNS = 68, 7
HOUSE = """\
contract:
  house: {apiVersion: v3.0.2, kind: DataContract, status: active}
schema:
  table: {physicalType: table}
properties:
  column: {partitioned: false, criticalDataElement: false, primaryKey: false, required: false}
  key: {use: column, logicalType: integer, physicalType: int4, primaryKey: true}
  text: {use: column, logicalType: string, physicalType: text}
  rowguid: {use: column, logicalType: string, physicalType: uuid}
  modifieddate: {use: column, logicalType: timestamp, physicalType: timestamp}
"""


def columns_of(table: str) -> list[tuple[str, str]]:
    """The columns of a table: a key, texts, and two that every table has."""
    texts = [(f"{table}_text_{number}", "text") for number in range(COLUMNS - 3)]
    shared = [("rowguid", "rowguid"), ("modifieddate", "modifieddate")]
    return [(f"{table}id", "key"), *texts, *shared]


def many_tables() -> str:
    """A contract in the form of the largest example of the standard: its keys, tables, columns."""
    lines = ["use: house", "id: works", "version: 1.0.0", "schema:"]
    for number in range(OBJECTS):
        table = f"table{number}"
        lines += [
            f"  - {{use: table, name: {table}, physicalName: {table}, description: Of {table}.,",
            "     properties: [",
        ]
        for column, fragment in columns_of(table):
            url = f"jdbc:postgresql://localhost:5432/works/{table}/{column}"
            lines.append(
                f"       {{use: {fragment}, name: {column}, description: About {column}., "
                f'authoritativeDefinitions: [{{type: implementation, url: "{url}"}}]}},'
            )
        lines.append("     ]}")
    return "\n".join(lines) + "\n"


def test_a_contract_of_many_tables_is_short_its_fragments_counted() -> None:
    written, _ = read_yaml(SourceFile("c.yaml", many_tables().encode()))
    fragments, problems = read_fragments([SourceFile("shared/a.yaml", HOUSE.encode())])
    assert written is not None and problems == ()
    meant = resolve(written, fragments).document
    assert meant is not None
    assert check_shape(meant, Format.ODCS) == ()
    assert [len(each["properties"]) for each in meant.data["schema"]] == [COLUMNS] * OBJECTS
    (first, *_, last) = meant.data["schema"][0]["properties"]
    assert (first["primaryKey"], last["primaryKey"], last["physicalType"]) == (
        True,
        False,
        "timestamp",
    )
    short = len((many_tables() + HOUSE).splitlines())
    assert 5 * short < len(yaml_text(meant.data).splitlines())
