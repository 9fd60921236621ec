"""Models in Python as they are read: never run, and known by their syntax tree alone."""

from __future__ import annotations

import pytest
from compiling import compiled, manifest

from mesh_files import Port, Product
from weft.mesh.manifest import ReadKind
from weft.project.functions import parse_function

FAR = Product(
    "shop.things", {"things": "SELECT 1 AS id, 'a' AS name"}, (Port("things", {"id": "integer"}),)
)


def product(port: Port | None = None, **models: str) -> Product:
    files = {f"{name}.py" if "def " in text else name: text for name, text in models.items()}
    ports = (port,) if port else ()
    return Product("shop.orders", files, ports, ("shop.things.things",))


def found(port: Port | None = None, **models: str) -> list[str]:
    return [each.code for each in compiled(FAR, product(port, **models))["shop.orders"].diagnostics]


def fingerprint(text: str, columns: tuple[str, ...] = ("id",)) -> str:
    head = f"# columns: [{', '.join(columns)}]\n"
    one = manifest(FAR, product(totals=head + text, raw="SELECT 1 AS id"))
    return next(each.fingerprint for each in one.transforms if each.name == "totals")


TOTALS = "def totals(raw):\n    return raw\n"
PORT = Port("totals", {"id": "integer", "label": "string"})


def test_a_function_reads_what_its_parameters_name() -> None:
    one = manifest(
        FAR,
        product(
            PORT,
            totals="# description: All.\n# memory: 512MB\n# timeout: 2m\n"
            "def totals(raw, things, things__things):\n    return raw\n",
            raw="SELECT 1 AS id, 2 AS n",
        ),
    )
    model = next(each for each in one.transforms if each.name == "totals")
    assert model.function is not None
    assert model.function.arguments == ("raw", "things", "things__things")
    assert (model.function.memory, model.function.seconds) == (512 * 2**20, 120)
    assert [(each.kind, each.target, each.object) for each in model.query.reads] == [
        (ReadKind.MODEL, "raw", ""),
        (ReadKind.PORT, "shop.things.things@1", "things"),
        (ReadKind.PORT, "shop.things.things@1", "things"),
    ]
    assert [each.columns for each in model.query.reads] == [("id", "n"), ("id",), ("id",)]
    assert model.query.parts == ()
    assert model.description == "All."


def test_its_columns_are_those_that_contracts_promise() -> None:
    one = manifest(FAR, product(PORT, totals=TOTALS, raw="SELECT 1 AS id"))
    model = next(each for each in one.transforms if each.name == "totals")
    assert [(each.name, each.type) for each in model.columns] == [("id", ""), ("label", "VARCHAR")]


def test_its_head_names_the_columns_that_no_contract_promises() -> None:
    models = {"totals": f"# columns: [id, n]\n{TOTALS}", "raw": "SELECT 1 AS id"}
    one = manifest(FAR, product(**models, after="SELECT id, n + 1 AS m FROM totals"))
    after = next(each for each in one.transforms if each.name == "after")
    assert after.query.reads[0].columns == ("id", "n")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("def totals(raw:\n    return raw\n", "W353"),
        ("def totals(raw):\n    return '\0'\n", "W353"),
        ("def totals(raw):\n    return " + "-" * 100_000 + "1\n", "W353"),
        ("def totals(raw):\n    return " + "(" * 500 + ")" * 500 + "\n", "W353"),
        ("def other(raw):\n    return raw\n", "W354"),
        ("async def totals(raw):\n    return raw\n", "W354"),
        ("totals = 1\n# def \n", "W354"),
        ("def totals(raw, /):\n    return raw\n", "W355"),
        ("def totals(*raw):\n    return raw\n", "W355"),
        ("def totals(**raw):\n    return raw\n", "W355"),
        ("def totals(raw, days=3):\n    return raw\n", "W355"),
        ("def totals(raw, *, days=3):\n    return raw\n", "W355"),
        ("from . import raw\n" + TOTALS, "W357"),
        ("from .raw import x\n" + TOTALS, "W357"),
        ("def totals(raw):\n    import raw.x\n    return raw\n", "W357"),
        ("def totals(rw):\n    return rw\n", "W410"),
        ("def totals(things__other):\n    return rw\n", "W410"),
        ("def totals(totals):\n    return totals\n", "W406"),
        ("# materialized: view\n" + TOTALS, "W358"),
        ("# materialized: incremental\n# time_column: id\n" + TOTALS, "W358"),
        ("# unique_key: [id]\n" + TOTALS, "W427"),
        ("# required: [idd]\n" + TOTALS, "W418"),
        ("# memory: much\n" + TOTALS, "W351"),
        ("# memory: 0GB\n" + TOTALS, "W351"),
        ("# timeout: 10\n" + TOTALS, "W351"),
        ("# memry: 2GB\n" + TOTALS, "W350"),
        ("# timeout: 1m\n# timeout: 2m\n" + TOTALS, "W352"),
    ],
)
def test_what_does_not_compile(text: str, code: str) -> None:
    assert code in found(PORT, totals=text, raw="SELECT 1 AS id")


def test_without_a_contract_and_a_head_its_columns_are_not_known() -> None:
    assert found(totals=TOTALS, raw="SELECT 1 AS id") == ["W356"]


def test_a_column_that_its_head_does_not_name_is_not_given() -> None:
    assert found(PORT, totals=f"# columns: [id]\n{TOTALS}", raw="SELECT 1 AS id") == ["W408"]


def test_models_read_each_other_whatever_they_are_written_in() -> None:
    assert found(totals=f"# columns: [id]\n{TOTALS}", raw="SELECT id FROM totals") == ["W406"]
    assert found(totals=f"# columns: [id]\n{TOTALS}", raw="SELECT 1 AS id") == []


def test_a_model_in_sql_may_not_name_another_column_than_a_function_gives() -> None:
    models = {"totals": f"# columns: [id]\n{TOTALS}", "raw": "SELECT 1 AS id"}
    assert found(**models, after="SELECT other FROM totals") == ["W320"]


def test_modules_of_python_may_have_the_name_of_a_model() -> None:
    models = {"calendar": "SELECT 1 AS id", "totals": "import calendar\n" + TOTALS}
    assert found(PORT, **models, raw="SELECT 1 AS id") == []


def test_a_model_of_one_name_in_both_languages_is_one_too_many() -> None:
    function = "# columns: [id]\ndef a():\n    return 1\n"
    both = Product("shop.orders", {"a": "SELECT 1 AS id", "a.py": function})
    assert [each.code for each in compiled(both)["shop.orders"].diagnostics] == ["W211"]


def test_a_finding_is_shown_in_the_line_of_the_file() -> None:
    text = "# description: d\n\ndef totals(raw, thngs):\n    return 'ä'\n"
    (one,) = compiled(FAR, product(PORT, totals=text, raw="SELECT 1 AS id"))[
        "shop.orders"
    ].diagnostics
    assert one.span is not None
    place = (one.span.file, one.span.line, one.span.column, one.span.length)
    assert place == ("domains/shop/orders/models/totals.py", 3, 17, 5)
    assert one.excerpt == "def totals(raw, thngs):"
    assert one.note == "did you mean `things`?"


def test_a_place_counts_characters_and_not_bytes() -> None:
    parsed, problems = parse_function("def x(ä, b=1): return 1\n", "x", ())
    assert parsed is None
    assert [(each.column, each.length) for each in problems] == [(10, 1)]


@pytest.mark.parametrize(
    "text",
    [
        "def totals( raw ):\n  # why\n  return (raw)\n",
        '"""What it is."""\ndef totals(raw):\n    """How."""\n    return raw\n',
        "\n\ndef totals(raw): return raw",
    ],
)
def test_comments_docstrings_and_layout_have_no_meaning(text: str) -> None:
    assert fingerprint(text) == fingerprint(TOTALS)


@pytest.mark.parametrize(
    "text",
    [
        "def totals(raw):\n    return raw.slice(1)\n",
        "import os\ndef totals(raw):\n    return raw\n",
        "def totals(things):\n    return things\n",
        "def totals(raw: Table):\n    return raw\n",
        "def totals(raw):\n    return raw\n    'text'\n",
    ],
)
def test_another_meaning_has_another_fingerprint(text: str) -> None:
    assert fingerprint(text) != fingerprint(TOTALS)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "True"), ("1", "1.0"), ("'1'", "1"), ("'a'", "b'a'"), ("None", "''"), ("[]", "()")],
)
def test_equal_values_of_different_types_are_different(one: str, other: str) -> None:
    assert fingerprint(f"X = {one}\n{TOTALS}") != fingerprint(f"X = {other}\n{TOTALS}")


def test_integers_of_any_size_have_a_fingerprint() -> None:
    huge = "0x" + "f" * 10_000
    assert fingerprint(f"X = {huge}\n{TOTALS}") != fingerprint(f"X = {huge}0\n{TOTALS}")


def test_what_a_function_sees_and_gives_is_part_of_its_meaning() -> None:
    assert fingerprint(TOTALS, ("id", "n")) != fingerprint(TOTALS)
    wider = manifest(
        FAR, product(totals=f"# columns: [id]\n{TOTALS}", raw="SELECT 1 AS id, 2 AS n")
    )
    found = next(each for each in wider.transforms if each.name == "totals")
    assert found.fingerprint != fingerprint(TOTALS)


def test_its_limits_are_no_part_of_its_meaning() -> None:
    assert fingerprint(f"# memory: 1GB\n# timeout: 3s\n{TOTALS}") == fingerprint(TOTALS)
