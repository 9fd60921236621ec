"""Going back is undoing: after any applies and rollbacks, what was left stays left."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from weft.app.releases import release_before
from weft.mesh.release import Release

Past = tuple[Release, ...]

# A digit applies that content, 0 drops the product; `before` and `to` roll back.
WORDS = st.one_of(
    st.integers(0, 3),
    st.just("before"),
    st.integers(1, 9).map(lambda number: ("to", number)),
)


class Product:
    """A product's releases, oldest first, and beside each the ones that going back undoes."""

    def __init__(self) -> None:
        self.releases: list[Release] = []
        self.pasts: dict[int, Past] = {0: ()}

    @property
    def newest_first(self) -> tuple[Release, ...]:
        return tuple(reversed(self.releases))

    def apply(self, content: int) -> None:
        if not self.releases or self.releases[-1].content != release(content).content:
            past = self.pasts[len(self.releases)]
            made = self._append(release(content))
            self.pasts[made.number] = (*past, made)

    def restore(self, target: Release) -> None:
        made = self._append(replace(target, restores=target.number))
        self.pasts[made.number] = self.pasts[target.number]

    def expected(self) -> Release | None:
        current = self.releases[-1]
        others = (
            each
            for each in reversed(self.pasts[current.number])
            if not each.empty and each.content != current.content
        )
        return next(others, None)

    def _append(self, made: Release) -> Release:
        self.releases.append(replace(made, number=len(self.releases) + 1))
        return self.releases[-1]


def release(content: int) -> Release:
    return Release("a.b", "prod", 0, (), {"m": str(content)} if content else {})


@given(st.lists(WORDS, max_size=20))
def test_going_back_undoes_what_was_not_undone_yet(words: list[object]) -> None:
    product = Product()
    product.apply(1)
    for word in words:
        match word:
            case int():
                product.apply(word)
            case "before":
                _go_back(product)
            case ("to", int(number)) if number <= len(product.releases):
                target = product.releases[number - 1]
                if not target.empty:
                    product.restore(target)
    _go_back(product)


def _go_back(product: Product) -> None:
    found, expected = release_before(product.newest_first), product.expected()
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.content == expected.content
        product.restore(found)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=9))
def test_going_back_again_and_again_comes_to_an_end(contents: list[int]) -> None:
    product = Product()
    for content in contents:
        product.apply(content)
    applied = len(product.releases)
    left = [product.releases[-1].number]
    while (found := release_before(product.newest_first)) is not None:
        assert found.number < min(left)
        left.append(found.number)
        product.restore(found)
        assert len(left) <= applied


@given(st.integers(1, 9), st.integers(0, 8))
def test_what_is_no_longer_kept_is_passed(number: int, kept: int) -> None:
    product = Product()
    for content in range(1, number + 1):
        product.apply(content)
    found = release_before(product.newest_first[: kept + 1])
    assert (found is not None) == (min(kept, number - 1) > 0)
