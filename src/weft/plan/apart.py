"""What of a product only its unreleased port versions depend on, so that it can be kept apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from weft.contract.candidates import UNFINISHED
from weft.mesh.manifest import PortVersion, ProductManifest


def models_apart(manifest: ProductManifest) -> dict[str, frozenset[str]]:
    """The unreleased port versions, by `port@N`, each with the models behind it.

    Models that are behind something published as well are left out. Where nothing is published
    there is nothing to keep apart from, and then there are none.
    """
    published = [each for each in manifest.ports if each.status.published]
    if not published:
        return {}
    shared = _behind(published, manifest)
    unfinished = (each for each in manifest.ports if each.status in UNFINISHED)
    return {each.name: _behind([each], manifest) - shared for each in unfinished}


def versions_of(model: str, apart: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The unreleased port versions that a model is behind, if it is behind nothing else."""
    return tuple(name for name, models in apart.items() if model in models)


def _behind(ports: Iterable[PortVersion], manifest: ProductManifest) -> frozenset[str]:
    """The models that fill ports, and those of the product that these read."""
    return manifest.behind(obj.model for port in ports for obj in port.objects)
