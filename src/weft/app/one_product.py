"""One product by itself: compiled with other texts in its files, against all others as they are."""

from __future__ import annotations

from collections.abc import Mapping

from weft.app.bootstrap import Opened
from weft.app.errors import Invalid, NotFound
from weft.app.load import faces_of_mesh, names_of_mesh, read_mesh
from weft.app.remembered import Remembered
from weft.mesh.address import ProductAddress
from weft.mesh.diagnostic import Severity
from weft.mesh.product import DataProduct, Domain
from weft.project.compile import Compiled, Within, compile_product, compile_within
from weft.project.faces import faces_of_descriptors
from weft.project.fragments import Fragments
from weft.project.layout import layout_of, product_folder
from weft.project.parse import ParsedProduct, parse_product
from weft.project.source import SourceFile


class OneProduct:
    """A product of the files; nothing is written, and its other files are as they lie there."""

    def __init__(self, mesh: Opened, memory: Remembered, address: ProductAddress) -> None:
        """Read the mesh around a product. Raises NotFound, and Invalid for files of its domain."""
        reading = read_mesh(mesh.folder, mesh.system, mesh.cache.products())
        self.address = str(address)
        self.folder = product_folder(address)
        if self.folder not in reading.stamps:
            if address.domain in reading.unread:
                raise Invalid(reading.diagnostics)
            known = [".".join(path.split("/")[1:]) for path in reading.stamps]
            raise NotFound("product", str(address), known, next_step="weft ls")
        self.domain: Domain = reading.domains[address.domain]
        self.fragments: Fragments = reading.fragments[address.domain]
        self._root = reading.settings.root
        self._faces = faces_of_mesh(
            reading, faces_of_descriptors(tuple(memory.descriptors.values()))
        )
        self._names = names_of_mesh(reading, self._faces)
        paths = [stamp.path for stamp in reading.stamps[self.folder]]
        self.files = {path: reading.workspace.read(path) for path in paths}

    @property
    def ports(self) -> list[tuple[str, int]]:
        """Port and major of every contract, sorted."""
        return sorted(layout_of(self.folder, tuple(self.files.values())).ports)

    def highest_major(self, port: str) -> int:
        """The highest major of a port that has a contract; 1 where it has none yet."""
        return max((major for name, major in self.ports if name == port), default=1)

    def within(self) -> Within:
        """Its inputs, sources and models, whatever its contracts say.

        Raises Invalid where the product itself cannot be read.
        """
        parsed = self._parsed({})
        product = self._readable(parsed)
        return compile_within(product, parsed, self.domain, self._faces, self._names)

    def compiled(self, changed: Mapping[str, str]) -> Compiled:
        """The product with other texts in some of its files, or in new ones."""
        parsed = self._parsed(changed)
        return compile_product(parsed, self.domain, self._root, self._faces, self._names)

    def _parsed(self, changed: Mapping[str, str]) -> ParsedProduct:
        texts = {path: text.encode() for path, text in changed.items()}
        files = {
            **self.files,
            **{path: SourceFile(path, data, len(data)) for path, data in texts.items()},
        }
        return parse_product(self.folder, self.domain.name, tuple(files.values()), self.fragments)

    def _readable(self, parsed: ParsedProduct) -> DataProduct:
        if parsed.product is None:
            errors = [each for each in parsed.diagnostics if each.severity is Severity.ERROR]
            raise Invalid(errors, files=len(self.files))
        return parsed.product
