"""Who reads a port, as a board: where each consumer is on the way to the newest version."""

from __future__ import annotations

from weft.app.consumers import DAYS, Board, Consumer, OnOffer
from weft.cli.cells import visible
from weft.cli.output import Column, Kind, Result, Table, draw_table
from weft.cli.screen import Screen
from weft.mesh.contract import Status
from weft.mesh.words import age, count, minute

_COLUMNS = (
    Column("consumer"),
    Column("major", Kind.NUMBER),
    Column("follows"),
    Column("stands"),
    Column("breaks", Kind.TEXT),
    Column("last_read", title="last read"),
    Column("reads", Kind.NUMBER, title=f"in {DAYS} d"),
    Column("told"),
    Column("answer"),
)
_PEOPLE = (
    Column("person"),
    Column("major", Kind.NUMBER),
    Column("last_read", title="last read"),
    Column("reads", Kind.NUMBER, title=f"in {DAYS} d"),
)


def board_result(board: Board, environment: str, now: str, env: str = "") -> Result:
    """Return who reads a port in an environment, for every format.

    `env` is the option by which the next command means the same environment.
    """
    table = Table("consumers", _COLUMNS, [_row(each, now) for each in board.consumers])
    people = Table(
        "people",
        _PEOPLE,
        [(each.name, each.major, _ago(each.last, now), each.reads) for each in board.people],
    )

    def text(screen: Screen) -> str:
        head = "".join(map(_version, board.versions))
        products = draw_table(table, screen) if board.consumers else "No product reads it.\n"
        queried = f"\n{draw_table(people, screen)}" if board.people else ""
        return f"{head}\n{products}{queried}{_next(board, env)}"

    read_by = f"{count(len(board.consumers), 'consumer')} in {environment}"
    return Result("consumers", {"board": board}, table, text, (board.port, read_by))


def _row(each: Consumer, now: str) -> tuple[str | int, ...]:
    return (
        each.consumer,
        each.major,
        "pins" if each.pinned else "floats",
        each.stands,
        ", ".join(each.breaks) or "no",
        _ago(each.last, now),
        each.reads,
        each.told[-1].kind if each.told else "no",
        each.answer,
    )


def _ago(last: str, now: str) -> str:
    return f"{age(last, now)} ago" if last else "never"


def _version(each: OnOffer) -> str:
    said = f"preview until {each.candidate}" if each.candidate else str(each.status)
    if each.status is Status.DEPRECATED:
        said = f"{said}, {each.ending}" if each.ending.until else said
        said += f": {visible(each.ending.reason)}" if each.ending.reason else ""
    said = f"cannot be read until {minute(each.outage)}, {said}" if each.outage else said
    return f"{each.address}  {each.version}  {said}\n"


def _next(board: Board, env: str) -> str:
    """What to do where everybody left a version that ends, or how to look at a consumer."""
    left = [each for each in board.consumers if each.stands != "moved"]
    ending = [each for each in board.versions if each.status is Status.DEPRECATED]
    if ending and not any(ending[0].address.endswith(f"@{each.major}") for each in left):
        return f"  end it:  weft retire {ending[0].address}\n"
    if board.consumers:
        return f"  one of them:  weft show {board.consumers[0].consumer}{env}\n"
    return f"  what it promises:  weft show {board.versions[-1].address}{env}\n"
