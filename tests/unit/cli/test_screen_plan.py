"""The plan as people read it, drawn from plans made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from weft.cli.screens.plan import View, draw, draw_sql
from weft.mesh.change import ChangeAction
from weft.mesh.growth import Growing, Growth, Range
from weft.mesh.manifest import ProductManifest
from weft.mesh.release import Release
from weft.mesh.waiver import Waiver
from weft.plan.plan import (
    Affected,
    BuildSpec,
    Change,
    ChangeClass,
    DataChange,
    FieldChange,
    HeldBack,
    KeptBack,
    Plan,
    Step,
    StepKind,
)
from weft.warehouses.protocol import Act

Golden = Callable[[str, str], None]
FLIGHTS = "operations.flights"
CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE


def build(product: str, model: str, *needs: str) -> Step:
    spec = BuildSpec("k1", model, "table", 'SELECT 1 AS "id"')
    name = f"{product}/build/{model}"
    return Step(name, StepKind.BUILD, product, "lake", model, needs, build=spec)


BUILD = build(FLIGHTS, "stg_flights")
DROP = Step(
    "weather.old/drop",
    StepKind.DROP,
    "weather.old",
    "lake",
    "hourly@1, hourly",
    release=Release("weather.old", "prod", 3, ()),
)
EMPTY = Plan("7f3a0c12d4e5", "skyline", "skyline", "prod")


def breaking() -> Plan:
    port = Change(
        FLIGHTS,
        "port",
        "departures@1",
        UPDATE,
        ChangeClass.BREAKING,
        fields=(
            FieldChange(UPDATE, "version", "1.4.2", "1.5.0"),
            FieldChange(DELETE, "column dep_delay", note="removed, read by 1 of 2 consumers"),
            FieldChange(UPDATE, "column distance", "smallint", "integer", "wider"),
            FieldChange(CREATE, "column delay_cause", "", "string", "added"),
        ),
    )
    return replace(
        EMPTY,
        changes=(
            port,
            Change(FLIGHTS, "model", "stg_flights", UPDATE, ChangeClass.DATA, "rebuild, 1.2 GB"),
            Change(
                FLIGHTS,
                "model",
                "carriers_by_day_and_month",
                ChangeAction.WARN,
                ChangeClass.DATA,
                "its data is gone or damaged, built again",
            ),
        ),
        data=(DataChange(f"{FLIGHTS}.bts_on_time", tuple(f"{FLIGHTS}.{name}" for name in "abcd")),),
        affected=(
            Affected("punctuality.daily", f"{FLIGHTS}.departures@1", False, "ok"),
            Affected("loyalty.members", f"{FLIGHTS}.departures@1", True, "BREAKS: reads dep_delay"),
        ),
        blocked=(
            "a breaking change on an active port needs a new major version.\n"
            f"keep major 1 alive:  weft new port {FLIGHTS}.departures --major 2 --keep 1 "
            "--until 2027-03-01",
        ),
        steps=(BUILD, *(build(FLIGHTS, name) for name in "abcd")),
    )


def created(product: str) -> tuple[Change, ...]:
    parts = [("port", "hourly@1"), ("model", "hourly"), ("model", "stg"), ("source", "asos")]
    whole = Change(product, "product", product, CREATE, ChangeClass.ADDITIVE, "new")
    return (
        whole,
        *(
            Change(product, kind, name, CREATE, ChangeClass.ADDITIVE, "build")
            for kind, name in parts
        ),
    )


def dropping() -> Plan:
    return replace(
        EMPTY,
        changes=(
            Change(FLIGHTS, "port", "old@1", DELETE, ChangeClass.BREAKING, "drop"),
            Change(FLIGHTS, "input", "planes", DELETE, ChangeClass.METADATA, "no longer read"),
            Change(FLIGHTS, "model", "stg_flights", UPDATE, ChangeClass.DATA, "rebuild"),
        ),
        steps=(BUILD, DROP),
    )


def waived() -> Plan:
    """The same with somebody who answers for what it breaks."""
    plan = breaking()
    reason = "nobody has read it since 2024, and the source does not have it any longer"
    waiver = Waiver("column dep_delay removed", "mara.lind@skyline.example", reason, "2027-01-31")
    port, *rest = plan.changes
    version, gone, *others = port.fields
    gone = replace(gone, kind="column-removed", category=ChangeClass.BREAKING, waiver=waiver)
    port = replace(port, fields=(version, gone, *others))
    return replace(plan, changes=(port, *rest), blocked=())


@pytest.mark.parametrize("width", [0, 80])
def test_a_plan_that_breaks_what_somebody_answers_for(golden: Golden, width: int) -> None:
    golden(f"plan_waived_{width}", draw(waived(), View(width, seconds=0.4)))


@pytest.mark.parametrize("width", [0, 80, 120])
def test_a_breaking_plan(golden: Golden, width: int) -> None:
    golden(f"plan_breaking_{width}", draw(breaking(), View(width, seconds=0.4)))


def test_nothing_to_do_says_so(golden: Golden) -> None:
    golden("plan_empty", draw(EMPTY, View(80)))


def test_what_is_held_back_is_shown_though_there_is_nothing_to_do(golden: Golden) -> None:
    held = HeldBack(FLIGHTS, 3, "checks failed", ("tailnum exists in aircraft",))
    golden("plan_held", draw(replace(EMPTY, held=(held,)), View(80)))


def test_what_is_tried_again_of_a_version_that_is_not_released(golden: Golden) -> None:
    failed = "build departures failed: ZeroDivisionError: division by zero\nline 3, in departures"
    only_of = ("departures@2",)
    steps = (
        Step("build", StepKind.BUILD, FLIGHTS, "lake", "departures", only_of=only_of),
        Step("publish", StepKind.PUBLISH, FLIGHTS, "lake", "release 4", only_of=only_of),
    )
    kept = (KeptBack(FLIGHTS, "departures@2", shown=True, failed=failed),)
    golden("plan_tried_again", draw(replace(EMPTY, steps=steps, kept=kept), View(80)))


def test_a_new_product_that_is_held_is_not_folded_away() -> None:
    held = HeldBack("fleet.aircraft", 0, "checks failed", ("required id\x1b",))
    changes = created("weather.observations") + created("fleet.aircraft") + created("a.b")
    text = draw(replace(EMPTY, changes=changes, held=(held,), steps=(BUILD,)), View(80))
    assert "2 new products" in text
    assert "  ! stays unpublished, checks failed: required id␛" in text


def test_a_value_that_comes_or_goes_is_told_apart_from_one_that_changes() -> None:
    fields = (FieldChange(UPDATE, "title", "Old", ""), FieldChange(UPDATE, "owner", "", "ann"))
    change = Change(FLIGHTS, "product", FLIGHTS, UPDATE, ChangeClass.METADATA, "", fields)
    text = draw(replace(EMPTY, changes=(change,), steps=(BUILD,)), View(80))
    assert "Old -> (none)" in text
    assert "(none) -> ann" in text


def test_a_long_list_of_fields_is_cut_unless_asked_for() -> None:
    fields = tuple(FieldChange(UPDATE, f"check c{n}", "", "", "audited") for n in range(30))
    change = Change(FLIGHTS, "port", "departures@1", UPDATE, ChangeClass.METADATA, "", fields)
    plan = replace(EMPTY, changes=(change,), steps=(BUILD,))
    text = draw(plan, View(80))
    assert text.count("audited") == 11
    assert "      … 19 more, all of them: weft plan -v\n" in text
    assert draw(plan, View(80, whole=True)).count("audited") == 30


def test_newer_data_alone_is_one_line(golden: Golden) -> None:
    data = (DataChange("a.b.x", ("a.b.m", "a.b.n")), DataChange("a.b.y", ("a.b.n",)))
    steps = (build("a.b", "m"), build("a.b", "n"))
    golden("plan_data", draw(replace(EMPTY, data=data, steps=steps), View(80)))


@pytest.mark.parametrize("width", [70, 120])
def test_how_models_grow_that_no_change_names(golden: Golden, width: int) -> None:
    by_day = Growth(time_column="day", look_back=3)
    growing = {
        "days": Growing(by_day, "base", (Range("2026-01-28"),)),
        "customers": Growing(Growth(unique_key=("id",)), "base"),
        "lost": Growing(by_day, because="what it grew from is gone"),
    }
    steps = []
    for model, each in growing.items():
        step = build("sales.orders", model)
        assert step.build is not None
        steps.append(replace(step, build=replace(step.build, growing=each)))
    data = (DataChange("sales.orders.raw", tuple(f"sales.orders.{each}" for each in growing)),)
    plan = replace(EMPTY, data=data, steps=tuple(steps))
    golden(f"plan_growing_{width}", draw(plan, View(width)))


def test_newer_data_that_was_there_before_is_not_built_again() -> None:
    data = (DataChange("a.b.x", ("a.b.m", "a.b.n")),)
    text = draw(replace(EMPTY, data=data, steps=(build("a.b", "m"),)), View(80))
    assert "  data: 1 source changed, 2 models (1 reused) of a.b\n" in text


def test_newer_data_names_a_few_of_many_products() -> None:
    models = tuple(f"weather.observations_{number}.hourly" for number in range(30))
    steps = tuple(build(model.rpartition(".")[0], "hourly") for model in models)
    plan = replace(EMPTY, data=(DataChange("a.b.x", models),), steps=steps)
    text = draw(plan, View(80, env=" --env dev"))
    assert text.count("weather.observations_") == 12
    assert "      … 18 more, all of them: weft plan -v --env dev\n" in text
    assert draw(plan, View(80, whole=True)).count("weather.observations_") == 30


def test_another_release_of_a_port_is_no_changed_source(golden: Golden) -> None:
    data = (DataChange("a.b.port@1", ("c.d.m",)),)
    step = Step("c.d/publish", StepKind.PUBLISH, "c.d", "lake", "release 3")
    golden("plan_moved", draw(replace(EMPTY, data=data, steps=(step,)), View(80)))


def test_a_hundred_new_products_take_a_line_each(golden: Golden) -> None:
    changes = tuple(c for n in range(100) for c in created(f"weather.observations_{n}"))
    steps = (build("weather.observations_0", "hourly"),)
    text = draw(replace(EMPTY, changes=changes, steps=steps), View(80))
    golden("plan_many", text)
    assert len(text.splitlines()) == 104


def test_new_products_are_shown_in_full_when_asked_for(golden: Golden) -> None:
    changes = created("weather.observations") + created("fleet.aircraft")
    plan = replace(EMPTY, changes=changes, steps=(build("fleet.aircraft", "hourly"),))
    golden("plan_whole", draw(plan, View(80, whole=True)))


def test_what_an_earlier_apply_left_is_named(golden: Golden) -> None:
    golden("plan_steps_only", draw(replace(EMPTY, steps=(BUILD,)), View(80)))


def test_products_that_follow_a_change_take_a_line_each(golden: Golden) -> None:
    change = Change(FLIGHTS, "model", "stg_flights", UPDATE, ChangeClass.DATA, "rebuild")
    released = f"{FLIGHTS}/publish"
    steps = (
        BUILD,
        build(FLIGHTS, "departures", BUILD.id),
        build("loyalty.members", "bookings", released),
        build("punctuality.performance", "daily", released),
        build("punctuality.performance", "causes", "punctuality.performance/build/daily"),
    )
    plan = replace(EMPTY, changes=(change,), steps=steps)
    golden("plan_followers", draw(plan, View(80)))


def test_a_new_environment_is_loud(golden: Golden) -> None:
    notice = "NEW environment prdo: it does not exist yet, applying makes it"
    changes = created("fleet.aircraft")
    steps = (build("fleet.aircraft", "hourly"),)
    view = View(80, notice=notice, apply="weft apply --env prdo", env=" --env prdo")
    golden("plan_new_environment", draw(replace(EMPTY, changes=changes, steps=steps), view))
    assert "\x1b[" in draw(replace(EMPTY, changes=changes), replace(view, colour=True))


def test_a_person_s_hold_says_how_it_ends() -> None:
    held = HeldBack(FLIGHTS, 3, "held by ana: wrong totals", by_person=True)
    text = draw(replace(EMPTY, held=(held,)), View(80, env=" --env dev"))
    assert text.endswith(f"  let it go on:  weft rollback {FLIGHTS} --lift --env dev\n")
    assert "weft test" not in text


def test_drops_stand_last_and_loud(golden: Golden) -> None:
    golden("plan_drop", draw(dropping(), View(80)))


def test_colour_changes_nothing_but_colour() -> None:
    plain, coloured = draw(dropping(), View(80)), draw(dropping(), View(80, colour=True))
    assert "\x1b[" in coloured
    without = coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[0m"):
        without = without.replace(code, "")
    assert without == plain


def test_long_values_are_cut_on_a_screen_and_whole_in_a_pipe() -> None:
    field = FieldChange(UPDATE, "description", "old " * 40, "new " * 40)
    change = Change(FLIGHTS, "model", "m", UPDATE, ChangeClass.METADATA, "no rebuild", (field,))
    plan = replace(EMPTY, changes=(change,), manifests={FLIGHTS: _manifest()})
    assert all(len(line) <= 80 for line in draw(plan, View(80)).splitlines())
    assert "old " * 40 + " -> " in draw(plan, View(0)).replace("  ->", "  ->")


def test_a_definition_cannot_steer_the_terminal() -> None:
    field = FieldChange(UPDATE, "description", "", "\x1b[2J\nPlan: nothing")
    change = Change(FLIGHTS, "model", "m", UPDATE, ChangeClass.METADATA, "no rebuild", (field,))
    text = draw(replace(EMPTY, changes=(change,), steps=(BUILD,)), View(80))
    assert "\x1b" not in text
    assert not any(line.startswith("Plan: nothing") for line in text.splitlines())


def test_the_statements_of_every_step(golden: Golden) -> None:
    plan = dropping()
    told = {
        plan.steps[0].id: [Act("COPY (\nSELECT 1 AS \"id\"\n) TO 'x'"), Act("kept", False)],
        plan.steps[1].id: [Act("makes this current:\n  hourly@2", is_statement=False)],
    }
    golden("plan_sql", draw_sql(plan, told))


def _manifest() -> ProductManifest:
    return ProductManifest("operations", "flights", "skyline", "p", "lake", "duckdb")


def test_a_port_that_ends_is_counted_as_the_drop_that_it_is(golden: Golden) -> None:
    fields = (FieldChange(UPDATE, "status", "active", "draft"),)
    ends = Change(
        FLIGHTS, "port", "old@1", UPDATE, ChangeClass.BREAKING, "draft, not published", fields
    )
    last = Release(FLIGHTS, "prod", 3, ())
    drop = replace(DROP, id=f"{FLIGHTS}/drop", product=FLIGHTS, target="old@1", release=last)
    golden("plan_ends", draw(replace(EMPTY, changes=(ends,), steps=(drop,)), View(80)))
    kept = draw(replace(EMPTY, changes=(ends,), steps=(BUILD,)), View(80))
    assert "DROP" not in kept and "1 change · 0 drop" in kept


def test_types_inside_of_columns_what_is_reused_and_what_moved(golden: Golden) -> None:
    port = Change(
        FLIGHTS,
        "port",
        "departures@1",
        UPDATE,
        ChangeClass.BREAKING,
        fields=(
            FieldChange(DELETE, "column legs[].gate", note="removed; if exit is it, write so"),
            FieldChange(UPDATE, "column distance", "DOUBLE", "DECIMAL(18,2)", "other type"),
            FieldChange(DELETE, "check required gate", note="goes with its column"),
        ),
    )
    moved = (FieldChange(UPDATE, "reads fleet.aircraft.aircraft", "@1", "@2"),)
    reused = "reused, its build is still there"
    changes = (port, Change(FLIGHTS, "model", "m", UPDATE, ChangeClass.DATA, reused, moved))
    golden("plan_types", draw(replace(EMPTY, changes=changes, steps=(BUILD,)), View(80)))
