"""Compile parsed products into manifests: the desired state of a mesh, checked and resolved.

Environments, grants and protections will join as values here; build keys and releases do not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec

from weft.contract.checks import head_checks
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.manifest import FileSource, PortVersion, ProductManifest, Transform
from weft.mesh.product import DataProduct, Domain
from weft.project.faces import Faces
from weft.project.inputs import resolve_inputs
from weft.project.models import Surroundings, compile_models
from weft.project.names import MeshNames
from weft.project.order import in_order
from weft.project.parse import ParsedProduct
from weft.project.ports import compile_port
from weft.project.sources import compile_source
from weft.project.test_problems import test_problems
from weft.sql.dialect import dialect_named


@dataclass(frozen=True)
class Compiled:
    """A compiled product, or None where it has errors, and everything found on the way."""

    manifest: ProductManifest | None
    diagnostics: tuple[Diagnostic, ...]


def compile_product(
    parsed: ParsedProduct, domain: Domain, root: str, faces: Faces, mesh: MeshNames
) -> Compiled:
    """Compile one product against the faces of all others."""
    product = parsed.product
    if product is None:
        return Compiled(None, parsed.diagnostics)
    diagnostics = list(parsed.diagnostics)
    dialect = dialect_named(domain.dialect)
    inputs, found = resolve_inputs(parsed, faces)
    diagnostics += found
    sources: dict[str, FileSource] = {}
    for each in product.sources:
        source, found = compile_source(each, parsed.documents[each.path], dialect)
        diagnostics += found
        if source is not None:
            sources[source.name] = source
    diagnostics += _clashes(parsed)
    around = Surroundings(
        product.address, dialect, {each.name: each for each in inputs}, sources, faces, mesh
    )
    transforms, problems = compile_models(product.models, around)
    diagnostics += problems
    ports: list[PortVersion] = []
    for contract in product.contracts:
        document = parsed.documents[contract.path]
        port, problems = compile_port(product, contract, document, transforms, around)
        diagnostics += problems
        if port is not None:
            ports.append(port)
    diagnostics += test_problems(parsed, transforms, around.known_input)
    if any(each.severity is Severity.ERROR for each in diagnostics):
        return Compiled(None, tuple(diagnostics))
    heads = {model.name: head_checks(model.required, model.unique) for model in product.models}
    manifest = ProductManifest(
        domain=product.domain,
        name=product.name,
        root=root,
        path=product.path,
        warehouse=domain.warehouse,
        dialect=domain.dialect,
        title=product.title,
        purpose=product.purpose,
        owner=product.team.owner or domain.team.owner,
        status=product.status,
        version=product.version,
        tags=product.tags,
        inputs=inputs,
        sources=tuple(sources.values()),
        transforms=tuple(
            replace(each, checks=heads.get(each.name, ())) for each in transforms.values()
        ),
        ports=tuple(sorted(ports, key=lambda port: (port.port, port.major))),
        tests=product.tests,
    )
    return Compiled(replace(manifest, digest=digest_of(manifest)), tuple(diagnostics))


def digest_of(manifest: ProductManifest) -> str:
    """Hash everything that a manifest means; source texts and paths are no part of that."""
    meaning = replace(
        manifest,
        digest="",
        path="",
        transforms=tuple(_meaning(each) for each in sorted(manifest.transforms, key=_name)),
        tests=tuple(replace(each, path="") for each in manifest.tests),
    )
    text = msgspec.json.encode(meaning, order="sorted")
    return hashlib.sha256(text).hexdigest()[:32]


def _name(transform: Transform) -> str:
    return transform.name


def _meaning(transform: Transform) -> Transform:
    # The query's text differs where only aliases do; its fingerprint says all it means.
    return replace(transform, text="", path="", query=replace(transform.query, parts=()))


def _clashes(parsed: ParsedProduct) -> list[Diagnostic]:
    product = parsed.product
    if product is None:
        return []
    models = {model.name: model for model in product.models}
    document = parsed.documents[f"{product.path}/product.yaml"]
    return [
        document.diagnostic(
            "W421",
            f"`{port.name}` is an input port and a model",
            "inputPorts",
            index,
            "name",
            note=f"FROM {port.name} could mean either; see {models[port.name].path}",
        )
        for index, port in enumerate(product.inputs)
        if port.name in models
    ]


def order_products(
    products: Iterable[ProductManifest | DataProduct],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Order products so that each stands after those it reads; or one cycle of them."""
    reads: dict[str, list[str]] = {}
    for product in products:
        if isinstance(product, ProductManifest):
            targets = [each.port for each in product.inputs if each.port]
        else:
            own = {each.contract.id for each in product.sources}
            targets = [each.contract_id for each in product.inputs if each.contract_id not in own]
        reads[product.address] = [target.rpartition(".")[0] for target in targets]
    return in_order(reads)


def cycle_diagnostic(cycle: tuple[str, ...], parsed: Mapping[str, ParsedProduct]) -> Diagnostic:
    """Report a cycle between products at the first input port that is part of it."""
    path = " -> ".join(cycle)
    message = f"products read each other in a circle: {path}"
    for address, following in pairwise(cycle):
        found = parsed.get(address)
        if found is None or found.product is None:
            continue
        document = found.documents[f"{found.product.path}/product.yaml"]
        for index, port in enumerate(found.product.inputs):
            if port.contract_id.rpartition(".")[0] == following:
                return document.diagnostic(
                    "W405",
                    message,
                    "inputPorts",
                    index,
                    "contractId",
                    note="one of these edges has to go",
                )
    return Diagnostic("W405", message)
