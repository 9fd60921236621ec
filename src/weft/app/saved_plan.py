"""A plan in a file: written, read again, and compared with what the files say by then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from weft.app.apply import ApplyOptions
from weft.app.bootstrap import Opened
from weft.app.errors import NotFound, Usage
from weft.app.remembered import load_files, remembered
from weft.app.situation import input_contracts
from weft.plan.plan import PLAN_VERSION, Plan
from weft.plan.planning import plan_id


@dataclass(frozen=True)
class _PlanHead:
    """What tells a saved plan, of whatever version, from any other file."""

    id: str
    mesh: str
    root: str
    environment: str
    version: int
    steps: list[Any]


def write_plan(plan: Plan, path: Path) -> None:
    """Save a plan as JSON, in the place of an earlier one too.

    Raises Usage where another file is in the way; an empty one is not. What cannot be written as a
    whole is not left there.
    """
    if path.is_file() and not _may_be_replaced(path):
        raise Usage(
            f"{path} is no plan, it would be overwritten",
            why="Nothing was written.",
            next_step="weft plan --out change.plan",
        )
    data = msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n"
    try:
        path.write_bytes(data)
    except OSError as error:
        # An error of writing, unlike one of opening, does not say which file it was.
        if error.filename is None:
            error.filename = str(path)
            if path.is_file():
                path.unlink()
        raise


def _may_be_replaced(path: Path) -> bool:
    data = path.read_bytes()
    try:
        return not data or bool(msgspec.json.decode(data, type=_PlanHead))
    except msgspec.MsgspecError:
        return False


def read_plan(path: Path) -> Plan:
    """Read a saved plan. Raises NotFound and Usage when it is none, or of a newer Weft."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("file", str(path), next_step=f"weft plan --out {path}") from error
    try:
        version = msgspec.json.decode(data, type=_PlanHead).version
    except msgspec.MsgspecError as error:
        raise Usage(f"{path} is no plan", next_step="weft plan --out change.plan") from error
    if version != PLAN_VERSION:
        raise Usage(
            f"{path} was made by another version of Weft",
            why=f"it has format {version}, this one reads {PLAN_VERSION}",
            next_step=f"weft plan --out {path}",
        )
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except msgspec.MsgspecError as error:
        raise _altered(path) from error
    if plan.id != plan_id(plan):
        raise _altered(path)
    return plan


def _altered(path: Path) -> Usage:
    return Usage(
        f"{path} is not as it was planned",
        why="its content does not fit its id",
        next_step=f"weft plan --out {path}",
    )


def for_saved_plan(mesh: Opened, plan: Plan, options: ApplyOptions) -> ApplyOptions:
    """Add what tells that a saved plan has become stale. Raises Usage for another mesh's plan."""
    settings = mesh.settings
    for what, planned, own in (
        ("mesh", plan.mesh, settings.mesh),
        ("root", plan.root, settings.root),
    ):
        if planned != own:
            raise Usage(
                f"this is a plan of {what} {planned}, and these files are of {what} {own}",
                why=f"A plan is carried out in the files of its own {what}.",
                next_step="weft plan",
            )
    memory = remembered(mesh)
    loaded = load_files(mesh, memory)
    return replace(
        options,
        definitions={address: each.digest for address, each in loaded.built.items()},
        input_contracts={
            address: input_contracts(each, loaded.products, memory.descriptors)
            for address, each in loaded.products.items()
            if address in plan.base
        },
    )
