"""An apply or a run as it goes on: a line per finished product, then what failed and why.

`Following` takes the events in and gives lines back; what moves on a terminal is in `progress.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from textwrap import indent

import click

from weft.app.errors import Exit, most_telling
from weft.app.refreshing import DUE, NOT_DUE
from weft.cli.cells import flow, pad, visible, visible_lines
from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screens.checks import draw_failed, draw_sum, only_kept_back
from weft.contract.evaluate import holds
from weft.mesh.check import CheckResult, Verdict
from weft.mesh.run import RunEvent, StepResult, StepState
from weft.mesh.words import count

_NAME = 24
_SAID = 38
_WORDS = {
    StepState.DONE: ("ok", "green"),
    StepState.HELD: ("HELD", "yellow"),
    StepState.SKIPPED: ("skip", "yellow"),
    StepState.FAILED: ("FAIL", "red"),
}
_SAID_BESIDE = {"warning": "warn", "waiting": "wait"}
# To people a failed check says more than what was skipped beside it.
_WORST_FIRST = (StepState.FAILED, StepState.HELD, StepState.SKIPPED)


@dataclass
class Following:
    """What has happened in a run so far, product by product.

    `env` goes behind next commands; `before` is a code that held before the run began, `again`
    the command that goes on after a failure.
    """

    colour: bool = False
    width: int = 0
    env: str = ""
    before: Exit = Exit.DONE
    again: str = "weft apply"
    run: str = ""
    results: dict[str, list[StepResult]] = field(default_factory=dict)
    reasons: list[dict[str, str]] = field(default_factory=list)

    def take(self, event: RunEvent) -> str:
        """Take an event in; return the line to show for it, "" when there is none."""
        if event.kind in (DUE, NOT_DUE):
            self.reasons.append({"product": event.product, "is": event.kind, "why": event.text})
            return f" {pad(event.kind, 7)}  {pad(event.product, _NAME)}  {visible(event.text)}"
        self.run = event.run
        if event.result is not None:
            self.results.setdefault(event.result.product, []).append(event.result)
        if event.product:
            return self._line(event.product)
        word = _SAID_BESIDE.get(event.kind)
        return f" {pad(word, 4)}  {visible(event.text)}" if word else ""

    def result(self, seconds: float) -> Result:
        """Return the whole run, for every format; people have read its products already."""
        rows = [
            (product, state.value, sum(each.seconds for each in self.results[product]))
            for product, state in self._states().items()
        ]
        columns = (Column("product"), Column("state"), Column("seconds", Kind.NUMBER))
        data = {
            "run": self.run,
            "exit": int(self.exit_code()),
            "due": self.reasons,
            "steps": self.results,
        }
        return Result("run", data, Table("run", columns, rows), lambda _: self.ending(seconds))

    def ending(self, seconds: float) -> str:
        """Draw what comes after the products: failures, failed checks, skips, sums, next step."""
        failed = draw_failed(self._steps(), colour=self.colour, env=self.env)
        lines = [*self._failures(), *failed, *self._skips()]
        checks = [check for each in self._steps() for check in each.checks]
        lines += [draw_sum(checks)] if checks else []
        lines += [f"{self._sum()} in {seconds:.1f} s", f"  {self._next_step()}"]
        return "\n".join(lines) + "\n"

    def exit_code(self) -> Exit:
        """Return the code to exit with, that of the run itself or the one from before."""
        return most_telling([self.before, self._own_code()])

    def _own_code(self) -> Exit:
        """Return 8 where a step failed, 6 where checks held a product."""
        codes = {StepState.FAILED: Exit.PARTLY, StepState.HELD: Exit.CHECKS}
        return most_telling(codes[each] for each in self._states().values() if each in codes)

    def _steps(self) -> Iterator[StepResult]:
        return chain.from_iterable(self.results.values())

    def _states(self) -> dict[str, StepState]:
        """Rate every product by its worst step."""
        return {product: _worst(results) for product, results in self.results.items()}

    def _line(self, product: str) -> str:
        """Draw the line of a product that has ended; skips are drawn at the end.

        One without any step was only recorded, which says nothing about it.
        """
        results = self.results.get(product, [])
        worst = _worst(results)
        if worst is StepState.SKIPPED or not results:
            return ""
        word, hue = _WORDS[worst]
        head = click.style(pad(word, 4), fg=hue) if self.colour else pad(word, 4)
        seconds = sum(result.seconds for result in results)
        said = " · ".join(_said(worst, results))
        return f" {head}  {pad(product, _NAME)}  {pad(said, _SAID)} {seconds:6.1f} s"

    def _failures(self) -> Iterator[str]:
        for each in self._steps():
            if each.state is StepState.FAILED:
                only = f" {only_kept_back(each)}" if each.only_of else ""
                yield f"{each.product}: {each.kind} {visible(each.target)} failed{only}"
                yield indent(visible_lines(each.message), " " * 4)

    def _skips(self) -> list[str]:
        """Draw the skipped products under the cause of each, one line per cause."""
        causes: dict[str, list[str]] = {}
        for product, state in self._states().items():
            if state is StepState.SKIPPED:
                skipped = (r for r in self.results[product] if r.state is StepState.SKIPPED)
                causes.setdefault(next(skipped).cause, []).append(product)
        return [
            flow(f"skipped because of {visible(cause)}: ", products, self.width)
            for cause, products in causes.items()
        ]

    def _sum(self) -> str:
        states = Counter(self._states().values())
        parts = [f"{states[state]:,} {state}" for state in _WORDS if states[state]]
        return ": ".join(filter(None, (count(states.total(), "product"), " · ".join(parts))))

    def _next_step(self) -> str:
        match self._own_code():
            case Exit.PARTLY:
                return f"when the cause is gone:  {self.again}{self.env}"
            case Exit.CHECKS:
                return f"what failed, with its rows:  weft test{self.env}"
            case _:
                return f"look at it:  weft ls{self.env}"


def _worst(results: list[StepResult]) -> StepState:
    """Rate a product by its steps; checks that block hold it even where nothing was to publish."""
    states = {result.state for result in results}
    worst = next((each for each in _WORST_FIRST if each in states), StepState.DONE)
    held = worst is StepState.DONE and holds(results)
    return StepState.HELD if held else worst


def _said(state: StepState, results: list[StepResult]) -> list[str]:
    """Return what a product's line says: what was published and built, or what was in the way."""
    if state is StepState.HELD:
        return _held(results)
    if state is StepState.FAILED:
        failed = [f"{each.kind} {visible(each.target)}" for each in results if each.state is state]
        return [*failed, *_published(results)]
    done = [each for each in results if each.kind == "build" and each.state is StepState.DONE]
    reused = sum(each.kind == "build" and each.state is StepState.REUSED for each in results)
    parts = _published(results)
    parts += ["dropped"] if any(each.kind == "drop" for each in results) else []
    reverted = sum(each.kind == "revert" for each in results)
    parts += [f"{reverted:,} reverted"] if reverted else []
    parts += [f"{len(done):,} built"] if done else []
    parts += [f"{reused:,} reused"] if reused else []
    rows = sum(each.rows for each in done)
    return parts + ([f"{rows:,} rows"] if rows else [])


def _published(results: list[StepResult]) -> list[str]:
    done = (each for each in results if each.kind == "publish" and each.state is StepState.DONE)
    return [visible(each.target) for each in done]


def _held(results: list[StepResult]) -> list[str]:
    checks: list[CheckResult] = [check for each in results for check in each.checks]
    failed = [each for each in checks if each.verdict in (Verdict.FAIL, Verdict.ERROR)]
    if failed:
        return [f"{len(failed):,} of {len(checks):,} checks failed"]
    return [visible(each.message) for each in results if each.state is StepState.HELD]
