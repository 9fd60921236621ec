"""What is tried with faults, by name: the stages of meshes on every kind of ground."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import growing_mesh
import moving_mesh
import small_mesh
from both_grounds import on_both
from deeds import SPOIL
from loop import Course, Stage
from postgres_ground import BASE, on_postgres

from mesh_files import document

EXAMPLE = Path(__file__).parents[2] / "examples" / "skyline"
Files = Mapping[str, bytes]
Laid = Callable[[Files], Files]


def courses() -> dict[str, Course]:
    """All of them."""
    return {
        "example": _applying(_example_files()),
        "example-later": _applying(_example_files(), _changed_example()),
        **_of("lake", dict),
        **_of("postgres", on_postgres),
        "moving": _moving("lake", BASE),
        "moving-back": _moving(BASE, "lake"),
    }


def _of(ground: str, laid: Laid) -> dict[str, Course]:
    """What is tried on a kind of ground for whole meshes; `laid` puts files of a mesh there."""
    small = [laid(each) for each in (small_mesh.first(), small_mesh.second())]
    return {
        f"{ground}-first": _applying(small[0], ground=ground),
        f"{ground}-later": _applying(*small, ground=ground),
        f"{ground}-pruning": _applying(small[0], _keeping_little(small[1]), ground=ground),
        f"{ground}-giving-up": _giving_up(ground, laid),
        f"{ground}-reverting": _reverting(ground, laid),
        f"{ground}-growing": _growing(ground, laid),
        f"{ground}-growing-pruning": _growing_and_pruning(ground, laid),
        f"{ground}-going-back": _going_back(ground, laid),
        f"{ground}-adopting": _adopting(ground, laid),
        f"{ground}-ending": _ending(ground, laid),
        f"{ground}-ending-adopted": _ending_adopted(ground, laid),
    }


def _giving_up(ground: str, laid: Laid) -> Course:
    """Begin with what is new, and go back to the files from before, of which nothing is left."""
    versions = small_mesh.first(), small_mesh.second(version="1.0.0")
    first, second = (Stage(_keeping_little(laid(each))) for each in versions)
    return Course((first,), second, (first,), ground, given_up=True)


def _reverting(ground: str, laid: Laid) -> Course:
    """Bring back what was changed outside, in each product something else."""
    first, second = laid(small_mesh.first()), laid(small_mesh.second())
    earlier = (Stage(first), Stage(second), Stage(second, SPOIL))
    return Course(earlier, Stage(second, "revert"), ground=ground)


def _growing(ground: str, laid: Laid) -> Course:
    """Add to what is there, and once more afterwards."""
    first, second, third = _grown(laid)
    return _applying(first, second, later=[Stage(third)], ground=ground)


def _growing_and_pruning(ground: str, laid: Laid) -> Course:
    """Add to what is there, and remove what it grew from."""
    first, second, third = _grown(laid)
    return _applying(first, second, _keeping_little(third), ground=ground)


def _going_back(ground: str, laid: Laid) -> Course:
    """Go back by one of three states, and on from there afterwards."""
    stages = [Stage(each) for each in _grown(laid)]
    third = stages[-1].files
    return Course(tuple(stages), Stage(third, "roll back"), (Stage(third, "go on"),), ground)


def _adopting(ground: str, laid: Laid) -> Course:
    """Publish what another environment grew from production, which then ends; grow on."""
    first, second, third = _grown(laid)
    earlier = (Stage(first), Stage(second, "apply to dev"))
    return Course(earlier, Stage(second), (Stage(second, "end dev"), Stage(third)), ground)


def _ending(ground: str, laid: Laid) -> Course:
    """End an environment that grew from production, and grow in production instead."""
    first, second, _ = _grown(laid)
    earlier = (Stage(first), Stage(second, "apply to dev"))
    return Course(earlier, Stage(first, "end dev"), (Stage(second),), ground)


def _ending_adopted(ground: str, laid: Laid) -> Course:
    """End an environment whose builds production shows, and grow on from them."""
    first, second, third = _grown(laid)
    earlier = (Stage(first), Stage(second, "apply to dev"), Stage(second))
    return Course(earlier, Stage(second, "end dev"), (Stage(third),), ground)


def _moving(before: str, after: str) -> Course:
    """Move a domain to another warehouse while what its readers join it with changes; and back."""
    first, second = moving_mesh.first(), moving_mesh.second()
    stages = [
        Stage(on_both(files, ops=BASE, sales=home))
        for files, home in ((first, before), (second, after), (second, before))
    ]
    return Course((stages[0],), stages[1], (stages[2],), "both")


def _grown(laid: Laid) -> tuple[Files, Files, Files]:
    return laid(growing_mesh.first()), laid(growing_mesh.second()), laid(growing_mesh.third())


def _applying(*versions: Files, later: Sequence[Stage] = (), ground: str = "lake") -> Course:
    """Apply versions of a mesh one after the other; the last one is tried."""
    *earlier, tried = map(Stage, versions)
    return Course(tuple(earlier), tried, tuple(later), ground)


def _keeping_little(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a mesh that keeps nothing but what is current."""
    settings = json.loads(files["weft.yaml"]) | {"keep": {"releases": 1, "days": 0}}
    return {**files, "weft.yaml": document(settings)}


def _example_files() -> dict[str, bytes]:
    """The files of the example mesh."""
    return {
        path.relative_to(EXAMPLE).as_posix(): path.read_bytes()
        for path in EXAMPLE.rglob("*")
        if path.is_file() and ".weft" not in path.parts
    }


def _changed_example() -> dict[str, bytes]:
    """The example later: another SELECT, newer data, a failing check, a product less."""
    files = _example_files()
    files["domains/network/places/models/airports.sql"] += b"\nWHERE true"
    lines = files["data/members.csv"].splitlines(keepends=True)
    files["data/members.csv"] = b"".join(lines[:-5])
    hourly = "domains/weather/observations/models/hourly.sql"
    files[hourly] = b"-- unique: [airport]\n" + files[hourly]
    return {
        path: data for path, data in files.items() if not path.startswith("domains/punctuality/")
    }
