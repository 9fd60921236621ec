"""What the store says of an environment: what was applied there, and what its readers see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from weft.app.bootstrap import Opened
from weft.app.load import Loaded, load
from weft.mesh.manifest import Descriptor, ProductManifest
from weft.store.protocol import Applied


@dataclass(frozen=True)
class Remembered:
    """What the store says of an environment, read once per plan.

    `descriptors` are of all that readers see there: of production, where a product publishes
    nothing of its own. `inherited` are production's definitions of products that were never applied
    in the environment.
    """

    applied: Mapping[str, Applied]
    descriptors: Mapping[str, Descriptor]
    inherited: Mapping[str, Applied] = field(default_factory=dict)


def remembered(mesh: Opened) -> Remembered:
    """Ask the store what was applied and what is published."""
    definitions = mesh.store.definitions
    applied = definitions.applied(mesh.environment)
    if mesh.production:
        return Remembered(applied, described(mesh))
    inherited = {
        address: each
        for address, each in definitions.applied(mesh.settings.production).items()
        if address not in applied
    }
    return Remembered(applied, described(mesh), inherited)


def described(mesh: Opened, products: Collection[str] | None = None) -> dict[str, Descriptor]:
    """The port versions that readers see, by address; of these products, or None: of all.

    They are production's, where a product publishes nothing of its own.
    """
    definitions = mesh.store.definitions
    own = definitions.descriptors(mesh.environment, products)
    if mesh.production:
        return own
    publish = {each.product for each in own.values()}
    others = {
        port: each
        for port, each in definitions.descriptors(mesh.settings.production, products).items()
        if each.product not in publish
    }
    return {**others, **own}


def load_files(mesh: Opened, memory: Remembered) -> Loaded:
    """Load the files of an open mesh; ports of other roots are as they are published.

    Raises Invalid when `weft.yaml` itself cannot be used.
    """
    applied = partial(applied_definitions, mesh, memory)
    return load(mesh.folder, mesh.system, mesh.cache, memory.descriptors.values(), applied)


def gone_products(mesh: Opened, memory: Remembered, loaded: Loaded) -> tuple[str, ...]:
    """Products that this root applied and that its files no longer define as built, sorted.

    Those whose files have errors are there.
    """
    root, built = mesh.settings.root, loaded.built
    return tuple(
        sorted(
            address
            for address, each in memory.applied.items()
            if each.root == root and address not in built and not loaded.has_errors(address)
        )
    )


def elsewhere(mesh: Opened, memory: Remembered) -> dict[str, str]:
    """The products that other roots applied, with these roots."""
    own = mesh.settings.root
    return {address: each.root for address, each in memory.applied.items() if each.root != own}


def applied_definitions(
    mesh: Opened, memory: Remembered, products: Iterable[str]
) -> dict[str, ProductManifest]:
    """The definitions that stand behind what readers see: those applied here, else production's."""
    products = tuple(products)
    definitions = mesh.store.definitions
    inherited = [each for each in products if each in memory.inherited]
    own = definitions.manifests(mesh.environment, products)
    return own | definitions.manifests(mesh.settings.production, inherited)


def all_applied(mesh: Opened, memory: Remembered) -> dict[str, ProductManifest]:
    """The definitions of all products that readers of an environment see."""
    return applied_definitions(mesh, memory, {*memory.applied, *memory.inherited})
