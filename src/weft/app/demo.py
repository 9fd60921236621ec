"""Demo: write the example mesh into a folder, so that everything can be tried on real data.

Its data is kept in the embedded lake, or in a warehouse of another type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from weft.app.bootstrap import STATE
from weft.app.errors import Blocked, NotFound
from weft.app.workspace import SETTINGS
from weft.warehouses.loading import example_of, warehouse_types

FOLDER = "skyline"
QUERY = """\
SELECT carrier_name, sum(flights) AS flights,
       round(100.0 * sum(on_time) / sum(flights), 1) AS on_time_percent
FROM punctuality.performance.carrier_punctuality
GROUP BY carrier_name
ORDER BY on_time_percent DESC
LIMIT 5
"""
"""A query over a port of the example, to be shown with its result."""

_LEFT_OUT = (STATE, ".keep")
_MOVED = "ops_db"
_DOMAIN = "domain.yaml"


@dataclass(frozen=True)
class Demo:
    """The example mesh in a folder; `written` is empty where it was there already."""

    folder: Path
    written: tuple[str, ...]


def write_demo(folder: Path, *, warehouse: str = "", force: bool = False) -> Demo:
    """Write the example mesh, or leave it alone where it is; `force` writes its files anew.

    `warehouse` is the type of the one that all domains live on, "" for the embedded lake. A copy
    that was interrupted is completed. Raises NotFound for another type, Blocked for a folder with
    anything else in it, and OSError when it cannot be written.
    """
    if warehouse and warehouse not in warehouse_types():
        raise NotFound("type of warehouse", warehouse, warehouse_types())
    example = _example()
    paths = sorted(_paths(example, PurePosixPath()))
    if _is_demo(folder):
        if not force:
            _refuse_elsewhere(folder, warehouse)
            return Demo(folder, ())
    else:
        _refuse_foreign(folder, paths)
    # The settings come last: a folder that has them has everything.
    for path in sorted(paths, key=lambda each: each.name == SETTINGS):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = example.joinpath(*path.parts).read_bytes()
        target.write_bytes(_moved(path.name, data, warehouse) if warehouse else data)
    return Demo(folder, tuple(map(str, paths)))


def _moved(name: str, data: bytes, warehouse: str) -> bytes:
    """Return a file of the example as it is where all domains live on a warehouse of a type.

    Their models stay in the SQL in which they are written.
    """
    if name == SETTINGS:
        return data.replace(b"\nwarehouses:\n", b"\nwarehouses:\n" + _declared(warehouse))
    if name == _DOMAIN:
        return data.replace(b"\nwarehouse: lake\n", f"\nwarehouse: {_MOVED}\n".encode())
    return data


def _declared(warehouse: str) -> bytes:
    """Return the line of the settings that declares the warehouse."""
    options = {"type": warehouse, **example_of(warehouse)}
    written = ", ".join(f"{name}: {json.dumps(value)}" for name, value in options.items())
    return f"  {_MOVED}: {{{written}}}\n".encode()


def _refuse_elsewhere(folder: Path, warehouse: str) -> None:
    """Raise Blocked where the example in a folder was written for another type of warehouse."""
    if warehouse and _declared(warehouse) not in (folder / SETTINGS).read_bytes():
        raise Blocked(
            f"{folder} has the example mesh, but not on {warehouse}",
            why="a demo is on one warehouse; what is there may have been changed",
            next_step=f"weft demo FOLDER --warehouse {warehouse}, with a folder that is not there",
        )


def _example() -> Traversable:
    """The example as it is packaged, or in the source tree that this file stands in."""
    packaged = package_files("weft").joinpath("examples", FOLDER)
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "examples" / FOLDER


def _paths(folder: Traversable, below: PurePosixPath) -> Iterator[PurePosixPath]:
    for entry in folder.iterdir():
        if entry.name in _LEFT_OUT:
            continue
        if entry.is_dir():
            yield from _paths(entry, below / entry.name)
        else:
            yield below / entry.name


def _is_demo(folder: Path) -> bool:
    settings = folder / SETTINGS
    return settings.is_file() and f"mesh: {FOLDER}" in settings.read_text("utf-8").splitlines()


def _refuse_foreign(folder: Path, paths: Iterable[PurePosixPath]) -> None:
    """Raise Blocked when the folder has a file that is none of the example's."""
    ours = set(paths) - {PurePosixPath(SETTINGS)}
    for found in sorted(folder.rglob("*")):
        path = PurePosixPath(found.relative_to(folder).as_posix())
        if not found.is_dir() and path not in ours:
            raise Blocked(
                f"{folder} is not empty, and no example mesh",
                why=f"it has {path}",
                next_step="weft demo FOLDER, with a folder that does not exist yet",
            )
