"""Bring a contract up to date with what its model gives and its data shows, as a draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from weft.app.amended_contract import ContractText
from weft.app.bootstrap import Opened
from weft.app.definition import definition_data, definition_text
from weft.app.errors import Blocked, Invalid, NotFound, Refusal
from weft.app.given_rows import Given, GivenRows
from weft.app.new_files import Draft, Edit, NewFile
from weft.app.new_port import Major, draft_port
from weft.app.one_product import OneProduct
from weft.app.remembered import remembered
from weft.contract.syncing import Wish
from weft.mesh.address import PortAddress
from weft.mesh.diagnostic import Severity
from weft.mesh.manifest import Transform
from weft.mesh.words import count
from weft.project.compile import Within
from weft.project.layout import contract_path
from weft.project.ports import filled_by
from weft.warehouses.protocol import WarehouseError


def draft_sync(mesh: Opened, address: PortAddress, wish: Wish) -> Draft:
    """Draft the contract of a port version, or of its highest one, as its model and its data are.

    A port that has no contract yet, and a model of its name, gets one. The draft has no file where
    nothing differs. Raises NotFound, Invalid where the model or the contract cannot be read, and
    Blocked where a key that was asked for is none.
    """
    memory = remembered(mesh)
    product = OneProduct(mesh, memory, address.product)
    major = address.major or product.highest_major(address.port)
    port = replace(address, major=major)
    within = product.within()
    path = contract_path(port)
    start = _start(mesh, product, port, within.transforms)
    contract = ContractText(product, path, start.text, major)
    models = contract.models(within.transforms)
    if not models:
        raise _no_model(address.port, within)
    shaped = contract.amended(models, {}, replace(wish, key=()), fresh=start.is_new)
    try:
        data = GivenRows.of(mesh, memory, product, {**start.others, path: shaped.text})
        seen = {name: data.seen(model, wish, contract.key(name)) for name, model in models.items()}
    except WarehouseError as error:
        # No run was interrupted: reading left everything as it was.
        error.interrupted = False
        raise
    _refuse_keys(models, seen, wish)
    result = contract.amended(models, seen, wish, fresh=start.is_new)
    notes = (*result.notes, *data.notes(), *_left(product, start, path, result.text))
    released = (f"weft release {port}",) if contract.is_published else ()
    return start.draft(path, result.text, notes, ("weft validate", "weft plan", *released))


def _no_model(port: str, within: Within) -> Refusal:
    errors = [each for each in within.diagnostics if each.severity is Severity.ERROR]
    if errors:
        return Invalid(errors, files=1)
    return Blocked(
        f"no model fills an object of {port}",
        why="The columns of a contract are those that its model gives.",
        next_step=f"write models/{port}.sql",
    )


@dataclass(frozen=True)
class _Start:
    """The text to begin with, that of the file, and the files that come with a new contract."""

    text: str
    before: str = ""
    new: Draft | None = None

    @property
    def is_new(self) -> bool:
        return self.new is not None

    @property
    def others(self) -> dict[str, str]:
        """The other files that change with a new contract: there is a model for it already."""
        return {each.path: each.after for each in self.new.edits} if self.new is not None else {}

    def draft(self, path: str, text: str, notes: Sequence[str], steps: tuple[str, ...]) -> Draft:
        """What is to be written, where anything differs."""
        if self.new is not None:
            files = (NewFile(path, text),)
            return Draft(files, self.new.edits, steps, tuple(notes))
        edits = (Edit(path, self.before, text),) if text != self.before else ()
        return Draft((), edits, steps if edits else (), tuple(notes))


def _start(
    mesh: Opened,
    product: OneProduct,
    address: PortAddress,
    transforms: Mapping[str, Transform],
) -> _Start:
    path = contract_path(address)
    if path in product.files:
        before = definition_text(mesh.folder / path)
        return _Start(_with_object(before, address.port), before)
    if not filled_by(address.port, address.major or 0, transforms):
        ports = [f"{address.product}.{port}@{major}" for port, major in product.ports]
        raise NotFound("contract of", str(address), ports, next_step=f"weft show {address.product}")
    draft = draft_port(mesh.folder, replace(address, major=None), Major(address.major or 1))
    text = next(each.text for each in draft.files if each.path == path)
    return _Start(text, new=draft)


def _with_object(text: str, port: str) -> str:
    """A contract that promises nothing yet, with an object of the port's name."""
    written = definition_data(text.encode())
    if "schema" in written or "use" in written:
        return text
    end = "" if text.endswith("\n") else "\n"
    return f"{text}{end}\nschema:\n  - name: {port}\n    logicalType: object\n    properties: []\n"


def _refuse_keys(models: Mapping[str, Transform], seen: Mapping[str, Given], wish: Wish) -> None:
    """Raise where the columns that were named as a key are not there, or repeat."""
    if not wish.key:
        return
    if len(models) > 1:
        raise Blocked("--key is for contracts of one object", next_step="write primaryKey by hand")
    [given] = seen.values()
    names = [each.name for each in given.columns]
    for each in wish.key:
        if each not in names:
            raise NotFound("column", each, names)
    profile = given.profile
    nulls = [each for each in wish.key if profile is not None and profile.columns[each].nulls]
    if profile is not None and (profile.repeated or nulls):
        rows = count(profile.repeated, "row")
        problem = f"`{nulls[0]}` is empty in some rows" if nulls else f"{rows} repeat a key"
        raise Blocked(f"{', '.join(wish.key)} cannot be the key: {problem}")


def _left(product: OneProduct, start: _Start, path: str, text: str) -> Iterator[str]:
    """Say what is still wrong with the product, so that nobody believes it done."""
    compiled = product.compiled({**start.others, path: text})
    errors = [each for each in compiled.diagnostics if each.severity is Severity.ERROR]
    if errors:
        yield f"The product has other mistakes ({count(len(errors), 'error')}): weft validate."
