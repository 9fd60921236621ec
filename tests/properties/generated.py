"""Meshes and edits of them, drawn by hypothesis; every one of them compiles.

All relations have the columns `id` and `v`, so that any model can read any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from mesh_files import Port, Product, Source, document, mesh_files

COLUMNS = {"id": "integer", "v": "integer"}

SHAPES = (
    "SELECT id, v + {k} AS v FROM {a}",
    "SELECT a.id, a.v + b.v + {k} AS v FROM {a} AS a JOIN {b} AS b ON a.id = b.id",
    "WITH t AS (SELECT * FROM {a} WHERE v <> {k}) SELECT id, max(v) AS v FROM t GROUP BY id",
    "SELECT id, v FROM {a} UNION ALL SELECT id, v - {k} FROM {b}",
    "SELECT id, v FROM {a} WHERE id IN (SELECT id FROM {b}) AND id < {k} + 3",
)
ALONE = "SELECT CAST(range AS INTEGER) AS id, CAST(range * {k} AS INTEGER) AS v FROM range(5)"


@dataclass(frozen=True)
class DrawnModel:
    """A model: its shape, a constant in it, what it reads by name, and its head."""

    name: str
    shape: str
    k: int
    reads: tuple[str, ...]
    head: str = ""
    comment: str = ""
    spaces: str = " "

    @property
    def text(self) -> str:
        """The file."""
        a, b = (self.reads * 2)[:2] if self.reads else ("", "")
        select = self.shape.format(k=self.k, a=a, b=b).replace(" ", self.spaces)
        return f"{self.head}{select}{self.comment}\n"


@dataclass(frozen=True)
class DrawnProduct:
    """A product. `shown` are the models that fill a port; `failing` ports break a promise.

    The checks of one that is `asking` read its first input.
    """

    address: str
    models: tuple[DrawnModel, ...]
    shown: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    failing: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    asking: bool = False
    description: str = ""
    turned: bool = False
    edition: int = 0

    def definition(self) -> Product:
        """The product as files are made from it."""
        name = self.address.replace(".", "_")
        sources = (Source("raw", f"data/{name}.csv", COLUMNS),) if self.rows else ()
        return Product(
            self.address,
            {model.name: model.text for model in self.models},
            tuple(self._port(each) for each in self.shown),
            self.inputs,
            sources,
            self.description,
        )

    def _port(self, name: str) -> Port:
        rules: list[dict[str, Any]] = []
        if name in self.failing:
            rules.append({"metric": "rowCount", "mustBe": -1})
        if name in self.told:
            rules.append({"metric": "rowCount", "mustBe": -2, "severity": "warning"})
        if self.asking:
            other = self.inputs[0].rpartition(".")[2]
            query = f"SELECT count(*) FROM ${{table}} AS a JOIN {other} AS b ON a.id = b.id"
            rules.append({"type": "sql", "query": query, "mustBeGreaterOrEqualTo": 0})
        version = f"1.{self.edition}.0"
        return Port(name, COLUMNS, (), tuple(rules), version, description=self.description)


@dataclass(frozen=True)
class DrawnMesh:
    """A mesh: products in an order in which each reads earlier ones only."""

    products: tuple[DrawnProduct, ...]
    comment: str = ""
    counter: int = 0
    held: frozenset[str] = field(default=frozenset())

    def files(self) -> dict[str, bytes]:
        """Its files, data included."""
        files = mesh_files(each.definition() for each in self.products)
        for each in self.products:
            if each.rows:
                lines = ["id,v", *(f"{id},{v}" for id, v in enumerate(each.rows))]
                path = f"data/{each.address.replace('.', '_')}.csv"
                files[path] = ("\n".join(lines) + "\n").encode()
            if each.turned:
                path = f"domains/{each.address.replace('.', '/')}/product.yaml"
                files[path] = turned(files[path])
        if self.comment:
            for path in files:
                if path.endswith(".yaml"):
                    files[path] = b"# " + self.comment.encode() + b"\n\n" + files[path]
        return files

    def changed(self, product: DrawnProduct) -> DrawnMesh:
        """The mesh with another version of one product; its contracts may say something else."""
        return replace(
            self,
            products=tuple(
                replace(product, edition=self.counter) if each.address == product.address else each
                for each in self.products
            ),
        )

    def read(self) -> set[str]:
        """The addresses of all ports that some product declares as input."""
        return {port for each in self.products for port in each.inputs}


def turned(data: bytes) -> bytes:
    """A document with its keys the other way round, at the top and below."""
    import json

    return document(_turned(json.loads(data)))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(each) for key, each in reversed(value.items())}
    return [_turned(each) for each in value] if isinstance(value, list) else value


@st.composite
def models(draw: st.DrawFn, names: Iterable[str], outside: tuple[str, ...]) -> Any:
    """Models under these names; each reads earlier ones or what lies outside the product."""
    found: list[DrawnModel] = []
    for name in names:
        own = tuple(each.name for each in found)
        head = draw(st.sampled_from(["", "-- description: drawn\n", "-- required: [id]\n"]))
        view = bool(own) and draw(st.integers(0, 3)) == 0
        choice = own if view else own + outside
        least = 1 if outside else 0
        reads = (
            tuple(draw(st.lists(st.sampled_from(choice), min_size=least, max_size=2)))
            if choice
            else ()
        )
        reads = reads or (own[-1:] if view else ())
        shape = draw(st.sampled_from(SHAPES)) if reads else ALONE
        found.append(
            DrawnModel(
                name,
                shape,
                draw(st.integers(0, 5)),
                reads,
                "-- materialized: view\n" + head if view else head,
            )
        )
    return tuple(found)


@st.composite
def meshes(draw: st.DrawFn) -> DrawnMesh:
    """A mesh of two to five products."""
    products: list[DrawnProduct] = []
    for number in range(draw(st.integers(2, 5))):
        ports = [f"{each.address}.{port}" for each in products for port in each.shown]
        inputs = draw(st.lists(st.sampled_from(ports), max_size=2, unique=True)) if ports else []
        rows = tuple(draw(st.lists(st.integers(0, 9), max_size=4)))
        names = [f"p{number}_m{place}" for place in range(draw(st.integers(1, 4)))]
        outside = tuple(each.rpartition(".")[2] for each in inputs) + (("raw",) if rows else ())
        drawn = draw(models(names, outside))
        least = draw(st.integers(0, 3)) and 1
        shown = draw(st.lists(st.sampled_from(names), min_size=least, max_size=2, unique=True))
        products.append(
            DrawnProduct(
                f"{draw(st.sampled_from(['east', 'west']))}.p{number}",
                drawn,
                tuple(shown),
                tuple(inputs),
                rows,
                failing=frozenset(shown) if draw(st.integers(0, 7)) == 0 else frozenset(),
                told=frozenset(shown) if draw(st.integers(0, 3)) == 0 else frozenset(),
                asking=bool(inputs) and draw(st.booleans()),
            )
        )
    return DrawnMesh(tuple(products))


NOTHING, DESCRIPTION, OTHER = "nothing", "description", "other"


@st.composite
def edits(draw: st.DrawFn, mesh: DrawnMesh) -> tuple[str, DrawnMesh]:
    """Another version of a mesh, and what kind of change it is at most."""
    mesh = replace(mesh, counter=mesh.counter + 1)
    product = draw(st.sampled_from(mesh.products))
    edit = draw(st.sampled_from(_EDITS))
    return edit(draw, mesh, product)


def _comment(draw: st.DrawFn, mesh: DrawnMesh, product: DrawnProduct) -> tuple[str, DrawnMesh]:
    found = tuple(
        replace(
            model,
            comment=f" -- {mesh.counter}",
            spaces=draw(st.sampled_from([" ", "  ", "\n"])),
        )
        for model in product.models
    )
    changed = replace(product, models=found, turned=not product.turned)
    # Nothing is promised otherwise, so the contracts stay as they are.
    products = tuple(changed if each == product else each for each in mesh.products)
    return NOTHING, replace(mesh, products=products, comment=f"edited {mesh.counter}")


def _description(draw: st.DrawFn, mesh: DrawnMesh, product: DrawnProduct) -> tuple[str, DrawnMesh]:
    changed = replace(product, description=f"Described {mesh.counter} times.")
    return DESCRIPTION, mesh.changed(changed)


def _select(draw: st.DrawFn, mesh: DrawnMesh, product: DrawnProduct) -> tuple[str, DrawnMesh]:
    chosen = draw(st.sampled_from(product.models))
    found = tuple(
        replace(model, k=model.k + 1) if model == chosen else model for model in product.models
    )
    return OTHER, mesh.changed(replace(product, models=found))


def _data(draw: st.DrawFn, mesh: DrawnMesh, product: DrawnProduct) -> tuple[str, DrawnMesh]:
    fed = [each for each in mesh.products if each.rows]
    product = draw(st.sampled_from(fed)) if fed else product
    rows = (*product.rows, 10 + mesh.counter) if product.rows else ()
    return OTHER, mesh.changed(replace(product, rows=rows))


def _check(draw: st.DrawFn, mesh: DrawnMesh, product: DrawnProduct) -> tuple[str, DrawnMesh]:
    failing = frozenset() if product.failing else frozenset(product.shown)
    return OTHER, mesh.changed(replace(product, failing=failing))


def _less(draw: st.DrawFn, mesh: DrawnMesh, product: DrawnProduct) -> tuple[str, DrawnMesh]:
    """A product less, or a port that nobody reads, or a model that nothing needs."""
    ports = {f"{product.address}.{name}" for name in product.shown}
    if len(mesh.products) > 1 and not ports & mesh.read() and draw(st.booleans()):
        rest = tuple(each for each in mesh.products if each != product)
        return OTHER, replace(mesh, products=rest)
    shown = tuple(name for name in product.shown if f"{product.address}.{name}" in mesh.read())
    needed = {*shown, *(read for model in product.models for read in model.reads)}
    last = product.models[-1]
    kept = product.models[:-1] if last.name not in needed else product.models
    changed = replace(
        product, shown=shown, models=kept or product.models, failing=product.failing & {*shown}
    )
    return OTHER, mesh.changed(changed)


def _more(draw: st.DrawFn, mesh: DrawnMesh, product: DrawnProduct) -> tuple[str, DrawnMesh]:
    name = f"{product.models[0].name}_{mesh.counter}"
    model = DrawnModel(name, SHAPES[0], 1, (product.models[0].name,))
    shown = (*product.shown, name) if draw(st.booleans()) else product.shown
    return OTHER, mesh.changed(replace(product, models=(*product.models, model), shown=shown))


_EDITS = (_comment, _description, _select, _data, _check, _less, _more)
