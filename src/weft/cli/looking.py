"""A bar that moves while many products are looked at, on a terminal alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from weft.cli.screen import Screen


@contextmanager
def looking(screen: Screen, *, long: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how many of how many were looked at; the bar goes at the end.

    There is none where it will not take `long`.
    """
    if not screen.width or screen.quiet or not long:
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    parts = (BarColumn(24), MofNCompleteColumn(), TextColumn("looking", markup=False))
    with Progress(*parts, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)
