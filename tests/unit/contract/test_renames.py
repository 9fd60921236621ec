"""Names of before count where they can be true."""

from __future__ import annotations

from typing import Any

import pytest

from weft.contract.renames import rename_problems, renamed


def obj(*columns: tuple[str, object]) -> dict[str, Any]:
    """An object whose columns say what they were called before, if it is not None."""
    return {
        "properties": [
            {"name": name}
            if was is None
            else {
                "name": name,
                "customProperties": [{"vendor": "weft", "property": "renamed_from", "value": was}],
            }
            for name, was in columns
        ]
    }


@pytest.mark.parametrize(
    ("columns", "good", "problems"),
    [
        ([("id", None), ("total", "amount")], {"total": "amount"}, {}),
        ([("amount", None), ("total", "amount")], {}, {1: "column `amount` is still there"}),
        (
            [("total", "amount"), ("sum", "amount"), ("n", "count")],
            {"n": "count"},
            dict.fromkeys((0, 1), "one column cannot become two"),
        ),
        ([("total", 7)], {}, {0: "write the name that the column had"}),
    ],
)
def test_only_what_can_be_true_counts(
    columns: list[tuple[str, object]], good: dict[str, str], problems: dict[int, str]
) -> None:
    assert renamed(obj(*columns)) == good
    assert rename_problems(obj(*columns)) == problems
