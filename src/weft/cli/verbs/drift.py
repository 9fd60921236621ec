"""`weft drift`: what was changed outside of Weft, and what is to become of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from weft.app.apply import ApplyOptions, apply_plan, refuse_unless_allowed
from weft.app.bootstrap import Opened
from weft.app.drift import Looked, accept, adopt, chosen, look, reopen
from weft.app.errors import Exit, Usage
from weft.app.reverting import plan_revert
from weft.app.telling import told_steps
from weft.cli.completion import a_selector
from weft.cli.looking import looking
from weft.cli.next_step import same_env
from weft.cli.options import env_option, mesh_here, yes_option
from weft.cli.output import put, report
from weft.cli.progress import follow, put_no_run
from weft.cli.screen import Screen, screen_options
from weft.cli.screens.drift import drift_result, settled_table
from weft.cli.screens.plan import draw_sql
from weft.cli.verb import verb
from weft.mesh.drift import Drift, Settlement

ALL = "all"
_DEEDS = ("revert", "adopt", "accept", "reopen")


@verb(
    "drift",
    ("weft drift", "what was changed outside of Weft, and what it means"),
    ("weft drift --revert 4f1c09ab", "show what brings one of it back, ask, and do it"),
)
@click.argument("products", nargs=-1, metavar="[PRODUCT]...", shell_complete=a_selector)
@env_option
@click.option("--revert", multiple=True, metavar="ID", help="Bring it back; `all` is possible.")
@click.option("--adopt", multiple=True, metavar="ID", help="Keep it as it is, for good.")
@click.option("--accept", multiple=True, metavar="ID", help="Bear it until a day is over.")
@click.option("--reopen", multiple=True, metavar="ID", help="End such a decision.")
@click.option("--until", default="", metavar="DATE", help="The last day of --accept.")
@click.option("--reason", default="", help="Why; it stands with the decision.")
@click.option("--allow-drop", is_flag=True, help="Let --revert remove what Weft has not made.")
@click.option("--no-data", is_flag=True, help="Look from outside, without reading data.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when something drifted.")
@click.option("-v", "--verbose", is_flag=True, help="Show what was adopted, too.")
@yes_option
@screen_options
def drift(products: tuple[str, ...], env: str, screen: Screen, **wish: Any) -> int:
    """Find what was changed outside of Weft in places that Weft owns.

    These are owners, rights, schemas, tables and views in a database, with what others hung on
    them: triggers, rules and policies; and folders and files of a lake. Data is read for it unless
    --no-data is given. Each finding can be reverted, accepted until a date, and, where nothing was
    promised to readers, adopted. What was accepted is shown until that ends by itself.
    """
    asked = [name for name in _DEEDS if wish[name]]
    if len(asked) > 1:
        raise Usage(f"--{asked[0]} and --{asked[1]} are two things", next_step="weft drift --help")
    with mesh_here(env) as mesh:
        if asked == ["reopen"]:
            _report(reopen(mesh, wish["reopen"]), "is open again", screen)
            return Exit.DONE
        with looking(screen) as seen:
            looked = look(mesh, products, content=not wish["no_data"], seen=seen)
        if not asked:
            shown = drift_result(looked, mesh.environment, same_env(env), whole=wish["verbose"])
            put(shown, screen)
            drifted = bool(looked.open) and wish["detailed_exitcode"]
            return Exit.CHANGES if drifted else Exit.DONE
        drifts = _meant(looked, wish[asked[0]])
        if asked == ["revert"]:
            return _revert(mesh, looked, drifts, screen, wish)
        if asked == ["adopt"]:
            _report(adopt(mesh, drifts, wish["reason"]), "is kept", screen)
        else:
            words = f"is accepted until {wish['until']}"
            _report(accept(mesh, drifts, wish["until"], wish["reason"]), words, screen)
    return Exit.DONE


def _meant(looked: Looked, ids: Sequence[str]) -> tuple[Drift, ...]:
    if ALL in ids:
        return tuple(each.drift for each in looked.open)
    return chosen(looked, ids)


def _report(settlements: Sequence[Settlement], words: str, screen: Screen) -> None:
    told = "\n".join(f"{each.drift} {each.subject} {words}." for each in settlements)
    report(told, settled_table(settlements), screen)


def _revert(
    mesh: Opened, looked: Looked, drifts: tuple[Drift, ...], screen: Screen, wish: dict[str, Any]
) -> int:
    """Show exactly what is done, ask, and do it as any plan is done."""
    plan = plan_revert(mesh, drifts, looked.recorded, allow_drop=wish["allow_drop"])
    if plan.empty:
        screen.say("There is nothing to bring back.")
        put_no_run(screen)
        return Exit.DONE
    refuse_unless_allowed(plan, ApplyOptions(allow_drop=wish["allow_drop"]))
    screen.show(draw_sql(plan, told_steps(mesh, plan)))
    if not screen.agree(f"Do this in {plan.environment}?", yes=wish["yes"]):
        screen.say("Nothing was changed.")
        return Exit.BLOCKED
    events = apply_plan(mesh, plan, ApplyOptions(allow_drop=wish["allow_drop"]))
    where = same_env("" if mesh.production else mesh.environment)
    return follow(events, screen, mesh.system.monotonic, where, again="weft drift --revert all")
