"""For which product and run a thread works, as the server's own lists of what it does show it."""

from __future__ import annotations

import re
import threading

APPLICATION = "weft"

# The server cuts longer names off.
_LONGEST = 63
_UNSAFE = re.compile(r"[^A-Za-z0-9_.:-]")


class Purpose(threading.local):
    """What each thread works for; nothing in particular while `run` is ""."""

    product = ""
    run = ""

    @property
    def comment(self) -> str:
        """What stands in front of a statement."""
        if not self.run:
            return ""
        return f"/* weft product={_safe(self.product)} {of_run(self.run)} "

    @property
    def application(self) -> str:
        """What a connection calls itself, of which the run is what must not be cut off."""
        words = (APPLICATION, _safe(self.run), _safe(self.product))
        return " ".join(filter(None, words))[:_LONGEST]


def of_run(run: str) -> str:
    """Return the end of the comment in front of every statement of a run."""
    return f"run={_safe(run)} */"


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)
