"""The nearest of some known names to one that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 100


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like `name`, or "" when none is near.

    >>> nearest("dep_dellay", ["dep_time", "dep_delay"])
    'dep_delay'
    """
    if len(name) > _LONGEST:
        return ""
    folded = {each.casefold(): each for each in known if len(each) <= _LONGEST}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.65)
    return folded[close[0]] if close else ""


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return ``did you mean `…`?``, or `otherwise` when no known name is near."""
    near = nearest(name, known)
    return f"did you mean `{near}`?" if near else otherwise
