"""Compile the products whose files or surroundings changed, on all cores when they are many.

Imported only when something has to be compiled: reading SQL takes long to load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weft.app.processes import shared
from weft.mesh.contract import Status
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.manifest import ProductManifest
from weft.mesh.product import Domain, InputPort
from weft.plan.impact import port_reads
from weft.project.compile import Compiled, compile_product
from weft.project.faces import Faces, PortFace, as_read
from weft.project.names import MeshNames
from weft.project.parse import ParsedProduct

# Fewer models than this are compiled before another process would have begun.
_WORTH_SHARING = 200


@dataclass(frozen=True)
class Surroundings:
    """What a compilation sees beside the product: all others, as files and as published."""

    root: str
    domains: Mapping[str, Domain]
    faces: Faces
    names: MeshNames
    published: tuple[PortFace, ...]


@dataclass(frozen=True)
class Compilation:
    """A compiled product, or None where it has errors.

    One that is `broken` has lost something that it reads: then the manifest is what it was while
    that was there, and `diagnostics` says what it would be. `broken_by` are the ports whose changes
    break it, none where what broke it is published.
    """

    manifest: ProductManifest | None
    diagnostics: tuple[Diagnostic, ...]
    broken_by: tuple[str, ...] = ()
    broken: bool = False


def compile_products(
    products: Sequence[ParsedProduct], around: Surroundings, processes: int
) -> list[Compilation]:
    """Compile products, in order; they do not see each other but by their faces."""
    models = sum(len(each.product.models) for each in products if each.product)

    def work(parsed: ParsedProduct) -> Compilation:
        return _compiled(parsed, around)

    return shared(work, products, list[Compilation], processes if models >= _WORTH_SHARING else 1)


def _compiled(parsed: ParsedProduct, around: Surroundings) -> Compilation:
    product = parsed.product
    if product is None:
        return Compilation(None, parsed.diagnostics)
    domain = around.domains[product.domain]
    found = compile_product(parsed, domain, around.root, around.faces, around.names)
    # Nothing of what is only proposed is published that could go on as it was.
    if found.manifest is None and around.published and product.status is not Status.PROPOSED:
        return _against_published(found, parsed, domain, around)
    return Compilation(found.manifest, found.diagnostics)


def _against_published(
    failed: Compiled, parsed: ParsedProduct, domain: Domain, around: Surroundings
) -> Compilation:
    """Compile a product against its inputs as they are published, to see who broke it.

    Its own mistakes fail here as well, and then the first compilation counts.
    """
    before = Faces(around.published)
    inputs = parsed.product.inputs if parsed.product else ()
    changed = tuple(
        dict.fromkeys(each for port in inputs for each in _changed(port, around, before))
    )
    again = Compiled(None, ())
    if changed:
        again = compile_product(parsed, domain, around.root, before, MeshNames())
    if again.manifest is None:
        return Compilation(None, failed.diagnostics)
    return Compilation(again.manifest, failed.diagnostics, changed, broken=True)


def compile_as_applied(
    failed: Compilation, parsed: ParsedProduct, around: Surroundings, applied: ProductManifest
) -> Compilation:
    """Compile a product against its inputs with all that its applied definition reads of them.

    That is of those which lost something for which somebody answers; other mistakes fail here too.
    """
    product = parsed.product
    names = product.inputs if product else ()
    versions = [face for each in names for face in around.faces.majors(each.contract_id).values()]
    reads = tuple(port_reads(applied))
    before = {each.address: as_read(each, reads) for each in versions if each.waived}
    if product is None or all(before.get(each.address, each) == each for each in versions):
        return failed
    faces = Faces(before.get(each.address, each) for each in versions)
    domain = around.domains[product.domain]
    again = compile_product(parsed, domain, around.root, faces, MeshNames())
    if again.manifest is None:
        return failed
    return Compilation(again.manifest, failed.diagnostics, broken=True)


def _changed(port: InputPort, around: Surroundings, before: Faces) -> Iterator[str]:
    """The new major that a floating input follows to, else the published ones that changed."""
    now, then = around.faces.current(port.contract_id), before.current(port.contract_id)
    if not port.version and now and then and now.major != then.major:
        yield now.address
        return
    for major, face in before.majors(port.contract_id).items():
        if around.faces.majors(port.contract_id).get(major) != face:
            yield face.address
