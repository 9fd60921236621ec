"""The gate in front of production: what a released port may not do under the version it has.

A released version does not change. What is new needs a later version, by as much as it means to
consumers; what breaks them needs a new major, or a person who answers for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from weft.contract.change_kinds import KINDS
from weft.contract.document import contract_digest
from weft.contract.term_compatibility import same_terms
from weft.contract.versions import Bump, is_enough, min_bump, next_version, numbers, step_between
from weft.contract.waivers import in_one_form, is_about_sign_off, waiver_for, waivers_of
from weft.mesh.change import ChangeAction
from weft.mesh.evidence import EvidencedVersion
from weft.mesh.manifest import PortVersion, ProductManifest
from weft.mesh.waiver import Waiver
from weft.plan.plan import Change, ChangeClass, FieldChange

_MOST = 3


@dataclass(frozen=True)
class Versions:
    """The versions of one port: as consumers were promised it, and as it would be."""

    address: str
    released: PortVersion
    wanted: PortVersion

    @property
    def differ(self) -> bool:
        """Whether the contracts say different things, be it of their status alone."""
        before, after = self.released.contract, self.wanted.contract
        return before.get("status") != after.get("status") or not same_terms(before, after)


def released_versions(
    changes: Iterable[Change],
    desired: Mapping[str, ProductManifest],
    applied: Mapping[str, ProductManifest],
) -> dict[str, Versions]:
    """The published ports that changes touch, by address, and that stay published."""
    found: dict[str, Versions] = {}
    for change in changes:
        if change.action is not ChangeAction.UPDATE:
            continue
        before, after = change.port_in(applied), change.port_in(desired)
        if before and after and before.status.published and after.status.published:
            found[change.address] = Versions(change.address, before, after)
    return found


def with_waivers(change: Change, versions: Versions | None, today: str) -> Change:
    """A change whose breaking parts say who answers for them on a day, where somebody does."""
    waivers = waivers_of(versions.wanted.contract) if versions else ()
    if not waivers:
        return change
    return replace(change, fields=tuple(_waived(each, waivers, today) for each in change.fields))


def _waived(field: FieldChange, waivers: Iterable[Waiver], today: str) -> FieldChange:
    if not is_refused(field) or field.kind not in KINDS:
        return field
    return replace(field, waiver=waiver_for(title_of(field), waivers, today))


def title_of(field: FieldChange) -> str:
    """A change of a contract in a few words, as a waiver names it."""
    return f"{field.what} {KINDS[field.kind].verb}"


def how_to_waive(fields: Iterable[FieldChange]) -> str:
    """Lines that say what to write for those of these changes that break; "" for none."""
    titles = [title_of(each) for each in fields if each.kind in KINDS and is_refused(each)]
    if not titles:
        return ""
    named = (json.dumps(each, ensure_ascii=False) for each in titles)
    entries = [f"    - {{change: {each}, by: WHO, reason: WHY, until: DATE}}" for each in named]
    head = "\nor let somebody answer for it until a day, in customProperties of its contract:"
    lines = (head, "- property: waivers", "  vendor: weft", "  value:", *entries)
    return "\n".join(lines)


def is_refused(field: FieldChange) -> bool:
    """Whether a change breaks a promise and nobody answers for it."""
    return field.category is ChangeClass.BREAKING and field.waiver is None


def refusals(changes: Iterable[Change], versions: Mapping[str, Versions]) -> Iterator[str]:
    """Why changes must not be published under the versions that their ports have.

    What breaks a port is refused elsewhere, unless somebody answers for it.
    """
    for change in changes:
        found = versions.get(change.address)
        fields = [each for each in change.fields if each.kind]
        if found is None or any(map(is_refused, fields)):
            continue
        if numbers(found.wanted.version) < numbers(found.released.version):
            yield (
                f"{found.address}: version {found.wanted.version} would follow "
                f"{found.released.version}, which is released.\n"
                f"take a later one:  {_command(found)}"
            )
        elif found.differ:
            yield from _too_small(found, fields)


def returns(
    changes: Iterable[Change],
    desired: Mapping[str, ProductManifest],
    applied: Mapping[str, ProductManifest],
    evidenced: Iterable[EvidencedVersion],
) -> Iterator[str]:
    """Why ports must not be published under versions that consumers had before.

    One that comes back as it was released may. `evidenced` are the versions of these ports that
    were ever released.
    """
    known: dict[str, list[EvidencedVersion]] = {}
    for each in evidenced:
        known.setdefault(each.address, []).append(each)
    for change in changes:
        before, after = change.port_in(applied), change.port_in(desired)
        released = known.get(change.address, [])
        goes_on = before and after and before.status.published and before.version == after.version
        if after and after.status.published and released and not goes_on:
            yield from _not_as_it_was(change.address, after, released)


def _not_as_it_was(
    address: str, port: PortVersion, released: Sequence[EvidencedVersion]
) -> Iterator[str]:
    """Say that a version comes back with another contract, or before one that was released."""
    same = [each.contract for each in released if each.version == port.version]
    newest = max((each.version for each in released), key=numbers)
    if same:
        if "" in same or contract_digest(port.contract) in same:
            return
        why = "with another contract, and a released version does not change"
        said = f"{address} was released before as {port.version}, {why}."
    elif numbers(port.version) < numbers(newest):
        said = (
            f"{address}: version {port.version} would follow {newest}, which was released before."
        )
    else:
        return
    following = next_version(newest, Bump.MINOR)
    yield (
        f"{said}\n"
        f"give it a later version, such as {following}, in its contract and in product.yaml; "
        f"what was released:  weft release evidence {address}"
    )


def useless_waivers(
    changes: Iterable[Change], versions: Mapping[str, Versions], today: str
) -> Iterator[str]:
    """Why waivers of ports that are refused do not help: they have ended, or name nothing there.

    A waiver that was published before may well be about a change that is long past.
    """
    for change in changes:
        found = versions.get(change.address)
        refused = [each for each in change.fields if each.kind in KINDS and is_refused(each)]
        if found is None or not refused:
            continue
        titles = {in_one_form(title_of(each)) for each in refused}
        past = waivers_of(found.released.contract)
        others = (
            each for each in waivers_of(found.wanted.contract) if not is_about_sign_off(each.change)
        )
        for each in others:
            if in_one_form(each.change) in titles:
                ended = f"ended on {each.until}, and it is {today}"
                yield f"{found.address}: the waiver of {each.by} for {each.change} {ended}."
            elif each not in past and not _waives(each, change):
                yield f"{found.address}: no change is called {each.change}, which has a waiver."


def _waives(waiver: Waiver, change: Change) -> bool:
    return any(each.waiver == waiver for each in change.fields)


def _too_small(versions: Versions, fields: Sequence[FieldChange]) -> Iterator[str]:
    """Say that a released version would change, or that the step to the next one is too short."""
    released, wanted = versions.released.version, versions.wanted.version
    needed = min_bump(KINDS[each.kind].consumer for each in fields)
    step = step_between(released, wanted)
    if step is None:
        yield (
            f"{versions.address} is released as {released}, and a released version does not "
            f"change: {_named(fields)}.\n"
            f"give it the next version, {next_version(released, needed)}:  {_command(versions)}"
        )
    elif not is_enough(step, needed):
        yield (
            f"{versions.address}: {released} -> {wanted} is too short a step for "
            f"{_named(_as_long(fields, needed))}.\n"
            f"it needs {next_version(released, needed)}:  {_command(versions)}"
        )


def _as_long(fields: Iterable[FieldChange], needed: Bump) -> list[FieldChange]:
    """The changes that need a step of this length."""
    return [each for each in fields if min_bump([KINDS[each.kind].consumer]) is needed]


def _named(fields: Sequence[FieldChange]) -> str:
    named = ", ".join(title_of(each) for each in fields[:_MOST])
    more = len(fields) - _MOST
    return f"{named} and {more} more" if more > 0 else named or "its contract differs"


def _command(versions: Versions) -> str:
    return f"weft release {versions.address} --bump"
