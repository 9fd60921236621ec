"""What every warehouse says when the same goes wrong."""

from __future__ import annotations

from weft.warehouses.protocol import WarehouseError

MAX_MESSAGE = 300


def one_line(message: str) -> str:
    """Return a message in one line of at most MAX_MESSAGE characters."""
    line = " ".join(message.split())
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


def missing_build(key: str, place: str) -> WarehouseError:
    """Return the error for a build that a step needs; `place` is how people call the warehouse."""
    problem = f"build {key} is missing in {place}, or damaged"
    return WarehouseError(f"{problem}; `weft plan` says what to do")


def damaged_data(problem: str) -> WarehouseError:
    """Return the error for data that is not as it was written, with the way out."""
    heals = "run `weft apply`, which builds it again or says what to do first"
    return WarehouseError(f"{problem}; {heals}")


def missing_data(path: tuple[str, ...], place: str) -> WarehouseError:
    """Return the error for a relation of a query whose data is not there, or not whole."""
    return damaged_data(f"{'.'.join(path)}: its data is missing or damaged in {place}")
