"""Whether input ports that live on another warehouse can be brought over as they are."""

from __future__ import annotations

from collections.abc import Iterable

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import ResolvedInput
from weft.mesh.product import Domain
from weft.project.faces import Faces, PortFace
from weft.project.parse import ParsedProduct
from weft.sql.carried import carried_type
from weft.sql.dialect import dialect_named


def carrying_problems(
    parsed: ParsedProduct, inputs: Iterable[ResolvedInput], faces: Faces, domain: Domain
) -> list[Diagnostic]:
    """Report the columns of input ports for which the product's warehouse has no type.

    Where a contract leaves the type open, only the data will tell.
    """
    product = parsed.product
    if product is None:
        return []
    document = parsed.documents[f"{product.path}/product.yaml"]
    places = {port.name: place for place, port in enumerate(product.inputs)}
    return [
        document.diagnostic(
            "W331",
            f"input port `{each.name}` cannot be brought over to {domain.warehouse}",
            "inputPorts",
            places[each.name],
            "contractId",
            note=note,
        )
        for each in inputs
        if each.port
        for note in _not_kept(faces.face(each.port), domain)
    ]


def _not_kept(face: PortFace, domain: Domain) -> list[str]:
    if face.warehouse in ("", domain.warehouse) or not face.dialect:
        return []
    source = dialect_named(face.dialect)
    target = dialect_named(domain.warehouse_dialect or domain.dialect)
    return [
        f"its column `{column.name}` is of type {column.type}, which has no equal there"
        for columns in face.objects.values()
        for column in columns
        if column.type and carried_type(column.type, source, target) is None
    ]
