"""What `weft.yaml` says about a mesh: its store, its warehouses and its environments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from weft.mesh.secret import Secret
from weft.mesh.signoff import Answer

AUTO = "auto"
"""What stands for the environment of the checked out git branch, and names none itself.

Among the environments of `weft.yaml` it says what holds for all that are not declared.
"""

SettingValue = str | int | float | bool | Secret


@dataclass(frozen=True)
class WarehouseSettings:
    """A named warehouse: its `type` chooses the adapter, `options` are the adapter's own."""

    name: str
    type: str
    options: dict[str, SettingValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """A named, separate place with releases of its own. `ttl_days` 0 means for ever."""

    name: str
    ttl_days: int = 0
    warehouses: dict[str, dict[str, SettingValue]] = field(default_factory=dict)


@dataclass(frozen=True)
class Keep:
    """What rollback can reach: so many releases of a product, and at least so many days."""

    releases: int = 10
    days: int = 14


@dataclass(frozen=True)
class ReleasePolicy:
    """How versions are released: what the `silence` of consumers who were asked means."""

    silence: Answer = Answer.NO


@dataclass(frozen=True)
class RetirePolicy:
    """How ports end: for so many days nobody may have queried one that is retired."""

    quiet_days: int = 14


@dataclass(frozen=True)
class MeshSettings:
    """The content of `weft.yaml`. `root` is this repository's name in the store.

    `store` is the address of the store, which may have a password in it.
    """

    mesh: str
    root: str
    store: Secret
    production: str
    warehouses: dict[str, WarehouseSettings]
    environments: dict[str, Environment]
    keep: Keep = Keep()
    release: ReleasePolicy = ReleasePolicy()
    retire: RetirePolicy = RetirePolicy()

    def environment(self, name: str) -> Environment:
        """The settings of an environment, whether or not it is declared."""
        undeclared = self.environments.get(AUTO) if name != self.production else None
        others = replace(undeclared, name=name) if undeclared else Environment(name)
        return self.environments.get(name, others)

    @property
    def declared(self) -> tuple[str, ...]:
        """The names of the declared environments, in their order; production is among them."""
        named = (each for each in self.environments if each != AUTO)
        return tuple(dict.fromkeys((*named, self.production)))
