"""Call a function in a process of its own, with limits, and read what it gives.

What that process does is in `child.py`; it knows nothing of Weft but what it is given here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

import msgspec
from arro3.core import RecordBatchReader, Schema
from arro3.io import read_ipc_stream, write_ipc_stream

from weft.app.functions.job import Job, Report
from weft.mesh.nearest import did_you_mean
from weft.plan.plan import BuildSpec, Call, Step
from weft.warehouses.protocol import (
    Bound,
    Origin,
    Outcome,
    Stopped,
    Warehouse,
    WarehouseError,
)

_CHILD = "weft.app.functions.child"

# All that the process learns of its surroundings: nothing that anybody configured but how to find
# the libraries of the program itself.
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")

_LONGEST_REPORT = 64 * 2**10
_PRINTED_LINES = 20
_PRINTED_WIDTH = 200
_PRINTED_BYTES = 16 * 2**10

# In seconds: how long a process may take to end all others.
_PATIENCE = 5


class Functions:
    """Calls functions, each in a process of its own. Threads may call all of its methods."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._guard = threading.Lock()
        self._cancelled = False

    def build(
        self, call: Call, step: Step, spec: BuildSpec, warehouse: Warehouse, bound: Bound
    ) -> Outcome:
        """Store what a function gives as a build, on any warehouse. Raises WarehouseError."""
        environment = bound.environment
        inputs = {
            each.name: warehouse.rows(each.select, (each.key,), bound.sources, environment)
            for each in call.arguments
        }
        origin = Origin(step.product, spec.model, spec.reads, bound.run, environment)
        with self.called(call, inputs) as rows:
            return warehouse.load(spec.key, rows, origin)

    @contextmanager
    def called(
        self, call: Call, inputs: Mapping[str, AbstractContextManager[Any]]
    ) -> Iterator[RecordBatchReader]:
        """Call a function; inside of the context its result is read, the columns of the call.

        `inputs` are the rows of each argument. Raises WarehouseError: the function failed, gave
        something else or exceeded a limit, or the inputs could not be read.
        """
        with ExitStack() as files:
            arguments = {name: files.enter_context(_spooled(rows)) for name, rows in inputs.items()}
            result, report = (files.enter_context(TemporaryFile()) for _ in range(2))
            folder = files.enter_context(
                TemporaryDirectory(prefix="weft-", ignore_cleanup_errors=True)
            )
            job = Job(
                function=call.function,
                path=call.path,
                text=call.text,
                inputs={name: file.fileno() for name, file in arguments.items()},
                result=result.fileno(),
                report=report.fileno(),
                folder=folder,
                memory=call.memory,
                seconds=call.seconds,
            )
            self._run(job, report)
            result.seek(0)
            with _Reading(call):
                yield _chosen(read_ipc_stream(result), call)

    def cancel(self) -> None:
        """Stop what is running in any thread, and let nothing else begin."""
        with self._guard:
            self._cancelled = True
            running = tuple(self._running)
        for process in running:
            _end(process)

    def _run(self, job: Job, report: IO[bytes]) -> None:
        """Run the process until it ends. Raises WarehouseError unless it says that all is well."""
        process = self._started(job)
        printed = _Printed(process)
        exceeded = False
        try:
            # It may have ended already, or been ended.
            with suppress(BrokenPipeError, ValueError):
                _stdin(process).write(msgspec.json.encode(job) + b"\n")
                _stdin(process).flush()
            process.wait(job.seconds)
        except subprocess.TimeoutExpired:
            exceeded = True
        finally:
            _end(process)
            with self._guard:
                self._running.discard(process)
        lines = printed.lines()
        if self._cancelled:
            raise Stopped()
        if exceeded:
            told = Report(f"stopped after {job.seconds:,} s; `# timeout:` gives it longer")
        else:
            told = _told(report) or Report(_ending(process.returncode))
        if told.problem:
            raise WarehouseError(_failure(job, told, lines))

    def _started(self, job: Job) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._cancelled:
                raise Stopped()
            process = subprocess.Popen(
                [sys.executable, "-I", "-m", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(*job.inputs.values(), job.result, job.report),
                cwd=job.folder,
                env=_environment(job.folder),
                start_new_session=True,
            )
            self._running.add(process)
        return process


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": folder, "TMPDIR": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdin is None:
        raise ValueError("the process was started without a pipe to it")
    return process.stdin


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started. It ends by itself when nobody holds its input."""
    with suppress(BrokenPipeError):
        _stdin(process).close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.returncode < 0:
        # It could not do it any more, but those of its session can be reached.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


class _Printed:
    """What a process prints: read all the time, so that it never waits, and mostly forgotten."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._pipe = process.stdout
        self._kept = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def lines(self) -> list[str]:
        """The last lines; somebody who outlived the process may hold its output open."""
        self._reader.join(_PATIENCE)
        text = self._kept.decode(errors="replace")
        return [line[:_PRINTED_WIDTH] for line in text.splitlines()[-_PRINTED_LINES:]]

    def _read(self) -> None:
        if self._pipe is None:
            return
        with self._pipe as pipe:
            while data := os.read(pipe.fileno(), _PRINTED_BYTES):
                self._kept = (self._kept + data)[-_PRINTED_BYTES:]


@contextmanager
def _spooled(rows: AbstractContextManager[Any]) -> Iterator[IO[bytes]]:
    """Write rows to a file that has no name and goes away by itself."""
    with TemporaryFile() as file:
        with rows as stream:
            write_ipc_stream(stream, file, compression=None)
        file.flush()
        file.seek(0)
        yield file


def _told(report: IO[bytes]) -> Report | None:
    """What the process told; None where it did not come to that."""
    report.seek(0)
    try:
        return msgspec.json.decode(report.read(_LONGEST_REPORT), type=Report)
    except msgspec.MsgspecError:
        return None


def _ending(code: int) -> str:
    """How a process ended that told nothing; over 128 is the number of a signal."""
    number = -code if code < 0 else code - 128
    if number == signal.SIGXCPU:
        return "stopped: it took all the processor time that it may take"
    if number in {each.value for each in signal.Signals}:
        return f"its process was ended by {signal.Signals(number).name}"
    return f"its process ended itself with code {code}"


def _failure(job: Job, told: Report, printed: Sequence[str]) -> str:
    """Say in lines what failed, where in the function, and what it printed before."""
    lines = [f"{job.path}: {told.problem}"]
    if told.problem.startswith(MemoryError.__name__):
        lines.append(f"it may take {job.memory // 2**20:,} MB; `# memory:` gives it more")
    for number, name, text in told.trace:
        lines += [f"line {number}" + (f", in {name}" if name else ""), f"  {text}"]
    if printed:
        lines += ["it printed:", *(f"  {line}" for line in printed)]
    return "\n".join(lines)


def _chosen(reader: RecordBatchReader, call: Call) -> RecordBatchReader:
    """The columns that are wanted, in their order. Raises WarehouseError unless each is there."""
    given = reader.schema.names
    names = [each.name for each in call.columns]
    for name in names:
        if name not in given:
            note = did_you_mean(name, given, f"it gave {', '.join(given) or 'no column'}")
            raise WarehouseError(f"{call.path}: the result has no column `{name}`; {note}")
    wanted = {each.lower() for each in names}
    for name, count in Counter(map(str.lower, given)).items():
        if count > 1 and name in wanted:
            raise WarehouseError(
                f"{call.path}: the result has {count} columns `{name}` (capital letters make no "
                "difference)"
            )
    schema = Schema([reader.schema.field(name) for name in names])
    return RecordBatchReader.from_batches(schema, (each.select(names) for each in reader))


class _Reading:
    """Turns what an Arrow reader raises into ours: it knows no classes of errors."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: object, _: object) -> None:
        if kind is Exception:
            message = f"{self._call.path}: the result is no Arrow: {error}"
            raise WarehouseError(message) from None
