"""Where things lie in the lake, and whose lake it is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import msgspec

from weft.warehouses.duckdb.disk import Disk, names_in, read
from weft.warehouses.protocol import WarehouseError

FORMAT = 1

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
class Identity:
    """The content of `lake.json`: the version of the format, and the ids of mesh and store."""

    format: int
    mesh: str
    store: str


@dataclass(frozen=True)
class Layout:
    """The paths of a lake. `root` is absolute."""

    root: str

    @property
    def identity(self) -> str:
        """`lake.json`."""
        return os.path.join(self.root, "lake.json")

    @property
    def builds(self) -> str:
        """The folder of build manifests."""
        return os.path.join(self.root, "builds")

    @property
    def files(self) -> str:
        """The folder of immutable data files."""
        return os.path.join(self.root, "files")

    @property
    def releases(self) -> str:
        """The folder of release files."""
        return os.path.join(self.root, "releases")

    @property
    def quarantine(self) -> str:
        """The folder of failing rows."""
        return os.path.join(self.root, "quarantine")

    @property
    def temporary(self) -> str:
        """The folder of unfinished things."""
        return os.path.join(self.root, "tmp")

    def build(self, key: str) -> str:
        """The manifest of a build."""
        return os.path.join(self.builds, f"{checked(key)}.json")

    def product(self, environment: str, address: str) -> str:
        """The folder of a product's releases in an environment."""
        domain, _, product = address.partition(".")
        return os.path.join(self.releases, checked(environment), checked(domain), checked(product))

    def file(self, path: str) -> str:
        """The absolute path of a file that a build names."""
        return os.path.join(self.root, path)

    def relative(self, path: str) -> str:
        """The path of a file as builds name it."""
        return os.path.relpath(path, self.root)


def open_lake(layout: Layout, mesh: str, store: str) -> bool:
    """Check that the lake is this mesh's and this store's; False when there is none yet.

    Raises WarehouseError for a foreign one, or one of a newer format.
    """
    data = read(layout.identity)
    if data is None:
        foreign = [name for name in names_in(layout.root) if not name.startswith("lake.json")]
        if foreign:
            raise WarehouseError(
                f"{layout.root} is not empty and not a lake (there is no lake.json); "
                "choose another `path` for this warehouse",
                denied=True,
            )
        return False
    _check(layout, _identity(layout, data), Identity(FORMAT, mesh, store))
    return True


def make_lake(layout: Layout, disk: Disk, mesh: str, store: str) -> None:
    """Make the lake's folders, and mark it as this mesh's; one that is there is checked."""
    if not open_lake(layout, mesh, store):
        disk.make_folder(layout.root, 0o700)
        draft = layout.identity + ".new"
        disk.write(draft, msgspec.json.encode(Identity(FORMAT, mesh, store)))
        disk.link(draft, layout.identity)
        disk.remove(draft)
        open_lake(layout, mesh, store)
    for folder in (layout.builds, layout.files, layout.temporary):
        disk.make_folder(folder)
    disk.sync(layout.root)


def _identity(layout: Layout, data: bytes) -> Identity:
    try:
        return msgspec.json.decode(data, type=Identity)
    except msgspec.MsgspecError as error:
        raise WarehouseError(f"{layout.identity} is damaged: {error}") from error


def _check(layout: Layout, found: Identity, wanted: Identity) -> None:
    if found.format > wanted.format:
        raise WarehouseError(
            f"{layout.root} was written by a newer Weft (format {found.format}, this one knows "
            f"{wanted.format}); install that version",
            denied=True,
        )
    if found.mesh != wanted.mesh:
        raise WarehouseError(
            f"{layout.root} belongs to mesh `{found.mesh}` and not to `{wanted.mesh}`; "
            "choose another `path` for this warehouse",
            denied=True,
        )
    if found.store != wanted.store:
        raise WarehouseError(
            f"{layout.root} belongs to another store of mesh `{found.mesh}` (its id is "
            f"{found.store}); point `store` of weft.yaml to that one, or run `weft doctor`",
            denied=True,
        )
