"""The program that calls a function of a model, apart from Weft and from everything it knows.

Run as `python -I -m weft.app.functions.child`, with a Job as one line of JSON on its input. The
first process only watches over the second one, which calls the function; it ends with whoever
started it, and nothing that the function started outlives it.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from importlib.abc import ExecutionLoader
from importlib.util import module_from_spec, spec_from_loader
from shutil import rmtree
from time import sleep
from types import CodeType, ModuleType
from typing import Any, NoReturn

import msgspec
from arro3.io import read_ipc_stream, write_ipc_stream

from weft.app.functions.confinement import adopt_orphans, confine
from weft.app.functions.job import Job, Report
from weft.app.functions.results import Given, NoRows, as_asked

# No installed module has this name, and a model may have that of any.
_MODULE = "weft_model"
_LONGEST_PROBLEM = 2000
_LONGEST_LINE = 200
_MOST_PLACES = 20
# What is left to tell that the memory is used up, in bytes.
_TO_TELL = 64 * 2**20
# In seconds.
_PAUSE = 0.01


def main() -> None:
    """Read the job, let a process of its own do it, and end as that one ended."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    adopt_orphans()
    worker = os.fork()
    if not worker:
        _do(job)
    threading.Thread(target=_end_with_parent, args=(worker,), daemon=True).start()
    _, status = os.waitpid(worker, 0)
    _end_everybody()
    # Who started this may be gone.
    rmtree(job.folder, ignore_errors=True)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _end_with_parent(worker: int) -> None:
    """End the work with who started this program, who keeps its input open until then."""
    os.read(0, 1)
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)


def _end_everybody() -> None:
    """Kill all that the function started; who is orphaned by that comes to this process."""
    while True:
        for process in _children():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        sleep(_PAUSE)


def _children() -> Iterator[int]:
    """The processes that this one has to wait for, as far as the system tells."""
    try:
        own = os.readlink("/proc/self")
        names = [each for each in os.listdir("/proc") if each.isdigit()]
    except FileNotFoundError:
        return
    for name in names:
        with suppress(OSError), open(f"/proc/{name}/stat") as file:
            # The name of a program may hold anything, and ends with the last bracket.
            if file.read().rpartition(")")[2].split()[1] == own:
                yield int(name)


def _do(job: Job) -> NoReturn:
    """Call the function, and end this process at once, whatever became of that."""
    try:
        _limit(job)
        _give(job)
    finally:
        error = sys.exception()
        try:
            _leave_room(job)
            _tell(job, error)
        finally:
            os._exit(0 if error is None else 1)


def _limit(job: Job) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(job.folder)
    processor = job.seconds * (os.cpu_count() or 1)
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (job.memory, job.memory + _TO_TELL))
    confine(job.folder)


def _leave_room(job: Job) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (job.memory + _TO_TELL,) * 2)


def _give(job: Job) -> None:
    """Call the function with its arguments and write what it gives."""
    module = _loaded(job)
    function = getattr(module, job.function)
    annotations = getattr(function, "__annotations__", {})
    arguments = {
        name: as_asked(
            read_ipc_stream(os.fdopen(number, "rb")), _meant(annotations.get(name), module)
        )
        for name, number in job.inputs.items()
    }
    given = Given(function(**arguments), job.function)
    with os.fdopen(job.result, "wb") as file:
        try:
            write_ipc_stream(given.reader, file, compression=None)
        finally:
            if given.error is not None:
                raise given.error


class _Loader(ExecutionLoader):
    """Loads a model's module from its text."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def get_filename(self, fullname: str) -> str:
        return self._job.path

    def get_source(self, fullname: str) -> str:
        return self._job.text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._job.text, self._job.path)

    def is_package(self, fullname: str) -> bool:
        return False


def _loaded(job: Job) -> ModuleType:
    loader = _Loader(job)
    spec = spec_from_loader(_MODULE, loader)
    if spec is None:
        raise ImportError(job.path)
    module = module_from_spec(spec)
    sys.modules[_MODULE] = module
    sys.argv = [job.path]
    loader.exec_module(module)
    return module


def _meant(annotation: object, module: ModuleType) -> object:
    """What an annotation names, which may be written as a text; None where it names nothing."""
    if not isinstance(annotation, str):
        return annotation
    found: Any = module
    for part in annotation.split("."):
        found = getattr(found, part, None)
    return found


def _tell(job: Job, error: BaseException | None) -> None:
    """Write the report; what was printed before is to be seen, too."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
    report = Report() if error is None else Report(_problem(error), _trace(error, job))
    with os.fdopen(job.report, "wb") as file:
        file.write(msgspec.json.encode(report))


def _problem(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it called exit({'' if error.code is None else error.code})"
    words = str(error).strip().encode(errors="backslashreplace").decode()
    if isinstance(error, NoRows):
        return words
    name = type(error).__name__
    return f"{name}: {words}"[:_LONGEST_PROBLEM] if words else name


def _trace(error: BaseException, job: Job) -> tuple[tuple[int, str, str], ...]:
    """The last places of an error that lie in the model's own file, outermost first."""
    lines = job.text.split("\n")
    places = [
        (line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == job.path
    ]
    if isinstance(error, SyntaxError) and error.filename == job.path:
        places.append((error.lineno or 1, ""))
    return tuple(
        (line, name, lines[line - 1].strip()[:_LONGEST_LINE] if line <= len(lines) else "")
        for line, name in places[-_MOST_PLACES:]
    )


if __name__ == "__main__":
    main()
