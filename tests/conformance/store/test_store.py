"""What every store keeps, and gives back as it was."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.mesh.check import CheckResult, Verdict
from weft.mesh.contract import Status
from weft.mesh.manifest import Column, Descriptor, ProductManifest
from weft.mesh.release import ObjectRelease, PortRelease, Release
from weft.mesh.run import Hold, Run, RunState, StepResult, StepState
from weft.store.opening import find_store, open_store
from weft.store.protocol import Applied, Audited, Finished, Identity, Store, StoreError

AT = "2026-03-01T10:00:05Z"
FLIGHTS = "operations.flights"

RESULT = CheckResult(
    check="required_id",
    label="required id",
    verdict=Verdict.FAIL,
    rows=336_776,
    failed=2_512,
    value=0.75,
    keys=("1", "ü 2"),
    quarantined=True,
)
STEPS = (
    StepResult("build a", FLIGHTS, "build", "departures", StepState.DONE, 10, 20, 0.5),
    StepResult("audit a", FLIGHTS, "audit", "departures", StepState.HELD, checks=(RESULT,)),
)
MANIFEST = ProductManifest(
    domain="operations",
    name="flights",
    root="skyline",
    path="domains/operations/flights",
    warehouse="lake",
    dialect="duckdb",
    digest="d1",
)


def release(number: int, *majors: int) -> Release:
    ports = tuple(
        PortRelease(
            port="departures",
            major=major,
            version=f"{major}.0.0",
            status=Status.ACTIVE,
            objects=(ObjectRelease("departures", f"key {major}", ("id", "at")),),
            contract={"id": "operations.flights.departures", "schema": [{"name": "departures"}]},
        )
        for major in majors
    )
    return Release(
        product=FLIGHTS,
        environment="prod",
        number=number,
        ports=ports,
        builds={"departures": "key"},
        manifest="d1",
        fence=number,
    )


def descriptor(major: int, number: int = 1) -> Descriptor:
    return Descriptor(
        port="departures",
        major=major,
        product=FLIGHTS,
        warehouse="lake",
        root="skyline",
        version=f"{major}.0.0",
        status=Status.ACTIVE,
        contract={"nested": {"list": [1, 2.5, None, True, "text"]}},
        objects={"departures": (Column("id", "BIGINT"), Column("at"))},
        release=number,
    )


def test_a_new_store_takes_the_id_and_an_old_one_keeps_it(url: str) -> None:
    for new_id in ("first", "second"):
        store = open_store(url, "skyline", new_id, "/")
        assert store.identity.id == "first"
        assert store.identity == Identity("skyline", "first", store.identity.format)
        store.close()


def test_a_store_of_another_mesh_is_refused(url: str) -> None:
    open_store(url, "skyline", "first", "/").close()
    with pytest.raises(StoreError, match="belongs to mesh `skyline` and not to `harbour`"):
        open_store(url, "harbour", "second", "/")


def test_a_store_is_found_and_not_made(url: str) -> None:
    assert find_store(url, "skyline", "/") is None
    open_store(url, "skyline", "first", "/").close()
    store = find_store(url, "skyline", "/")
    assert store is not None
    assert store.identity.id == "first"
    store.close()
    with pytest.raises(StoreError, match="belongs to mesh `skyline` and not to `harbour`"):
        find_store(url, "harbour", "/")


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.definitions.applied("prod") == {}
    assert store.definitions.manifests("prod", [FLIGHTS]) == {}
    assert store.definitions.descriptors("prod") == {}
    assert store.definitions.verdicts(["audit"]) == {}
    assert store.definitions.salts("prod") == {}
    assert store.journal.runs() == ()
    assert store.journal.run("r1") is None
    assert store.journal.locks() == ()
    assert store.journal.steps("r1") == ()
    assert store.journal.releases("prod", FLIGHTS) == ()
    assert store.journal.holds("prod") == {}
    assert store.audit.entries() == ()
    assert store.audit.verify() == (0, "")


def test_a_finished_product_is_given_back_as_it_was(
    store: Store, open_one: Callable[[], Store], record: Callable[..., None]
) -> None:
    record(
        Finished(
            product=FLIGHTS,
            environment="prod",
            steps=STEPS,
            manifest=MANIFEST,
            release=release(1, 1, 2),
            descriptors=(descriptor(1), descriptor(2)),
            verdicts={"audit 1": Audited("b1", (RESULT,)), "audit 2": Audited("b2", ())},
        )
    )
    for each in (store, open_one()):
        definitions, journal = each.definitions, each.journal
        applied = Applied(FLIGHTS, "skyline", "d1", "r1", AT, release=1)
        assert definitions.applied("prod") == {FLIGHTS: applied}
        assert definitions.manifests("prod", [FLIGHTS, "no.such"]) == {FLIGHTS: MANIFEST}
        assert definitions.kept(["d1", "no such"]) == {"d1": MANIFEST}
        assert definitions.kept([]) == {}
        assert definitions.descriptors("prod") == {
            "operations.flights.departures@1": descriptor(1),
            "operations.flights.departures@2": descriptor(2),
        }
        found = definitions.verdicts(["audit 1", "audit 2", "audit 3"])
        assert found == {"audit 1": (RESULT,), "audit 2": ()}
        assert journal.steps("r1") == STEPS
        assert journal.releases("prod", FLIGHTS) == (release(1, 1, 2),)
        assert definitions.applied("dev") == {}
        assert definitions.descriptors("dev") == {}
        assert journal.releases("dev", FLIGHTS) == ()


def test_empty_parts_leave_what_was_there(store: Store, record: Callable[..., None]) -> None:
    record(
        Finished(
            FLIGHTS,
            "prod",
            manifest=MANIFEST,
            release=release(1, 1),
            descriptors=(descriptor(1),),
            verdicts={"audit": Audited("b", (RESULT,))},
        )
    )
    store.journal.end(Run("r1", "apply", "prod", "p", RunState.DONE, AT, AT))
    record(Finished(FLIGHTS, "prod"), "r2")
    assert store.definitions.applied("prod")[FLIGHTS].run == "r1"
    assert list(store.definitions.descriptors("prod")) == ["operations.flights.departures@1"]
    assert store.definitions.verdicts(["audit"]) == {"audit": (RESULT,)}
    assert len(store.journal.releases("prod", FLIGHTS)) == 1


def test_a_newer_definition_replaces_the_older_one(
    store: Store, record: Callable[..., None]
) -> None:
    newer = replace(MANIFEST, digest="d2", title="Flights")
    for number, manifest in enumerate((MANIFEST, newer, MANIFEST), 1):
        record(Finished(FLIGHTS, "prod", manifest=manifest), f"r{number}")
        assert store.definitions.manifests("prod", [FLIGHTS]) == {FLIGHTS: manifest}
        assert store.definitions.applied("prod")[FLIGHTS].digest == manifest.digest


def test_environments_are_apart(store: Store, record: Callable[..., None]) -> None:
    record(Finished(FLIGHTS, "prod", manifest=MANIFEST), "r1")
    run = Run("r2", "apply", "dev", "p", RunState.RUNNING, AT)
    (lock,) = store.journal.begin(run, [FLIGHTS], b"{}")
    newer = replace(MANIFEST, digest="d2")
    store.journal.finish(lock, Finished(FLIGHTS, "dev", manifest=newer), run, AT)
    assert store.definitions.applied("prod")[FLIGHTS].digest == "d1"
    assert store.definitions.applied("dev")[FLIGHTS].digest == "d2"
    assert [run.id for run in store.journal.runs("dev")] == ["r2"]


def test_a_release_without_a_port_version_ends_its_descriptor(
    store: Store, record: Callable[..., None]
) -> None:
    both = (descriptor(1), descriptor(2))
    record(Finished(FLIGHTS, "prod", release=release(1, 1, 2), descriptors=both), "r1")
    record(Finished(FLIGHTS, "prod", release=release(2, 2), descriptors=(descriptor(2, 2),)), "r2")
    assert store.definitions.descriptors("prod") == {
        "operations.flights.departures@2": descriptor(2, 2)
    }
    assert store.journal.releases("prod", FLIGHTS) == (release(2, 2), release(1, 1, 2))
    record(Finished(FLIGHTS, "prod", release=release(3, 2)), "r3")
    assert list(store.definitions.descriptors("prod")) == ["operations.flights.departures@2"]
    record(Finished(FLIGHTS, "prod", release=release(4)), "r4")
    assert store.definitions.descriptors("prod") == {}


def test_recording_a_release_again_changes_nothing(
    store: Store, record: Callable[..., None]
) -> None:
    for run in ("r1", "r2"):
        record(Finished(FLIGHTS, "prod", release=release(1, 1)), run)
    assert store.journal.releases("prod", FLIGHTS) == (release(1, 1),)


def test_removing_forgets_the_product_and_its_hold_but_not_its_history(
    store: Store, record: Callable[..., None]
) -> None:
    store.journal.hold(Hold(FLIGHTS, "prod", 1, "ben", "wrong numbers", AT))
    full = Finished(
        FLIGHTS, "prod", STEPS, MANIFEST, release=release(1, 1), descriptors=(descriptor(1),)
    )
    record(full, "r1")
    assert FLIGHTS in store.journal.holds("prod")
    record(Finished(FLIGHTS, "prod", removed=True), "r2")
    assert store.definitions.applied("prod") == {}
    assert store.definitions.descriptors("prod") == {}
    assert store.journal.holds("prod") == {}
    assert store.journal.releases("prod", FLIGHTS) == (release(1, 1),)
    assert store.journal.steps("r1") == STEPS


def test_a_later_verdict_replaces_the_earlier_one(
    store: Store, record: Callable[..., None]
) -> None:
    passed = replace(RESULT, verdict=Verdict.PASS, failed=0)
    record(Finished(FLIGHTS, "prod", verdicts={"audit": Audited("b", (RESULT,))}), "r1")
    record(Finished(FLIGHTS, "prod", verdicts={"audit": Audited("b", (passed,))}), "r2")
    assert store.definitions.verdicts(["audit"]) == {"audit": (passed,)}


def test_ten_thousand_verdicts_are_asked_for_at_once(
    store: Store, record: Callable[..., None]
) -> None:
    keys = [f"{number:064x}" for number in range(10_000)]
    record(Finished(FLIGHTS, "prod", verdicts=dict.fromkeys(keys[::2], Audited("b", (RESULT,)))))
    assert store.definitions.verdicts(iter(keys)) == dict.fromkeys(keys[::2], (RESULT,))


def test_salts_replace_each_other_per_model(store: Store) -> None:
    store.definitions.set_salts("prod", {"a.b.c": "1", "a.b.d": "1"}, "ana", AT)
    store.definitions.set_salts("prod", {"a.b.d": "2"}, "ana", AT)
    store.definitions.set_salts("dev", {"a.b.c": "3"}, "ana", AT)
    assert store.definitions.salts("prod") == {"a.b.c": "1", "a.b.d": "2"}
    assert store.definitions.salts("dev") == {"a.b.c": "3"}


def test_runs_are_listed_newest_first_with_how_they_ended(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    begun = [new_run(f"r{number}") for number in range(4)]
    for run in begun:
        store.journal.begin(run, [], run.id.encode())
    ended = replace(begun[1], state=RunState.HELD, ended=AT, message="1 product held")
    store.journal.end(ended)
    assert store.journal.runs() == (begun[3], begun[2], ended, begun[0])
    assert store.journal.runs("prod", limit=2) == (begun[3], begun[2])
    assert store.journal.runs("prod", limit=0) == store.journal.runs()
    assert store.journal.run("r1") == ended
    assert store.journal.run("r9") is None
    assert store.journal.runs("dev") == ()
    assert all(type(run.state) is RunState for run in store.journal.runs())


def test_steps_are_listed_in_the_order_in_which_products_finished(
    store: Store, new_run: Callable[[str], Run]
) -> None:
    run = new_run("r1")
    locks = store.journal.begin(run, ["a.a", "b.b", "c.c"], b"{}")
    steps = {lock.product: replace(STEPS[0], product=lock.product) for lock in locks}
    for lock in (locks[1], locks[2], locks[0]):
        finished = Finished(lock.product, "prod", (steps[lock.product],))
        store.journal.finish(lock, finished, run, AT)
    assert store.journal.steps("r1") == (steps["b.b"], steps["c.c"], steps["a.a"])
    assert store.journal.steps("r2") == ()


@pytest.mark.parametrize("plan", [b"", b"{}", bytes(range(256)) * 10_000])
def test_a_plan_is_kept_byte_for_byte(
    store: Store, new_run: Callable[[str], Run], plan: bytes
) -> None:
    store.journal.begin(new_run("r1"), [], plan)
    assert store.journal.plan("r1") == plan
    with pytest.raises(KeyError):
        store.journal.plan("r2")


def test_a_run_that_never_began_cannot_end(store: Store, new_run: Callable[[str], Run]) -> None:
    with pytest.raises(KeyError):
        store.journal.end(new_run("r1"))
    assert store.audit.entries() == ()


def test_a_run_id_is_used_once(store: Store, new_run: Callable[[str], Run]) -> None:
    store.journal.begin(new_run("r1"), ["a.a"], b"1")
    with pytest.raises(StoreError):
        store.journal.begin(new_run("r1"), ["b.b"], b"2")
    assert store.journal.plan("r1") == b"1"
    assert [lock.product for lock in store.journal.locks()] == ["a.a"]


def test_holds_are_placed_replaced_and_lifted(store: Store, record: Callable[..., None]) -> None:
    first = Hold(FLIGHTS, "prod", 3, "ben", "wrong numbers", AT)
    second = replace(first, release=2, reason='worse\n"numbers"')
    store.journal.hold(first)
    store.journal.hold(second)
    assert store.journal.holds("prod") == {FLIGHTS: second}
    assert store.journal.holds("dev") == {}
    assert store.journal.lift(FLIGHTS, "dev", "ben", AT) is False
    assert store.journal.lift(FLIGHTS, "prod", "ben", AT) is True
    assert store.journal.lift(FLIGHTS, "prod", "ben", AT) is False
    store.journal.hold(first)
    record(Finished(FLIGHTS, "prod"), "r1")
    assert store.journal.holds("prod") == {FLIGHTS: first}
    record(Finished(FLIGHTS, "prod", lift_hold=True), "r2")
    assert store.journal.holds("prod") == {}


def test_threads_may_share_a_store(store: Store, new_run: Callable[[str], Run]) -> None:
    run = new_run("r1")
    locks = store.journal.begin(run, [f"a.p{number}" for number in range(40)], b"{}")

    def work(mine: slice) -> None:
        for lock in locks[mine]:
            store.journal.finish(lock, Finished(lock.product, "prod", STEPS), run, AT)
            store.journal.steps("r1")

    threads = [threading.Thread(target=work, args=(slice(n, None, 8),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.journal.locks() == ()
    assert len(store.journal.steps("r1")) == 40 * len(STEPS)
    assert store.audit.verify() == (41, "")


# Text that JSON and every database can hold: no half of a surrogate pair, no NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
    Any: json_values,
}


def values(hint: Any, outer: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """All values of a noun, or of the type of one of its fields; none thrice inside of itself."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    inner = get_args(hint)
    match get_origin(hint):
        case None if outer.count(hint) > 1:
            return st.nothing()
        case None if isinstance(hint, type) and is_dataclass(hint):
            nested = (*outer, hint)
            fields = {name: values(each, nested) for name, each in get_type_hints(hint).items()}
            return st.builds(hint, **fields)
        case None:
            return st.sampled_from(hint)
        case origin if origin is tuple:
            return listed(values(inner[0], outer)).map(tuple)
        case origin if origin is list:
            return listed(values(inner[0], outer))
        case origin if origin is dict:
            return st.dictionaries(*(values(each, outer) for each in inner), max_size=2)
        case _:
            return st.one_of(*(values(each, outer) for each in inner))


def listed(each: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(each, max_size=0 if each.is_empty else 2)


# One store for all examples, each of which has an environment of its own.
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
NUMBERS = itertools.count()


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    manifest=values(ProductManifest),
    released=values(Release),
    described=values(Descriptor),
    steps=values(tuple[StepResult, ...]),
    results=values(tuple[CheckResult, ...]),
)
def test_any_nouns_are_given_back_as_they_were(
    store: Store,
    manifest: ProductManifest,
    released: Release,
    described: Descriptor,
    steps: tuple[StepResult, ...],
    results: tuple[CheckResult, ...],
) -> None:
    name = str(next(NUMBERS))
    finished = Finished(
        product=manifest.address,
        environment=name,
        steps=steps,
        manifest=replace(manifest, digest=name),
        release=replace(released, product=manifest.address, environment=name),
        descriptors=(described,),
        verdicts={name: Audited("b", results)},
    )
    run = Run(name, "apply", name, "p", RunState.RUNNING, AT)
    (lock,) = store.journal.begin(run, [finished.product], b"{}")
    store.journal.finish(lock, finished, run, AT)
    product = finished.product
    assert store.definitions.manifests(name, [product]) == {product: finished.manifest}
    assert store.journal.releases(name, product) == (finished.release,)
    assert list(store.definitions.descriptors(name).values()) == [described]
    assert store.definitions.verdicts([name]) == {name: results}
    assert store.journal.steps(name) == steps
