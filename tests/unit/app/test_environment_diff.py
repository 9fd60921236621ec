"""What two environments show, compared in the warehouse and told as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from environment_meshes import Ground
from mesh_files import Port, Product
from two_warehouses import domain
from weft.app.bootstrap import opened
from weft.app.diff import ColumnDiff, DiffOptions, ObjectDiff, RowDiff, diff
from weft.app.errors import NotFound
from weft.app.system import System

PORT = "a.b.things@1"


def files(
    ground: Ground,
    select: str,
    columns: Mapping[str, str],
    key: tuple[str, ...] = (),
    **more: str,
) -> dict[str, bytes]:
    """One product with one port, `things`, and perhaps others that show one number."""
    others = tuple(Port(name, {"n": "integer"}) for name in more)
    product = Product("a.b", {"things": select, **more}, (Port("things", columns), *others))
    found = ground.of(product)
    path = "domains/a/b/things.v1.odcs.yaml"
    for place, name in enumerate(key, 1):
        column = f'"name": "{name}",'.encode()
        mark = f'"primaryKey": true, "primaryKeyPosition": {place},'.encode()
        found[path] = found[path].replace(column, column + mark)
    return found


def compared(folder: Path, **options: object) -> dict[str, ObjectDiff]:
    with opened(folder, "dev", System()) as there:
        here = replace(there, environment="prod")
        found = diff(here, there, DiffOptions(**options))  # type: ignore[arg-type]
        return {each.port: each for each in found}


def changed(
    folder: Path,
    ground: Ground,
    before: str,
    after: str,
    columns: Mapping[str, str],
    primary: tuple[str, ...] = (),
    **options: object,
) -> ObjectDiff:
    """Apply `before` to production and `after` to another environment, and compare."""
    apply_files(folder, files(ground, before, columns, primary))
    apply_files(folder, files(ground, after, columns, primary), environment="dev")
    return compared(folder, **options)[PORT]


def values(*rows: str, names: str = "id, n") -> str:
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS v({names})"


NUMBERS = {"id": "integer", "n": "integer"}


def test_rows_are_matched_by_the_primary_key(tmp_path: Path, ground: Ground) -> None:
    found = changed(
        tmp_path,
        ground,
        values("(1, 10)", "(2, 20)", "(3, NULL)", "(4, 40)"),
        values("(1, 10)", "(2, 21)", "(3, 30)", "(5, 50)"),
        NUMBERS,
        ("id",),
    )
    assert (found.state, found.first_rows, found.second_rows) == ("differs", 4, 4)
    assert (found.added, found.removed, found.changed, found.unclear) == (1, 1, 2, 0)
    assert (found.key, found.keys) == (("id",), (4, 4, 3))
    assert found.columns == (ColumnDiff("id", 0, 0, 0), ColumnDiff("n", 2, 1, 0))
    assert found.rows == ()


def test_without_a_key_whole_rows_are_compared(tmp_path: Path, ground: Ground) -> None:
    found = changed(
        tmp_path,
        ground,
        values("(1, 10)", "(1, 10)", "(1, 10)", "(2, 20)"),
        values("(1, 10)", "(2, 21)"),
        NUMBERS,
    )
    assert (found.added, found.removed, found.changed) == (1, 3, 0)
    assert (found.key, found.keys) == ((), None)


def test_another_key_can_be_named(tmp_path: Path, ground: Ground) -> None:
    before, after = values("(1, 10)", "(2, 20)"), values("(7, 10)", "(2, 20)")
    found = changed(tmp_path, ground, before, after, NUMBERS, ("id",), key=("n",))
    assert (found.key, found.changed, found.added) == (("n",), 1, 0)
    with pytest.raises(NotFound, match="no column `m` that both environments have"):
        compared(tmp_path, key=("m",))


def test_rows_in_another_order_are_equal(tmp_path: Path, ground: Ground) -> None:
    before, after = values("(1, 10)", "(2, NULL)"), values("(2, NULL)", "(1, 10)")
    found = changed(tmp_path, ground, before, after, NUMBERS, ("id",))
    assert found.state == "equal" and found.same


def test_what_is_no_number_and_null_keys_are_equal_to_themselves(
    tmp_path: Path, ground: Ground
) -> None:
    columns = {"id": "integer", "x": "number"}
    nan = values("(NULL, 'NaN'::DOUBLE)", "(2, 'Infinity'::DOUBLE)", names="id, x")
    found = changed(tmp_path, ground, nan, f"{nan} WHERE true", columns, key=("id",))
    assert found.state == "equal"
    assert found.keys == (2, 2, 2)


def test_null_keys_are_matched(tmp_path: Path, ground: Ground) -> None:
    found = changed(
        tmp_path,
        ground,
        values("(CAST(NULL AS INTEGER), 1)"),
        values("(CAST(NULL AS INTEGER), 2)"),
        NUMBERS,
        key=("id",),
    )
    assert (found.added, found.removed, found.changed) == (0, 0, 1)


def test_a_key_that_repeats_blames_no_column(tmp_path: Path, ground: Ground) -> None:
    before = values("(1, 10)", "(1, 11)", "(1, 12)", "(2, 20)")
    after = values("(1, 10)", "(1, 21)", "(1, 22)", "(1, 23)", "(2, 20)")
    found = changed(tmp_path, ground, before, after, NUMBERS, key=("id",))
    assert (found.added, found.removed, found.changed, found.unclear) == (1, 0, 2, 2)
    assert [each.changed for each in found.columns] == [0, 0]


def test_odd_names_of_columns(tmp_path: Path, ground: Ground) -> None:
    odd = {'a "b"': "integer", "c'; --": "integer", "surplus": "integer", "größe.x {0}": "string"}
    names = ", ".join('"{}"'.format(name.replace('"', '""')) for name in odd)
    row = "(1, 2, 3, '{x}')"
    before, after = values(row, names=names), values("(1, 2, 3, 'y')", names=names)
    found = changed(tmp_path, ground, before, after, odd, rows=5, key=('a "b"',))
    assert {each.name: each.changed for each in found.columns} == {
        'a "b"': 0,
        "c'; --": 0,
        "surplus": 0,
        "größe.x {0}": 1,
    }
    assert [list(each.values) for each in found.rows] == [['a "b"', *list(odd)[1:]]] * 2


def test_nested_values(tmp_path: Path, ground: Ground) -> None:
    columns = {"id": "integer", "tags": "array", "place": "object"}
    made = "SELECT 1 AS id, ['a', {0}] AS tags, {{'x': 1, 'y': {1}}} AS place"
    own = {}
    if not ground.is_lake:
        made = (
            "SELECT 1 AS id, ARRAY['a', {0}] AS tags, "
            "jsonb_build_object('x', 1, 'y', CAST({1} AS integer)) AS place"
        )
        own = domain("a", "lake", "postgres")
    for environment, values in (("", ("'b'", "NULL")), ("dev", ("'b'", "2"))):
        there = files(ground, made.format(*values), columns, ("id",)) | own
        apply_files(tmp_path, there, environment=environment)
    assert [each.changed for each in compared(tmp_path)[PORT].columns] == [0, 0, 1]


def test_rows_are_shown_only_where_they_are_asked_for(tmp_path: Path, ground: Ground) -> None:
    before, after = values("(1, 10)", "(2, 20)", "(2, 20)"), values("(1, 11)")
    found = changed(tmp_path, ground, before, after, NUMBERS, key=("id",), rows=3)
    assert [(each.environment, each.times, each.values["n"]) for each in found.rows] == [
        ("prod", 1, 10),
        ("dev", 1, 11),
        ("prod", 2, 20),
    ]
    assert compared(tmp_path, key=("id",), rows=1)[PORT].rows == (
        RowDiff("prod", 1, {"id": 1, "n": 10}),
    )


def test_columns_that_one_side_has(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, files(ground, "SELECT 1 AS id", {"id": "integer"}))
    more = {"id": "integer", "extra": "integer"}
    after = files(ground, "SELECT 1 AS id, NULL::INTEGER AS extra", more)
    apply_files(tmp_path, after, environment="dev")
    found = compared(tmp_path)[PORT]
    assert found.state == "differs" and not (found.added or found.removed or found.changed)
    assert found.columns[1] == ColumnDiff("extra", 0, None, 1)


def test_ports_that_one_side_has_and_those_of_the_same_build(
    tmp_path: Path, ground: Ground
) -> None:
    apply_files(tmp_path, files(ground, "SELECT 1 AS id", {"id": "integer"}, fixed="SELECT 1 AS n"))
    wider = files(
        ground, "SELECT 1 AS id", {"id": "integer"}, fixed="SELECT 1 AS n", newer="SELECT 2 AS n"
    )
    apply_files(tmp_path, wider, environment="dev")
    found = compared(tmp_path)
    assert {port: each.state for port, each in found.items()} == {
        "a.b.fixed@1": "same build",
        "a.b.newer@1": "only in dev",
        PORT: "same build",
    }
    assert list(compared(tmp_path, address="a.b.newer")) == ["a.b.newer@1"]
    assert list(compared(tmp_path, address="a.b.newer@1")) == ["a.b.newer@1"]
    assert len(compared(tmp_path, address="a.b")) == 3
    with pytest.raises(NotFound, match=r"no published port `a\.b\.new`"):
        compared(tmp_path, address="a.b.new")


def test_no_common_column(tmp_path: Path, ground: Ground) -> None:
    apply_files(tmp_path, files(ground, "SELECT 1 AS id", {"id": "integer"}), environment="dev")
    apply_files(tmp_path, files(ground, "SELECT 1 AS x FROM range(3)", {"x": "integer"}))
    found = compared(tmp_path)[PORT]
    assert (found.state, found.added, found.removed) == ("differs", 1, 3)


def test_empty_tables(tmp_path: Path, ground: Ground) -> None:
    none = f"{values('(1, 1)')} WHERE id > 1"
    found = changed(tmp_path, ground, none, values("(1, 1)"), NUMBERS, ("id",))
    assert (found.first_rows, found.added, found.keys) == (0, 1, (0, 1, 0))


def test_columns_of_two_types_are_compared_as_texts(tmp_path: Path, ground: Ground) -> None:
    wider = "SELECT 1 AS id, CAST(2 AS BIGINT) AS n"
    found = changed(tmp_path, ground, "SELECT 1 AS id, 2 AS n", wider, NUMBERS, ("id",))
    assert (found.state, found.as_text) == ("equal", ("n",))
