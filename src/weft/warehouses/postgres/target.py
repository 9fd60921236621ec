"""Where a database is and how it is entered, as libpq's keywords; secrets come out nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weft.mesh.secret import Secret
from weft.warehouses.options import wrong_options
from weft.warehouses.postgres.options import OPTIONS
from weft.warehouses.protocol import WarehouseError

_OURS = {"database": "dbname"}

# In seconds.
_TIMEOUT = 10


@dataclass(frozen=True)
class Target:
    """A database. `name` is that of the warehouse in weft.yaml."""

    name: str
    keywords: Mapping[str, Any] = field(repr=False)

    @property
    def place(self) -> str:
        """How messages name it."""
        return f"warehouse `{self.name}` in weft.yaml"

    def revealed(self) -> dict[str, Any]:
        """Return the keywords with passwords. Raises WarehouseError for one that is missing."""
        try:
            return {
                name: value.reveal() if isinstance(value, Secret) else value
                for name, value in self.keywords.items()
            }
        except KeyError as missing:
            raise WarehouseError(
                f"{self.place} needs the environment variable {missing.args[0]}; set it",
                denied=True,
            ) from missing


def target_of(name: str, options: Mapping[str, Any]) -> Target:
    """Read the options of a warehouse. Raises WarehouseError for one that is not right."""
    for each in wrong_options(OPTIONS, options, options):
        problem = f"warehouse `{name}`: {each.problem}; {each.advice}"
        raise WarehouseError(problem, denied=True)
    given = {_OURS.get(option, option): value for option, value in options.items()}
    return Target(name, {"connect_timeout": _TIMEOUT, **given})


def driver(target: Target) -> Any:
    """Import the driver. Raises WarehouseError when it is not installed."""
    try:
        import psycopg
    except ImportError as error:
        raise WarehouseError(
            f"{target.place} needs psycopg, which is not installed; run: "
            "pip install 'weft[postgres]'",
            denied=True,
        ) from error
    return psycopg
