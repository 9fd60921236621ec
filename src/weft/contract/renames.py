"""Read of a contract which columns had another name before, and what is wrong with saying so."""

from __future__ import annotations

from collections import Counter

from weft.contract.document import Element, custom_properties


def renamed(obj: Element) -> dict[str, str]:
    """What the columns of an object were called before, by their names; mistakes say nothing."""
    problems = rename_problems(obj)
    return {
        column["name"]: custom["renamed_from"]
        for index, column in enumerate(obj.get("properties", ()))
        if "renamed_from" in (custom := custom_properties(column)) and index not in problems
    }


def rename_problems(obj: Element) -> dict[int, str]:
    """What is wrong where a column says what it was called before, by its place in the object."""
    columns = list(obj.get("properties", ()))
    had = [custom_properties(each).get("renamed_from") for each in columns]
    names = {each.get("name") for each in columns}
    times = Counter(map(str, had))
    found: dict[int, str] = {}
    for index, was in enumerate(had):
        if was is None:
            continue
        if not isinstance(was, str):
            found[index] = "write the name that the column had"
        elif was in names:
            found[index] = f"column `{was}` is still there"
        elif times[was] > 1:
            found[index] = "one column cannot become two"
    return found
