"""Release files: numbered, made by link(), never changed; the highest is what consumers see."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import msgspec

from weft.mesh.address import ProductAddress
from weft.mesh.release import Release
from weft.plan.plan import Step
from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.duckdb.layout import Layout, is_name
from weft.warehouses.duckdb.locking import holding
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.scratch import Scratch
from weft.warehouses.protocol import Bound, Outcome, WarehouseError
from weft.warehouses.succession import conflict, is_same, refuse_moved

FILE = re.compile(r"([0-9]{8})\.json")
_decoder = msgspec.json.Decoder(Release)


class Releases:
    """The folder `releases/`. A release never changes, so what was read once is kept.

    A file that cannot be decoded still holds its place in the sequence: it stands for a damaged
    release, after which the next one can be published.
    """

    def __init__(self, layout: Layout, disk: Disk, scratch: Scratch, manifests: Manifests) -> None:
        self._layout = layout
        self._disk = disk
        self._scratch = scratch
        self._manifests = manifests
        self._read: dict[str, Release] = {}

    def numbers(self, environment: str, product: str) -> list[int]:
        """Return the numbers of a product's releases, in no order."""
        names = names_in(self._layout.product(environment, product))
        return [int(found.group(1)) for found in map(FILE.fullmatch, names) if found]

    def current(self, environment: str, product: str) -> Release | None:
        """Return what consumers see, None when nothing was released. Raises WarehouseError."""
        number = max(self.numbers(environment, product), default=0)
        return self._find(environment, product, number) if number else None

    def all(self, environment: str, product: str) -> tuple[Release, ...]:
        """Return every kept release, newest first."""
        numbers = sorted(self.numbers(environment, product), reverse=True)
        found = (self._find(environment, product, number) for number in numbers)
        return tuple(release for release in found if release)

    def environments(self) -> tuple[str, ...]:
        """Return every environment in which something was released, sorted."""
        names = sorted(filter(is_name, names_in(self._layout.releases)))
        return tuple(name for name in names if self.products(name))

    def products(self, environment: str) -> tuple[str, ...]:
        """Return every product that has a release in an environment, sorted."""
        folder = os.path.join(self._layout.releases, environment)
        addresses = (
            str(ProductAddress(domain, product))
            for domain in filter(is_name, names_in(folder))
            for product in filter(is_name, names_in(os.path.join(folder, domain)))
        )
        return tuple(sorted(each for each in addresses if self.numbers(environment, each)))

    def publish(self, step: Step, wanted: Release, bound: Bound) -> Outcome:
        """Make a release current, if the expected one still is. Raises Conflict when it is not.

        The release of the same run with the same content counts as this one, so that publishing
        again after a crash finds it.
        """
        wanted = replace(wanted, run=bound.run, fence=bound.fence, at=bound.at)
        folder = self._layout.product(wanted.environment, wanted.product)
        target = self._layout.release(wanted.environment, wanted.product, wanted.number)
        current = self.current(wanted.environment, wanted.product)
        reused = current is not None and is_same(current, wanted)
        if not reused:
            refuse_moved(current, wanted, step.expected)
            self._disk.make_folder(folder)
            draft = self._scratch.file(bound.run, "release.json")
            self._disk.write(draft, msgspec.json.encode(wanted))
            # Pruning holds this lock alone, so that no build goes between the look and the link.
            with holding(self._layout.identity, shared=True):
                paths = self._manifests.paths(sorted(wanted.keys))
                self._disk.sync(*paths, draft, *self._above(folder))
                if not self._disk.link(draft, target):
                    current = self.current(wanted.environment, wanted.product)
                    raise conflict(current, wanted, step.expected)
        self._disk.sync(folder)
        return Outcome(reused=reused, release=current if reused else wanted)

    def everywhere(self) -> tuple[Release, ...]:
        """Return every kept release of every product in every environment."""
        return tuple(
            release
            for environment in self.environments()
            for product in self.products(environment)
            for release in self.all(environment, product)
        )

    def path(self, release: Release) -> str:
        """Return the path of a release."""
        return self._layout.release(release.environment, release.product, release.number)

    def old(self, release: Release) -> str:
        """Return the path of a release that may be removed. Raises WarehouseError if current."""
        numbers = self.numbers(release.environment, release.product)
        if release.number == max(numbers, default=0):
            raise WarehouseError(
                f"release {release.number} of {release.product} is current and stays"
            )
        return self.path(release)

    def remove(self, release: Release, *, current: bool = False) -> None:
        """Remove a release. Raises WarehouseError for a `current` one that is not to go."""
        path = self.path(release) if current else self.old(release)
        self._disk.remove(path)
        self._read.pop(path, None)

    def repair(self, path: str, recorded: Release | None, run: str) -> None:
        """Write a release file as it was recorded, or remove it where none was.

        Only for what was changed from outside: whoever publishes never replaces a file.
        """
        if recorded is None:
            self._disk.remove(path)
        else:
            draft = self._scratch.file(run, "release.json")
            self._disk.make_folder(os.path.dirname(path))
            self._disk.write(draft, msgspec.json.encode(recorded))
            self._disk.sync(draft)
            self._disk.rename(draft, path)
        self._disk.sync(os.path.dirname(path))
        self._read.pop(path, None)

    def _above(self, folder: str) -> list[str]:
        """The folders above a product's, any of which may be new."""
        above: list[str] = []
        while folder != self._layout.root:
            folder = os.path.dirname(folder)
            above.append(folder)
        return above

    def _find(self, environment: str, product: str, number: int) -> Release | None:
        path = self._layout.release(environment, product, number)
        if path not in self._read:
            data = read(path)
            if data is None:
                return None
            self._read[path] = decoded(data) or Release(product, environment, number, ())
        return self._read[path]


def decoded(data: bytes) -> Release | None:
    """Read the content of a release file; None when it cannot be read."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return None
