"""A contract's text as its models and their rows would have it, everything else left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from weft.app.contract_text import Edited, ObjectEdit, edit_contract
from weft.app.errors import Invalid
from weft.app.given_rows import Given
from weft.app.one_product import OneProduct
from weft.app.yaml_edit import CannotEdit, by_hand
from weft.contract.syncing import Synced, Wish, synced
from weft.mesh.contract import DataContract, SchemaObject
from weft.mesh.diagnostic import Severity
from weft.mesh.manifest import Transform
from weft.project.odcs import read_contract
from weft.project.ports import filled_by
from weft.project.read_yaml import Document, Step, read_yaml
from weft.project.resolving import resolve
from weft.project.schema import Format, check_shape
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_named


@dataclass(frozen=True)
class Amended:
    """The new text, and what a person has to know or to decide."""

    text: str
    notes: tuple[str, ...]


class ContractText:
    """One contract's text, as it is written and as it is meant."""

    def __init__(self, product: OneProduct, path: str, text: str, major: int) -> None:
        self._text = text
        self._major = major
        self._document = _document(product, path, text)
        self._contract: DataContract = read_contract(self._document.data)
        self._dialect = dialect_named(product.domain.dialect)

    @property
    def is_published(self) -> bool:
        """Whether consumers are promised what it says, so that a change needs a new version."""
        return self._contract.status.published

    def models(self, transforms: Mapping[str, Transform]) -> dict[str, Transform]:
        """The models that fill the objects, by the object's name; those that do not compile not."""
        found: dict[str, Transform] = {}
        for obj in self._contract.objects:
            name = filled_by(obj.name, self._major, transforms)
            if name:
                found[obj.name] = transforms[name]
        return found

    def key(self, name: str) -> tuple[str, ...]:
        """The primary key that an object promises."""
        return next(each.primary_key for each in self._contract.objects if each.name == name)

    def amended(
        self,
        models: Mapping[str, Transform],
        seen: Mapping[str, Given],
        wish: Wish,
        *,
        fresh: bool,
    ) -> Amended:
        """The text as it has to be; of one that is `fresh` no column is kept as it is.

        Raises Blocked where only a person should edit it.
        """
        edits: list[ObjectEdit] = []
        notes: list[str] = []
        for index, obj in enumerate(self._contract.objects):
            if obj.name not in models:
                notes.append(f"No model fills `{obj.name}`, so that it stays as it is.")
                continue
            given = seen.get(obj.name) or Given(models[obj.name].columns)
            found = self._synced(index, obj, given, wish, fresh=fresh)
            notes += found.notes
            if self._document.place("schema", index, "properties"):
                edits.append(self._edit(index, obj, found))
            elif found.removed or found.added or found.amended:
                notes.append(f"The columns of `{obj.name}` stand in a fragment: change them there.")
        edited = self._edited(edits)
        return Amended(edited.text, (*notes, *_told(edited)))

    def _synced(
        self, index: int, obj: SchemaObject, given: Given, wish: Wish, *, fresh: bool
    ) -> Synced:
        now = replace(obj, properties=()) if fresh else obj
        wished = replace(wish, silent=self._silent(index))
        found = synced(now, given.columns, given.profile, self._dialect, wished)
        return replace(found, removed=obj.column_names) if fresh else found

    def _edit(self, index: int, obj: SchemaObject, found: Synced) -> ObjectEdit:
        place: tuple[Step, ...] = ("schema", index)
        columns = {
            each.name: self._document.place(*place, "properties", number)
            for number, each in enumerate(obj.properties)
        }
        return ObjectEdit(self._document.place(*place), columns, found)

    def _edited(self, edits: list[ObjectEdit]) -> Edited:
        try:
            return edit_contract(self._text, edits)
        except CannotEdit as problem:
            wanted = "what its model gives and its data shows"
            raise by_hand(self._document.path, problem, wanted) from None

    def _silent(self, index: int) -> frozenset[str]:
        """The columns that are classified, other than as public: no value of them is written."""
        columns = self._document.data["schema"][index].get("properties", ())
        return frozenset(
            each["name"] for each in columns if each.get("classification", "public") != "public"
        )


def _told(edited: Edited) -> Iterator[str]:
    for name in edited.by_hand:
        yield (f"What a fragment says of `{name}` does not fit any more: change it in shared/.")
    if edited.laid_out_anew:
        yield "Lines are laid out anew in the whole file; nothing else of them changes."


def _document(product: OneProduct, path: str, text: str) -> Document:
    """Read a contract's text. Raises Invalid where it has not the standard's shape."""
    data = text.encode()
    document, found = read_yaml(SourceFile(path, data, len(data)))
    if document is not None:
        resolution = resolve(document, product.fragments)
        document, found = resolution.document, found + resolution.diagnostics
    if document is not None:
        found += check_shape(document, Format.ODCS)
    if document is None or any(each.severity is Severity.ERROR for each in found):
        raise Invalid(found, files=1)
    return document
