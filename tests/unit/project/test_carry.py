"""Fingerprints that only other programs made differ are carried over, and no others."""

from __future__ import annotations

from dataclasses import replace

from weft.mesh.growth import Growth, Shape
from weft.mesh.manifest import ProductManifest, Query, Transform
from weft.mesh.product import Materialization
from weft.project.carry import carry

GROWTH = Growth(time_column="day", shape=Shape("old", {"id": "1"}))


def manifest(text: str, made_by: str, growth: Growth | None = None) -> ProductManifest:
    model = Transform(
        name="m",
        path="m.sql",
        materialized=Materialization.INCREMENTAL if growth else Materialization.TABLE,
        fingerprint=f"{text} by {made_by}",
        query=Query((text,)),
        columns=(),
        text=text,
        fingerprint_version=made_by,
        growth=growth,
    )
    return ProductManifest("a", "b", "r", "p", "lake", "duckdb", transforms=(model,))


def carried(new: ProductManifest, old: ProductManifest) -> Transform:
    (model,) = carry(new, old).transforms
    return model


def test_the_same_text_keeps_the_applied_fingerprint() -> None:
    found = carried(manifest("SELECT 1 AS a", "new"), manifest("select 1 as a", "old"))
    assert (found.fingerprint, found.fingerprint_version) == ("select 1 as a by old", "old")


def test_another_text_has_a_new_one() -> None:
    found = carried(manifest("SELECT 2 AS a", "new"), manifest("SELECT 1 AS a", "old"))
    assert found.fingerprint_version == "new"


def test_the_shape_of_what_grows_is_carried_with_it() -> None:
    newer = replace(GROWTH, look_back=3, shape=Shape("new", {"id": "2"}))
    new, old = manifest("SELECT 1 AS id", "new", newer), manifest("SELECT 1 AS id", "old", GROWTH)
    assert carried(new, old).growth == replace(GROWTH, look_back=3)


def test_a_model_that_begins_to_grow_has_its_own_shape() -> None:
    new, old = manifest("SELECT 1 AS id", "new", GROWTH), manifest("SELECT 1 AS id", "old")
    assert carried(new, old).growth == GROWTH
