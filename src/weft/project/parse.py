"""Files to settings, domains and products, with everything that is wrong with them.

Each product is read on its own; what it needs from others is looked up in `compile.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.product import (
    DataProduct,
    Domain,
    InputContract,
    Model,
    PortContract,
    SourceContract,
    UnitTest,
)
from weft.mesh.settings import MeshSettings
from weft.project.check_product import domain_problems, model_problems, product_problems
from weft.project.config import read_domain, read_settings
from weft.project.fragments import NO_FRAGMENTS, Fragments, Used
from weft.project.layout import Layout, layout_of
from weft.project.no_effect import domain_without_effect
from weft.project.odcs import read_contract
from weft.project.odps import read_product
from weft.project.read_python import read_python_model
from weft.project.read_sql import read_model
from weft.project.read_yaml import Document, read_yaml
from weft.project.resolving import resolve
from weft.project.schema import Format, check_shape
from weft.project.source import SourceFile
from weft.project.unit_tests import read_tests

# Checks of a product stop here: it is no product of people's, and looking on costs time.
_MOST_PROBLEMS = 500

Diagnostics = tuple[Diagnostic, ...]


@dataclass(frozen=True)
class ParsedProduct:
    """A product as its files say it, its YAML documents by path, and what is wrong with them.

    `product` is None where product.yaml cannot be used; other files that cannot be used are left
    out of it. It is fit for compiling only where no diagnostic is an error.
    `unread` names what is there and cannot be used, so that who needs it can pass over it: models
    by their name, everything else by its address or id. `used` are the fragments that its
    contracts use.
    """

    product: DataProduct | None
    documents: dict[str, Document] = field(default_factory=dict)
    diagnostics: Diagnostics = ()
    unread: frozenset[str] = frozenset()
    used: tuple[Used, ...] = ()


def parse_settings(
    file: SourceFile, variables: Mapping[str, str]
) -> tuple[MeshSettings | None, Diagnostics]:
    """Read weft.yaml, its variables replaced; None where something in it is wrong."""
    document, diagnostics = _read(file, Format.WEFT)
    if document is None:
        return None, diagnostics
    settings, found = read_settings(document, variables)
    return (None if _has_error(found) else settings), diagnostics + found


def parse_domain(file: SourceFile) -> tuple[Domain | None, Diagnostics]:
    """Read a domain.yaml, which lies in the folder of its domain."""
    document, diagnostics = _read(file, Format.DOMAIN)
    if document is None:
        return None, diagnostics
    found = tuple(domain_problems(document))
    idle = tuple(domain_without_effect(document))
    return (None if found else read_domain(document)), diagnostics + found + idle


def parse_product(
    folder: str, domain: str, files: Sequence[SourceFile], fragments: Fragments = NO_FRAGMENTS
) -> ParsedProduct:
    """Read a product from the files of its folder, given relative to the mesh like all paths.

    Files of other kinds are ignored. `fragments` are those that its contracts may use.
    """
    layout = layout_of(folder, files)
    reader = _Reader(list(layout.diagnostics), fragments)
    product = reader.product(layout, folder, domain)
    contracts = reader.contracts(layout)
    sources = reader.sources(layout)
    expectations = reader.expectations(layout)
    models = reader.models(layout)
    tests = reader.tests(layout)
    if product is not None:
        product = replace(
            product,
            contracts=contracts,
            sources=sources,
            expectations=expectations,
            models=models,
            tests=tests,
        )
        problems = product_problems(product, reader.documents, layout.ports)
        reader.diagnostics += islice(problems, _MOST_PROBLEMS)
    unread = _unread(product, layout, f"{domain}.{folder.rpartition('/')[2]}")
    used = tuple(reader.used)
    return ParsedProduct(product, reader.documents, tuple(reader.diagnostics), unread, used)


def _unread(product: DataProduct | None, layout: Layout, address: str) -> frozenset[str]:
    if product is None:
        return frozenset([address])
    models = {file.name.rpartition(".")[0] for file in layout.models}
    sources = {file.name.removesuffix(".odcs.yaml") for file in layout.sources}
    offered = {(port.name, port.major) for port in product.outputs} | layout.ports
    ports = offered - {(each.port, each.major) for each in product.contracts}
    return frozenset(
        [
            *({product.document["id"]} - {address}),
            *(models - {each.name for each in product.models}),
            *(f"{address}.{name}" for name in sources - {each.name for each in product.sources}),
            *(f"{address}.{name}" for name, _ in ports),
        ]
    )


@dataclass
class _Reader:
    """Reads the files of one product, and collects their documents and faults."""

    diagnostics: list[Diagnostic]
    fragments: Fragments
    documents: dict[str, Document] = field(default_factory=dict)
    used: dict[Used, None] = field(default_factory=dict)

    def product(self, layout: Layout, folder: str, domain: str) -> DataProduct | None:
        """Read product.yaml, without what lies in other files."""
        if layout.product is None:
            return None
        document = self._document(layout.product, Format.ODPS)
        if document is None:
            return None
        return read_product(document.data, domain, folder.rpartition("/")[2], folder)

    def contracts(self, layout: Layout) -> tuple[PortContract, ...]:
        """Read the contracts of output ports."""
        return tuple(
            PortContract(port, major, file.path, read_contract(document.data))
            for file, port, major in layout.contracts
            if (document := self._contract(file)) is not None
        )

    def sources(self, layout: Layout) -> tuple[SourceContract, ...]:
        """Read the contracts of data from outside."""
        return tuple(
            SourceContract(
                file.name.removesuffix(".odcs.yaml"), file.path, read_contract(document.data)
            )
            for file in layout.sources
            if (document := self._contract(file)) is not None
        )

    def expectations(self, layout: Layout) -> tuple[InputContract, ...]:
        """Read what is expected of input ports."""
        return tuple(
            InputContract(
                file.name.removesuffix(".odcs.yaml"), file.path, read_contract(document.data)
            )
            for file in layout.expectations
            if (document := self._contract(file)) is not None
        )

    def models(self, layout: Layout) -> tuple[Model, ...]:
        """Read the models. Of two that have one name the second is reported and left out."""
        models: dict[str, Model] = {}
        for file in layout.models:
            read = read_python_model if file.name.endswith(".py") else read_model
            model, found = read(file)
            self.diagnostics += found
            if model is None:
                continue
            self.diagnostics += model_problems(file, model.name, models.get(model.name))
            models.setdefault(model.name, model)
        return tuple(models.values())

    def tests(self, layout: Layout) -> tuple[UnitTest, ...]:
        """Read the unit tests."""
        return tuple(
            test
            for file in layout.tests
            if (document := self._document(file, Format.TESTS)) is not None
            for test in read_tests(document)
        )

    def _contract(self, file: SourceFile) -> Document | None:
        """Read a contract, the fragments that it uses in their places."""
        document, found = read_yaml(file)
        if document is not None:
            resolution = resolve(document, self.fragments)
            self.used |= dict.fromkeys(resolution.used)
            document, found = resolution.document, found + resolution.diagnostics
        return self._kept(file, *_shaped(document, found, Format.ODCS))

    def _document(self, file: SourceFile, format: Format) -> Document | None:
        return self._kept(file, *_read(file, format))

    def _kept(
        self, file: SourceFile, document: Document | None, found: Diagnostics
    ) -> Document | None:
        self.diagnostics += found
        if document is not None:
            self.documents[file.path] = document
        return document


def _read(file: SourceFile, format: Format) -> tuple[Document | None, Diagnostics]:
    """Read a YAML file of some format; None where it has not the format's shape."""
    return _shaped(*read_yaml(file), format)


def _shaped(
    document: Document | None, diagnostics: Diagnostics, format: Format
) -> tuple[Document | None, Diagnostics]:
    """A document that was read, with all that is wrong with it; None where it cannot be used."""
    if document is None:
        return None, diagnostics
    # What could not be read as it stands has often the wrong shape as well: one finding is enough.
    lines = {each.span.line for each in diagnostics if each.span is not None}
    shape = check_shape(document, format)
    diagnostics += tuple(each for each in shape if each.span and each.span.line not in lines)
    return (None if _has_error(diagnostics) else document), diagnostics


def _has_error(diagnostics: Diagnostics) -> bool:
    return any(each.severity is Severity.ERROR for each in diagnostics)
