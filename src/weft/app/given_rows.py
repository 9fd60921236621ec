"""What the models of a product give: columns as its contracts name types, and what rows show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weft.app.bootstrap import Opened
from weft.app.one_product import OneProduct
from weft.app.profiling import Made, MadeRows
from weft.app.remembered import Remembered, applied_definitions
from weft.contract.profile import Profile
from weft.contract.syncing import Wish
from weft.mesh.manifest import Column, Transform
from weft.sql.dialect import dialect_named
from weft.sql.types import translated_type
from weft.warehouses.protocol import WarehouseError


@dataclass(frozen=True)
class Given:
    """What a model gives: its columns in the contract's dialect, and what its rows show."""

    columns: tuple[Column, ...]
    profile: Profile | None = None


_PROPOSED = "the product is only proposed: `status: draft` in its product.yaml has it built"


class GivenRows:
    """The rows of a product's models, in so far as they were made."""

    def __init__(
        self, product: OneProduct, rows: MadeRows | None, problem: str = "", *, is_old: bool = False
    ) -> None:
        """A `problem` is why rows are lacking; they are old where nothing newer can be known."""
        self._product = product
        self._rows = rows
        self._problem = problem
        self._is_old = is_old
        self._missing: list[str] = []
        self._older: list[str] = []

    @staticmethod
    def of(
        mesh: Opened, memory: Remembered, product: OneProduct, changed: Mapping[str, str]
    ) -> GivenRows:
        """Look what there is, under contracts that fit the models.

        Of a product that has other mistakes, it is what was built when it was applied.
        """
        manifest = product.compiled(changed).manifest
        is_old = manifest is None
        if manifest is None:
            applied = applied_definitions(mesh, memory, [product.address])
            manifest = applied.get(product.address)
        if manifest is None:
            return GivenRows(product, None, "the product has other mistakes: weft validate")
        why = _PROPOSED if manifest.is_proposed else ""
        try:
            return GivenRows(product, MadeRows(mesh, memory, manifest), why, is_old=is_old)
        except WarehouseError as error:
            return GivenRows(product, None, str(error))

    def seen(self, model: Transform, wish: Wish, key: Sequence[str]) -> Given:
        """What a model gives, with what its rows show where there are any."""
        made = self._rows.made(model.name) if self._rows is not None else None
        if self._rows is None or made is None:
            self._missing.append(model.name)
            return Given(model.columns)
        if self._is_old or not made.is_current:
            self._older.append(model.name)
        names = {each.name for each in made.columns}
        looked = [each for each in wish.key or key if each in names]
        return Given(self._columns(model, made), self._rows.profile(made, looked))

    def _columns(self, model: Transform, made: Made) -> tuple[Column, ...]:
        """The columns of a model; what the files do not tell of their types, its build does."""
        domain = self._product.domain
        own = dialect_named(domain.dialect)
        native = dialect_named(domain.warehouse_dialect or domain.dialect)
        types = {
            each.name: each.type if own is native else translated_type(each.type, native, own)
            for each in made.columns
        }
        if model.function is not None:
            return tuple(Column(name, kind) for name, kind in types.items())
        return tuple(
            Column(each.name, each.type or types.get(each.name, "")) for each in model.columns
        )

    def notes(self) -> Iterator[str]:
        """Say of which models no rows were looked at, and why."""
        if self._missing:
            names = ", ".join(f"`{each}`" for each in self._missing)
            why = self._problem or "not built yet: apply, then give the same command again"
            yield f"No rows of {names} were looked at ({why})."
        if self._older:
            names = ", ".join(f"`{each}`" for each in self._older)
            yield (
                f"The rows of {names} that were looked at are those of the release: the files may "
                "say something else by now."
            )
