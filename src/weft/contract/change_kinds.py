"""Every kind of change that a contract can go through, and what each means from both sides.

The consumer's side decides what a new version has to be: what relies on a promise goes wrong
without it (breaking), or merely gets less of it (loosened).
"""

from __future__ import annotations

from dataclasses import dataclass

from weft.mesh.change import ChangeAction, ContractChange, Effect

_M, _A, _T, _L, _B = Effect


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change: its effects, what is said of the thing, and why the effects are these."""

    provider: Effect
    consumer: Effect
    verb: str
    meaning: str


KINDS: dict[str, ChangeKind] = {
    # Ports and objects
    "port-added": ChangeKind(_A, _A, "added", "A port that nobody reads yet."),
    "port-removed": ChangeKind(_B, _B, "removed", "Nobody can read it any longer."),
    "object-added": ChangeKind(_A, _A, "added", "Existing queries do not name it."),
    "object-removed": ChangeKind(_B, _B, "removed", "Queries that name it fail."),
    "status-published": ChangeKind(_A, _A, "is published", "Consumers can see it from now on."),
    "status-deprecated": ChangeKind(
        _L, _M, "is deprecated", "It is shown as before, and said to be ending."
    ),
    "status-reactivated": ChangeKind(_T, _M, "is active again", "It is no longer ending."),
    "status-withdrawn": ChangeKind(
        _B, _B, "is not published any longer", "Queries that name it fail."
    ),
    # Columns and what is inside of them
    "column-added": ChangeKind(_A, _A, "added", "Queries name the columns they read."),
    "column-removed": ChangeKind(_B, _B, "removed", "Queries that name it fail."),
    "column-renamed": ChangeKind(_B, _B, "renamed", "Queries that name it as before fail."),
    "columns-reordered": ChangeKind(
        _M, _A, "reordered", "Names lead to the same values; `SELECT *` gives them in a new order."
    ),
    "field-added": ChangeKind(_A, _A, "added", "Queries name the fields they read."),
    "field-removed": ChangeKind(_B, _B, "removed", "Queries that name the field fail."),
    # Types
    "type-changed": ChangeKind(_B, _B, "has another type", "Other values, or other operations."),
    "type-widened": ChangeKind(
        _A, _A, "has a wider type", "Every value of before is still one, exactly."
    ),
    "type-narrowed": ChangeKind(
        _B, _B, "has a narrower type", "Values of before do not fit; they are cut or refused."
    ),
    "type-promised": ChangeKind(
        _T, _A, "has exactly this type now", "One of the types that were allowed, from now on."
    ),
    "type-freed": ChangeKind(
        _L, _B, "may have another type now", "The exact type was promised, and is no longer."
    ),
    "time-zone-added": ChangeKind(_B, _B, "has a time zone now", "Its values mean other instants."),
    "time-zone-removed": ChangeKind(
        _B, _B, "has no time zone now", "Its values mean other instants."
    ),
    "field-type-changed": ChangeKind(
        _B, _B, "has another type", "Other values, or other operations."
    ),
    "field-type-widened": ChangeKind(
        _A, _A, "has a wider type", "Every value of before is still one, exactly."
    ),
    "field-type-narrowed": ChangeKind(
        _B, _B, "has a narrower type", "Values of before do not fit; they are cut or refused."
    ),
    "field-type-promised": ChangeKind(
        _T, _A, "has exactly this type now", "One of the types that were allowed, from now on."
    ),
    # What every row keeps
    "required-added": ChangeKind(_T, _T, "required", "Nulls are held back from now on."),
    "required-removed": ChangeKind(
        _L, _B, "no longer required", "Nulls may come, and what counts on none goes wrong silently."
    ),
    "unique-added": ChangeKind(_T, _T, "unique", "No value comes twice from now on."),
    "unique-removed": ChangeKind(
        _L, _B, "no longer unique", "Values may repeat, and joins over them multiply rows."
    ),
    "primary-key-added": ChangeKind(_T, _T, "is the primary key", "It identifies a row."),
    "primary-key-removed": ChangeKind(
        _L, _B, "no longer the primary key", "It need not identify a row, and joins multiply rows."
    ),
    "enum-added": ChangeKind(_T, _T, "limited to listed values", "No other values come."),
    "enum-removed": ChangeKind(_L, _L, "no longer limited", "Any value may come."),
    "enum-value-added": ChangeKind(
        _L, _L, "may have more values", "Values may come that nobody has a branch for."
    ),
    "enum-value-removed": ChangeKind(_T, _T, "may have fewer values", "Fewer values come."),
    "enum-changed": ChangeKind(
        _L, _L, "may have other values", "Values may come that nobody has a branch for."
    ),
    # Patterns, ranges and lengths
    "pattern-added": ChangeKind(_T, _T, "has a pattern", "Texts have a form from now on."),
    "pattern-removed": ChangeKind(_L, _L, "has no pattern", "Texts may have any form."),
    "pattern-changed": ChangeKind(
        _L, _L, "has another pattern", "Which texts pass cannot be compared, so some may be new."
    ),
    "format-added": ChangeKind(_T, _T, "has a format", "Values have a form from now on."),
    "format-removed": ChangeKind(_L, _L, "has no format", "Values may have any form."),
    "format-changed": ChangeKind(_L, _L, "has another format", "Values may have another form."),
    "range-added": ChangeKind(_T, _T, "bounded", "Values stay inside a bound."),
    "range-removed": ChangeKind(_L, _L, "unbounded", "Values may lie anywhere."),
    "range-tightened": ChangeKind(_T, _T, "more closely bounded", "Fewer values may come."),
    "range-loosened": ChangeKind(_L, _L, "less closely bounded", "More values may come."),
    "length-added": ChangeKind(_T, _T, "bounded in length", "Values have a length at most."),
    "length-removed": ChangeKind(_L, _L, "unbounded in length", "Longer values may come."),
    "length-tightened": ChangeKind(_T, _T, "bounded in length more closely", "Fewer may come."),
    "length-loosened": ChangeKind(_L, _L, "bounded in length less closely", "More may come."),
    # Rules over rows
    "rule-added": ChangeKind(_T, _T, "checked", "What fails it is held back, or told."),
    "rule-removed": ChangeKind(_L, _L, "no longer checked", "What failed it may come."),
    "rule-tightened": ChangeKind(_T, _T, "checked more closely", "Less of it may fail."),
    "rule-loosened": ChangeKind(_L, _L, "checked less closely", "More of it may fail."),
    "rule-changed": ChangeKind(
        _L, _L, "checked otherwise", "What passes cannot be compared, so some may be new."
    ),
    "rule-blocks": ChangeKind(_T, _T, "blocks publishing now", "What fails it never comes."),
    "rule-blocks-no-more": ChangeKind(
        _L, _L, "blocks nothing now", "What fails it may come, and is told."
    ),
    "rule-described": ChangeKind(_M, _M, "described otherwise", "It measures the same."),
    "relationship-added": ChangeKind(_T, _T, "checked", "Each value is found there."),
    "relationship-removed": ChangeKind(
        _L, _L, "no longer checked", "Values may come that are not found there."
    ),
    "relationship-changed": ChangeKind(_L, _L, "checked otherwise", "It leads elsewhere."),
    # Service levels and ends
    "service-level-added": ChangeKind(_T, _A, "promised", "One more thing to rely on."),
    "service-level-removed": ChangeKind(_L, _L, "no longer promised", "One thing less."),
    "service-level-improved": ChangeKind(_T, _T, "better", "More is promised of it."),
    "service-level-worsened": ChangeKind(_L, _L, "worse", "Less is promised of it."),
    "service-level-changed": ChangeKind(
        _L, _L, "promised otherwise", "The two cannot be compared, so it may be less."
    ),
    "retention-lengthened": ChangeKind(_T, _A, "longer", "Rows stay longer."),
    "retention-shortened": ChangeKind(_L, _B, "shorter", "Rows that were promised go away."),
    "end-set": ChangeKind(_L, _M, "set", "It ends on a day that is told."),
    "end-earlier": ChangeKind(_L, _B, "earlier", "Who planned for the later day is too late."),
    "end-later": ChangeKind(_T, _A, "later", "It lasts longer."),
    "end-taken-back": ChangeKind(_T, _A, "taken back", "It goes on."),
    "outage-set": ChangeKind(
        _L, _M, "planned", "It cannot be read for a while, which is told before."
    ),
    "outage-moved": ChangeKind(_L, _M, "planned otherwise", "It cannot be read at another time."),
    "outage-taken-back": ChangeKind(_T, _M, "taken back", "It can be read all the time."),
    # Protection and access
    "classification-added": ChangeKind(_T, _T, "classified", "It is to be protected."),
    "classification-removed": ChangeKind(
        _L, _L, "no longer classified", "What protects it falls away."
    ),
    "classification-raised": ChangeKind(
        _T, _T, "classified higher", "It is protected more; some may not see it any longer."
    ),
    "classification-lowered": ChangeKind(
        _L, _L, "classified lower", "It is protected less than those it is about were told."
    ),
    "classification-changed": ChangeKind(
        _L, _L, "classified otherwise", "The two cannot be compared, so it may be less protected."
    ),
    "role-added": ChangeKind(_A, _A, "added", "One more way to get access."),
    "role-removed": ChangeKind(_B, _B, "removed", "Who has access by it loses it."),
    "role-changed": ChangeKind(_L, _L, "changed", "Access by it may be another one."),
    # Words
    "terms-changed": ChangeKind(
        _L, _L, "changed", "What the data may be used for, or cannot tell, is said otherwise."
    ),
    "price-changed": ChangeKind(_L, _L, "changed", "It costs otherwise."),
    "description-changed": ChangeKind(_M, _M, "described otherwise", "Words only."),
    "team-changed": ChangeKind(_M, _M, "changed", "Other people answer for it."),
    "support-changed": ChangeKind(_M, _M, "changed", "Help is found elsewhere."),
    "tags-changed": ChangeKind(_M, _M, "changed", "Words only."),
    "server-changed": ChangeKind(_M, _M, "changed", "The port is found by its name."),
    "details-changed": ChangeKind(_M, _M, "changed", "It is shown and does nothing."),
}


def change(
    kind: str, action: ChangeAction, what: str, old: str = "", new: str = "", note: str = ""
) -> ContractChange:
    """Make a change of a kind; what it says is the note where there is no better one."""
    known = KINDS[kind]
    said = (known.verb, known.provider, known.consumer)
    return ContractChange(kind, action, what, *said, old, new, note or known.verb)
