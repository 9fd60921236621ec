"""Where a database is and how it is entered, as libpq's keywords; secrets come out nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from weft.mesh.secret import Secret
from weft.warehouses.protocol import WarehouseError

_OURS = {"database": "dbname"}
_PRODUCTION = "production"
_TIMEOUT = 10

# What would change how sessions behave, or where the driver reads and writes files.
_NOT_HERE = ("options", "replication", "application_name", "fallback_application_name")


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
    """Read the options of a warehouse. Raises WarehouseError for one that libpq does not have."""
    keywords: dict[str, Any] = {"connect_timeout": _TIMEOUT}
    target = Target(name, keywords)
    known = _known(target)
    for option, value in options.items():
        if option == _PRODUCTION:
            continue
        keyword = _OURS.get(option, option)
        if keyword not in known:
            near = get_close_matches(option, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else "see the keywords of libpq"
            raise WarehouseError(f"{target.place} has no option `{option}`; {hint}", denied=True)
        keywords[keyword] = value
    return target


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


def _known(target: Target) -> list[str]:
    found = driver(target).pq.Conninfo.get_defaults()
    names = [each.keyword.decode() for each in found]
    return [name for name in names if name not in _NOT_HERE]
