"""What checks found: one line for what holds, a block with keys and a next step for what fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import click

from weft.cli.cells import pad, visible
from weft.contract.evaluate import blocked
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.run import StepResult
from weft.mesh.words import count
from weft.plan.expectations import in_numbers

_WORDS = {
    Verdict.PASS: ("ok", "green", "ok"),
    Verdict.WARN: ("warn", "yellow", "warned"),
    Verdict.FAIL: ("FAIL", "red", "failed"),
    Verdict.ERROR: ("ERROR", "red", "could not be measured"),
}
_LABEL = 34
_KEPT = "kept 14 days"


@dataclass(frozen=True)
class Checked:
    """A check's answer, the object it is about (`port@N.object`), and who answers for that."""

    object: str
    result: CheckResult
    owner: str = ""


def draw_check(checked: Checked, *, colour: bool, env: str = "") -> str:
    """Draw one answer, without a newline at its end; `env` goes behind the next command."""
    result = checked.result
    word, hue, _ = _WORDS[result.verdict]
    head = click.style(pad(word, 5), fg=hue) if colour else pad(word, 5)
    line = f" {head} {pad(visible(result.label), _LABEL)}   {_said(checked)}"
    return "\n".join([line.rstrip(), *_details(checked, env)])


def draw_failed(steps: Iterable[StepResult], *, colour: bool, env: str = "") -> list[str]:
    """Draw the checks of steps that do not hold, each under the object that it is about."""
    lines = []
    for each in steps:
        bad = [check for check in each.checks if check.verdict is not Verdict.PASS]
        lines += [_about(each)] if bad else []
        if each.only_of:
            bad = [replace(check, blocks=False) for check in bad]
        lines += [draw_check(Checked(each.target, check), colour=colour, env=env) for check in bad]
    return lines


def _about(step: StepResult) -> str:
    """Say what checks were about, and for whom that is a break where consumers expect them."""
    place = f"{step.product}.{visible(step.target)}"
    if blocked(step.checks) and step.only_of:
        return f"{place} {only_kept_back(step)}"
    if not step.consumer:
        return place
    broken = [each for each in step.checks if each.verdict in (Verdict.FAIL, Verdict.ERROR)]
    if not broken:
        return f"{step.consumer} would be warned of {place}"
    numbers = ", ".join(visible(in_numbers(each)) for each in broken)
    return f"{step.consumer} would break: {numbers} of {place}"


def only_kept_back(step: StepResult) -> str:
    """Say that a step that failed, or found what does, concerns no more than some versions."""
    return f"(only {', '.join(step.only_of)} is kept back)"


def draw_sum(results: Iterable[CheckResult]) -> str:
    """Return such as `3 checks: 1 ok · 1 failed · 1 warned`."""
    verdicts = Counter(result.verdict for result in results)
    total = verdicts.total()
    order = (Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.WARN)
    parts = [f"{verdicts[each]:,} {_WORDS[each][2]}" for each in order if verdicts[each]]
    checks = count(total, "check")
    return f"{checks}: {' · '.join(parts)}" if parts else checks


def _said(checked: Checked) -> str:
    """Return what stands behind the label: the rows looked at, or what the failure does to whom."""
    result = checked.result
    if result.verdict is Verdict.PASS:
        return count(result.rows, "row")
    parts = ["blocks publish"] if result.blocks and result.verdict is not Verdict.WARN else []
    parts += [f"tells {visible(result.notify)}"] if result.notify else []
    parts += [f"owner {visible(checked.owner)}"] if checked.owner else []
    return " · ".join(parts)


def _details(checked: Checked, env: str) -> list[str]:
    """Return the lines under a check that does not hold."""
    result = checked.result
    if result.verdict is Verdict.PASS:
        return []
    indent = " " * 9
    lines = [f"{indent}{visible(result.message)}"] if result.message else []
    if result.failed:
        keys = [visible(key) for key in result.keys]
        shown = f" · keys {', '.join(keys)}{' …' if result.failed > len(keys) else ''}"
        lines.append(
            f"{indent}{count(result.failed, 'row')} of {result.rows:,}{shown if keys else ''}"
        )
    elif result.value is not None and result.expected:
        lines.append(f"{indent}found {result.value:,g}, promised {visible(result.expected)}")
    if result.quarantined:
        name = checked.object.rpartition(".")[2]
        lines.append(f"{indent}all rows: weft test --rows {name}.{result.check}{env}   ({_KEPT})")
    return lines
