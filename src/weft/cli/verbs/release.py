"""`weft release`: the next version of a port, and the evidence of those that were released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from weft.app.bootstrap import Opened
from weft.app.candidate import draft_candidate, draft_promotion
from weft.app.errors import Exit, Usage
from weft.app.evidence import evidence_chain, verify_file, verify_store
from weft.app.release import AUTO, Bumped, bump, unreleased
from weft.cli.after import offer_version
from weft.cli.completion import a_port
from weft.cli.next_step import same_env
from weft.cli.offer import yes_option
from weft.cli.options import env_option, mesh_here
from weft.cli.output import put
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.evidence import evidence_result, verification_result
from weft.cli.screens.release import unreleased_result
from weft.cli.verb import ADDRESS, AddressGroup, verb
from weft.cli.verbs.signoff import signoff
from weft.contract.versions import Bump
from weft.mesh.address import PortAddress


@click.group(
    "release",
    cls=AddressGroup,
    examples=(
        ("weft release sales.orders.lines", "what is not released yet, and which step it needs"),
        ("weft release sales.orders.lines --bump", "give the contract that version, then plan"),
    ),
)
def release() -> None:
    """Give a changed contract its next version, and prove what was released.

    `weft release ADDRESS` edits files and shows the plan; only `weft apply` publishes.
    """


@verb(
    ADDRESS,
    ("weft release sales.orders.lines@1", "what is not released yet, and which step it needs"),
    ("weft release sales.orders.lines@1 --bump minor", "the next minor version"),
    ("weft release sales.orders.lines@2 --candidate --until 2027-01-31", "show it as a preview"),
    ("weft release sales.orders.lines@2 --promote", "release what was previewed"),
)
@click.argument("address", metavar="DOMAIN.PRODUCT.PORT[@N]", shell_complete=a_port)
@click.option(
    "--bump",
    "step",
    type=click.Choice([AUTO, *map(str, Bump)]),
    is_flag=False,
    flag_value=AUTO,
    metavar="STEP",
    help="Write the next version: patch, minor, major, or auto for what the changes need.",
)
@click.option("--candidate", is_flag=True, help="Show a major that is not released as a preview.")
@click.option("--until", metavar="DATE", help="The last day of the preview, such as 2027-01-31.")
@click.option("--promote", is_flag=True, help="Release a candidate: its contract becomes active.")
@yes_option
@screen_options
def of_address(address: str, yes: bool, screen: Screen, **wish: Any) -> int:
    """Show what differs from the released version of a port, or give it the next version.

    A step is counted from the version that is published in production. What breaks consumers
    needs a new major: it is written beside the old one, which stays as it was applied. What is
    waived in the contract does not count as breaking.

    A candidate is seen beside the released majors, as `lines_v2_rc`, until its last day or until
    it is promoted. Consumers are asked what they say to it: see `weft release signoff`.
    """
    wanted = PortAddress.parse(address)
    with mesh_here("") as mesh:
        found = _drafted(mesh, wanted, **wish)
        if found is None:
            put(unreleased_result(unreleased(mesh, wanted)), screen)
            return Exit.DONE
        folder = mesh.folder
    return offer_version(folder, found, screen, what="bump", yes=yes)


def _drafted(
    mesh: Opened,
    address: PortAddress,
    *,
    step: str | None,
    candidate: bool,
    until: str | None,
    promote: bool,
) -> Bumped | None:
    """What is to be written; None where nothing was asked for. Raises Usage for too much."""
    if sum((step is not None, candidate, promote)) > 1:
        raise Usage(
            "--bump, --candidate and --promote are one at a time",
            next_step="weft release ADDRESS --help",
        )
    if candidate != (until is not None):
        raise Usage(
            "--candidate and --until go together",
            why="A preview has a last day.",
            next_step=f"weft release {address} --candidate --until DATE",
        )
    if until is not None:
        return draft_candidate(mesh, address, until)
    if promote:
        return draft_promotion(mesh, address)
    return bump(mesh, address, step) if step is not None else None


@verb(
    "evidence",
    ("weft release evidence sales.orders.lines@1", "what stood behind each version of a major"),
    ("weft release evidence --json > evidence.json", "the whole chain, to be verified elsewhere"),
)
@click.argument(
    "address",
    required=False,
    default="",
    metavar="[DOMAIN.PRODUCT.PORT[@N]]",
    shell_complete=a_port,
)
@env_option
@screen_options
def evidence(address: str, env: str, screen: Screen) -> int:
    """Show what stood behind each released version.

    Contract, commit, plan, builds, checks and inputs as they were when the version was first
    published. Records are linked by hashes: `weft release verify` proves that none was altered.
    """
    with mesh_here(env) as mesh:
        put(evidence_result(evidence_chain(mesh, address), same_env(env)), screen)
    return Exit.DONE


@verb(
    "verify",
    ("weft release verify", "the chain of production, as the store has it"),
    ("weft release verify evidence.json", "a file that was exported, with nothing but the file"),
)
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@env_option
@screen_options
def verify(file: Path | None, env: str, screen: Screen) -> int:
    """Check that no record of a released version was altered, removed or moved; 5 if one was.

    A file needs no mesh. The end of the chain in the store is compared with the audit log; note
    its hash elsewhere, and nobody can write the whole chain anew unseen.
    """
    if file is not None and env:
        raise Usage("a file says itself which environment it is of", next_step="leave out --env")
    if file is not None:
        found = verify_file(file)
    else:
        with mesh_here(env) as mesh:
            found = verify_store(mesh)
    put(verification_result(found, same_env(env)), screen)
    return Exit.BLOCKED if found.faults else Exit.DONE


for _command in (of_address, evidence, signoff, verify):
    release.add_command(_command)
