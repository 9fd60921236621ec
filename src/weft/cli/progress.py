"""Follows a run while it goes on; the only thing here that moves, and only on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress

from weft.app.errors import Exit
from weft.cli.cells import visible
from weft.cli.failure import RunStopped
from weft.cli.output import put
from weft.cli.screen import Screen
from weft.cli.screens.run import Following
from weft.mesh.run import RunEvent
from weft.store.protocol import FencedOut, StoreError
from weft.warehouses.protocol import WarehouseError


def follow(
    events: Iterator[RunEvent],
    screen: Screen,
    clock: Callable[[], float],
    env: str = "",
    before: Exit = Exit.DONE,
    again: str = "weft apply",
) -> Exit:
    """Draw a run as its events come, and return the code to exit with; `clock` gives seconds.

    `env` is the option by which the next command means the same environment; `before` a code
    that holds whatever happens; `again` the command that goes on after a stop or a failure.

    People read lines while it goes on; other formats are written once, at the end. Whatever
    happens, the run has been told to stop when this returns or raises. Raises RunStopped where
    it is stopped from outside; what stores and warehouses raise has `again` as its note.
    """
    started = clock()
    following = Following(screen.colour, screen.width, env, before, again)
    try:
        if screen.width and not screen.quiet:
            _follow_moving(events, following)
        else:
            _follow_still(events, following, screen)
    except KeyboardInterrupt as stop:
        if isinstance(events, Generator):
            # Where it came while a line was drawn, the run is told as well what stopped it.
            with suppress(KeyboardInterrupt):
                events.throw(stop)
        raise RunStopped(f"{again}{env}") from stop
    except (FencedOut, StoreError, WarehouseError) as error:
        error.add_note(f"{again}{env}")
        raise
    finally:
        # A generator that is merely dropped would end after the store it records into.
        if isinstance(events, Generator):
            events.close()
    put(following.result(clock() - started), screen)
    return following.exit_code()


def put_no_run(screen: Screen, code: Exit = Exit.DONE, events: Iterable[RunEvent] = ()) -> None:
    """Write for programs that there was nothing to do, and the code to exit with.

    People are told in words, also what `events` say all the same.
    """
    following = Following(screen.colour, screen.width, before=code)
    for event in events:
        line = following.take(event)
        if line:
            screen.say(line)
    if screen.format != "table":
        put(following.result(0), screen)


def _follow_still(events: Iterator[RunEvent], following: Following, screen: Screen) -> None:
    for event in events:
        line = following.take(event)
        if line:
            screen.show(line)


def _follow_moving(events: Iterator[RunEvent], following: Following) -> None:
    """Show a bar under the lines of finished products; it is gone when the run has ended."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    parts = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*parts, transient=True) as progress:
        bar = progress.add_task("", total=None)
        for event in events:
            line = following.take(event)
            if line:
                progress.console.out(line, highlight=False)
            doing = f"{event.result.kind} {event.result.target}" if event.result else event.text
            progress.update(
                bar, completed=event.done, total=event.total or None, description=visible(doing)
            )
