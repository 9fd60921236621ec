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
) -> dict[str, ProductManifest | None]:
    """What was published last of products whose applied definition never was, by address.

    None where nothing was. `digests` are of the applied definitions, `releases` the current ones.
    Empty outside production, where nobody relies on what was there. Raises StoreError.
    """
    if not mesh.production:
        return {}
    last = {
        address: _last_published(mesh, address, releases.get(address))
        for address in products
        if address in digests
        and (address not in releases or releases[address].manifest != digests[address])
    }
    behind = {address: each for address, each in last.items() if each != digests[address]}
    kept = mesh.store.definitions.kept(filter(None, behind.values()))
    return {address: kept.get(each) for address, each in behind.items() if each in kept or not each}


def _last_published(mesh: Opened, product: str, current: Release | None) -> str:
    """The digest of the definition that was published last, "" where none was.

    A rollback publishes none, and what is shown need not be recorded yet.
    """
    recorded = mesh.store.journal.releases(mesh.environment, product)
    shown = current.manifest if current else ""
    return next((each.manifest for each in recorded if not each.restores), shown)
