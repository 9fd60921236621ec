"""Builds that a release has and shows nobody: who reads their port waits until it is published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_values import (
    after,
    failed,
    plan,
    port,
    product,
    required,
    shown,
    situation,
    transform,
)

from weft.mesh.contract import Status
from weft.mesh.manifest import ProductManifest
from weft.plan.examine import Situation
from weft.plan.plan import StepKind

MODELS = [transform("orders"), transform("orders_2")]


def orders(second: Status) -> ProductManifest:
    """A product whose second major has a status; the first is published."""
    newer = shown("orders", major=2, status=second, checks=(required("id"),), filled_by="orders_2")
    return product("shop.orders", MODELS, [shown("orders"), newer])


READER = product("money.sums", [transform("sums", port("shop.orders.orders@2"))], [shown("sums")])


def published(was: Status) -> Situation:
    """After its second major was applied with a status, it is published, and somebody reads it."""
    before = situation(orders(was))
    there = after(plan(before), before)
    now = situation(orders(Status.ACTIVE), READER)
    applied = {"shop.orders": orders(was)}
    return replace(there, desired=now.desired, contents=now.contents, applied=applied)


@pytest.mark.parametrize("was", [Status.RETIRED, Status.DRAFT])
def test_its_reader_is_built_after_it_is_published(was: Status) -> None:
    made = plan(published(was))
    [publish] = (
        each.id
        for each in made.steps
        if each.kind is StepKind.PUBLISH and each.product == "shop.orders"
    )
    [build] = (each for each in made.steps if each.kind is StepKind.BUILD)
    assert (build.product, build.needs) == ("money.sums", (publish,))


@pytest.mark.parametrize("was", [Status.RETIRED, Status.DRAFT])
def test_its_reader_waits_while_its_checks_fail(was: Status) -> None:
    now = published(was)
    made = plan(now, failed(plan(now), "shop.orders"))
    assert [(each.product, each.cause) for each in made.held] == [
        ("shop.orders", "checks failed"),
        ("money.sums", "waits for shop.orders"),
    ]
    assert made.steps == ()
