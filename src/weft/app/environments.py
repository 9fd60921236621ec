"""Environments: which ones there are, and why a name is none."""

from __future__ import annotations

from weft.app.bootstrap import Opened
from weft.app.errors import Usage
from weft.mesh.address import name_problem
from weft.mesh.nearest import did_you_mean

_RUNS = 1000


def exists(mesh: Opened) -> bool:
    """Whether the environment of an open mesh is declared, or was ever applied to."""
    name = mesh.environment
    return (
        mesh.production
        or name in mesh.settings.declared
        or bool(mesh.store.journal.runs(name, 1))
        or bool(mesh.store.definitions.applied(name))
    )


def not_there_yet(mesh: Opened) -> str:
    """Say that an apply would make the environment, "" where there is one.

    Raises Usage for a name outside the rules.
    """
    if exists(mesh):
        return ""
    problem = name_problem(mesh.environment)
    if problem:
        raise Usage(f"`{mesh.environment}` cannot be the name of an environment: {problem}")
    told = f"NEW environment {mesh.environment}: it does not exist yet, applying makes it"
    near = did_you_mean(mesh.environment, known_environments(mesh))
    return f"{told}; {near}" if near else told


def refuse_unknown(mesh: Opened, next_step: str = "weft plan --env NAME") -> None:
    """Raise Usage when the environment of an open mesh does not exist."""
    if exists(mesh):
        return
    known = known_environments(mesh)
    near = did_you_mean(mesh.environment, known)
    there = f"There is {', '.join(known)}; an apply makes another one."
    raise Usage(
        f"there is no environment `{mesh.environment}`",
        why=f"{near}\n{there}" if near else there,
        next_step=next_step,
    )


def known_environments(mesh: Opened) -> tuple[str, ...]:
    """Production, what `weft.yaml` declares, and where anything ever ran."""
    settings = mesh.settings
    ran = (run.environment for run in mesh.store.journal.runs(limit=_RUNS))
    return tuple(sorted({*settings.declared, *ran}))
