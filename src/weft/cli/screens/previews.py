"""What a plan tells of consumers: what they expect, what they say, and what they can compare."""

from __future__ import annotations

from weft.cli.cells import flow, visible
from weft.mesh.signoff import Answer, Signoff
from weft.plan.plan import BREAKS, OK, Plan, StepKind


def expected_lines(plan: Plan, mark: str, width: int) -> list[str]:
    """Draw what consumers expect: what would break, what holds, and what only apply will tell.

    `mark` stands before what is not good.
    """
    lines = []
    for each in plan.expected:
        told = visible(each.verdict.removeprefix(BREAKS).strip())
        if each.breaks:
            lines.append(f"{mark} {each.consumer} would break on {each.port}: {told}")
        elif each.verdict not in (OK, ""):
            lines.append(f"{mark} what {each.consumer} expects of {each.port} is {told}")
    lines = list(dict.fromkeys(lines))
    for head, wanted in (("Expectations hold: ", OK), ("Expectations to be measured: ", "")):
        found = [each for each in plan.expected if each.verdict == wanted]
        named = dict.fromkeys(f"{each.consumer} ({each.port})" for each in found)
        lines += flow(head, list(named), width, ", ").splitlines() if named else []
    return lines


def signed_lines(plan: Plan, width: int) -> list[str]:
    """Draw what those say whom a new major breaks."""
    said = [f"{each.consumer} {_answer(each)} ({each.address})" for each in plan.signoffs]
    return flow("Sign-offs: ", said, width).splitlines() if said else []


def _answer(signoff: Signoff) -> str:
    if signoff.state is Answer.OPEN:
        return f"open until {signoff.answer_by}"
    return f"{signoff.state}, {visible(signoff.reason)}" if signoff.reason else str(signoff.state)


def comparing_lines(plan: Plan, env: str) -> list[str]:
    """Draw how a preview is compared with what is released, once it is there."""
    changing = {each.address for each in plan.changes if each.kind == "port"}
    lines = []
    for step in plan.steps:
        ports = step.release.ports if step.release and step.kind is StepKind.PUBLISH else ()
        for new in (each for each in ports if each.candidate):
            older = [e.major for e in ports if e.port == new.port and not e.candidate]
            name = f"{step.product}.{new.port}"
            if older and f"{name}@{new.major}" in changing:
                pair = f"{name}@{max(older)} {name}@{new.major}"
                lines.append(f"  compare after it:  weft diff {pair} --rows 10{env}")
    return lines
