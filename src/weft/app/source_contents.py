"""Which files the sources of a mesh name right now, and what is in them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from weft.app.cache import Cache
from weft.mesh.manifest import FileSource, ProductManifest
from weft.plan.keys import SourceContent
from weft.plan.plan import Source
from weft.project.variables import resolve_variables
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import WarehouseError


def source_contents(
    folder: Path,
    products: Iterable[ProductManifest],
    cache: Cache,
    variables: Mapping[str, str],
) -> dict[str, dict[str, SourceContent]]:
    """The content of every file source, by product and source.

    `variables` fill in `${NAME}` in the paths. Raises WarehouseError for a source without files,
    with one that cannot be read, or with a variable that is not set.
    """
    wanted = [(product, source) for product in products for source in product.sources]
    if not wanted:
        return {}
    remembered = cache.contents()
    files = SourceFiles(str(folder), remembered)
    found: dict[str, dict[str, SourceContent]] = {}
    for product, source in wanted:
        names = _matching(folder, source, product.address, variables)
        content = SourceContent(names, files.content(names))
        found.setdefault(product.address, {})[source.name] = content
    fresh = {path: each for path, each in files.known.items() if remembered.get(path) != each}
    if fresh:
        cache.remember_contents(fresh)
    return found


def changed_sources(folder: Path, sources: Iterable[Source], cache: Cache) -> tuple[str, ...]:
    """The pinned sources whose files no longer hold what was pinned, by name.

    Files that came to a source meanwhile do not count. Raises WarehouseError for one that cannot
    be read.
    """
    files = SourceFiles(str(folder), cache.contents())
    return tuple(each.spec.name for each in sources if files.content(each.files) != each.content)


def _matching(
    folder: Path, source: FileSource, product: str, variables: Mapping[str, str]
) -> tuple[str, ...]:
    """The files of a pattern, relative to the mesh and sorted."""
    pattern, missing = resolve_variables(source.pattern, variables)
    if missing:
        raise WarehouseError(
            f"{product}.{source.name}: its path needs the variable {', '.join(missing)}, "
            "which is not set",
            denied=True,
        )
    if glob.has_magic(pattern):
        names = glob.glob(pattern, root_dir=folder, recursive=True)
        names = [name.replace(os.sep, "/") for name in names if (folder / name).is_file()]
    else:
        names = [pattern] if (folder / pattern).is_file() else []
    if not names:
        raise WarehouseError(
            f"{product}.{source.name}: no file matches {pattern} in the mesh's folder",
            denied=True,
        )
    return tuple(sorted(names))
