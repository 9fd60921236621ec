"""What a plan does for products beside those that change: who follows, how much, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from weft.mesh.address import product_of
from weft.plan.growing import restated
from weft.plan.plan import Plan, Step, StepKind


@dataclass(frozen=True)
class Follower:
    """What a plan does for a product though neither its definition nor its sources say so.

    `models` are built again and `checked` counts the objects that are audited. `because` are the
    products whose new releases it waits for, or whose other releases it reads; `asked` says that a
    rebuild was asked for, `anew` that only ranges were, to be read once more. Without any it is
    what an earlier apply left undone.
    """

    product: str
    models: tuple[str, ...] = ()
    checked: int = 0
    because: tuple[str, ...] = ()
    asked: bool = False
    anew: bool = False


def followers(plan: Plan) -> tuple[Follower, ...]:
    """The products with steps that no change of theirs and no newer data explains, in order.

    One that changes itself is among them where models are built that the changes do not name.
    """
    explained = {each.address for each in plan.changes if each.kind == "model"}
    explained |= {model for each in plan.data if not each.of_port for model in each.models}
    known = {each.product for each in plan.changes} | {product_of(model) for model in explained}
    salted = {product_of(each) for each, salt in plan.salts.items() if restated(salt) is None}
    anew = {product_of(each) for each in plan.salts} - salted
    moved = _moved_ports(plan)
    steps: dict[str, list[Step]] = {product: [] for product in plan.manifests}
    for step in plan.steps:
        # What is dropped is named on its own.
        if step.kind is not StepKind.DROP:
            steps.setdefault(step.product, []).append(step)
    found: list[Follower] = []
    for product, own in steps.items():
        built = [each.target for each in own if each.kind is StepKind.BUILD]
        models = tuple(name for name in built if f"{product}.{name}" not in explained)
        moves = any(each.kind is StepKind.LEAVE for each in own)
        if (models and not moves) or product not in known:
            checked = sum(each.kind is StepKind.AUDIT for each in own)
            because = _other_products(product, own, moved)
            asked = (product in salted, product in anew)
            found.append(Follower(product, models, checked, because, *asked))
    return tuple(found)


def _moved_ports(plan: Plan) -> Mapping[str, Sequence[str]]:
    """The products that show another release than a product was built from, by that product."""
    moved: dict[str, list[str]] = {}
    for each in plan.data:
        if each.of_port:
            for model in each.models:
                moved.setdefault(product_of(model), []).append(product_of(each.source))
    return moved


def _other_products(
    product: str, steps: Iterable[Step], moved: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    needs = (need.partition("/")[0] for step in steps for need in step.needs)
    expecting = (step.consumer for step in steps if step.consumer)
    others = (*needs, *moved.get(product, ()), *expecting)
    return tuple(dict.fromkeys(other for other in others if other != product))
