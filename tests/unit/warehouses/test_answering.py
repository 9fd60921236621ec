"""An answer turns what its reader makes of an error back, and lets go of what is open."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from weft.warehouses.answering import Answer
from weft.warehouses.protocol import Unmeasurable, WarehouseError


def answer(said: list[str]) -> Answer:
    closing = ExitStack()
    closing.callback(said.append, "closed")

    def meant(text: str) -> WarehouseError:
        said.append("asked")
        return Unmeasurable(f"it was {text}")

    return Answer(("id",), object(), closing, meant)


def test_what_a_reader_raises_is_ours_and_told_before_it_is_closed() -> None:
    said: list[str] = []
    with pytest.raises(Unmeasurable, match="it was a division by zero"), answer(said):
        raise Exception("a division by zero")
    assert said == ["asked", "closed"]


@pytest.mark.parametrize("error", [ValueError("x"), WarehouseError("x"), KeyboardInterrupt()])
def test_any_other_error_stays_what_it_is(error: BaseException) -> None:
    said: list[str] = []
    with pytest.raises(type(error)) as raised, answer(said):
        raise error
    assert raised.value is error
    assert said == ["closed"]


def test_an_answer_is_closed_when_all_is_well() -> None:
    said: list[str] = []
    with answer(said) as found:
        assert found.columns == ("id",)
    assert said == ["closed"]
