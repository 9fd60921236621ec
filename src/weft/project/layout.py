"""Where the files of a product stand; what each is, by its path, and what is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from weft.mesh.address import PortAddress, ProductAddress
from weft.mesh.diagnostic import Diagnostic
from weft.project.source import SourceFile

_CONTRACT = re.compile(r"(?P<port>[^/]+)\.v(?P<major>[1-9][0-9]{0,5})\.odcs\.yaml")
_SOURCE = re.compile(r"sources/[^/]+\.odcs\.yaml")
_EXPECTATION = re.compile(r"expectations/[^/]+\.odcs\.yaml")
_MODEL = re.compile(r"models/[^/]+\.(sql|py)")
_TEST = re.compile(r"tests/[^/]+\.yaml")
# What was probably meant to be a definition, whatever its folder and the case of its ending.
_DEFINITION = re.compile(
    r".*\.(sql|odcs\.ya?ml)|models/.*\.py|(.*/)?product\.ya?ml|tests/.*\.ya?ml", re.IGNORECASE
)
_LOOSE = re.compile(r".*\.(sql|odcs\.ya?ml)|(product|domain)\.ya?ml", re.IGNORECASE)


def product_folder(address: ProductAddress) -> str:
    """Where a product stands, relative to the mesh."""
    return f"domains/{address.domain}/{address.product}"


def product_path(address: ProductAddress) -> str:
    """Where the definition of a product stands, relative to the mesh."""
    return f"{product_folder(address)}/product.yaml"


def contract_path(address: PortAddress) -> str:
    """Where the contract of a port version stands, relative to the mesh."""
    return f"{product_folder(address.product)}/{contract_name(address.port, address.major or 0)}"


def contract_name(port: str, major: int) -> str:
    """What the file of a contract is called."""
    return f"{port}.v{major}.odcs.yaml"


def contract_named(name: str) -> tuple[str, int] | None:
    """The port and the major of the contract in a file of this name, None where it is of none.

    >>> contract_named("orders.v2.odcs.yaml"), contract_named("orders.odcs.yaml")
    (('orders', 2), None)
    """
    found = _CONTRACT.fullmatch(name)
    return (found["port"], int(found["major"])) if found else None


@dataclass
class Layout:
    """The files of a product by what they are. `contracts` have their port and major."""

    product: SourceFile | None = None
    contracts: list[tuple[SourceFile, str, int]] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    expectations: list[SourceFile] = field(default_factory=list)
    models: list[SourceFile] = field(default_factory=list)
    tests: list[SourceFile] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def ports(self) -> set[tuple[str, int]]:
        """Port and major of every contract's file, readable or not."""
        return {(port, major) for _, port, major in self.contracts}


def layout_of(folder: str, files: Sequence[SourceFile]) -> Layout:
    """Sort the files of a product's folder, by path; files of no known kind are left out."""
    layout = Layout()
    for file in sorted(files, key=lambda each: each.path):
        inside = file.path.removeprefix(f"{folder}/")
        contract = contract_named(inside)
        if contract is not None:
            layout.contracts.append((file, *contract))
        elif _MODEL.fullmatch(inside):
            layout.models.append(file)
        elif _TEST.fullmatch(inside):
            layout.tests.append(file)
        elif _SOURCE.fullmatch(inside):
            layout.sources.append(file)
        elif _EXPECTATION.fullmatch(inside):
            layout.expectations.append(file)
        elif inside == "product.yaml":
            layout.product = file
        elif _DEFINITION.fullmatch(inside):
            layout.diagnostics.append(_misplaced(file, inside))
    if layout.product is None and not any(
        each.name.lower() in ("product.yml", "product.yaml") for each in files
    ):
        missing = SourceFile(f"{folder}/product.yaml", b"")
        message = "this product has no product.yaml"
        layout.diagnostics.append(
            missing.diagnostic("W202", message, help="weft new product writes one")
        )
    return layout


def misplaced_in_domain(domain: str, name: str) -> list[Diagnostic]:
    """Report a file that lies beside `domain.yaml` and was meant for a product, or is misnamed."""
    if name == "domain.yaml" or not _LOOSE.fullmatch(name):
        return []
    file = SourceFile(f"domains/{domain}/{name}", b"")
    if name.lower().startswith("domain."):
        return [file.diagnostic("W131", f"`{name}` is not read", help="rename it to domain.yaml")]
    place = f"domains/{domain}/<product>/"
    help = f"every product has a folder of its own: move it into {place}"
    return [file.diagnostic("W132", f"`{name}` is not read", help=help)]


def misplaced_in_shared(path: str) -> list[Diagnostic]:
    """Report a file in a folder of fragments that was meant for a product, or is misnamed."""
    file = SourceFile(path, b"")
    if _LOOSE.fullmatch(file.name):
        note = "`shared` holds fragments of contracts and is no product"
        help = "move it into the folder of a product, which has another name"
        return [file.diagnostic("W132", f"`{file.name}` is not read", note, help)]
    if file.name.lower().endswith((".yml", ".yaml")) and not file.name.endswith(".yaml"):
        right = f"{file.name.rpartition('.')[0]}.yaml"
        return [file.diagnostic("W131", f"`{file.name}` is not read", help=f"rename it to {right}")]
    return []


def _misplaced(file: SourceFile, inside: str) -> Diagnostic:
    lower = inside.lower()
    name = lower.rpartition("/")[2]
    if "/" in inside and name in ("product.yaml", "product.yml"):
        help = "products lie directly in the folder of their domain: move this folder there"
        return file.diagnostic("W132", f"`{inside}` is not read", help=help)
    right = re.sub(r"\.yml$", ".yaml", lower)
    if right != inside and inside[: -len(name)] == lower[: -len(name)] and _known(right):
        return file.diagnostic("W131", f"`{file.name}` is not read", help=f"rename it to {right}")
    if name.endswith((".sql", ".py")):
        place = "models lie directly in models/"
        return file.diagnostic("W132", "this model is not read", place, f"move it to models/{name}")
    if "/" not in inside:
        port = name.partition(".")[0]
        return file.diagnostic(
            "W130",
            f"`{file.name}` does not say which major version it holds",
            help=f"rename it to {port}.v1.odcs.yaml, or move it to sources/",
        )
    return file.diagnostic(
        "W132",
        f"`{inside}` is not read",
        help="contracts lie beside product.yaml, those of sources in sources/, those of input "
        "ports in expectations/, tests in tests/",
    )


def _known(inside: str) -> bool:
    forms = (_CONTRACT, _MODEL, _TEST, _SOURCE, _EXPECTATION)
    return inside == "product.yaml" or any(form.fullmatch(inside) for form in forms)
