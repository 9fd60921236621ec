"""Find what consumers were promised last, where a later definition was applied and never published.

That is so where checks held its product. Nobody was told of what such a definition says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from weft.app.bootstrap import Opened
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release


def promised_instead(
    mesh: Opened,
    products: Iterable[str],
    digests: Mapping[str, str],
    releases: Mapping[str, Release],
) -> dict[str, ProductManifest]:
    """What was published last of products whose applied definition never was, by address.

    `digests` are of the applied definitions, `releases` the current ones. Nothing outside
    production, where nobody relies on what was there. Raises StoreError.
    """
    if not mesh.production:
        return {}
    published = {
        address: _newest(mesh, address)
        for address in products
        if address in digests
        and address in releases
        and releases[address].manifest not in ("", digests[address])
    }
    wanted = {address: each for address, each in published.items() if each != digests[address]}
    kept = mesh.store.definitions.kept(wanted.values())
    return {address: kept[each] for address, each in wanted.items() if each in kept}


def _newest(mesh: Opened, product: str) -> str:
    """The digest of the definition that was published last; a rollback publishes none."""
    releases = mesh.store.journal.releases(mesh.environment, product)
    return next((each.manifest for each in releases if not each.restores), "")
