"""Values that must never be printed: passwords, tokens and the settings that hold them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, repr=False)
class Secret:
    """A text that shows itself only to `reveal()`.

    `missing` names the environment variable that should have held it; revealing it then fails,
    so that a missing password is found on connecting and not while reading files.

    >>> f"{Secret('hunter2')}"
    '***'
    """

    _value: str = field(default="")
    missing: str = ""

    def reveal(self) -> str:
        """Return the text. Raise KeyError with the variable's name when it is missing."""
        if self.missing:
            raise KeyError(self.missing)
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be serialised")
