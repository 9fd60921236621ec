"""Sign-off: what consumers say to a version that would break them, and how one of them answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.app.plan import PlanOptions, make_plan
from weft.mesh.address import PortAddress, is_part_of
from weft.mesh.signoff import Answer, Signoff
from weft.plan.plan import Expected


@dataclass(frozen=True)
class Asked:
    """What consumers say to the versions of a port as it counts today, and what they expect."""

    signoffs: tuple[Signoff, ...]
    expected: tuple[Expected, ...] = ()


def signoffs(mesh: Opened, address: PortAddress) -> Asked:
    """What is said to the versions of a port that are not released yet.

    Raises Usage outside of production, Invalid, NotFound, WarehouseError and StoreError.
    """
    _refuse_elsewhere(mesh)
    product = str(address.product)
    plan = make_plan(mesh, PlanOptions((product,))).plan
    return Asked(
        tuple(each for each in plan.signoffs if is_part_of(each.address, str(address))),
        tuple(each for each in plan.expected if is_part_of(each.port, str(address))),
    )


def sign_off(
    mesh: Opened, address: PortAddress, consumer: str, answer: Answer, reason: str
) -> Signoff:
    """Keep what a consumer says to the version of a port that it was asked about.

    Raises NotFound where it was not asked, Usage for a no without a reason, and StoreError.
    """
    _refuse_elsewhere(mesh)
    if answer is Answer.NO and not reason:
        raise Usage(
            "a no needs a --reason",
            why="The producer has to know what would have to change.",
            next_step=f"weft release signoff {address} --consumer {consumer} --no --reason TEXT",
        )
    opened = [
        each
        for each in mesh.store.signoffs.all(mesh.environment)
        if is_part_of(each.address, str(address))
    ]
    found = [each for each in opened if each.consumer == consumer]
    if not found:
        if not opened:
            raise Usage(
                f"nobody is asked about {address}",
                why="Consumers are asked when an apply shows a version that breaks them.",
                next_step="weft plan",
            )
        raise NotFound(
            "consumer",
            consumer,
            (each.consumer for each in opened),
            where=f"that is asked about {address}",
            next_step=f"weft release signoff {address}",
        )
    if len({each.major for each in found}) > 1 and address.major is None:
        raise Usage(
            f"{address} has several majors that are asked about: name one",
            next_step=f"weft release signoff {address}",
        )
    last = max(found, key=lambda each: each.place)
    answered = replace(
        last,
        state=answer,
        actor=mesh.system.user(),
        reason=reason,
        # A clock that went back does not let an earlier answer count.
        at=max(mesh.system.now(), last.at),
    )
    mesh.store.signoffs.answer(answered)
    return answered


def _refuse_elsewhere(mesh: Opened) -> None:
    if not mesh.production:
        raise Usage(
            f"sign-offs are of {mesh.settings.production}, and this is {mesh.environment}",
            why="Outside of production nobody waits for a yes.",
            next_step="leave out --env",
        )
