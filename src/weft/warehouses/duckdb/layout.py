"""Where things lie in the lake."""

from __future__ import annotations

import re
from dataclasses import dataclass

from weft.warehouses.protocol import WarehouseError

PART = ".part.parquet"
"""How the names of parts end. Any number of builds may name one, whatever key it begins with."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def checked(name: str) -> str:
    """Return a name that is safe as the name of a file. Raises WarehouseError for any other.

    Plans are read from files, so that a key is not to be trusted with a path.
    """
    if not _NAME.fullmatch(name):
        raise WarehouseError(f"`{name}` cannot be the name of a file in the lake")
    return name


def is_name(name: str) -> bool:
    """Whether Weft may have made a file or folder of this name."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class Layout:
    """The paths of a lake. `root` is absolute and normal."""

    root: str

    @property
    def identity(self) -> str:
        """`lake.json`."""
        return f"{self.root}/lake.json"

    @property
    def builds(self) -> str:
        """The folder of build manifests."""
        return f"{self.root}/builds"

    @property
    def files(self) -> str:
        """The folder of immutable data files."""
        return f"{self.root}/files"

    @property
    def releases(self) -> str:
        """The folder of release files."""
        return f"{self.root}/releases"

    @property
    def quarantine(self) -> str:
        """The folder of failing rows."""
        return f"{self.root}/quarantine"

    @property
    def temporary(self) -> str:
        """The folder of unfinished things."""
        return f"{self.root}/tmp"

    def build(self, key: str) -> str:
        """The manifest of a build."""
        return f"{self.root}/builds/{checked(key)}.json"

    def data(self, key: str, run: str, number: int | str) -> str:
        """A data file of a build that a run makes."""
        return f"{self.files}/{checked(key)}-{run}-{number}.parquet"

    def part(self, key: str, run: str, number: int | str) -> str:
        """A part that a run makes of a build that grows, for it and for those that grow from it."""
        return f"{self.files}/{checked(key)}-{run}-{number}{PART}"

    def is_of(self, part: str, key: str) -> bool:
        """Whether a part, as builds name it, was made for the build of this key."""
        return self.file(part).startswith(f"{self.files}/{key}-")

    def draft(self, owner: str, number: int | str, name: str) -> str:
        """An unfinished file of a run, or of whoever else works here."""
        return f"{self.temporary}/{owner}/{number}-{name}"

    def release(self, environment: str, address: str, number: int) -> str:
        """A release of a product in an environment."""
        return f"{self.product(environment, address)}/{number:08}.json"

    def product(self, environment: str, address: str) -> str:
        """The folder of a product's releases in an environment."""
        domain, _, product = address.partition(".")
        return f"{self.releases}/{checked(environment)}/{checked(domain)}/{checked(product)}"

    def file(self, path: str) -> str:
        """The absolute path of a file that a build names."""
        return f"{self.root}/{path}"

    def relative(self, path: str) -> str:
        """The path of a file as builds name it."""
        return path.removeprefix(f"{self.root}/")
