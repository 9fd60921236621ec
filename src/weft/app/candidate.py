"""Candidate: show a new major as a preview until a day, and release what was previewed.

Both edit the contract, and a product whose status is in the way; apply shows and publishes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from weft.app.bootstrap import Opened
from weft.app.custom_property import with_custom, without_custom
from weft.app.definition import definition_data, definition_text
from weft.app.errors import Usage
from weft.app.last_day import refuse_day
from weft.app.new_files import Draft, Edit
from weft.app.port_version import WrittenContract
from weft.app.release import Bumped, Unreleased, unreleased
from weft.app.yaml_edit import CannotEdit, by_hand, set_value
from weft.contract.candidates import UNFINISHED, candidate_until
from weft.mesh.address import PortAddress
from weft.mesh.contract import Status
from weft.project.layout import product_path

_CANDIDATE = "candidate"


def draft_candidate(mesh: Opened, address: PortAddress, until: str) -> Bumped:
    """Draft the edits that show an unreleased major as a preview until a day, an ISO date.

    Raises NotFound, Usage for a day that is over or a version that is released, and Blocked where
    a person has to edit the contract.
    """
    found = _unreleased(mesh, address, promote=False)
    refuse_day(
        until,
        mesh.system.now()[:10],
        over="so nobody could see the preview",
        next_step=f"weft release {found.address} --candidate --until DATE",
    )
    place = PortAddress.parse(found.address)
    written = WrittenContract.of(mesh.folder, place)
    lifted = _lifted(mesh.folder, place, (Status.PROPOSED,), Status.DRAFT)
    if candidate_until(written.data, written.status) == until and not lifted:
        return Bumped(found.address, why=f"it is a candidate until {until} already")
    edited = written.text
    try:
        if written.status not in UNFINISHED:
            edited = set_value(edited, Status.DRAFT, "status")
        edited = with_custom(edited, _CANDIDATE, {"until": until})
    except CannotEdit as problem:
        wanted = f"status: draft, and the custom property candidate with until: {until}"
        raise by_hand(written.path, problem, wanted) from None
    return Bumped(found.address, Draft((), (*_edits(written, edited), *lifted)))


def draft_promotion(mesh: Opened, address: PortAddress) -> Bumped:
    """Draft the edits that release what is a preview, or a draft that nobody saw.

    A released version whose contract became a draft is active again. Raises NotFound, Usage for
    one that is no draft, and Blocked where a person has to edit the contract.
    """
    found = _unreleased(mesh, address, promote=True)
    place = PortAddress.parse(found.address)
    written = WrittenContract.of(mesh.folder, place)
    status = written.status
    lifted = _lifted(mesh.folder, place, UNFINISHED, Status.ACTIVE)
    if status not in UNFINISHED and not lifted:
        return Bumped(found.address, why=f"its status is {status}, so apply releases it")
    edited = written.text
    try:
        if status in UNFINISHED:
            edited = without_custom(set_value(edited, Status.ACTIVE, "status"), _CANDIDATE)
    except CannotEdit as problem:
        wanted = "status: active, and no custom property candidate"
        raise by_hand(written.path, problem, wanted) from None
    return Bumped(found.address, Draft((), (*_edits(written, edited), *lifted)))


def _edits(written: WrittenContract, after: str) -> Iterator[Edit]:
    if written.text != after:
        yield Edit(written.path, written.text, after)


def _lifted(
    folder: Path, address: PortAddress, low: Collection[Status], wanted: Status
) -> tuple[Edit, ...]:
    """The edit by which a product of a status that is too low for its port gets another one."""
    path = product_path(address.product)
    text = definition_text(folder / path)
    if definition_data(text.encode()).get("status") not in low:
        return ()
    try:
        return (Edit(path, text, set_value(text, wanted, "status")),)
    except CannotEdit as problem:
        raise by_hand(path, problem, f"status: {wanted}") from None


def _unreleased(mesh: Opened, address: PortAddress, *, promote: bool) -> Unreleased:
    """The one major that is meant and that is not released yet. Raises NotFound and Usage.

    To be promoted it may as well be one that is released, and that its contract makes a draft.
    """
    majors = unreleased(mesh, address)
    found = [
        each for each in majors if not each.released or (promote and each.status in UNFINISHED)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = [each.address for each in found]
        last = names[-1]
        raise Usage(
            f"{address} has several majors that are not released: {', '.join(names)}",
            next_step=f"weft release {last} --promote"
            if promote
            else f"weft release {last} --candidate --until DATE",
        )
    newest = majors[-1]
    place = PortAddress.parse(newest.address)
    port = replace(place, major=None)
    raise Usage(
        f"{place} is released as {newest.released}, so there is nothing to promote"
        if promote
        else f"{place} is released as {newest.released}, and a released version does not change",
        why="A preview is of a major that nobody has yet.",
        next_step=f"weft new port {port} --keep {place.major}",
    )
