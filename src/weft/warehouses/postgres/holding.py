"""Tables and views of data as things to compare: builds, copies, and layers of what grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from weft.mesh.drift import Thing, ThingKind
from weft.warehouses.postgres.catalog import relation
from weft.warehouses.postgres.inspection import OFF, Inspection, RelationFound
from weft.warehouses.postgres.marks import Mark
from weft.warehouses.postgres.names import Place, build_name, source_name
from weft.warehouses.postgres.subjects import (
    NONE,
    OURS,
    TYPES,
    Counted,
    Left,
    Subject,
    in_words,
    marked,
)

_AS_MADE = "as it was made"
_MADE_ANEW = "made anew since"


def left_data(left: Left, there: Inspection, counted: Counted) -> Iterator[Subject]:
    """Yield what is read behind the ports, which has to be there, and what else is marked.

    That has to be as it was made, if it is still there.
    """
    place = left.place
    for key, found in left.builds.items():
        name = build_name(key)
        facts = {"mark": OURS, **_wanted(place, found.mark if found else Mark())}
        if found is not None:
            facts["rows"] = str(found.build.rows)
        yield _data(left, name, key, facts, also=counted.sharing.get(key, ()))
    named = set(map(build_name, left.builds))
    for each in there.relations.values():
        if each.schema == place.internal and each.name not in named and is_data(each):
            key = each.mark.readable.key if each.mark.readable else ""
            facts = _wanted(place, each.mark)
            if key in left.copies:
                facts["rows"] = str(left.copies[key].build.rows)
            yield _data(left, each.name, key, facts)


def _wanted(place: Place, mark: Mark) -> dict[str, str]:
    """What has to be true of any table or view of data; what it does not have is not compared."""
    facts = {"owner": place.internal_owner, "row security": OFF, "options": NONE}
    facts["definition"] = _AS_MADE
    if mark.readable is not None:
        facts["columns"] = in_words(mark.readable.columns)
    return facts


def found_data(left: Left, found: RelationFound, counted: Counted) -> Subject:
    """Return one of them as it is."""
    mark = found.mark
    names = {build_name(key): key for key in left.builds}
    key = names.get(found.name) or (mark.readable.key if mark.readable else "")
    facts = {
        "mark": marked(found.comment, is_ours=mark.readable is not None),
        "columns": in_words(found.columns),
        **held(found),
    }
    if found.kind == "v":
        facts["options"] = ", ".join(sorted(found.options)) or NONE
        if found.transaction:
            facts["definition"] = _AS_MADE if found.ruled == found.transaction else _MADE_ANEW
    if key in counted.rows:
        facts["rows"] = counted.rows[key]
    subject = _data(left, found.name, key, facts, TYPES[found.kind])
    return replace(subject, thing=replace(subject.thing, since=found.since))


def _data(
    left: Left,
    name: str,
    key: str,
    facts: Mapping[str, str],
    type: str = "TABLE",
    also: tuple[str, ...] = (),
) -> Subject:
    place = left.place
    thing = Thing(
        kind=ThingKind.COPY if key in left.copies else ThingKind.BUILD,
        name=f"{place.internal}.{name}",
        product=place.product,
        address=_address(left, key),
        facts=facts,
        key=key,
        also=also,
    )
    return Subject(thing, f"{type} {relation(place.internal, name)}", place.internal_owner)


def _address(left: Left, key: str) -> str:
    """The model or the source that it is of; the product, if any, where that is not known."""
    models = {of: model for model, of in left.current.builds.items()}
    models |= {key: each.build.model for key, each in left.copies.items() if each.build.product}
    return f"{left.place.product}.{models[key]}" if key in models else left.place.product


def is_data(found: RelationFound) -> bool:
    """Whether it is marked as a build, as something that was copied here, or as a layer."""
    mark = found.mark
    if mark.readable is None:
        return bool(mark.layer)
    return found.name in (build_name(mark.readable.key), source_name(mark.readable.key))


def held(found: RelationFound) -> dict[str, str]:
    """Who has a relation in his hands, and whom it hides rows from."""
    return {"owner": found.owner, "row security": found.row_security}
