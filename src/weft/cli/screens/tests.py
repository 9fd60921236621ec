"""Tests as they end: unit tests with the rows that differ, contracts with the checks that fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import indent

import click

from weft.app.errors import Exit
from weft.app.test import ContractResult, Tested, Unbuilt
from weft.app.unit_tests import UnitResult
from weft.cli.cells import pad, visible, visible_lines
from weft.cli.output import Column, Kind, Result, Table
from weft.cli.screens.checks import Checked, draw_check, draw_sum
from weft.contract.evaluate import blocked
from weft.mesh.check import Verdict
from weft.mesh.words import count
from weft.plan.expectations import in_numbers


@dataclass
class Tally:
    """What has been tested so far; `whole` draws the checks that hold, too.

    `env` is the option by which next commands mean the same environment.
    """

    colour: bool = False
    whole: bool = False
    env: str = ""
    units: list[UnitResult] = field(default_factory=list)
    contracts: list[ContractResult] = field(default_factory=list)
    unbuilt: list[str] = field(default_factory=list)

    def take(self, tested: Tested) -> str:
        """Take a result in and return its lines."""
        match tested:
            case UnitResult():
                self.units.append(tested)
                return "\n".join(self._unit(tested))
            case ContractResult():
                self.contracts.append(tested)
                return "\n".join(self._contract(tested))
            case Unbuilt():
                self.unbuilt.append(tested.product)
                return f" {pad('skip', 5)} {tested.product}: nothing is built yet"

    def result(self, seconds: float) -> Result:
        """Return everything for every format; people have read all but the sums already."""
        names = ("address", "test", "verdict")
        columns = (*(Column(name) for name in names), Column("rows", Kind.NUMBER))
        rows: list[tuple[str, str, str, int | None]] = [
            (f"{each.product}.{each.model}", each.name, "pass" if each.passed else "fail", None)
            for each in self.units
        ]
        rows += [
            (f"{each.product}.{each.object}", check.label, check.verdict, check.failed)
            for each in self.contracts
            for check in each.checks
        ]
        data = {
            "exit": int(self.exit_code()),
            "unit": self.units,
            "contracts": self.contracts,
            "unbuilt": self.unbuilt,
        }
        return Result("tests", data, Table("tests", columns, rows), lambda _: self._ending(seconds))

    def exit_code(self) -> Exit:
        """Return 6 where a unit test failed or a promise that blocks is broken."""
        good = all(each.passed for each in self.units) and not any(
            (each.problem and not each.consumer) or blocked(each.checks) for each in self.contracts
        )
        return Exit.DONE if good else Exit.CHECKS

    def _ending(self, seconds: float) -> str:
        passed = sum(each.passed for each in self.units)
        checks = [check for each in self.contracts for check in each.checks]
        units = f"{count(len(self.units), 'unit test')}: {passed:,} ok"
        failed = len(self.units) - passed
        units += f" · {failed:,} failed" if failed else ""
        lines = [units] if self.units else []
        lines += [draw_sum(checks)] if checks or not self.units else []
        code = self.exit_code()
        done = f"in {seconds:.1f} s" + (f"   exit {int(code)}" if code else "")
        next_step = "what it is held to:  weft show PRODUCT.PORT" if code else "go on:  weft plan"
        return "\n".join([*lines, done, f"  {next_step}{self.env}"]) + "\n"

    def _unit(self, unit: UnitResult) -> list[str]:
        name = f"{unit.product}.{unit.model}: {visible(unit.name)}"
        lines = [self._line(unit.passed, name, unit.seconds)]
        if unit.problem:
            lines.append(indent(visible_lines(unit.problem), " " * 9))
        lines += [f"         missing     {_row(row)}" for row in unit.missing]
        lines += [f"         unexpected  {_row(row)}" for row in unit.unexpected]
        lines += ["         all rows are there, in another order"] if unit.misplaced else []
        return lines if unit.passed else [*lines, f"         {unit.path}"]

    def _contract(self, contract: ContractResult) -> list[str]:
        good = not contract.problem and not blocked(contract.checks)
        sizes = f"{count(len(contract.checks), 'check')}, {count(contract.rows, 'row')}"
        data = f"release {contract.release}" if contract.release else "not published"
        name = f"{contract.product}.{contract.object}, {data}, {sizes}"
        if contract.consumer:
            lines = [self._expected(contract)]
        else:
            lines = [self._line(good, name, contract.seconds)]
        lines += [f"         {visible(contract.problem)}"] if contract.problem else []
        return lines + [
            draw_check(
                Checked(contract.object, check, contract.owner), colour=self.colour, env=self.env
            )
            for check in contract.checks
            if self.whole or check.verdict is not Verdict.PASS
        ]

    def _expected(self, contract: ContractResult) -> str:
        """Draw what a consumer expects: whether it would break, which fails nothing here."""
        bad = [each for each in contract.checks if each.verdict in (Verdict.FAIL, Verdict.ERROR)]
        good = not (bad or contract.problem)
        word = pad("ok" if good else "warn", 5)
        word = click.style(word, fg="green" if good else "yellow") if self.colour else word
        numbers = ", ".join(visible(in_numbers(each)) for each in bad)
        broken = " would break" + (f": {numbers}" if numbers else "")
        says = " finds what it expects" if good else broken
        return f" {word} {contract.consumer}{says} in {contract.product}.{contract.object}"

    def _line(self, good: bool, name: str, seconds: float) -> str:
        word = pad("ok" if good else "FAIL", 5)
        word = click.style(word, fg="green" if good else "red") if self.colour else word
        return f" {word} {name}   {seconds:.1f} s"


def _row(row: dict[str, str | None]) -> str:
    parts: Sequence[str] = [
        f"{name}: {'null' if value is None else value}" for name, value in row.items()
    ]
    return visible("{" + ", ".join(parts) + "}")
