"""Which files the sources of a mesh name right now, and what is in them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from weft.app.cache import Cache
from weft.mesh.manifest import FileSource, ProductManifest
from weft.plan.keys import SourceContent
from weft.plan.plan import Source
from weft.project.variables import resolve_variables
from weft.warehouses.files import SourceFiles
from weft.warehouses.protocol import WarehouseError


@dataclass(frozen=True)
class Contents:
    """What sources hold, by product and source; `unread` says by product why one cannot be read."""

    found: dict[str, dict[str, SourceContent]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


def source_contents(
    folder: Path,
    products: Iterable[ProductManifest],
    cache: Cache,
    variables: Mapping[str, str],
) -> Contents:
    """The content of every file source.

    `variables` fill in `${NAME}` in the paths. One without files, with a file that cannot be read,
    or with a variable that is not set concerns its own product only.
    """
    wanted = [(product, source) for product in products for source in product.sources]
    if not wanted:
        return Contents()
    remembered = cache.contents()
    files = SourceFiles(str(folder), remembered)
    contents = Contents()
    for product, source in wanted:
        try:
            names = _matching(folder, source, variables)
            content = SourceContent(names, files.content(names))
        except WarehouseError as error:
            contents.unread.setdefault(product.address, f"source {source.name}: {error}")
        else:
            contents.found.setdefault(product.address, {})[source.name] = content
    fresh = {path: each for path, each in files.known.items() if remembered.get(path) != each}
    if fresh:
        cache.remember_contents(fresh)
    return contents


def changed_sources(folder: Path, sources: Iterable[Source], cache: Cache) -> tuple[str, ...]:
    """The pinned sources whose files no longer hold what was pinned, by name.

    Files that came to a source meanwhile do not count. Raises WarehouseError for one that cannot
    be read.
    """
    files = SourceFiles(str(folder), cache.contents())
    return tuple(each.spec.name for each in sources if files.content(each.files) != each.content)


def _matching(folder: Path, source: FileSource, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The files of a pattern, relative to the mesh and sorted."""
    pattern, missing = resolve_variables(source.pattern, variables)
    if missing:
        raise WarehouseError(
            f"its path needs the variable {', '.join(missing)}, which is not set", denied=True
        )
    if glob.has_magic(pattern):
        names = glob.glob(pattern, root_dir=folder, recursive=True)
        names = [name.replace(os.sep, "/") for name in names if (folder / name).is_file()]
    else:
        names = [pattern] if (folder / pattern).is_file() else []
    if not names:
        raise WarehouseError(f"no file matches {pattern} in the mesh's folder", denied=True)
    return tuple(sorted(names))
