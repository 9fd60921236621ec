"""Names that a warehouse may stumble over: of columns, objects, products, files and documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arro3.core import Array, DataType, Table
from warehouse_kinds import Kind, Place
from warehouse_steps import (
    PRODUCT,
    bound,
    build,
    port,
    publish,
    required,
    rows,
    rows_of,
    show,
    shown_as,
    unique,
)

from weft.mesh.manifest import Column, FileSource
from weft.mesh.release import PortRelease
from weft.plan.plan import Source
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import Relation, Scope, WarehouseError

PROD = Scope("prod", (PRODUCT,))

ODD_NAMES = [
    "UPPER",
    "camelCase",
    "two words",
    " around ",
    'say "hi"',
    "a.b",
    "select",
    "table",
    "user",
    "it's",
    "größe",
    "日本",
    "👍",
    "%s {0} $1 ? :x",
    "%",
    "x" * 60,
    "-- no comment",
    "/* neither */",
    "back\\slash",
    "new\nline",
    "ctid_",
    "1",
    "$$",
    ";",
]
ODD_FILES = ["it's.csv", "a b.csv", 'say "hi".csv', "größe 日本.csv", "x=1[2]*.csv", "%s;--.csv"]
KEYWORDS = ["select", "order", "user", "table", "group", "end", "o" * 40]
AWKWARD = 'it\'s "quoted" \\ $$ %s {} -- /* */ \n ü 日本 ; \t'


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def test_any_column_name(place: Place, warehouse: Any, relation: Any) -> None:
    values = ", ".join(f"{number} AS {quoted(name)}" for number, name in enumerate(ODD_NAMES))
    outcome = warehouse.run(build("a", f"SELECT {values}"), bound())
    assert [column.name for column in outcome.columns] == ODD_NAMES
    same = ", ".join(f"t.{quoted(name)}" for name in ODD_NAMES)
    warehouse.run(build("v", f"SELECT {same} FROM {relation('a')} AS t", ["a"], "view"), bound())
    release = show(
        warehouse, publish([port({"orders": ("a", ODD_NAMES), "views": ("v", ODD_NAMES)})])
    )
    assert release.ports[0].objects[0].columns == tuple(ODD_NAMES)
    row = tuple(range(len(ODD_NAMES)))
    assert rows_of(warehouse, "a", ODD_NAMES) == rows_of(warehouse, "v", ODD_NAMES) == [row]
    with place.reading() as read:
        assert read(f"SELECT {same} FROM sales__orders.orders AS t") == [row]
        assert read("SELECT * FROM sales__orders.views_v1") == [row]


def test_any_column_name_comes_in(warehouse: Any) -> None:
    whole = DataType.int64()
    table = {name: Array([number, None], whole) for number, name in enumerate(ODD_NAMES)}
    outcome = warehouse.load("landed", Table.from_pydict(table).to_reader())
    assert [column.name for column in outcome.columns] == ODD_NAMES
    found = rows_of(warehouse, "landed", ODD_NAMES)
    assert found == [tuple(range(len(ODD_NAMES))), (None,) * len(ODD_NAMES)]


def test_any_column_name_is_audited(warehouse: Any, audit: Any) -> None:
    ones = ", ".join(f"1 AS {quoted(name)}" for name in ODD_NAMES)
    again = ", ".join("1" for _ in ODD_NAMES)
    nulls = ", ".join("NULL" for _ in ODD_NAMES)
    warehouse.run(build("a", f"SELECT {ones} UNION ALL SELECT {again}"), bound())
    warehouse.run(build("b", f"SELECT {ones} UNION ALL SELECT {nulls}"), bound())
    doubled = audit("a", [unique(*ODD_NAMES)], identity=ODD_NAMES)
    [result] = warehouse.run(doubled, bound()).checks
    assert (result.failed, result.keys[0]) == (1, ", ".join(["1"] * len(ODD_NAMES)))
    results = warehouse.run(audit("b", required(*ODD_NAMES), name="audit_2"), bound()).checks
    assert [each.failed for each in results] == [1] * len(ODD_NAMES)


@pytest.mark.parametrize("kind", ["table", "view"])
@pytest.mark.parametrize("letter", ["x", "ä"])
def test_the_longest_name_of_a_column(
    warehouse: Any, warehouse_kind: Kind, kind: str, letter: str
) -> None:
    """A warehouse that would cut a name refuses it; it never shortens one of the user's."""
    most = (warehouse_kind.longest or 1000) // len(letter.encode())
    name = letter * most
    assert warehouse.run(build("a", f"SELECT 1 AS {name}", kind=kind), bound())
    assert rows_of(warehouse, "a", [name]) == [(1,)]
    if warehouse_kind.longest:
        with pytest.raises(WarehouseError, match=name):
            warehouse.run(build("b", f"SELECT 1 AS {name}{letter}", kind=kind), bound())
        assert warehouse.observe(PROD).builds == {"a"}


def test_the_longest_name_that_comes_in(warehouse: Any, warehouse_kind: Kind) -> None:
    name = "x" * (warehouse_kind.longest or 1000)
    values = Array([1], DataType.int64())
    warehouse.load("a", Table.from_pydict({name: values}).to_reader())
    assert rows_of(warehouse, "a", [name]) == [(1,)]
    if warehouse_kind.longest:
        with pytest.raises(WarehouseError, match=name):
            warehouse.load("b", Table.from_pydict({f"{name}x": values}).to_reader())
        assert warehouse.observe(PROD).builds == {"a"}


def test_names_that_differ_at_their_end(warehouse: Any, warehouse_kind: Kind) -> None:
    stem = "x" * ((warehouse_kind.longest or 1000) - 1)
    select = f"SELECT 1 AS {stem}a, 2 AS {stem}b"
    warehouse.run(build("a", select), bound())
    assert rows_of(warehouse, "a", [f"{stem}b", f"{stem}a"]) == [(2, 1)]


@pytest.mark.parametrize("name", KEYWORDS)
def test_any_object_name(place: Place, warehouse: Any, name: str) -> None:
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    product = f"{name}.{name}"
    show(warehouse, publish([port({name: ("a", ["id"])}, name)], product=product))
    found = [Relation((name, name, name), "a", ("id",))]
    path = ".".join([quoted(name)] * 3)
    assert rows(warehouse.query(f"SELECT id FROM {path}", found)) == [(1,)]
    with place.reading() as read:
        for view in (name, f"{name}_v1"):
            assert read_from(read, view) == [(1,)]


def test_joined_names_past_the_limit(place: Place, warehouse: Any) -> None:
    """Products whose names begin alike for longer than any identifier stay two."""
    products = [f"{'d' * 40}.{'p' * 39}{last}" for last in "ab"]
    for environment in ("prod", "e" * 40):
        for number, product in enumerate(products, start=1):
            key = f"k{number}"
            warehouse.run(build(key, f"SELECT {number} AS id", product=product), bound())
            name = f"{'o' * 39}{number}"
            step = publish([port({name: (key, ["id"])})], 0, product, environment)
            show(warehouse, step)
        seen = warehouse.observe(Scope(environment, tuple(products))).releases
        assert {each: seen[each].builds for each in products} == {
            products[0]: {"k1": "k1"},
            products[1]: {"k2": "k2"},
        }
        with place.reading(environment) as read:
            for number in (1, 2):
                views = [f"{'o' * 39}{number}", f"{'o' * 39}{number}_v1"]
                assert [read_from(read, view) for view in views] == [[(number,)]] * 2


def read_from(read: Any, view: str) -> Any:
    """Read a view of whatever schema; with several of that name, the rows of each once."""
    of_name = f"SELECT table_schema FROM information_schema.tables WHERE table_name = '{view}'"
    schemas = [schema for (schema,) in read(of_name)]
    assert schemas
    found = {row for schema in schemas for row in read(f'SELECT * FROM "{schema}"."{view}"')}
    return sorted(found)


@pytest.mark.parametrize("file", ODD_FILES)
def test_any_file_and_any_header(
    warehouse: Any, warehouse_kind: Kind, tmp_path: Path, file: str
) -> None:
    names = [name for name in ODD_NAMES if "\n" not in name and name == name.strip()]
    header = ",".join(quoted(name) for name in names)
    (tmp_path / file).write_text(f"{header}\n{','.join(map(str, range(len(names))))}\n")
    columns = tuple(Column(name, "INTEGER") for name in names)
    spec = FileSource('My "source"; it\'s', file, "csv", columns, {})
    source = Source("src", spec, (file,), SourceFiles(str(tmp_path)).content([file]))
    relation = warehouse_kind.dialect.relation("sources", "src")
    step = build("a", f"SELECT s.* FROM {relation} AS s", ["src"])
    warehouse.run(step, bound(sources={"src": source}))
    assert rows_of(warehouse, "a", names) == [tuple(range(len(names)))]


def test_documents_with_quotes(place: Place, open_one: Any) -> None:
    warehouse = open_one()
    warehouse.run(build("a", "SELECT 1 AS id"), bound())
    shown = port({"orders": ("a", ["id"])})
    document = {"description": {"purpose": AWKWARD}, AWKWARD: [AWKWARD, None, 1.5, True]}
    awkward = PortRelease(
        shown.port, shown.major, shown.version, shown.status, shown.objects, document
    )
    release = show(warehouse, publish([awkward]))
    assert open_one().observe(PROD).releases == {PRODUCT: release}
    assert release.ports[0].contract == document
    with place.reading() as read:
        assert read("SELECT * FROM sales__orders.orders") == [(1,)]


def test_text_with_quotes(warehouse: Any) -> None:
    literal = "'" + AWKWARD.replace("'", "''") + "'"
    warehouse.run(build("a", f"SELECT {literal} AS text -- {'%s'}\n"), bound())
    assert rows_of(warehouse, "a", ["text"]) == [(AWKWARD,)]
    select = f"SELECT text FROM sales.orders.seen WHERE text = {literal} AND text LIKE '%%'"
    found = [shown_as("seen", "a", ["text"])]
    assert rows(warehouse.query(select, found)) == [(AWKWARD,)]
