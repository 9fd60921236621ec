"""Tests of dbt as promises of a contract: in the words of the standard, or as rules in SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from weft.mesh.manifest import RULE_TABLE, Column
from weft.project.adopting.conditions import NONE_MAY_FAIL, Promised, rule_of
from weft.project.adopting.contracts import ObjectDraft
from weft.project.adopting.dbt_manifest import DbtNode
from weft.project.adopting.dbt_sql import RULE_OBJECT, Relations, Untranslatable, renamed_sql
from weft.project.adopting.types import Around

_REF = re.compile(r"""\s*(ref|source)\(\s*(['"])(.*?)\2\s*(?:,\s*(['"])(.*?)\4\s*)?(?:,.*)?\)\s*""")
_LIMIT = re.compile(r"\s*(!=|<>|>=|>)\s*([0-9]{1,9})\s*")
_PLAIN = ("", "!= 0", "> 0", ">0", "!=0")


@dataclass(frozen=True)
class Setting:
    """What tests are said with: names in the product by id, and how to write their SQL.

    `columns` are those of all that FROM may name.
    """

    names: Mapping[str, str]
    relations: Relations
    adapter: str
    around: Around
    columns: Mapping[str, Sequence[Column]]

    def about(self, node: str) -> Setting:
        """The same for tests of one model, whose rows a rule calls `${table}`."""
        own = self.names[node]
        names = {
            relation: RULE_OBJECT if name == own else name
            for relation, name in self.relations.names.items()
        }
        return replace(self, relations=Relations(names))

    def named(self, text: str, among: Iterable[str] | None = None) -> str:
        """The name in the product of what `ref(…)` or `source(…)` means, "" for another.

        `among` are the ids of what it may be, those of everything where nothing is said.
        """
        found = _REF.fullmatch(text)
        if found is None:
            return ""
        last = found.group(5) or found.group(3)
        ids = self.names if among is None else among
        fitting = [each for each in ids if last in each.split(".")[2:]]
        return self.names.get(fitting[0], "") if len(fitting) == 1 else ""


def add_test(draft: ObjectDraft, test: DbtNode, setting: Setting) -> str:
    """Promise what a test asks of the model of an object; why not, where that cannot be."""
    metadata = test.test_metadata
    name = f"{metadata.namespace or ''}.{metadata.name}".strip(".") if metadata else ""
    said = _SAID.get(name)
    if said and _is_plain(test) and said(draft, test, setting):
        return ""
    return _add_rule(draft, test, setting)


def head_keys(
    tests: list[DbtNode], given: Collection[str]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What tests of a model that no port shows say in its head; and why others cannot, by id.

    `given` are the columns of the model.
    """
    keys: dict[str, list[str]] = {"required": [], "unique": []}
    rest = {}
    for test in tests:
        name = test.test_metadata.name if test.test_metadata else ""
        key = {"not_null": "required", "unique": "unique"}.get(name, "")
        column = _column_of(test)
        if not key or not _is_plain(test) or not column.isidentifier() or _warns(test):
            rest[test.unique_id] = "only ports have tests of this kind"
        elif column not in given:
            rest[test.unique_id] = f"the model does not give the column `{column}`"
        else:
            keys[key].append(column)
    return {key: sorted(set(columns)) for key, columns in keys.items() if columns}, rest


def _is_plain(test: DbtNode) -> bool:
    """Whether a test is about all rows, and no row may fail it."""
    config = test.config
    return (
        not config.get("where")
        and str(config.get("error_if") or "") in _PLAIN
        and str(config.get("fail_calc") or "count(*)") == "count(*)"
        and not config.get("limit")
    )


def _warns(test: DbtNode) -> bool:
    return str(test.config.get("severity") or "error").lower() == "warn"


def _column_of(test: DbtNode) -> str:
    arguments = test.test_metadata.kwargs if test.test_metadata else {}
    return str(test.column_name or arguments.get("column_name") or "").strip('"`')


def _arguments(test: DbtNode) -> dict[str, Any]:
    return test.test_metadata.kwargs if test.test_metadata else {}


def _filled(draft: ObjectDraft, test: DbtNode, _: Setting) -> bool:
    return _promise(draft, test, "required", True, {"metric": "nullValues"})


def _unique(draft: ObjectDraft, test: DbtNode, _: Setting) -> bool:
    return _promise(draft, test, "unique", True, {"metric": "duplicateValues"})


def _accepted(draft: ObjectDraft, test: DbtNode, _: Setting) -> bool:
    values = _arguments(test).get("values")
    kind = {"string": str, "integer": int}.get(draft.kinds.get(_column_of(test), ""))
    if kind is None or not isinstance(values, list) or not values:
        return False
    if kind is int and any(not str(each).lstrip("-").isdigit() for each in values):
        return False
    typed = [kind(each) for each in values]
    rule = {"metric": "invalidValues", "arguments": {"validValues": typed}}
    return _promise(draft, test, "enum", [{"value": each} for each in typed], rule)


def _promise(
    draft: ObjectDraft, test: DbtNode, key: str, value: Any, rule: Mapping[str, Any]
) -> bool:
    """Promise something of one column: by a key, or where it only warns by a rule."""
    column = _column_of(test)
    if column not in draft.kinds:
        return False
    if _warns(test):
        whole = {"id": test.name, "type": "library", **rule, **NONE_MAY_FAIL}
        draft.add_rule(_with_severity(whole, test), column)
        return True
    return not draft.promise(Promised(column, keys=((key, value),)))


def _referring(draft: ObjectDraft, test: DbtNode, setting: Setting) -> bool:
    arguments, column = _arguments(test), _column_of(test)
    to = setting.named(str(arguments.get("to", "")), test.reads)
    field = str(arguments.get("field", "")).strip('"`')
    if not to or column not in draft.kinds:
        return False
    return not draft.refer((column,), to, (field,), blocks=not _warns(test))


def _together(draft: ObjectDraft, test: DbtNode, _: Setting) -> bool:
    columns = _arguments(test).get("combination_of_columns")
    if not isinstance(columns, list) or _warns(test):
        return False
    names = [str(each).strip('"`') for each in columns]
    if not names or any(each not in draft.kinds for each in names):
        return False
    draft.no_two(names)
    return True


def _ranging(draft: ObjectDraft, test: DbtNode, _: Setting) -> bool:
    arguments, column = _arguments(test), _column_of(test)
    low, high = arguments.get("min_value"), arguments.get("max_value")
    given = [each for each in (low, high) if each is not None]
    numbers = all(isinstance(each, int | float) and each is not True for each in given)
    if not given or not numbers or draft.kinds.get(column) not in ("integer", "number"):
        return False
    if _warns(test):
        return False
    inclusive = arguments.get("inclusive", True)
    names = ("minimum", "maximum") if inclusive else ("exclusiveMinimum", "exclusiveMaximum")
    options = tuple(
        (name, each) for name, each in zip(names, (low, high), strict=True) if each is not None
    )
    return not draft.promise(Promised(column, options=options))


def _mostly_filled(draft: ObjectDraft, test: DbtNode, _: Setting) -> bool:
    least, column = _arguments(test).get("at_least"), _column_of(test)
    if not isinstance(least, int | float) or not 0 <= least <= 1 or column not in draft.kinds:
        return False
    most = {"mustBeLessOrEqualTo": round((1 - least) * 100, 9), "unit": "percent"}
    rule = {"id": test.name, "type": "library", "metric": "nullValues", **most}
    draft.add_rule(_with_severity(rule, test), column)
    return True


_SAID: dict[str, Callable[[ObjectDraft, DbtNode, Setting], bool]] = {
    "not_null": _filled,
    "unique": _unique,
    "accepted_values": _accepted,
    "relationships": _referring,
    "dbt_utils.unique_combination_of_columns": _together,
    "dbt_utils.accepted_range": _ranging,
    "dbt_utils.not_null_proportion": _mostly_filled,
}


def _add_rule(draft: ObjectDraft, test: DbtNode, setting: Setting) -> str:
    """Let a rule count the rows that the test's own SQL gives."""
    if not test.compiled_code:
        return "it was not compiled"
    if str(test.config.get("fail_calc") or "count(*)") != "count(*)":
        return "it fails by another number than that of its rows"
    most = _most(test)
    if most is None:
        return f"`error_if: {test.config['error_if']}` is no limit of a rule"
    try:
        failing = renamed_sql(
            test.compiled_code, setting.adapter, setting.around.own, setting.relations
        )
    except Untranslatable as problem:
        return str(problem)
    query = "\n".join(("SELECT count(*) FROM (", failing, ") AS failing"))
    relations = {**setting.columns, RULE_TABLE: draft.columns(setting.around.own)}
    promised = rule_of(test.name, query, relations, setting.around, most)
    if promised.rule is not None:
        draft.add_rule(_with_severity(promised.rule, test))
    return promised.problem


def _most(test: DbtNode) -> Mapping[str, int] | None:
    """How many rows may fail; None where the limit is of another kind."""
    limit = str(test.config.get("error_if") or "")
    if limit in _PLAIN:
        return NONE_MAY_FAIL
    found = _LIMIT.fullmatch(limit)
    if found is None or found.group(1) in ("!=", "<>"):
        return None
    key = "mustBeLessThan" if found.group(1) == ">=" else "mustBeLessOrEqualTo"
    return {key: int(found.group(2))}


def _with_severity(rule: Mapping[str, Any], test: DbtNode) -> dict[str, Any]:
    return {**rule, "severity": "warning"} if _warns(test) else dict(rule)
