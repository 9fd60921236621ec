"""How much of a line of `weft.yaml` a diagnostic shows: nothing that may be a password.

Any setting may be one, under whatever name it was typed: only what is known to be none is shown.
"""

from __future__ import annotations

import re
from dataclasses import replace

from weft.mesh.diagnostic import Diagnostic

SETTINGS_FILE = "weft.yaml"

# The settings that are shown; everything else may be a secret, or one that is misspelled.
SHOWN = frozenset(
    [
        *("mesh", "root", "production", "type", "path", "threads", "memory_limit"),
        *("host", "port", "database", "sslmode", "ttl", "releases", "days"),
    ]
)

_KEY = r"""["']?(?P<key>[A-Za-z_][\w.-]*)["']?"""
_PREFIX = re.compile(rf"\s*{_KEY}\s*:\s*")
_LAST_KEY = re.compile(rf"(?:.*[\s,{{])?{_KEY}\s*:\s*")
# Without whatever could hold something else: a comment, an address with a password, a default.
_PLAIN = re.compile(r"""["']?(?:[\w./+-]|\$\{\w+\}| (?! ))*["']?""")
_VARIABLE = re.compile(r"""["']?\$\{\w+\}["']?""")
_QUOTED = re.compile(r"`([^`]+)`")
_HIDDEN = "…"


def without_secrets(found: Diagnostic) -> Diagnostic:
    """The diagnostic without what may be secret in its line; those of other files as they are.

    Where it points at such a value, its message does not repeat it, and the place is one character
    long: how long a password is concerns nobody.
    """
    span, line = found.span, found.excerpt
    if span is None or span.file != SETTINGS_FILE or _is_harmless(line):
        return found
    start, end = span.column - 1, span.column - 1 + span.length
    before, pointed, after = line[:start], line[start:end], line[end:]
    indent = " " * start
    if re.match(r"\s*:(\s|$)", after) and re.fullmatch(_KEY, pointed):
        return replace(found, excerpt=f"{indent}{pointed}: {_HIDDEN}")
    key = _LAST_KEY.fullmatch(before)
    if key and _is_shown(key["key"], pointed):
        return replace(found, excerpt=f"{indent}{pointed} {_HIDDEN}")

    def told(quoted: re.Match[str]) -> str:
        return f"`{_HIDDEN}`" if quoted[1] in pointed else quoted[0]

    return replace(
        found,
        message=_QUOTED.sub(told, found.message),
        note=_QUOTED.sub(told, found.note),
        span=replace(span, length=1),
        excerpt=f"{before if _PREFIX.fullmatch(before) else indent}{_HIDDEN}",
    )


def _is_harmless(line: str) -> bool:
    """Whether a line is one key with nothing, or with a value that is shown."""
    key = _PREFIX.match(line)
    value = line[key.end() :].rstrip() if key else line.strip()
    return not value or bool(key and _is_shown(key["key"], value))


def _is_shown(key: str, value: str) -> bool:
    return bool(_VARIABLE.fullmatch(value) or (key in SHOWN and _PLAIN.fullmatch(value)))
