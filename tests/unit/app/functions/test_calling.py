"""Functions in processes of their own: what they get, what they give, and how they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from arro3.core import Array, DataType, Field, RecordBatchReader, Schema, Table

from weft.app.functions.calling import Functions
from weft.mesh.manifest import Column
from weft.plan.plan import Call
from weft.warehouses.protocol import WarehouseError

NUMBERS = Table.from_pydict({"a": Array([1, 2, 3], DataType.int64())})
GIB = 2**30


def call(text: str, *columns: str, memory: int = GIB, seconds: int = 60) -> Call:
    named = tuple(map(Column, columns or ("a",)))
    return Call("x", "models/x.py", text, (), named, memory, seconds)


def called(asked: Call, functions: Functions | None = None, **inputs: Table) -> Any:
    with (functions or Functions()).called(
        asked, {name: nullcontext(rows) for name, rows in inputs.items()}
    ) as reader:
        return reader.read_all()


def given(text: str, *columns: str, **inputs: Table) -> dict[str, list[Any]]:
    table = called(call(text, *columns), **inputs or {"t": NUMBERS})
    return {name: list(table.column(name).to_pylist()) for name in table.column_names}


def problem(text: str, *columns: str, memory: int = GIB, seconds: int = 60) -> str:
    with pytest.raises(WarehouseError) as failed:
        called(call(text, *columns, memory=memory, seconds=seconds), t=NUMBERS)
    return str(failed.value)


@pytest.mark.parametrize(
    "text",
    [
        "def x(t):\n    return t\n",
        "def x(t):\n    yield t\n",
        "def x(t):\n    return iter(t.to_batches())\n",
        "def x(t):\n    return t.to_reader()\n",
        "def x(t):\n    return t.to_batches()[0]\n",
        "from arro3.core import RecordBatchReader\n"
        "def x(t: RecordBatchReader):\n    assert type(t) is RecordBatchReader\n    return t\n",
        "from __future__ import annotations\nimport arro3.core\n"
        "def x(t: arro3.core.RecordBatchReader):\n    for each in t:\n        yield each\n",
        "import pyarrow as pa\ndef x(t: pa.Table):\n    assert type(t) is pa.Table\n    return t\n",
        "import pyarrow\ndef x(t: pyarrow.RecordBatchReader):\n    return t.read_all()\n",
        "import pandas as pd\n"
        "def x(t: pd.DataFrame):\n    assert type(t) is pd.DataFrame\n    return t\n",
        "import polars as pl\n"
        "def x(t: 'pl.DataFrame'):\n    assert type(t) is pl.DataFrame\n    return t\n",
        "import polars as pl\ndef x(t):\n    yield from [pl.DataFrame(t), pl.DataFrame(t)[:0]]\n",
        "def x(t: 'nothing.of.this.name'):\n    return t\n",
    ],
)
def test_arrow_in_every_form_goes_in_and_out(text: str) -> None:
    assert given(text) == {"a": [1, 2, 3]}


def test_a_class_of_ones_own_that_streams_is_arrow() -> None:
    text = (
        "class Rows:\n    def __init__(self, t): self.t = t\n"
        "    def __arrow_c_stream__(self, schema=None): return self.t.__arrow_c_stream__(schema)\n"
        "def x(t):\n    return Rows(t)\n"
    )
    assert given(text) == {"a": [1, 2, 3]}


def test_a_frame_that_counts_its_rows_gives_what_is_asked_for() -> None:
    text = (
        "import pandas as pd\ndef x(t: pd.DataFrame):\n"
        "    odd = t[t['a'] % 2 == 1].assign(b=lambda f: f['a'] * 2, c='left out')\n"
        "    yield odd.iloc[:1]\n    yield odd.iloc[1:]\n"
    )
    assert given(text, "b", "a") == {"b": [2, 6], "a": [1, 3]}


def test_a_result_without_rows_has_its_columns() -> None:
    text = "def x(t):\n    yield t.slice(0, 0)\n"
    assert given(text) == {"a": []}
    assert given("def x(t):\n    return t.slice(0, 0)\n") == {"a": []}


def test_several_arguments_come_by_their_names() -> None:
    more = Table.from_pydict({"b": Array(["x"], DataType.utf8())})
    text = (
        "def x(u, *, t):\n    return t.append_column('n', u.column('b').slice(0, 1)) if 0 else u\n"
    )
    assert given(text, "b", t=NUMBERS, u=more) == {"b": ["x"]}


def test_a_function_without_arguments_makes_its_own_rows() -> None:
    text = (
        "from arro3.core import Array, DataType, Table\n"
        "def x():\n    return Table.from_pydict({'a': Array([7], DataType.int64())})\n"
    )
    assert called(call(text)).column("a").to_pylist() == [7]


def test_the_module_is_one_as_any_other() -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n"
        "@dataclass\nclass Pair:\n    one: int\n\n"
        "if __name__ == '__main__':\n    raise SystemExit(3)\n"
        "def helper(t): return t\n\ndef x(t):\n    assert Pair(1).one\n    return helper(t)\n"
    )
    assert given(text) == {"a": [1, 2, 3]}


def test_an_error_is_told_with_its_place_in_the_file() -> None:
    text = (
        "def helper(n):\n    return 1 / n\n\ndef x(t):\n    print('so far')\n    return helper(0)\n"
    )
    assert problem(text).split("\n") == [
        "models/x.py: ZeroDivisionError: division by zero",
        "line 6, in x",
        "  return helper(0)",
        "line 2, in helper",
        "  return 1 / n",
        "it printed:",
        "  so far",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def x(t):\n    yield t\n    raise ValueError('half way')\n", "ValueError: half way"),
        ("def x(t):\n    import sys; sys.exit(3)\n", "it called exit(3)"),
        ("def x(t):\n    raise KeyboardInterrupt\n", "KeyboardInterrupt"),
        ("def x(t):\n    import os; os._exit(0)\n", "ended itself with code 0"),
        ("def x(t):\n    import os; os._exit(5)\n", "ended itself with code 5"),
        ("def x(t):\n    import ctypes; ctypes.string_at(0)\n", "SIGSEGV"),
        ("def x(t):\n    import os; os.abort()\n", "SIGABRT"),
        ("def x(t):\n    import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n", "SIGKILL"),
        ("def x(t):\n    return [1]\n", "`x` gave a `list`"),
        ("def x(t):\n    pass\n", "`x` gave a `NoneType`"),
        ("def x(t):\n    yield 5\n", "`x` gave a `int`"),
        ("def x(t):\n    return iter(())\n", "no batch at all"),
        ("def x(t):\n    yield t\n    yield t.rename_columns(['b'])\n", "different columns"),
        ("return 3\n", "SyntaxError"),
        ("import nothing_of_this_name\ndef x(t): return t\n", "ModuleNotFoundError"),
        ("def y(t): return t\n", "AttributeError"),
        ("x = 5\n", "TypeError"),
        ("def x(t): return x(t)\n", "RecursionError"),
        ("def x(t): raise ValueError('\\ud800')\n", "ValueError: \\ud800"),
        (
            "class Bad(Exception):\n    def __str__(self): raise ValueError\ndef x(t): raise Bad\n",
            "",
        ),
    ],
)
def test_what_goes_wrong_is_the_failure_of_the_model_alone(text: str, told: str) -> None:
    assert told in problem(text)
    assert problem(text).startswith("models/x.py: ")


def test_columns_have_to_be_there_once() -> None:
    doubled = (
        "from arro3.core import *\ndef x(t):\n"
        "    fields = [Field(n, DataType.int64()) for n in NAMES]\n"
        "    columns = [Array([1], DataType.int64()) for n in NAMES]\n"
        "    return Table.from_arrays(columns, schema=Schema(fields))\n"
    )
    assert "no column `amount`; did you mean `amout`?" in problem(
        f"NAMES = ['amout']\n{doubled}", "amount"
    )
    assert "2 columns `a`" in problem(f"NAMES = ['a', 'a']\n{doubled}")
    assert "2 columns `a`" in problem(f"NAMES = ['a', 'A']\n{doubled}")
    assert given(f"NAMES = ['a', 'b', 'b']\n{doubled}") == {"a": [1]}


def test_a_function_that_never_ends_is_stopped() -> None:
    began = time.monotonic()
    told = problem("def x(t):\n    while True: pass\n", seconds=1)
    assert told.startswith("models/x.py: stopped after 1 s")
    assert time.monotonic() - began < 10


def test_memory_has_a_limit() -> None:
    told = problem("def x(t):\n    return bytearray(10 * 2**30)\n", memory=GIB // 2)
    assert told.split("\n")[:2] == [
        "models/x.py: MemoryError",
        "it may take 512 MB; `# memory:` gives it more",
    ]
    slowly = "def x(t):\n    kept = []\n    while True: kept.append(bytearray(2**20))\n"
    assert "MemoryError" in problem(slowly, memory=GIB // 2)


def test_what_is_printed_without_end_is_forgotten_but_for_its_end() -> None:
    text = "def x(t):\n    for n in range(2**18): print(n, 'x' * 1000)\n    1 / 0\n"
    lines = problem(text).split("\n")
    printed = lines[lines.index("it printed:") + 1 :]
    assert printed[-1].startswith("  262143 xxx")
    assert len(printed) <= 20 and all(len(each) <= 202 for each in printed)


def test_what_is_printed_without_a_failure_is_not_told() -> None:
    assert given("import sys\ndef x(t):\n    print('a', file=sys.stderr)\n    return t\n")


def test_the_process_knows_nothing_of_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    text = (
        "import os, sys\ndef x(t):\n"
        "    print(sorted(os.environ), os.listdir('.'), sys.argv, sys.stdin.read())\n"
        "    assert os.environ['HOME'] == os.environ['TMPDIR'] == os.getcwd()\n"
        "    1 / 0\n"
    )
    told = problem(text).split("it printed:\n")[1]
    kept = [each for each in ("LD_LIBRARY_PATH",) if each in os.environ]
    assert told == f"  {sorted(['HOME', 'LC_ALL', 'TMPDIR', 'TZ', *kept])} [] ['models/x.py'] "


def test_what_it_writes_into_its_folder_goes_away() -> None:
    text = (
        "import os\ndef x(t):\n    open('big', 'w').write('x')\n    print(os.getcwd())\n    1 / 0\n"
    )
    folder = problem(text).split("it printed:\n  ")[1]
    assert not Path(folder).exists()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


FORKS = (
    "import os, time\ndef x(t):\n"
    "    for n in range(3):\n"
    "        if os.fork() == 0:\n"
    "            os.setsid()\n"
    "            if os.fork() == 0:\n                time.sleep(600)\n"
    "            time.sleep(600)\n"
    "    reading, writing = os.pipe()\n"
    "    if os.fork() == 0:\n"
    "        os.setsid()\n"
    "        if (pid := os.fork()) == 0: time.sleep(600)\n"
    "        os.write(writing, str(pid).encode())\n"
    "        os._exit(0)\n"
    "    print(os.read(reading, 20).decode())\n"
)


@pytest.mark.parametrize("then", ["    1 / 0\n", "    os._exit(3)\n", "    while True: pass\n"])
def test_nothing_that_it_started_outlives_it(then: str) -> None:
    told = problem(FORKS + "    import sys; sys.stdout.flush()\n" + then, seconds=2)
    pid = int(told.split("it printed:\n")[1])
    assert not alive(pid)


def test_what_is_left_does_not_make_a_good_result_wait() -> None:
    began = time.monotonic()
    assert given(FORKS + "    return t\n") == {"a": [1, 2, 3]}
    assert time.monotonic() - began < 10


def test_it_can_be_stopped_from_another_thread() -> None:
    functions = Functions()
    failures: list[WarehouseError] = []

    def work() -> None:
        try:
            called(call("def x(t):\n    while True: pass\n"), functions, t=NUMBERS)
        except WarehouseError as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    functions.cancel()
    thread.join(10)
    assert [str(each) for each in failures] == ["stopped on request"]
    assert failures[0].interrupted
    with pytest.raises(WarehouseError, match="stopped on request"):
        called(call("def x(t):\n    return t\n"), functions, t=NUMBERS)


def test_it_ends_with_who_called_it(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent)]!r}\n"
        "from test_calling import NUMBERS, call, called\n"
        f'called(call({FORKS!r} + \'    open("pid", "w").write(str(os.getpid()))\\n'
        "    while True: pass\\n'), t=NUMBERS)\n"
    )
    running = subprocess.Popen(
        [sys.executable, program], env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    pid = wait_for(tmp_path)
    assert alive(pid)
    running.send_signal(signal.SIGKILL)
    running.wait()
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def wait_for(folder: Path) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for path in folder.glob("weft-*/pid"):
            if text := path.read_text():
                return int(text)
        time.sleep(0.05)
    raise AssertionError("it never began")


def test_an_error_of_the_rows_is_theirs() -> None:
    @contextmanager
    def broken() -> Iterator[Any]:
        raise WarehouseError("build b1 is missing")
        yield

    inputs: Mapping[str, Any] = {"t": broken()}
    with (
        pytest.raises(WarehouseError, match="build b1 is missing"),
        Functions().called(call("def x(t): return t"), inputs),
    ):
        pass


@pytest.mark.parametrize("data", [b"", b"garbage" * 100])
def test_a_result_that_was_tampered_with_is_no_arrow(data: bytes) -> None:
    text = (
        "import __main__\ndef x(t):\n"
        f"    __main__.write_ipc_stream = lambda _, file, **how: file.write({data!r})\n"
        "    return t\n"
    )
    assert "the result is no Arrow" in problem(text)


def test_a_report_that_was_tampered_with_is_none() -> None:
    text = (
        "import __main__\ndef x(t):\n    __main__.Report = lambda: ['no', 'report']\n    return t\n"
    )
    assert "its process ended itself with code 0" in problem(text)


def test_more_than_memory_flows_through_batch_by_batch() -> None:
    field = Field("a", DataType.int64())
    batch = Table.from_pydict({"a": Array([7] * 2**20, DataType.int64())}).to_batches()[0]
    many = RecordBatchReader.from_batches(Schema([field]), (batch for _ in range(64)))
    text = (
        "from arro3.core import RecordBatchReader\n"
        "def x(t: RecordBatchReader):\n    for each in t:\n        yield each\n"
    )
    limited = call(text, memory=128 * 2**20)
    with Functions().called(limited, {"t": nullcontext(many)}) as reader:
        assert sum(each.num_rows for each in reader) == 64 * 2**20
