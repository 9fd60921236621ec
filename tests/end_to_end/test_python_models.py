"""Models in Python, through the command line: built, audited, published, and attacked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from commands import Said, called
from environment_meshes import Ground
from mesh_files import Port, Product, Source, document, lay_out, mesh_files

TOTALS = """# description: What each customer paid.
# memory: 1GB
# timeout: 1m
import polars as pl


def totals(paid: pl.DataFrame):
    return (
        paid.group_by("customer")
        .agg(pl.col("amount").sum(), pl.col("day").max().alias("last"))
        .sort("customer")
    )
"""
COLUMNS = {"customer": "string", "amount": "integer", "last": "date"}
GIVEN = Source(
    "given", "data/given.csv", {"customer": "string", "amount": "integer", "day": "date"}
)
CSV = b"customer,amount,day\nann,1,2026-01-01\nbob,2,2026-01-02\nann,4,2026-01-03\n"
READER = Product(
    "sales.best",
    {"best": "SELECT customer FROM totals WHERE amount > 3"},
    (Port("best", {"customer": "string"}),),
    ("sales.orders.totals",),
)
TEST = document(
    [
        {
            "test": "adds up",
            "model": "totals",
            "given": {
                "paid": [
                    {"customer": "cy", "amount": 2, "day": "2026-01-02"},
                    {"customer": "cy", "amount": 3, "day": "2026-01-01"},
                    {"customer": "di"},
                ]
            },
            "expect": [
                {"customer": "cy", "amount": 5, "last": "2026-01-02"},
                {"customer": "di", "amount": 0},
            ],
        }
    ]
)


@dataclass
class Mesh:
    """A mesh in a folder with one model in Python, and `weft` in it."""

    folder: Path
    weft: Callable[..., Said]
    ground: Ground

    def write(self, totals: str = TOTALS, csv: bytes = CSV, **more: str) -> None:
        orders = Product(
            "sales.orders",
            {"paid": "SELECT * FROM given", "totals.py": totals, **more},
            (Port("totals", COLUMNS, required=("customer", "last")),),
            sources=(GIVEN,),
        )
        files = self.ground.of(orders, READER)
        files["data/given.csv"] = csv
        files[f"{orders.folder}/tests/totals.yaml"] = TEST
        lay_out(self.folder, files)

    def apply(self) -> Said:
        return self.weft("apply", "--yes")

    def rows(self, select: str = "SELECT * FROM sales.orders.totals ORDER BY 1") -> list[Any]:
        said = self.weft("query", select, "--json")
        assert said.code == 0, said.told
        return [list(row.values()) for row in json.loads(said.out)["rows"]]

    def fails(self, body: str, head: str = "") -> str:
        """Apply a function that fails; return what is told of that."""
        self.write(f"{head}\nimport os, sys, time\n\n\ndef totals(paid):\n{body}")
        said = self.apply()
        assert said.code == 8, said.told
        assert self.rows() == [["ann", 5, "2026-01-03"], ["bob", 2, "2026-01-02"]]
        return said.told


on_the_lake = pytest.mark.parametrize("ground", ["lake"], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Path:
    """The folder of the mesh."""
    folder: Path = request.getfixturevalue(getattr(request, "param", "tmp_path"))
    return folder


on_a_disk = pytest.mark.parametrize("place", ["disk_path"], indirect=True)


@pytest.fixture
def mesh(
    ground: Ground,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Mesh]:
    monkeypatch.chdir(place)

    def call(*arguments: str) -> Said:
        return called(capsys, *arguments)

    mesh = Mesh(place, call, ground)
    mesh.write()
    said = mesh.apply()
    assert said.code == 0, said.told
    yield mesh
    assert not list((place / ".weft/lake/builds").glob("*.tmp"))


def test_what_a_function_gives_is_published_and_read_by_others(mesh: Mesh) -> None:
    assert mesh.rows() == [["ann", 5, "2026-01-03"], ["bob", 2, "2026-01-02"]]
    assert mesh.rows("SELECT * FROM sales.best.best") == [["ann"]]
    assert "Nothing to do" in mesh.weft("plan").out


def test_newer_data_runs_it_again(mesh: Mesh) -> None:
    mesh.write(csv=CSV + b"cy,9,2026-01-04\n")
    assert mesh.weft("run").code == 0
    assert mesh.rows()[-1] == ["cy", 9, "2026-01-04"]


def test_a_comment_builds_nothing_and_another_line_does(mesh: Mesh) -> None:
    mesh.write(TOTALS.replace("import polars", "# frames\nimport polars"))
    assert "rebuild" not in mesh.weft("plan").out
    mesh.write(TOTALS.replace("1GB", "2GB"))
    assert "~ memory               1,024 MB -> 2,048 MB" in mesh.weft("plan").out
    mesh.write(TOTALS.replace(".sum()", ".max()"))
    told = mesh.weft("plan").out
    assert "model totals           rebuild" in told
    assert mesh.apply().code == 0
    assert mesh.rows()[0] == ["ann", 4, "2026-01-03"]


def test_the_plan_tells_what_will_run(mesh: Mesh) -> None:
    mesh.write(TOTALS.replace(".sum()", ".max()"))
    told = mesh.weft("plan", "--sql").out
    assert '"customer", "amount", "day" FROM "builds' in told
    assert "-- totals(paid) of domains/sales/orders/models/totals.py" in told
    assert "which may take 1,024 MB and 60 s" in told
    assert "going to fail" not in told


def test_a_saved_plan_runs_what_it_was_made_from(mesh: Mesh, tmp_path: Path) -> None:
    mesh.write(TOTALS.replace(".sum()", ".max()"))
    assert mesh.weft("plan", "--out", "saved.json").code == 0
    assert mesh.weft("apply", "saved.json", "--yes").code == 0
    assert mesh.rows()[0] == ["ann", 4, "2026-01-03"]


def test_its_promises_are_checked_like_all_others(mesh: Mesh) -> None:
    mesh.write(
        TOTALS.replace('.sort("customer")', ".with_columns(last=pl.lit(None, dtype=pl.Date))")
    )
    said = mesh.apply()
    assert said.code == 6, said.told
    assert "last" in said.told
    assert mesh.rows()[0] == ["ann", 5, "2026-01-03"]


def test_a_type_that_was_not_promised_is_not_published(mesh: Mesh) -> None:
    changed = TOTALS.replace('.sort("customer")', '.with_columns(pl.col("amount").cast(str))')
    mesh.write(changed)
    said = mesh.apply()
    assert said.code == 6, said.told
    assert "amount" in said.told


def test_its_unit_tests_run(mesh: Mesh) -> None:
    said = mesh.weft("test")
    assert (said.code, "adds up" in said.out) == (0, True), said.told
    mesh.write(TOTALS.replace(".sum()", ".max()"))
    said = mesh.weft("test")
    assert said.code == 6
    assert "missing     {customer: cy, amount: 5, last: 2026-01-02}" in said.out
    assert "unexpected  {customer: cy, amount: 3, last: 2026-01-02}" in said.out
    mesh.write(TOTALS.replace("return (", "1 / 0\n    return ("))
    said = mesh.weft("test")
    assert "ZeroDivisionError" in said.out and "line 8, in totals" in said.out


def test_a_model_in_sql_that_reads_one_can_be_tested(mesh: Mesh) -> None:
    mesh.write(best="SELECT customer FROM totals WHERE amount > 3")
    folder = mesh.folder / "domains/sales/orders/tests"
    (folder / "best.yaml").write_bytes(
        document(
            {
                "test": "best",
                "model": "best",
                "given": {"totals": [{"customer": "cy", "amount": 4}, {"customer": "di"}]},
                "expect": [{"customer": "cy"}],
            }
        )
    )
    said = mesh.weft("test")
    assert (said.code, "best" in said.out) == (0, True), said.told


def test_all_columns_come_from_all_columns(mesh: Mesh) -> None:
    told = mesh.weft("lineage", "sales.orders.totals@1#last").out
    for column in ("customer", "amount", "day"):
        assert f"sales.orders.paid#{column}" in told


def test_it_is_shown_like_any_other_model(mesh: Mesh) -> None:
    assert "def totals(paid: pl.DataFrame)" in mesh.weft("show", "sales.orders.totals", "--sql").out
    assert "totals (table)" in mesh.weft("show", "sales.orders").out


def test_definitions_are_never_run_to_be_read(mesh: Mesh) -> None:
    mesh.write(f"open('ran', 'w').write('x')\n{TOTALS}")
    for verb in ("validate", "plan", "ls"):
        mesh.weft(verb)
    mesh.weft("plan", "--sql")
    assert not (mesh.folder / "ran").exists()


def test_a_failure_is_told_with_its_place_and_kept(mesh: Mesh) -> None:
    told = mesh.fails("    print('so far')\n    return paid.nothing\n")
    for line in (
        "sales.orders: build totals failed",
        "    domains/sales/orders/models/totals.py: AttributeError: ",
        "    line 7, in totals",
        "      return paid.nothing",
        "      so far",
    ):
        assert line in told
    assert "skipped because of sales.orders: sales.best" in told
    shown = json.loads(mesh.weft("history", "--json").out)
    run_id = shown["runs"][0]["id"] if "runs" in shown else shown["rows"][0]["id"]
    history = mesh.weft("history", "--run", run_id).out
    assert "line 7, in totals" in history
    mesh.write()
    assert mesh.apply().code == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("    while True: pass\n", "stopped after 2 s"),
        ("    return bytearray(10 * 2**30)\n", "MemoryError"),
        ("    os._exit(0)\n", "ended itself with code 0"),
        ("    sys.exit()\n", "it called exit()"),
        ("    import ctypes; ctypes.string_at(0)\n", "SIGSEGV"),
        ("    yield paid\n    raise ValueError('half way')\n", "ValueError: half way"),
        ("    return 'garbage'\n", "`totals` gave a `str`"),
        ("    return paid\n", "no column `last`"),
    ],
)
def test_whatever_it_does_only_its_product_fails(mesh: Mesh, body: str, told: str) -> None:
    assert told in mesh.fails(body, "# timeout: 2s")
    assert not list((mesh.folder / ".weft/lake/tmp").glob("*/*.parquet"))


def test_a_product_beside_it_goes_on(mesh: Mesh) -> None:
    mesh.write("def totals(paid):\n    1 / 0\n")
    files = mesh_files(
        [Product("sales.other", {"o": "SELECT 1 AS id"}, (Port("o", {"id": "integer"}),))]
    )
    for path, data in files.items():
        if "other" in path:
            target = mesh.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    assert mesh.apply().code == 8
    assert mesh.rows("SELECT * FROM sales.other.o") == [[1]]


def test_two_columns_of_one_name_are_refused(mesh: Mesh) -> None:
    body = (
        "    from arro3.core import Schema, Table\n"
        "    fields = [paid.schema.field(0), paid.schema.field(1), paid.schema.field(2)]\n"
        "    names = ['amount', 'amount', 'last']\n"
        "    schema = Schema([f.with_name(n) for f, n in zip(fields, names)])\n"
        "    return Table.from_arrays([paid.column(n) for n in range(3)], schema=schema)\n"
    )
    assert "no column `customer`" in mesh.fails(body)
    assert "2 columns `amount`" in mesh.fails(
        body.replace("['amount', 'amount', 'last']", "['customer', 'amount', 'AMOUNT', 'last']")
        .replace("[paid.column(n) for n in range(3)]", "[paid.column(n) for n in (0, 1, 1, 2)]")
        .replace("paid.schema.field(2)]", "paid.schema.field(1), paid.schema.field(2)]")
    )


@on_the_lake
@on_a_disk
def test_secrets_and_the_lake_are_out_of_reach(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_STORE_PASSWORD", "hunter2")
    told = mesh.fails("    print(dict(os.environ))\n    1 / 0\n")
    assert "hunter2" not in told and "WEFT" not in told
    for target in ("weft.yaml", ".weft/store.db"):
        told = mesh.fails(f"    print(open({str(mesh.folder / target)!r}, 'rb').read())\n")
        assert "PermissionError" in told
    build = next((mesh.folder / ".weft/lake/files").iterdir())
    told = mesh.fails(f"    open({str(build)!r}, 'ab').write(b'x')\n")
    assert "PermissionError" in told
    told = mesh.fails(f"    os.remove({str(build)!r})\n")
    assert "PermissionError" in told
    told = mesh.fails("    print(open(f'/proc/{os.getppid()}/environ').read())\n")
    assert "PermissionError" in told


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_stops_what_it_calls(mesh: Mesh, how: signal.Signals) -> None:
    mesh.write(
        "import os, time\n\n\ndef totals(paid):\n"
        "    open('pid', 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    )
    temporary = mesh.folder / "temporary"
    temporary.mkdir()
    running = subprocess.Popen(
        [sys.executable, "-m", "weft", "apply", "--yes"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Tests that run in the background of a shell ignore what Ctrl-C sends, and so would this.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    )
    pid = wait_for(lambda: [int(each.read_text() or 0) for each in temporary.glob("weft-*/pid")])
    running.send_signal(how)
    assert running.wait(20) != 0
    wait_for(lambda: [not Path(f"/proc/{pid}").exists()])
    wait_for(lambda: [not list(temporary.iterdir())])
    mesh.write()
    assert mesh.apply().code == 0
    assert mesh.rows()[0] == ["ann", 5, "2026-01-03"]


def wait_for(found: Callable[[], list[int]]) -> int:
    """Wait until something true is found; return it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for each in found():
            if each:
                return each
        time.sleep(0.05)
    raise AssertionError("it took too long")
