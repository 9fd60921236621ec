"""The rows of a query as a stream, whose errors are the warehouse's own again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from weft.warehouses.protocol import WarehouseError


class Answer:
    """The rows of a query, read once by way of `__arrow_c_stream__`, inside of its context.

    Leaving it raises WarehouseError in place of what an Arrow reader makes of an error: a stream
    of C knows no classes, so that the reader raises just an Exception, with the text. `meant` says
    which error that was, before `closing` lets go of what is open.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        rows: Any,
        closing: ExitStack,
        meant: Callable[[str], WarehouseError],
    ) -> None:
        self.columns = columns
        self._rows = rows
        self._closing = closing
        self._meant = meant

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)

    def __enter__(self) -> Answer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        meant = self._meant(str(error)) if kind is Exception else error
        self._rows = None
        self._closing.__exit__(type(meant) if meant else None, meant, trace)
        if meant is not None and meant is not error:
            raise meant from None
