"""Bring back what was changed outside in a lake, and say in words what is done for it."""

from __future__ import annotations

import os
from collections.abc import Callable

from weft.mesh.drift import Deviation, Drift, Thing, ThingKind
from weft.plan.plan import RevertSpec
from weft.warehouses.duckdb.disk import Disk
from weft.warehouses.duckdb.drifting import Drifting
from weft.warehouses.duckdb.layout import Layout
from weft.warehouses.duckdb.manifests import Manifests
from weft.warehouses.duckdb.releases import Releases
from weft.warehouses.protocol import Act, Outcome


class Reverting:
    """Acts on what a look finds now, so that a name in a plan leads nowhere else."""

    def __init__(
        self,
        layout: Layout,
        disk: Disk,
        kept: tuple[Manifests, Releases],
        drifting: Drifting,
        serve: Callable[[str], None],
    ) -> None:
        """`serve` writes the file that other programs open, of an environment."""
        self._layout = layout
        self._disk = disk
        self._manifests, self._releases = kept
        self._drifting = drifting
        self._serve = serve

    def tell(self, spec: RevertSpec) -> list[Act]:
        """Say what bringing a thing back will do; nothing is changed."""
        thing = self._found(spec)
        words = self._words(spec.drift, thing.key) if thing else "nothing: it is as it was left"
        return [Act(words, is_statement=False)]

    def revert(self, spec: RevertSpec, run: str) -> Outcome:
        """Bring a thing back. Raises WarehouseError."""
        drift = spec.drift
        thing = self._found(spec)
        if thing is None:
            return Outcome(reused=True)
        match drift.kind:
            case ThingKind.RELEASE:
                recorded = {str(each.number): each for each in spec.releases}
                path = self._layout.file(drift.name)
                self._releases.repair(path, recorded.get(thing.key), run)
                return Outcome(release=spec.releases[0])
            case ThingKind.BUILD:
                self._manifests.remove(thing.key)
            case ThingKind.FOLDER:
                root = self._layout.root
                self._disk.allow(root, os.stat(root).st_mode & 0o770)
            case ThingKind.FILE:
                self._serve(drift.environment)
            case _:
                path = self._layout.file(drift.name)
                is_folder = os.path.isdir(path) and not os.path.islink(path)
                self._disk.remove_folder(path) if is_folder else self._disk.remove(path)
        return Outcome()

    def _found(self, spec: RevertSpec) -> Thing | None:
        """What the drift is about, as it has to be or as it is; None where it means nothing."""
        drift = spec.drift
        if drift.product:
            left, found = self._drifting.of_product(spec.releases, content=False)
        else:
            left, found = self._drifting.shared(drift.environment)
        things = {(each.kind, each.name): each for each in (*left, *found)}
        return things.get((drift.kind, drift.name))

    def _words(self, drift: Drift, key: str) -> str:
        match drift.kind:
            case ThingKind.RELEASE if drift.deviation is Deviation.UNKNOWN:
                return f"remove {drift.name}"
            case ThingKind.RELEASE:
                return f"write {drift.name} as it was recorded"
            case ThingKind.BUILD:
                name = self._layout.relative(self._layout.build(key))
                return f"remove {name}, so that it is built again"
            case ThingKind.FOLDER:
                return "take the rights of others on the folder of the lake away"
            case ThingKind.FILE:
                return f"write {drift.name} anew"
            case _:
                return f"remove {drift.name}"
