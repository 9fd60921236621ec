"""Each product's share of a plan: what it says of one product, taken out once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from weft.mesh.address import product_of
from weft.mesh.manifest import ProductManifest
from weft.mesh.signoff import Signoff
from weft.plan.plan import Affected, Base, Change, Plan, Step, Suspension

_T = TypeVar("_T")


@dataclass(frozen=True)
class Share:
    """What a plan says of one product.

    `manifest` is the definition that it makes current, None where that stays. `affected` are the
    consumers of its ports. `signoffs` are asked for with what it shows: none while it is held, or
    of a version whose checks keep it back.
    """

    product: str
    environment: str
    base: Base
    manifest: ProductManifest | None = None
    removed: bool = False
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()
    affected: tuple[Affected, ...] = ()
    signoffs: tuple[Signoff, ...] = ()
    suspensions: tuple[Suspension, ...] = ()


def shares(plan: Plan) -> dict[str, Share]:
    """The share of each product that a plan touches, by address."""
    steps = _by_product(plan.steps, lambda each: each.product)
    changes = _by_product(plan.changes, lambda each: each.product)
    affected = _by_product(plan.affected, lambda each: product_of(each.port))
    held = {each.product for each in plan.held}
    kept = {each.address for each in plan.kept if each.checks}
    to_ask = (
        each for each in plan.signoffs if each.product not in held and each.address not in kept
    )
    signoffs = _by_product(to_ask, lambda each: _asks(each, plan))
    suspensions = _by_product(plan.suspensions, lambda each: product_of(each.port))
    removed = frozenset(plan.removed)
    return {
        product: Share(
            product,
            plan.environment,
            base,
            plan.manifests.get(product),
            product in removed,
            steps.get(product, ()),
            changes.get(product, ()),
            affected.get(product, ()),
            signoffs.get(product, ()),
            suspensions.get(product, ()),
        )
        for product, base in plan.base.items()
    }


def _asks(signoff: Signoff, plan: Plan) -> str:
    """The product with which is asked: the one that breaks somebody, or who comes to read it."""
    return signoff.product if signoff.product in plan.base else signoff.consumer


def _by_product(items: Iterable[_T], product: Callable[[_T], str]) -> dict[str, tuple[_T, ...]]:
    found: dict[str, list[_T]] = {}
    for each in items:
        found.setdefault(product(each), []).append(each)
    return {address: tuple(own) for address, own in found.items()}
