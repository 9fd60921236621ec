"""What environments have in a warehouse, and that ending one takes nothing from anybody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from arro3.core import Array, DataType, Table
from warehouse_kinds import REFUSED, Place
from warehouse_steps import AT, PRODUCT, build, port, publish, required, rows_of, serve

from weft.plan.plan import Step
from weft.warehouses.protocol import (
    Bound,
    Ended,
    Ending,
    HasEnvironments,
    Origin,
    Scope,
    WarehouseError,
)

OTHER = "sales.sums"
Named = Callable[[str], str]


def here(environment: str, run: str = "") -> Bound:
    """A run of an environment."""
    return Bound(run or f"run_{environment}", 1, AT, {}, environment)


def ending(environment: str, keep: Sequence[str] = (), **more: Any) -> Ending:
    return Ending(environment, frozenset([f"run_{environment}"]), frozenset(keep), **more)


def done(place: Place, step: Step, environment: str) -> Any:
    """Carry out a step in a program of its own, which then ends."""
    opened = place.open()
    outcome = opened.run(step, here(environment))
    if step.release:
        serve(opened, environment)
    opened.close()
    return outcome


def made(
    place: Place, environment: str, key: str, select: str = "SELECT 1 AS id", **more: Any
) -> None:
    done(place, build(key, select, **more), environment)


def shown(
    place: Place,
    environment: str,
    key: str,
    expected: int = 0,
    product: str = PRODUCT,
    builds: Sequence[str] = (),
) -> None:
    """Publish a build as `orders`, whose release names others besides."""
    step = publish([port({"orders": (key, ["id"])})], expected, product, environment)
    assert step.release
    named = dict.fromkeys((key, *builds))
    step = replace(step, release=replace(step.release, builds={each: each for each in named}))
    done(place, step, environment)


def there(warehouse: Any, *environments: str) -> tuple[Any, ...]:
    """All that can be asked of a warehouse."""
    scopes = [Scope(each, (PRODUCT, OTHER)) for each in environments]
    observed = [warehouse.observe(scope) for scope in scopes]
    return warehouse.environments.names(), warehouse.released(), observed


def keys(warehouse: Any) -> frozenset[str]:
    found: frozenset[str] = warehouse.observe(Scope("prod", ())).builds
    return found


def test_a_warehouse_knows_its_environments(warehouse: Any, place: Place) -> None:
    assert isinstance(warehouse, HasEnvironments)
    assert warehouse.environments.names() == ()
    assert warehouse.environments.end(ending("dev")) == Ended()
    for environment in ("prod", "dev"):
        made(place, environment, environment)
        shown(place, environment, environment)
    assert warehouse.environments.names() == ("dev", "prod")


def test_nothing_of_an_environment_is_left(warehouse: Any, place: Place, relation: Named) -> None:
    made(place, "prod", "a")
    shown(place, "prod", "a")
    before = there(warehouse, "prod", "dev")
    made(place, "dev", "b", "SELECT 2 AS id")
    made(place, "dev", "v", f"SELECT id FROM {relation('b')}", reads=["b"], kind="view")
    made(place, "dev", "w", f"SELECT id FROM {relation('v')}", reads=["v"], kind="view")
    shown(place, "dev", "b")
    shown(place, "dev", "w", 1)
    shown(place, "dev", "w", 0, OTHER)
    foreseen = warehouse.environments.end(ending("dev"), dry_run=True)
    assert keys(warehouse) == {"a", "b", "v", "w"}
    gone = warehouse.environments.end(ending("dev"))
    assert gone == foreseen
    assert sorted((each.product, each.number) for each in gone.releases) == [
        (PRODUCT, 1),
        (PRODUCT, 2),
        (OTHER, 1),
    ]
    assert {each.key for each in gone.builds} == {"b", "v", "w"}
    assert gone.served and gone.bytes > 0 and gone.names
    assert there(warehouse, "prod", "dev") == before
    assert warehouse.environments.end(ending("dev")) == Ended()
    with place.reading() as read:
        assert read("SELECT id FROM sales__orders.orders") == [(1,)]


def test_production_never_ends(warehouse: Any) -> None:
    for dry_run in (False, True):
        with pytest.raises(WarehouseError, match="prod is production, which never ends"):
            warehouse.environments.end(ending("prod"), dry_run=dry_run)


def test_an_environment_that_ended_can_begin_again(warehouse: Any, place: Place) -> None:
    for number in (1, 2):
        made(place, "dev", f"b{number}", f"SELECT {number} AS id")
        shown(place, "dev", f"b{number}")
        with place.reading("dev") as read:
            found = read(f"SELECT id FROM {place.schema('dev')}.orders")
        assert found == [(number,)]
        warehouse.environments.end(ending("dev"))


@pytest.mark.parametrize("other", ["prod", "test"])
def test_what_others_show_stays(
    warehouse: Any, place: Place, relation: Named, open_one: Callable[[], Any], other: str
) -> None:
    """It can be read as before, also by programs that knew it where it was, and be built on."""
    made(place, "dev", "t", "SELECT 5 AS id")
    made(place, "dev", "v", f"SELECT id FROM {relation('t')}", reads=["t"], kind="view")
    made(place, "dev", "own", "SELECT 6 AS id")
    shown(place, "dev", "v", builds=["own"])
    shown(place, other, "v")
    beside = open_one()
    assert rows_of(beside, "v", ["id"]) == [(5,)]
    gone = warehouse.environments.end(ending("dev"))
    assert {each.key for each in gone.builds} == {"own"}
    assert keys(warehouse) == {"t", "v"}
    assert warehouse.environments.names() == (other,)
    with place.reading(other) as read:
        assert read(f"SELECT id FROM {place.schema(other)}.orders") == [(5,)]
    made(place, other, "x", f"SELECT id FROM {relation('v')}", reads=["v"])
    assert rows_of(warehouse, "x", ["id"]) == rows_of(beside, "t", ["id"]) == [(5,)]


def test_a_view_over_another_product_goes_on(warehouse: Any, place: Place, relation: Named) -> None:
    """Who takes it over may read what it reads."""
    made(place, "dev", "t", "SELECT 5 AS id")
    select = f"SELECT id FROM {relation('t')}"
    made(place, "dev", "v", select, reads=["t"], kind="view", product=OTHER)
    shown(place, "dev", "t")
    shown(place, "dev", "v", product=OTHER)
    for other in ("test", "prod"):
        shown(place, other, "t")
        shown(place, other, "v", product=OTHER)
    schema = {"test": place.schema("test").replace("orders", "sums"), "prod": "sales__sums"}
    for ended in ("", "dev", "test"):
        if ended:
            warehouse.environments.end(ending(ended))
            serve(warehouse)
            schema.pop(ended, None)
        for other, there_ in schema.items():
            with place.reading(other) as read:
                assert read(f"SELECT id FROM {there_}.orders") == [(5,)], (ended, other)


def test_what_is_kept_though_nobody_shows_it_stays(
    warehouse: Any, place: Place, relation: Named
) -> None:
    made(place, "dev", "t", "SELECT 5 AS id")
    made(place, "dev", "v", f"SELECT id FROM {relation('t')}", reads=["t"], kind="view")
    made(place, "dev", "s", product=OTHER)
    made(place, "dev", "own")
    shown(place, "dev", "own")
    gone = warehouse.environments.end(ending("dev", ["v", OTHER]))
    assert {each.key for each in gone.builds} == {"own"}
    assert keys(warehouse) == {"t", "v", "s"}
    assert rows_of(warehouse, "v", ["id"]) == [(5,)]
    assert "dev" not in warehouse.environments.names()


def test_what_environments_hold(warehouse: Any, place: Place, relation: Named) -> None:
    """The same as what would go with each, of all of them at once."""
    for number, environment in enumerate(("prod", "one", "two")):
        made(place, environment, f"t{number}", f"SELECT {number} AS id")
        select = f"SELECT id FROM {relation(f't{number}')}"
        made(place, environment, f"v{number}", select, reads=[f"t{number}"], kind="view")
        shown(place, environment, f"v{number}")
    shown(place, "two", "t0", product=OTHER)
    asked = {name: ending(name).runs for name in ("prod", "one", "two", "none")}
    held = warehouse.environments.holdings(asked)
    products = {name: [each.product for each in found.releases] for name, found in held.items()}
    assert products == {"prod": [PRODUCT], "one": [PRODUCT], "two": [PRODUCT, OTHER], "none": []}
    for name in ("one", "two", "none"):
        assert held[name].own == warehouse.environments.end(ending(name), dry_run=True).bytes
    assert (held["prod"].own, held["none"].shown) == (0, 0)
    assert held["two"].shown > held["one"].shown > 0


def test_the_last_environment_that_shows_a_build_takes_it_along(
    warehouse: Any, place: Place
) -> None:
    made(place, "one", "b")
    for environment in ("one", "two"):
        shown(place, environment, "b")
    counted = [
        len(warehouse.environments.end(ending(name, **more), dry_run=True).builds)
        for name, more in (("one", {}), ("two", {}), ("two", {"without": frozenset(["one"])}))
    ]
    assert counted == [0, 0, 1]
    assert warehouse.environments.end(ending("one")).builds == ()
    assert [each.key for each in warehouse.environments.end(ending("two")).builds] == ["b"]
    assert keys(warehouse) == frozenset() and warehouse.environments.names() == ()


def test_failing_rows_go_too(warehouse: Any, audit: Callable[..., Step], place: Place) -> None:
    made(place, "dev", "b", "SELECT CAST(NULL AS integer) AS id")
    done(place, audit("b", required("id")), "dev")
    with warehouse.failing_rows("audit_1", "required_id"):
        pass
    gone = warehouse.environments.end(ending("dev"))
    assert [each.key for each in gone.builds] == ["b"] and gone.releases == ()
    with pytest.raises(KeyError):
        warehouse.failing_rows("audit_1", "required_id")
    assert warehouse.environments.names() == ()


def test_what_its_runs_brought_over_goes_with_it(warehouse: Any, place: Place) -> None:
    rows = Table.from_pydict({"id": Array([1, 2], DataType.int64())})
    for run in ("run_dev", "run_prod"):
        opened = place.open()
        opened.load(f"of_{run}", rows, Origin(run=run))
        opened.close()
    made(place, "dev", "b")
    shown(place, "dev", "b")
    gone = warehouse.environments.end(ending("dev"))
    assert {each.key for each in gone.builds} == {"b", "of_run_dev"}
    assert keys(warehouse) == {"of_run_prod"}


def test_what_is_shown_is_measured(warehouse: Any, place: Place, relation: Named) -> None:
    made(place, "prod", "t", "SELECT 5 AS id")
    made(place, "dev", "v", f"SELECT id FROM {relation('t')}", reads=["t"], kind="view")
    shown(place, "prod", "t")
    shown(place, "dev", "v")
    asked = {name: ending(name).runs for name in ("prod", "dev", "none")}
    sizes = [each.shown for each in warehouse.environments.holdings(asked).values()]
    assert sizes[0] == sizes[1] > 0 == sizes[2]


def test_readers_of_an_environment_that_ended_are_told_so(warehouse: Any, place: Place) -> None:
    made(place, "dev", "b")
    shown(place, "dev", "b")
    warehouse.environments.end(ending("dev"))
    with pytest.raises(REFUSED), place.reading("dev") as read:
        read(f"SELECT id FROM {place.schema('dev')}.orders")
