"""Compile meshes that are written by hand as files, without a disk."""

from __future__ import annotations

from collections.abc import Mapping

from mesh_files import Product, mesh_files
from weft.mesh.manifest import ProductManifest
from weft.mesh.product import Domain
from weft.project.compile import Compiled, compile_product
from weft.project.faces import Faces, PortFace, faces_of_product
from weft.project.names import MeshNames
from weft.project.parse import ParsedProduct, parse_product
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_named

DUCKDB = dialect_named("duckdb")


def parsed(
    *products: Product, changed: Mapping[str, bytes] | None = None
) -> dict[str, ParsedProduct]:
    """Products as they are read; `changed` files take the place of those of the same path."""
    files = {**mesh_files(products), **(changed or {})}
    found: dict[str, ParsedProduct] = {}
    for each in products:
        inside = [
            SourceFile(path, data, len(data))
            for path, data in files.items()
            if path.startswith(f"{each.folder}/") and data
        ]
        found[each.address] = parse_product(each.folder, each.address.split(".")[0], inside)
    return found


def compiled(
    *products: Product,
    changed: Mapping[str, bytes] | None = None,
    published: tuple[PortFace, ...] = (),
) -> dict[str, Compiled]:
    """Products compiled against each other, and against what others published."""
    found = parsed(*products, changed=changed)
    known = [each.product for each in found.values() if each.product is not None]
    faces = Faces([face for each in known for face in faces_of_product(each, DUCKDB)], published)
    names = MeshNames.of(
        [(model.name, each.address) for each in known for model in each.models], faces.ports
    )
    return {
        address: compile_product(
            each, Domain(address.split(".")[0], "lake", "duckdb"), "root", faces, names
        )
        for address, each in found.items()
    }


def manifest(*products: Product, changed: Mapping[str, bytes] | None = None) -> ProductManifest:
    """The last of these products, which compile."""
    found = compiled(*products, changed=changed)
    for each in found.values():
        assert each.manifest is not None, each.diagnostics
    last = found[products[-1].address].manifest
    assert last is not None
    return last


def codes(*products: Product, changed: Mapping[str, bytes] | None = None) -> list[str]:
    """What is found in the last of these products."""
    found = compiled(*products, changed=changed)[products[-1].address]
    return [each.code for each in found.diagnostics]
