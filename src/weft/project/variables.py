"""`${NAME}` and `${NAME:-default}` in texts of settings, from variables that are handed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from weft.mesh.diagnostic import as_written

_VARIABLE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_OPENED = re.compile(r"(?<!\$)\$\{")
# What of an address is words of its own: the login, and the values of parameters.
_WORDS = re.compile(r"((?<=://)[^@/]*@|(?<=[?&])\w+=[^&]*)")


def resolve_variables(text: str, variables: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Replace the variables in a text; the text, and the names that are missing.

    A missing one is left as it is written, never replaced by nothing, and an empty variable counts
    as missing. `$${` stands for a plain `${`.

    >>> resolve_variables("${HOST:-localhost}:${PORT}", {})
    ('localhost:${PORT}', ('PORT',))
    """
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        name, default = found["name"], found["default"]
        if name is None:
            return "${"
        known = variables.get(name) or default
        if known is None:
            missing.append(name)
            return found[0]
        return known

    return _VARIABLE.sub(value, text), tuple(dict.fromkeys(missing))


def resolve_address(text: str, variables: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Replace the variables in the address of a server; it, and the names that are missing.

    What stands for a login or a parameter's value is one word, whatever signs it has.

    >>> resolve_address("db://me:${PASSWORD}@${HOST}/x", {"PASSWORD": "a@b/c", "HOST": "h:5432"})
    ('db://me:a%40b%2Fc@h:5432/x', ())
    """
    words = {
        name: quote(value, safe="", errors="surrogateescape") for name, value in variables.items()
    }
    parts = [
        resolve_variables(part, words if number % 2 else variables)
        for number, part in enumerate(_WORDS.split(text))
    ]
    missing = dict.fromkeys(name for _, names in parts for name in names)
    return "".join(resolved for resolved, _ in parts), tuple(missing)


def told(written: object) -> str:
    """What to call a value in a message: a text that has variables only by their names.

    >>> told("${HOST}:5432"), told("db:5432")
    ('what HOST holds', '`db:5432`')
    """
    names = [each["name"] for each in _VARIABLE.finditer(str(written)) if each["name"]]
    return f"what {' and '.join(names)} holds" if names else f"`{as_written(written)}`"


def malformed_variable(text: str) -> str:
    """Return the first `${...` in a text that is no variable, or ""."""
    for found in _OPENED.finditer(text):
        if not _VARIABLE.match(text, found.start()):
            return text[found.start() : found.start() + 20]
    return ""
