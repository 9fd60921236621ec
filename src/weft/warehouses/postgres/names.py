"""How everything of ours is called in a database: schemas, owners and relations.

No name is ever longer than the server allows; a longer one is shortened by a hash of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

MAX_BYTES = 63

POINTER = "pointer"
RELEASES = "releases"

_HASHED = 12
# No domain can be called so.
_OF_NOBODY = "weft"


@dataclass(frozen=True)
class Place:
    """Where a product lives in an environment: two schemas, and the two roles that own them.

    What belongs to no product has a place too; nothing is published there, and `ports` is "".
    """

    product: str
    environment: str
    ports: str
    internal: str
    port_owner: str
    internal_owner: str

    @property
    def schemas(self) -> tuple[str, ...]:
        """The schemas that it has."""
        return (self.ports, self.internal) if self.ports else (self.internal,)

    @property
    def owners(self) -> tuple[str, ...]:
        """The owners that it has."""
        return (self.port_owner, self.internal_owner) if self.port_owner else (self.internal_owner,)


@dataclass(frozen=True)
class Names:
    """The names that a mesh uses. Roles belong to the whole server, so theirs begin with it."""

    mesh: str
    production: str

    @property
    def readers(self) -> str:
        """The role that may read what production publishes is made of, for other environments."""
        return shortened(f"{self.mesh}__builds")

    @property
    def adopters(self) -> str:
        """The role that may take over what other environments have built."""
        return shortened(f"{self.mesh}__adopts")

    def is_production(self, environment: str) -> bool:
        """Whether an environment is production, which "" stands for too."""
        return environment in ("", self.production)

    def place(self, product: str, environment: str) -> Place:
        """Return where a product lives; the environment "" is production.

        The product "" stands for what belongs to none: copies from other warehouses.
        """
        here = environment or self.production
        ports = product.replace(".", "__") or _OF_NOBODY
        if here != self.production:
            ports = f"{here}__{ports}"
        internal = f"{ports}__internal"
        return Place(
            product=product,
            environment=here,
            ports=shortened(ports) if product else "",
            internal=shortened(internal),
            port_owner=shortened(f"{self.mesh}__{ports}") if product else "",
            internal_owner=shortened(f"{self.mesh}__{internal}"),
        )


def shortened(name: str) -> str:
    """Return a name that the server takes; other names give another one.

    >>> shortened("sales__orders"), len(shortened("a" * 100))
    ('sales__orders', 63)
    """
    data = name.encode()
    if len(data) <= MAX_BYTES:
        return name
    digest = hashlib.sha256(data).hexdigest()[:_HASHED]
    head = data[: MAX_BYTES - _HASHED - 1].decode(errors="ignore")
    return f"{head}_{digest}"


def build_name(key: str) -> str:
    """Return the name of a build's table or view."""
    return shortened(f"b_{key}")


def source_name(key: str) -> str:
    """Return the name of the table that a source was landed in."""
    return shortened(f"s_{key}")


def layer_name(key: str, number: int) -> str:
    """Return the name of the table of rows that a build which grows shares with later ones."""
    return shortened(f"p_{key}_{number}")


def keys_name(key: str, number: int) -> str:
    """Return the name of the table of keys whose earlier rows such a build does not count."""
    return shortened(f"g_{key}_{number}")


def scratch_name(key: str, purpose: str) -> str:
    """Return the name of a table that is there only while a build is made."""
    return shortened(f"w_{key}_{purpose}")


def rows_name(audit: str, check: str) -> str:
    """Return the name of the table of a check's failing rows; `check` is a plain name."""
    return shortened(f"q_{audit}_{check}")
