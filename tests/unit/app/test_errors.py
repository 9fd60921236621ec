"""Ratings of exceptions, and which exit code tells most."""

from __future__ import annotations

import errno
from itertools import pairwise, permutations

import pytest

from weft.app.errors import (
    Blocked,
    Breaking,
    Exit,
    Invalid,
    NotFound,
    Refusal,
    Stale,
    Usage,
    most_telling,
    rating,
)
from weft.store.protocol import StoreError
from weft.warehouses.protocol import WarehouseError


def every_subclass(kind: type[Exception]) -> set[type[Exception]]:
    below = set(kind.__subclasses__())
    return below.union(*(every_subclass(each) for each in below))


def test_at_most_eight_exceptions_of_our_own() -> None:
    assert len({Refusal} | every_subclass(Refusal)) <= 8


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (Usage("x"), 2, 400),
        (NotFound("x", "y"), 2, 404),
        (Invalid([]), 5, 422),
        (Blocked("x"), 5, 409),
        (Breaking("x"), 7, 409),
        (Stale("x"), 5, 412),
        (WarehouseError("x"), 4, 502),
        (WarehouseError("x", interrupted=True), 8, 502),
        (StoreError("x"), 4, 503),
        (StoreError("x", full=True), 4, 507),
        (StoreError("x", full=True, interrupted=True), 8, 507),
        (OSError(errno.EACCES, "x"), 4, 503),
        (OSError(errno.ENOSPC, "x"), 4, 507),
        (KeyError("x"), 1, 500),
    ],
)
def test_ratings(error: Exception, code: int, status: int) -> None:
    assert rating(error) == (code, status)


def test_the_order_in_which_codes_tell() -> None:
    order = [Exit(code) for code in (1, 2, 4, 5, 7, 6, 8, 3, 0)]
    for earlier, later in pairwise(order):
        for pair in permutations((earlier, later)):
            assert most_telling(pair) is earlier
    assert most_telling([]) is Exit.DONE


def test_an_unknown_name_offers_the_nearest() -> None:
    assert "sales.orders" in NotFound("product", "sales.ordres", ["sales.orders", "x"]).why


def test_an_unknown_name_tells_what_there_is_where_no_command_does() -> None:
    many = list("abcdefghij")
    assert NotFound("column", "zzz", ["id", "at"]).why == "There is id, at."
    assert NotFound("column", "zzz", many).why == "There is a, b, c, d, e, f, g, h and 2 more."
    assert NotFound("column", "zzz").why == ""
    assert NotFound("product", "zzz", ["sales.orders"], next_step="weft ls").why == ""
