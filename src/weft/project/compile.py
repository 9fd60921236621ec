"""Compile parsed products into manifests: the desired state of a mesh, checked and resolved.

A manifest is the same in every environment: build keys, releases and grants are no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from weft.contract.checks import head_checks
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.manifest import (
    FileSource,
    PortVersion,
    ProductManifest,
    ResolvedInput,
    TableSource,
    Transform,
)
from weft.mesh.product import DataProduct, Domain
from weft.project.carrying import carrying_problems
from weft.project.digest import digest_of
from weft.project.expectations import compile_expectations
from weft.project.faces import Faces
from weft.project.inputs import resolve_inputs
from weft.project.models import Surroundings, compile_models
from weft.project.names import MeshNames
from weft.project.parse import ParsedProduct
from weft.project.ports import compile_port
from weft.project.promised import promised_columns
from weft.project.read_yaml import Document
from weft.project.relations import Relations
from weft.project.sources import compile_source
from weft.project.test_problems import test_problems
from weft.sql.dialect import Dialect, dialect_named


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
    within = compile_within(product, parsed, domain, faces, mesh)
    around, inputs, transforms = within.around, within.inputs, within.transforms
    sources = around.sources
    diagnostics = [*parsed.diagnostics, *within.diagnostics]
    relations = Relations.of(product.models, transforms, around)
    ports, problems = _compile_ports(product, parsed.documents, relations)
    diagnostics += problems + test_problems(parsed, relations)
    expectations, problems = compile_expectations(product, parsed.documents, around)
    diagnostics += problems
    if around.unresolved or any(each.severity is Severity.ERROR for each in diagnostics):
        return Compiled(None, tuple(diagnostics))
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
        sources=tuple(each for each in sources.values() if isinstance(each, FileSource)),
        transforms=_with_heads(product, transforms),
        ports=tuple(sorted(ports, key=lambda port: (port.port, port.major))),
        tests=product.tests,
        warehouse_dialect=domain.warehouse_dialect,
        tables=tuple(each for each in sources.values() if isinstance(each, TableSource)),
        expectations=expectations,
    )
    return Compiled(replace(manifest, digest=digest_of(manifest)), tuple(diagnostics))


@dataclass(frozen=True)
class Within:
    """What is inside of a product, compiled: nothing of it depends on what its ports promise.

    But for a model in Python, of which nothing else is known.
    """

    around: Surroundings
    inputs: tuple[ResolvedInput, ...]
    transforms: Mapping[str, Transform]
    diagnostics: tuple[Diagnostic, ...]


def compile_within(
    product: DataProduct, parsed: ParsedProduct, domain: Domain, faces: Faces, mesh: MeshNames
) -> Within:
    """Compile the inputs, sources and models of a product."""
    dialect = dialect_named(domain.dialect)
    inputs, found = resolve_inputs(parsed, faces)
    diagnostics = [*found, *carrying_problems(parsed, inputs, faces, domain)]
    sources, problems = _compile_sources(product, parsed.documents, dialect)
    diagnostics += problems + _clashes(product, parsed.documents)
    resolved = {each.name: each for each in inputs if not each.source or each.source in sources}
    around = Surroundings(
        product=product.address,
        dialect=dialect,
        native=dialect_named(domain.warehouse_dialect) if domain.warehouse_dialect else dialect,
        inputs=resolved,
        unresolved=(frozenset(each.name for each in product.inputs) - set(resolved))
        | parsed.unread,
        sources=sources,
        faces=faces,
        mesh=mesh,
        promised=promised_columns(product, dialect),
    )
    transforms, problems = compile_models(product.models, around)
    return Within(around, inputs, transforms, (*diagnostics, *problems))


def _with_heads(product: DataProduct, transforms: Mapping[str, Transform]) -> tuple[Transform, ...]:
    """Compiled models with the checks that their heads ask for."""
    heads = {model.name: head_checks(model.required, model.unique) for model in product.models}
    return tuple(replace(each, checks=heads[each.name]) for each in transforms.values())


def _compile_ports(
    product: DataProduct, documents: Mapping[str, Document], relations: Relations
) -> tuple[list[PortVersion], list[Diagnostic]]:
    ports: list[PortVersion] = []
    diagnostics: list[Diagnostic] = []
    for each in product.contracts:
        port, found = compile_port(product, each, documents[each.path], relations)
        diagnostics += found
        if port is not None:
            ports.append(port)
    return ports, diagnostics


def _compile_sources(
    product: DataProduct, documents: Mapping[str, Document], dialect: Dialect
) -> tuple[dict[str, FileSource | TableSource], list[Diagnostic]]:
    sources: dict[str, FileSource | TableSource] = {}
    diagnostics: list[Diagnostic] = []
    for each in product.sources:
        source, found = compile_source(each, documents[each.path], dialect)
        diagnostics += found
        if source is not None:
            sources[source.name] = source
    return sources, diagnostics


def _clashes(product: DataProduct, documents: Mapping[str, Document]) -> list[Diagnostic]:
    models = {model.name: model for model in product.models}
    document = documents[f"{product.path}/product.yaml"]
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
