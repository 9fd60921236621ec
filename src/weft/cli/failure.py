"""What a person is told when a command stops: what, why, what next, and the exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import suppress
from hashlib import sha256
from pathlib import PurePath

import click

from weft.app.errors import Exit, Invalid, Refusal, is_full, rating
from weft.cli.cells import visible
from weft.cli.screen import colour_wanted
from weft.mesh.address import AddressError
from weft.mesh.words import short_time
from weft.store.protocol import FencedOut, Locked, StoreError
from weft.warehouses.protocol import Conflict, WarehouseError

_RUN_STOPPED = """\
Stopped. What was published stays, and nobody sees anything half done.
  go on where it stopped:  {}
"""

# Its options are not known any more where errors from outside of a run are told.
_AGAIN = "the same command again"

_STAYS = "What was published stays; nothing half done is visible."

# What a shell reports of a process that a signal ended.
_SIGNALLED = 128


class RunStopped(KeyboardInterrupt):
    """A person or the system stopped a command while a run was going on.

    `again` is the command that goes on.
    """

    def __init__(self, again: str) -> None:
        super().__init__(again)
        self.again = again


def tell(error: BaseException) -> int:
    """Say on stderr why the command stopped; return the exit code of the process."""
    colour = colour_wanted(sys.stderr)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        text, code = error.format_message(), Exit.USAGE
    elif isinstance(error, click.UsageError):
        text, code = _usage_text(error, colour), Exit.USAGE
    elif isinstance(error, RunStopped):
        text, code = _RUN_STOPPED.format(error.again), Exit.PARTLY
    elif isinstance(error, KeyboardInterrupt):
        text, code = "Stopped.", _SIGNALLED + (error.args or (signal.SIGINT,))[0]
    else:
        code, _ = rating(error)
        text = _rated_text(error, code, colour)
    with suppress(OSError):
        click.echo(text.rstrip("\n"), err=True, color=colour)
    return int(code)


def _rated_text(error: BaseException, code: Exit, colour: bool) -> str:
    if isinstance(error, Invalid):
        return _diagnostics_text(error, colour)
    return _bug_text(error) if code is Exit.BUG else _text(error, colour)


def _text(error: BaseException, colour: bool) -> str:
    """Draw an exception that has a row in the table: what, why, and the next step."""
    why, next_step = reason(error)
    first, *more = what(error).splitlines()
    lines = [_head(colour) + visible(first)]
    lines += [f"  {visible(line.rstrip())}" for line in [*more, *why.splitlines()]]
    if next_step:
        lines.append(f"  next:  {visible(next_step)}")
    return "\n".join(lines)


def what(error: BaseException) -> str:
    """Return what stopped the command, in one or several lines."""
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}"
    return str(error) or type(error).__name__


def reason(error: BaseException) -> tuple[str, str]:
    """Return why it stopped and what to do next, where the exception's own text does not say."""
    match error:
        case Refusal():
            return error.why, error.next_step
        case Locked():
            lock = error.lock
            since = f"since {short_time(lock.since)} on {lock.host}, process {lock.pid}"
            return since, f"wait, or if that run is dead:  weft unlock {lock.id}"
        case FencedOut() | Conflict():
            return "Somebody else changed it meanwhile; what was published stays.", _again(error)
        case WarehouseError(interrupted=True, next_step="") | StoreError(interrupted=True):
            return _STAYS, _again(error)
        case WarehouseError():
            return _STAYS if error.interrupted else "", error.next_step
        case AddressError():
            return "", "weft ls"
        case PermissionError():
            return "", "allow the user who runs weft to read and write it"
        case OSError() if is_full(error):
            return "", "make room on its disk, then the same command again"
        case _:
            return "", ""


def _again(error: BaseException) -> str:
    """Return the command that goes on, which whoever followed the run has noted."""
    notes: list[str] = getattr(error, "__notes__", [_AGAIN])
    return notes[-1]


def _diagnostics_text(error: Invalid, colour: bool) -> str:
    from weft.cli.diagnostics import draw

    return draw(error.diagnostics, files=error.files, seconds=error.seconds, colour=colour)


def _usage_text(error: click.UsageError, colour: bool) -> str:
    """Draw a mistake in the arguments, with the command whose help shows how it is done."""
    path = error.ctx.command_path if error.ctx else "weft"
    return f"{_head(colour)}{visible(error.format_message())}\n  next:  {path} --help"


def _bug_text(error: BaseException) -> str:
    """Draw an exception that nobody foresaw; the traceback only where it is asked for."""
    if os.environ.get("WEFT_DEBUG"):
        return "".join(traceback.format_exception(error))
    frames = traceback.extract_tb(error.__traceback__)
    path = ";".join(f"{PurePath(frame.filename).name}:{frame.name}" for frame in frames)
    place = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    number = sha256(f"{type(error).__name__};{path}".encode()).hexdigest()[:8]
    return (
        f"error: this is a bug in Weft: {type(error).__name__}: {visible(str(error))[:200]}\n"
        f"  at {place}, trace {number}\n"
        "  next:  run it again with WEFT_DEBUG=1 and report what it prints"
    )


def _head(colour: bool) -> str:
    return click.style("error:", fg="red", bold=True) + " " if colour else "error: "
