"""Names that others gave, as names of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.mesh.address import name_problem
from weft.project.adopting.names import fitting_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("orders", "orders"),
        ("OrderLines", "order_lines"),
        ("HTTPLog", "http_log"),
        ("  größe (cm) ", "grosse_cm"),
        ("orders_v2", "orders_version_2"),
        ("orders_rc", "orders_candidate"),
        ("public", "data_public"),
        ("pg_things", "data_pg_things"),
        ("2013", "data_2013"),
        ("日本", "data"),
        ("", "data"),
        ("a" * 50, "a" * 40),
    ],
)
def test_a_name_is_made_to_fit(text: str, name: str) -> None:
    assert fitting_name(text) == name


def test_no_name_is_given_twice() -> None:
    taken: set[str] = set()
    for text in ("Orders", "orders", "ORDERS", "orders_2", "a" * 41, "a" * 42):
        taken.add(fitting_name(text, taken))
    assert taken == {"orders", "orders_2", "orders_3", "orders_2_2", "a" * 40, "a" * 38 + "_2"}


@given(st.text(max_size=60), st.sets(st.sampled_from(["data", "a", "data_2"])))
def test_whatever_it_was_it_fits(text: str, taken: set[str]) -> None:
    name = fitting_name(text, taken)
    assert name_problem(name, is_object=True) == ""
    assert name not in taken
