"""Which builds of models that grow can stand for the one that is wanted."""

from __future__ import annotations

import pytest

from weft.mesh.product import Materialization
from weft.mesh.release import Build
from weft.plan.offers import Offer, Refusal, Unfit, Wanted, chosen, unfit

WANTED = Wanted(asked="now", recipe="ours", base="released")
ANEW = Wanted(asked="now", recipe="ours", base="")


def line(*made: tuple[str, str, str]) -> tuple[Build, ...]:
    """Builds as key, base and recipe, the newest first."""
    return tuple(
        Build(key, "a.b", "m", Materialization.INCREMENTAL, (), base=base, recipe=recipe)
        for key, base, recipe in made
    )


def offer(*made: tuple[str, str, str], asked: str = "now", environment: str = "dev") -> Offer:
    return Offer(environment, asked, line(*made))


LATER, FIRST, BEFORE = ("d2", "d1", "ours"), ("d1", "released", "ours"), ("released", "", "theirs")
TRIED, BEGUN = ("d1", "released", "theirs"), ("d1", "", "ours")


@pytest.mark.parametrize(
    ("wanted", "offered", "why"),
    [
        (WANTED, offer(LATER, FIRST), None),
        (WANTED, offer(LATER, FIRST, BEFORE), None),
        (ANEW, offer(LATER, BEGUN), None),
        (WANTED, offer(("d2", "d1", "theirs"), FIRST), Unfit.RECIPE),
        (
            Wanted("now", "", "released"),
            offer(("d2", "d1", ""), ("d1", "released", "")),
            Unfit.RECIPE,
        ),
        (WANTED, offer(LATER, FIRST, asked="before"), Unfit.DATA),
        (WANTED, offer(LATER, TRIED), Unfit.ROWS),
        (ANEW, offer(LATER, (*BEGUN[:2], "theirs")), Unfit.ROWS),
        (WANTED, offer(LATER), Unfit.LINE),
        (WANTED, offer(LATER, BEGUN), Unfit.LINE),
        (WANTED, offer(("released", "", "ours")), Unfit.LINE),
        (ANEW, offer(LATER, FIRST), Unfit.LINE),
    ],
)
def test_a_build_has_to_have_all_rows_and_no_others(
    wanted: Wanted, offered: Offer, why: Unfit | None
) -> None:
    assert unfit(offered, wanted) is why


def test_the_first_that_fits_is_chosen_and_the_nearest_is_told() -> None:
    other = offer(LATER, FIRST, asked="before", environment="late")
    tried = offer(LATER, TRIED, environment="tried")
    fits, fits_too = offer(LATER, FIRST, environment="one"), offer(FIRST, environment="two")
    assert chosen([other, fits, tried, fits_too], WANTED) is fits
    assert chosen([tried, other], WANTED) == Refusal("tried", Unfit.ROWS)
    assert chosen([other], WANTED) == Refusal("late", Unfit.DATA)
    assert chosen([], WANTED) is None
