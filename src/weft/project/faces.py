"""What products may know of each other: the port versions of a mesh and their columns.

A face comes from files, from a compiled product or from a published descriptor; all three look
the same from outside, so that a domain compiles without any other domain's source code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from weft.contract.endings import Ending, ending_of
from weft.contract.waivers import waivers_of
from weft.mesh.address import port_and_major, product_of
from weft.mesh.contract import SchemaProperty, Status
from weft.mesh.manifest import Column, Descriptor, ProductManifest, Read
from weft.mesh.product import DataProduct
from weft.sql.dialect import Dialect, dialect_named
from weft.sql.types import translated_type

# Logical types that have one native form whatever the width, so a consumer can rely on it.
_CERTAIN = ("string", "boolean", "date")


@dataclass(frozen=True)
class PortFace:
    """A port version as others see it; `objects` gives the columns of each object in order.

    `proposed` says that nothing is built of its product, so that only other proposals can read it.
    `dialect` is that of the columns' types, and `warehouse` where it lives, "" where that is not
    known; `native` is the dialect of what runs there. `ending` is what its contract says
    of its end. It is `waived` where somebody answers for what it broke.
    """

    product: str
    port: str
    major: int
    version: str
    status: Status
    objects: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    proposed: bool = False
    dialect: str = field(default="", compare=False)
    warehouse: str = field(default="", compare=False)
    native: str = field(default="", compare=False)
    ending: Ending = field(default=Ending(), compare=False)
    waived: bool = field(default=False, compare=False)

    def objects_in(self, dialect: Dialect) -> Mapping[str, tuple[Column, ...]]:
        """The columns of each object with their types in a dialect."""
        if self.dialect in ("", dialect.name):
            return self.objects
        own = dialect_named(self.dialect)
        return {
            name: tuple(
                Column(each.name, translated_type(each.type, own, dialect) if each.type else "")
                for each in columns
            )
            for name, columns in self.objects.items()
        }

    @property
    def name(self) -> str:
        """`domain.product.port`."""
        return f"{self.product}.{self.port}"

    @property
    def address(self) -> str:
        """`domain.product.port@N`."""
        return f"{self.name}@{self.major}"


def column_of(prop: SchemaProperty, dialect: Dialect) -> Column:
    """The column that a contract promises: its type only where the contract leaves no choice."""
    if prop.physical_type:
        return Column(prop.name, prop.physical_type)
    if prop.logical_type in _CERTAIN:
        return Column(prop.name, dialect.native_type(prop.logical_type, "", prop.options))
    return Column(prop.name)


def faces_of_product(
    product: DataProduct, dialect: Dialect, warehouse: str = "", native: str = ""
) -> tuple[PortFace, ...]:
    """The faces of a product that was just read from its files.

    `native` is the dialect of its warehouse, where that is another one.
    """
    return tuple(
        PortFace(
            product=product.address,
            port=each.port,
            major=each.major,
            version=each.contract.version,
            status=capped(each.contract.status, product.status),
            objects={
                obj.name: tuple(column_of(prop, dialect) for prop in obj.properties)
                for obj in each.contract.objects
            },
            proposed=product.status is Status.PROPOSED,
            dialect=dialect.name,
            warehouse=warehouse,
            native=native or dialect.name,
            ending=ending_of(each.contract.document),
            waived=bool(waivers_of(each.contract.document)),
        )
        for each in product.contracts
    )


def faces_of_manifest(manifest: ProductManifest) -> tuple[PortFace, ...]:
    """The faces of a compiled product."""
    return tuple(
        PortFace(
            product=manifest.address,
            port=each.port,
            major=each.major,
            version=each.version,
            status=each.status,
            objects={obj.name: obj.columns for obj in each.objects},
            proposed=manifest.is_proposed,
            dialect=manifest.dialect,
            warehouse=manifest.warehouse,
            native=manifest.native_dialect,
            ending=ending_of(each.contract),
            waived=bool(waivers_of(each.contract)),
        )
        for each in manifest.ports
    )


def faces_of_descriptors(descriptors: Iterable[Descriptor]) -> tuple[PortFace, ...]:
    """The faces of published ports."""
    return tuple(
        PortFace(
            product=each.product,
            port=each.port,
            major=each.major,
            version=each.version,
            status=each.status,
            objects=each.objects,
            dialect=each.dialect,
            warehouse=each.warehouse,
            native=each.warehouse_dialect or each.dialect,
            ending=ending_of(each.contract),
            waived=bool(waivers_of(each.contract)),
        )
        for each in descriptors
    )


def capped(status: Status, ceiling: Status) -> Status:
    """A port's status under its product's: never more alive than the product.

    The order of life is proposed, draft, active; deprecated and retired are ends of it.
    """
    if ceiling is Status.ACTIVE or status is Status.RETIRED:
        return status
    if ceiling in (Status.DEPRECATED, Status.RETIRED):
        return ceiling if status.published else status
    return min(status, ceiling, key=list(Status).index)


def as_read(face: PortFace, reads: Iterable[Read]) -> PortFace:
    """A face with everything that somebody reads of it, be it gone; of that no type is known."""
    objects = {name: list(columns) for name, columns in face.objects.items()}
    for read in reads:
        if read.target == face.address:
            columns = objects.setdefault(read.object, [])
            there = {each.name for each in columns}
            columns += [Column(name) for name in read.columns if name not in there]
    return replace(face, objects={name: tuple(columns) for name, columns in objects.items()})


class Faces:
    """All faces of a mesh by port; the files' own win over what is published.

    Where both know a port, the files are newer, and absence of a major there is meant.
    `unread` are the addresses of ports, products and domains whose files cannot be used; a port
    whose contract promises no object counts as one of them. `partial` says that nobody could be
    asked what other repositories publish.
    """

    def __init__(
        self,
        own: Iterable[PortFace],
        published: Iterable[PortFace] = (),
        unread: Iterable[str] = (),
        *,
        partial: bool = False,
    ) -> None:
        self._unread = set(unread)
        self._partial = partial
        self._ports: dict[str, dict[int, PortFace]] = {}
        for face in own:
            if face.objects:
                self._add(face)
            else:
                self._unread.add(face.name)
        self._own = {face.product for ports in self._ports.values() for face in ports.values()}
        for face in published:
            if face.product not in self._own:
                self._add(face)

    def _add(self, face: PortFace) -> None:
        self._ports.setdefault(face.name, {})[face.major] = face

    @property
    def ports(self) -> tuple[str, ...]:
        """The addresses of all ports, without majors."""
        return tuple(self._ports)

    def is_unread(self, port: str) -> bool:
        """Whether a port is there, or may be, in a file that was reported as unusable."""
        domain = port.partition(".")[0]
        return not self._unread.isdisjoint((domain, product_of(port), port))

    def may_be_elsewhere(self, port: str) -> bool:
        """Whether a port that is not here may be one of a repository that nobody could ask."""
        return self._partial and product_of(port) not in self._own

    def majors(self, port: str) -> dict[int, PortFace]:
        """The versions of a port by major; empty when there is no such port."""
        return self._ports.get(port, {})

    def face(self, address: str) -> PortFace:
        """The port version at `domain.product.port@N`. Raises KeyError when there is none."""
        port, major = port_and_major(address)
        return self._ports[port][major]

    def current(self, port: str) -> PortFace | None:
        """What a floating consumer gets: the highest active major, else deprecated, else any."""
        versions = self.majors(port).values()
        for wanted in (Status.ACTIVE, Status.DEPRECATED, Status.DRAFT, Status.PROPOSED):
            alive = [face for face in versions if face.status is wanted]
            if alive:
                return max(alive, key=lambda face: face.major)
        return None
