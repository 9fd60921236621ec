"""Find what was changed outside in a lake: by its folders, and if asked by its data."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from weft.mesh.address import product_of
from weft.mesh.drift import Drift, Thing, ThingKind
from weft.mesh.release import Build, Release
from weft.plan.drift import as_left, drifted
from weft.warehouses.duckdb.disk import checksum, names_in, read
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import decoded as decoded_build
from weft.warehouses.duckdb.ports import Ports, noted
from weft.warehouses.duckdb.pruning import DATA
from weft.warehouses.duckdb.releases import FILE
from weft.warehouses.duckdb.releases import decoded as decoded_release
from weft.warehouses.duckdb.wholeness import pieces
from weft.warehouses.protocol import Scope, WarehouseError
from weft.warehouses.shown import digest

LAKE = "./"
"""The name of the folder of the lake itself."""

_PORTS = re.compile(r"ports(\.[a-z0-9_]+)?\.(duckdb|json)")
_UNREADABLE = "cannot be read"
_NO_ACCESS = "no access"


class Drifting:
    """Looks at the files of a lake, anew each time: nothing that was read before counts."""

    def __init__(self, layout: Layout, ports: Ports, is_there: Callable[[], bool]) -> None:
        """`is_there` says whether there is a lake, and refuses one that is not ours."""
        self._layout = layout
        self._is_there = is_there
        self._ports = ports

    def drift(self, scope: Scope, recorded: Mapping[str, tuple[Release, ...]]) -> tuple[Drift, ...]:
        """Compare what lies in the lake with what was left there. Raises WarehouseError."""
        self._is_there()
        if not scope.products:
            return drifted(*self.shared(scope.environment))
        return tuple(
            drift
            for product in scope.products
            if recorded.get(product)
            for drift in drifted(*self.of_product(recorded[product], content=scope.content))
        )

    def of_product(
        self, releases: tuple[Release, ...], *, content: bool
    ) -> tuple[list[Thing], list[Thing]]:
        """Return what has to be there of the product of these releases, and what is."""
        current = releases[0]
        left, found = self._releases(releases)
        for key, build in self._builds(current):
            address = _address(current, key)
            if build is None:
                things = self._manifest(key, address)
            else:
                things = self._data(build, address, content=content)
            left += things[0]
            found += things[1]
        folder = self._layout.product(current.environment, current.product)
        found += self._strangers(folder, FILE.pattern, current.product)
        return left, found

    def shared(self, environment: str) -> tuple[list[Thing], list[Thing]]:
        """Return what has to be there for all products, and what is."""
        layout, root = self._layout, self._layout.root
        left = [Thing(ThingKind.FOLDER, LAKE, facts={"others": _NO_ACCESS})]
        found: list[Thing] = []
        if os.path.isdir(root):
            facts = {"others": _rights(os.stat(root).st_mode & 0o007)}
            found.append(Thing(ThingKind.FOLDER, LAKE, facts=facts, since=_changed(root)))
        served, there = self._served(environment)
        left += served
        found += there
        ours = [layout.identity, layout.builds, layout.files, layout.releases]
        ours += [layout.quarantine, layout.temporary]
        known = "|".join(re.escape(os.path.basename(each)) for each in ours)
        found += self._strangers(root, f"{known}|{_PORTS.pattern}")
        found += self._strangers(layout.builds, r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\.json")
        found += self._strangers(layout.files, DATA.pattern)
        return left, found

    def _releases(self, releases: tuple[Release, ...]) -> tuple[list[Thing], list[Thing]]:
        """The release files. Earlier ones may have been pruned."""
        current = releases[0]
        recorded = {each.number for each in releases}
        folder = self._layout.product(current.environment, current.product)
        names = sorted(filter(FILE.fullmatch, names_in(folder)))
        there = {int(name.partition(".")[0]): os.path.join(folder, name) for name in names}
        kept: dict[int, Release] = {}
        for number, path in there.items():
            if number in recorded or number > current.number:
                damaged = Release(current.product, current.environment, number, ())
                kept[number] = decoded_release(read(path) or b"") or damaged
        found = [
            self._release(content, number, current, _changed(there[number]))
            for number, content in kept.items()
        ]
        left = [
            self._release(each, each.number)
            for each in as_left(releases, kept)
            if each is current or each.number in kept
        ]
        return left, found

    def _release(
        self, content: Release, number: int, of: Release | None = None, since: str = ""
    ) -> Thing:
        of = of or content
        path = self._layout.release(of.environment, of.product, number)
        return Thing(
            kind=ThingKind.RELEASE,
            name=self._layout.relative(path),
            product=of.product,
            address=of.product,
            facts={"content": digest(content)},
            since=since,
            key=str(number),
        )

    def _builds(self, current: Release) -> Iterator[tuple[str, Build | None]]:
        """Yield the builds behind a release and behind their views, None for those not there."""
        seen: set[str] = set()
        waiting = sorted(current.keys)
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                data = read(self._layout.build(key))
                build = decoded_build(key, data) if data else None
                waiting += build.needs if build else ()
                yield key, build

    def _manifest(self, key: str, address: str) -> tuple[list[Thing], list[Thing]]:
        """A manifest that is not there, or not as it was written."""
        path = self._layout.build(key)
        left = self._piece(key, address, path, {"content": "as it was written"})
        if not os.path.exists(path):
            return [left], []
        facts = {"content": "changed since"}
        return [left], [self._piece(key, address, path, facts, _changed(path))]

    def _data(
        self, build: Build, address: str, *, content: bool
    ) -> tuple[list[Thing], list[Thing]]:
        """The data of a build as its manifest has it, and as it is.

        Without `content` only what is newer than the manifest is read.
        """
        written = os.path.getmtime(self._layout.build(build.key))
        left, found = [], []
        for piece in pieces(self._layout, build):
            path = piece.paths[0]
            facts = {"bytes": str(piece.bytes), "content": _sum(piece.checksum)}
            left.append(self._piece(build.key, address, path, facts))
            if all(map(os.path.exists, piece.paths)):
                newest = max(map(os.path.getmtime, piece.paths))
                size = sum(map(os.path.getsize, piece.paths))
                there = {"bytes": str(size)}
                asked = piece.checksum is not None and (content or newest > written)
                if asked and size == piece.bytes:
                    there["content"] = _content(piece.paths)
                found.append(self._piece(build.key, address, path, there, _iso(newest)))
        return left, found

    def _piece(
        self, key: str, address: str, path: str, facts: Mapping[str, str], since: str = ""
    ) -> Thing:
        name = self._layout.relative(path)
        return Thing(ThingKind.BUILD, name, product_of(address), address, facts, since, key)

    def _served(self, environment: str) -> tuple[list[Thing], list[Thing]]:
        """The file that other programs open, as it was written and as it is.

        Where only the note beside it tells of it, it was there; where neither is there, no run
        has come so far.
        """
        target, note = self._ports.files(environment)
        told = noted(note)
        if not os.path.exists(target) and told is None:
            return [], []
        facts = {"others": _NO_ACCESS}
        if told and told.folder == self._layout.root:
            facts |= {"bytes": str(told.size), "written": _iso(told.modified / 1e9)}
        names = [self._layout.relative(each) for each in (target, note)]
        left = [
            Thing(ThingKind.FILE, names[0], facts=facts),
            Thing(ThingKind.FILE, names[1]),
        ]
        found = []
        if os.path.exists(target):
            status = os.stat(target)
            there = {
                "others": _rights(status.st_mode & 0o077),
                "bytes": str(status.st_size),
                "written": _iso(status.st_mtime_ns / 1e9),
            }
            found.append(Thing(ThingKind.FILE, names[0], facts=there, since=_changed(target)))
        if told is not None:
            found.append(Thing(ThingKind.FILE, names[1]))
        return left, found

    def _strangers(self, folder: str, pattern: str, product: str = "") -> Iterator[Thing]:
        """Yield what lies in a folder and has none of the names that Weft gives."""
        known = re.compile(pattern)
        for name in sorted(names_in(folder)):
            if known.fullmatch(name) is None:
                path = os.path.join(folder, name)
                kind = "folder" if os.path.isdir(path) else "file"
                yield Thing(
                    kind=ThingKind.OTHER,
                    name=self._layout.relative(path),
                    product=product,
                    address=product,
                    facts={"type": kind},
                    since=_changed(path),
                )


def _address(current: Release, key: str) -> str:
    """The model that a build is of, or the product where a release names no model for it."""
    models = {of: model for model, of in current.builds.items()}
    return f"{current.product}.{models[key]}" if key in models else current.product


def _rights(mode: int) -> str:
    """What others may do by the bits of a mode that are theirs."""
    if not mode:
        return _NO_ACCESS
    return "can read and write" if mode & 0o022 else "can read"


def _sum(checksum: int | None) -> str:
    return "" if checksum is None else f"CRC-32 {checksum:08x}"


def _content(files: Iterable[str]) -> str:
    try:
        return _sum(checksum(files))
    except WarehouseError:
        return _UNREADABLE


def _changed(path: str) -> str:
    return _iso(os.lstat(path).st_mtime)


def _iso(seconds: float) -> str:
    when = datetime.fromtimestamp(seconds, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
