"""What is told to the process that calls a function, and what it tells back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """One call. `inputs` are the open files of the arguments by name, as streams of Arrow.

    `result` is the open file that the result goes to in the same form, `report` the one that
    takes a Report as JSON; `folder` is the only one to write to. Limits are in bytes and seconds.
    """

    function: str
    path: str
    text: str
    inputs: dict[str, int]
    result: int
    report: int
    folder: str
    memory: int
    seconds: int


@dataclass(frozen=True)
class Report:
    """How a call ended. `problem` is "" when the result is complete.

    `trace` are places in the function's own file: a line's number, its function and its text.
    """

    problem: str = ""
    trace: tuple[tuple[int, str, str], ...] = ()
