"""What `weft.yaml` can tell a type of warehouse, as data that its adapter declares.

Where a wrong option stands in the file, and how that is shown, is found out elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.mesh.nearest import did_you_mean
from weft.project.variables import told


@dataclass(frozen=True)
class Option:
    """An option of a type of warehouse.

    Its value is of one of the `types` exactly, and matches `pattern` when it is written as a text;
    `meaning` says so to people, behind "it must be". A `place` says where the data lives, which
    is one and the same in all environments.
    """

    name: str
    meaning: str
    pattern: str
    types: tuple[type, ...] = (str,)
    required: bool = False
    place: bool = False

    def takes(self, value: object) -> bool:
        """Whether this can be the option's value."""
        return type(value) in self.types and bool(re.fullmatch(self.pattern, str(value)))


@dataclass(frozen=True)
class OptionProblem:
    """What is wrong with the option `name`, and what would be right.

    `unknown` says that it is the name that is wrong, and not the value.
    """

    name: str
    problem: str
    advice: str
    unknown: bool = False


def wrong_options(
    declared: Sequence[Option], given: Mapping[str, Any], written: Mapping[str, Any]
) -> Iterator[OptionProblem]:
    """What is wrong with the options that are given; one that is missing is told elsewhere.

    `written` are the same options before their variables were replaced: what these hold is not
    shown.
    """
    options = {each.name: each for each in declared}
    for name, value in given.items():
        if name not in options:
            advice = did_you_mean(name, options, f"there is {', '.join(options)}")
            yield OptionProblem(name, f"there is no option `{name}`", advice, unknown=True)
        elif not options[name].takes(value):
            advice = f"it must be {options[name].meaning}"
            yield OptionProblem(name, f"`{name}` cannot be {told(written[name])}", advice)


def missing_options(
    declared: Sequence[Option], given: Mapping[str, Any]
) -> Iterator[OptionProblem]:
    """The options that have to be given and are not."""
    for option in declared:
        if option.required and option.name not in given:
            advice = f"it must be {option.meaning}"
            yield OptionProblem(option.name, f"`{option.name}` is missing", advice)
