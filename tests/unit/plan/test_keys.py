"""What counts for a key and what does not: equal key, equal data."""

from __future__ import annotations

from dataclasses import replace

from plan_values import file_source, model, port, product, required, shown, source, transform

from weft.mesh.growth import Grown, Growth
from weft.mesh.manifest import ProductManifest, Read
from weft.mesh.product import Materialization
from weft.mesh.release import Build, Release
from weft.plan.growing import Ground
from weft.plan.keys import (
    KEY_LENGTH,
    Keyed,
    Made,
    SourceContent,
    audit_key,
    build_key,
    hashed,
    key_of,
    key_product,
    source_key,
)

RAW = file_source("raw")
CONTENTS = {"raw": SourceContent(("data/raw.csv",), "bytes")}


def nobody(read: Read) -> None:
    return None


def test_keys_are_short_and_no_list_of_texts_looks_like_another() -> None:
    assert len(hashed("build-1", "a")) == KEY_LENGTH
    assert hashed("k", "ab", "c") != hashed("k", "a", "bc")
    assert hashed("k", "a", "") != hashed("k", "a")


def test_a_build_counts_by_meaning_materialization_product_and_what_it_reads() -> None:
    one = transform("m")
    key = build_key("a.b", one, ["x", "y"])
    assert key == build_key("a.b", replace(one, name="n", path="q", text="t"), ["x", "y"])
    assert key == build_key("a.b", replace(one, description="d"), ["x", "y"])
    assert key == build_key("a.b", replace(one, checks=(required("id").check,)), ["x", "y"])
    others = {
        build_key("a.b", transform("m", meaning="other"), ["x", "y"]),
        build_key("a.b", replace(one, materialized=Materialization.VIEW), ["x", "y"]),
        build_key("a.c", one, ["x", "y"]),
        build_key("a.b", one, ["y", "x"]),
        build_key("a.b", one, ["x"]),
        build_key("a.b", one, ["x", "y"], salt="s"),
    }
    assert len(others) == 6 and key not in others


def test_a_source_counts_by_content_and_by_how_it_is_read() -> None:
    key = source_key(RAW, "bytes")
    assert key == source_key(replace(RAW, pattern="data/moved.csv"), "bytes")
    assert key != source_key(RAW, "other")
    assert key != source_key(replace(RAW, fingerprint="other"), "bytes")


def test_keys_go_down_the_graph() -> None:
    models = [transform("one", source("raw")), transform("two", model("one")), transform("far")]
    manifest = product("a.b", models, sources=[RAW])
    keyed = key_product(manifest, nobody, CONTENTS, {}, Ground())
    newer = {"raw": SourceContent(("data/raw.csv",), "other bytes")}
    again = key_product(manifest, nobody, newer, {}, Ground())
    changed = {name for name in keyed.builds if keyed.builds[name] != again.builds[name]}
    assert changed == {"one", "two"}
    salted = key_product(manifest, nobody, CONTENTS, {"a.b.one": "s", "x.y.far": "s"}, Ground())
    assert {name for name in keyed.builds if keyed.builds[name] != salted.builds[name]} == changed


def test_what_was_a_snapshot_is_stuck_as_anything_else() -> None:
    grown = {"m": Grown("asked", "", Growth(unique_key=("id",)))}
    release = Release("a.b", "prod", 1, (), {"m": "now"}, grown=grown)
    states = Build("now", "a.b", "m", Materialization.SNAPSHOT, ())
    for there, stuck in (
        ({"now": states}, {"m": "it is kept as table from now on"}),
        ({"now": replace(states, kind=Materialization.INCREMENTAL)}, {}),
        ({}, {}),
    ):
        ground = Ground(release, there)
        assert key_product(product("a.b", [transform("m")]), nobody, {}, {}, ground).stuck == stuck


def test_what_needs_a_missing_port_has_no_key() -> None:
    models = [transform("one", port("c.d.e@1")), transform("two", model("one")), transform("far")]
    keyed = key_product(product("a.b", models), nobody, {}, {}, Ground())
    assert set(keyed.builds) == {"far"}
    assert keyed.missing == ("c.d.e@1.e",)
    found = key_product(product("a.b", models), lambda read: Made("k"), {}, {}, Ground())
    assert set(found.builds) == {"one", "two", "far"} and found.missing == ()


def test_a_recipe_is_of_definitions_all_the_way_down_and_not_of_data() -> None:
    models = [transform("one", source("raw")), transform("two", model("one"), port("c.d.e@1"))]
    made = Made("far", recipe="of far")

    def recipes(manifest: ProductManifest, far: Made = made, content: str = "bytes") -> list[str]:
        contents = {"raw": SourceContent((), content)}
        return [*key_product(manifest, lambda _: far, contents, {}, Ground()).recipes.values()]

    manifest = product("a.b", models, sources=[RAW])
    one, two = recipes(manifest)
    assert recipes(manifest, Made("newer", recipe="of far"), "other bytes") == [one, two]
    assert recipes(manifest, Made("far", recipe="other"))[0] == one
    assert recipes(manifest, Made("far")) == [one, ""]
    grows = [replace(models[0], growth=Growth(unique_key=("id",))), models[1]]
    reread = [replace(models[0], growth=Growth(unique_key=("id",), look_back=3)), models[1]]
    assert recipes(product("a.b", grows, sources=[RAW])) == recipes(
        product("a.b", reread, sources=[RAW])
    )
    others = (
        product("a.c", models, sources=[RAW]),
        product("a.b", models, sources=[replace(RAW, fingerprint="read otherwise")]),
        product("a.b", [replace(models[0], fingerprint="other"), models[1]], sources=[RAW]),
        product("a.b", grows, sources=[RAW]),
    )
    found = {(one, two), (one, recipes(manifest, Made("far", recipe="other"))[1])}
    found.update((first, second) for first, second in map(recipes, others))
    assert len({second for _, second in found}) == 6


def test_each_kind_of_read_is_found_in_its_place() -> None:
    keyed = Keyed({"m": "build"}, {"raw": "source"})
    assert key_of(model("m"), keyed, nobody) == "build"
    assert key_of(model("n"), keyed, nobody) is None
    assert key_of(source("raw"), keyed, nobody) == "source"
    assert key_of(port("c.d.e@1"), keyed, lambda read: read.target + read.object) == "c.d.e@1e"


def test_an_audit_counts_by_build_columns_checks_and_what_they_read() -> None:
    thing = shown("p", checks=(required("id"),)).objects[0]
    key = audit_key("k", thing.columns, thing.checks, ["r"])
    assert key == audit_key("k", thing.columns, thing.checks, ["r"])
    others = {
        audit_key("l", thing.columns, thing.checks, ["r"]),
        audit_key("k", thing.columns[:1], thing.checks, ["r"]),
        audit_key("k", thing.columns, (required("v"),), ["r"]),
        audit_key("k", thing.columns, thing.checks, []),
    }
    assert len(others) == 4 and key not in others
