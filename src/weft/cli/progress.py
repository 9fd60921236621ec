"""Follows a run while it goes on; the only thing here that moves, and only on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator

from weft.app.errors import Exit
from weft.cli.cells import visible
from weft.cli.screen import Screen
from weft.cli.screens.run import Following
from weft.mesh.run import RunEvent


def follow(events: Iterator[RunEvent], screen: Screen, clock: Callable[[], float]) -> Exit:
    """Draw a run as its events come, and return the code to exit with; `clock` gives seconds.

    Whatever happens, the run has been told to stop when this returns or raises.
    """
    started = clock()
    following = Following(colour=screen.colour, width=screen.width)
    try:
        if screen.width and not screen.quiet:
            _follow_moving(events, following)
        else:
            for event in events:
                line = following.take(event)
                if line:
                    screen.put(line)
    finally:
        if isinstance(events, Generator):
            events.close()
    screen.put(following.ending(clock() - started))
    return following.exit_code()


def _follow_moving(events: Iterable[RunEvent], following: Following) -> None:
    """Show a bar under the lines of finished products; it is gone when the run has ended."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    parts = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*parts, transient=True) as progress:
        bar = progress.add_task("")
        for event in events:
            line = following.take(event)
            if line:
                progress.console.out(line, highlight=False)
            doing = f"{event.result.kind} {event.result.target}" if event.result else event.text
            progress.update(
                bar, completed=event.done, total=event.total, description=visible(doing)
            )
