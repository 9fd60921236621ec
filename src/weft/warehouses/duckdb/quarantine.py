"""The failing rows that audits keep, with a note beside each file: which are old, and whose."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

import msgspec

from weft.warehouses.auditing import Quarantined
from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.duckdb.layout import Layout, is_name
from weft.warehouses.protocol import WarehouseError

_decoder = msgspec.json.Decoder(Quarantined)

# The rows, and the note that tells of them, which goes last.
_ENDINGS = (".parquet", ".json")


class Quarantine:
    """The folder `quarantine/`. What lies there without a note is nobody's."""

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk

    def old_rows(self, now: str) -> list[str]:
        """Return the paths of all rows that were kept long enough, and of the notes beside them."""
        return [
            f"{stem}{ending}"
            for stem, note in self._notes()
            if _is_old(stem, note, now)
            for ending in _ENDINGS
        ]

    def rows_of_runs(self, runs: Collection[str]) -> list[str]:
        """Return the paths of all rows that these runs kept, and of the notes beside them."""
        return [
            f"{stem}{ending}"
            for stem, note in self._notes()
            if note.run in runs
            for ending in _ENDINGS
        ]

    def remove_empty_folders(self) -> None:
        """Remove the folders of audits of which no rows are kept any more."""
        top = self._layout.quarantine
        audits = (os.path.join(top, each) for each in filter(is_name, names_in(top)))
        for folder in (*audits, top):
            if not names_in(folder):
                self._disk.remove_folder(folder)

    def _notes(self) -> Iterator[tuple[str, Quarantined]]:
        """The notes beside kept rows, each with the path of both without its ending."""
        for audit in filter(is_name, names_in(self._layout.quarantine)):
            folder = os.path.join(self._layout.quarantine, audit)
            for name in names_in(folder):
                stem, ending = os.path.splitext(os.path.join(folder, name))
                data = read(f"{stem}.json") if ending == ".json" else None
                if data is not None:
                    yield stem, _noted(stem, data)


def _noted(stem: str, data: bytes) -> Quarantined:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise WarehouseError(f"{stem}.json is damaged: {error}") from error


def _is_old(stem: str, note: Quarantined, now: str) -> bool:
    try:
        return note.is_old(now)
    except ValueError as error:
        raise WarehouseError(f"{stem}.json is damaged: {error}") from error
