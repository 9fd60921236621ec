"""Names for what others named: within our rules, and none of them twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import cache

from sqlglot import Dialect as SqlDialect

from weft.mesh.address import MAX_NAME, name_problem
from weft.sql.dialect import Dialect, dialect_named, dialect_names

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_VERSION = re.compile(r"_v([0-9]+)$")
_CANDIDATE = re.compile(r"_rc$")


def fitting_name(text: str, taken: Collection[str] = (), *, instead: str = "data") -> str:
    """Make a name of an object or product out of any text; none that is `taken`.

    `instead` is what it is called where nothing of the text can stay, and is put in front of
    what is reserved or begins with a digit.

    >>> fitting_name("OrderLines"), fitting_name("Größe (cm)"), fitting_name("orders_v2")
    ('order_lines', 'grosse_cm', 'orders_version_2')
    >>> fitting_name("public"), fitting_name("2013"), fitting_name("orders", {"orders"})
    ('data_public', 'data_2013', 'orders_2')
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    name = _OTHER.sub("_", _HUMP.sub("_", plain).lower()).strip("_")
    name = _CANDIDATE.sub("_candidate", _VERSION.sub(r"_version_\1", name))
    if not name or not name[0].isalpha() or name_problem(name[:MAX_NAME].rstrip("_")):
        name = f"{instead}_{name}".strip("_")
    return _free(name, taken)


def as_sql(name: str, dialect: Dialect) -> str:
    """Write a name as SQL, in quotes only where it is another without them."""
    plain = name.isascii() and name.isidentifier() and dialect.fold(name) == name
    return name if plain and name not in _reserved() else dialect.quote(name)


@cache
def _reserved() -> frozenset[str]:
    """Words that mean something else in the SQL of any warehouse."""
    dialects = (SqlDialect.get_or_raise(dialect_named(each).sqlglot) for each in dialect_names())
    return frozenset().union(*(each.generator_class.RESERVED_KEYWORDS for each in dialects))


def _free(name: str, taken: Collection[str]) -> str:
    """The name, cut to the length that names may have, with a number where it is taken."""
    number, end = 1, ""
    while True:
        short = name[: MAX_NAME - len(end)].rstrip("_") + end
        # What is cut may end as no object may.
        if short not in taken and not name_problem(short, is_object=True):
            return short
        number += 1
        end = f"_{number}"
