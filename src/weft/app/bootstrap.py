"""Open a mesh: settings, store, warehouses and cache, joined here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from weft.app.branch_environment import resolved
from weft.app.cache import Cache
from weft.app.errors import Blocked
from weft.app.settings import load_settings
from weft.app.system import System
from weft.mesh.secret import Secret
from weft.mesh.settings import MeshSettings
from weft.store.opening import open_store
from weft.store.protocol import Store
from weft.warehouses.loading import adapter
from weft.warehouses.protocol import Warehouse

STATE = ".weft"


@dataclass(frozen=True)
class Opened:
    """A mesh that is open in one environment. Warehouses are opened when first asked for.

    `since` is when it was opened, by the clock that only goes forward.
    """

    folder: Path
    settings: MeshSettings
    environment: str
    system: System
    store: Store
    cache: Cache
    since: float
    connected: dict[str, Warehouse] = field(default_factory=dict)

    @property
    def production(self) -> bool:
        """Whether this is the production environment."""
        return self.environment == self.settings.production

    @property
    def seconds(self) -> float:
        """For how many seconds it is open."""
        return self.system.monotonic() - self.since

    def warehouse(self, name: str) -> Warehouse:
        """Open a warehouse of `weft.yaml`. Raises WarehouseError."""
        if name not in self.connected:
            settings = self.settings.warehouses[name]
            options: Mapping[str, str | int | float | bool | Secret] = {
                **settings.options,
                **self.settings.environment(self.environment).warehouses.get(name, {}),
                "production": self.settings.production,
            }
            identity = self.store.identity
            self.connected[name] = adapter(settings.type)(
                name, options, str(self.folder), self.settings.mesh, identity.id
            )
        return self.connected[name]

    def close(self) -> None:
        """Let go of everything."""
        for warehouse in self.connected.values():
            warehouse.close()
        self.store.close()
        self.cache.close()


@contextmanager
def opened(folder: Path, environment: str, system: System) -> Iterator[Opened]:
    """Open the mesh in a folder; `environment` "" means production, `auto` that of the branch.

    Raises Invalid, StoreError, Usage where the branch has no environment, and Blocked where
    another environment is production than the one that consumers see.
    """
    since = system.monotonic()
    settings = load_settings(folder, system.variables)
    environment = resolved(environment, folder, settings.production)
    store = open_store(settings.store.reveal(), settings.mesh, system.new_id(), str(folder))
    mesh = Opened(
        folder=folder,
        settings=settings,
        environment=environment,
        system=system,
        store=store,
        cache=Cache(folder / STATE),
        since=since,
    )
    try:
        _refuse_other_production(mesh)
        yield mesh
    finally:
        mesh.close()


def _refuse_other_production(mesh: Opened) -> None:
    """Another name for production would lift all that is in front of it. Raises Blocked."""
    wanted, known = mesh.settings.production, mesh.store.definitions.production()
    if known not in ("", wanted) and mesh.store.definitions.applied(known):
        raise Blocked(
            f"weft.yaml says that `{wanted}` is production, and what consumers see is `{known}`",
            why="Under another name it would not be compared with what they were promised.",
            next_step=f"`production: {known}` in weft.yaml",
        )
