"""A column of the example gets another name: a port from one major to the next, plan by plan."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from skyline_slice import FLIGHTS, rewrite, write_slice

from commands import Said, called
from environment_meshes import Ground
from mesh_files import Port, Product, document, mesh_files
from weft.app.errors import Blocked, Refusal, WrongQuery

GOLDEN = Path(__file__).parents[1] / "golden" / "story"
PORT = "operations.flights.departures"
FIRST, SECOND = f"{PORT}@1", f"{PORT}@2"
LAST_DAY = "2999-12-31"

# Who pins and says what is expected; who pins and says nothing; and who follows the current major.
PERFORMANCE, TURNAROUNDS, MEMBERS = (
    "punctuality/performance",
    "fleet/turnarounds",
    "loyalty/members",
)
PINNED = "operations.flights.departures\n    version: "
EXPECTED = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "punctuality.performance.expects.departures",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "departures",
            "properties": [
                {
                    "name": "arrival_delay",
                    "quality": [{"metric": "nullValues", "mustBeLessThan": 4, "unit": "percent"}],
                }
            ],
            "quality": [
                {
                    "name": "not every flight of the world",
                    "type": "sql",
                    "query": "SELECT count(*) FROM ${table}",
                    "mustBeLessThan": 10_000,
                }
            ],
        }
    ],
}
LATE = Product(
    "fleet.turnarounds",
    {"late": "SELECT flight_id, departure_delay AS minutes FROM departures\n"},
    (Port("late", {"flight_id": "string", "minutes": "integer"}),),
    inputs=(PORT,),
)


def write_example(folder: Path, ground: Ground) -> None:
    """The example, with its three readers of departures."""
    write_slice(folder, ground)
    rewrite(folder, f"{MEMBERS}/product.yaml", f'{PINNED}"1"', PORT)
    for path, data in mesh_files([LATE]).items():
        if path.startswith(f"domains/{TURNAROUNDS}/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    pinned = f'"contractId": "{PORT}"'
    rewrite(folder, f"{TURNAROUNDS}/product.yaml", pinned, f'{pinned}, "version": "1"')
    expected = folder / "domains" / PERFORMANCE / "expectations/departures.odcs.yaml"
    expected.parent.mkdir()
    expected.write_bytes(document(EXPECTED))


def rename(folder: Path) -> None:
    """Give the column its new name, and lose the arrivals in time on the way."""
    new = (
        "departure_delay,\n    arrival_delay,",
        "departure_delay AS minutes_late,\n    nullif(arrival_delay, 0) AS arrival_delay,",
    )
    rewrite(folder, f"{FLIGHTS}/models/departures.sql", *new)
    rewrite(folder, f"{FLIGHTS}/departures.v1.odcs.yaml", "departure_delay", "minutes_late")
    rewrite(
        folder,
        f"{FLIGHTS}/tests/departures.yaml",
        "departure_delay: 5, arrival_delay: -3, outcome",
        "minutes_late: 5, arrival_delay: -3, outcome",
        "departure_delay: 0, outcome",
        "minutes_late: 0, outcome",
        "departure_delay: 10\n",
        "minutes_late: 10\n",
    )


def move_on(folder: Path) -> None:
    """Bring those who pin to the new major."""
    rewrite(folder, f"{PERFORMANCE}/product.yaml", f'{PINNED}"1"', f'{PINNED}"2"')
    path = f"{PERFORMANCE}/models/departures_in_context.sql"
    old = "departures.departure_delay"
    rewrite(folder, path, old, "departures.minutes_late AS departure_delay")
    rewrite(folder, f"{TURNAROUNDS}/product.yaml", '"version": "1"', '"version": "2"')
    rewrite(folder, f"{TURNAROUNDS}/models/late.sql", "departure_delay", "minutes_late")


def with_secret(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """The same ground, its password in a variable, so that no plan comes with a warning of it."""
    if ground.is_lake:
        return ground
    monkeypatch.setenv("STORY_PASSWORD", ground.options["password"])
    return replace(ground, options={**ground.options, "password": "${STORY_PASSWORD}"})


class Story:
    """The commands of the story, and the plans that they lead to as golden files."""

    def __init__(self, folder: Path, ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._ground = ground
        self._capsys = capsys

    def weft(self, *arguments: str) -> Said:
        """Run a command that goes well."""
        said = self.called(*arguments)
        assert said.code == 0, said
        return said

    def called(self, *arguments: str) -> Said:
        """Run a command, however it goes."""
        return called(self._capsys, *arguments)

    def compared(self) -> tuple[int, int, int]:
        """How many rows the new major has more and less than the old one, and with other values."""
        told = self.weft("diff", FIRST, SECOND, "--key", "flight_id", "--json").data
        [found] = told["objects"]
        return found["added"], found["removed"], found["changed"]

    def refuses(self, error: type[Exception], why: str, *arguments: str) -> None:
        """Run a command that is refused."""
        with pytest.raises(error, match=why):
            called(self._capsys, *arguments, "--yes")

    def plan(self, name: str) -> None:
        """Compare the plan of now with the one of that name."""
        said = called(self._capsys, "plan").told.replace(self._ground.mesh, "loom")
        said = re.sub(r"plan [0-9a-f]{8}\b", "plan <id>", said)
        said = said.replace(datetime.now(UTC).date().isoformat(), "<today>")
        said = re.sub(r"\d+\.\d+ s\b", "<time>", said)
        golden = GOLDEN / f"{name}.txt"
        if os.environ.get("WEFT_GOLDEN") == "write" and self._ground.is_lake:
            golden.write_bytes(said.encode())
        assert said.encode() == golden.read_bytes()

    def apply(self, *options: str) -> str:
        """Apply, and return what was told."""
        return self.weft("apply", "--yes", *options).told

    def rows(self, name: str) -> list[object]:
        """The rows behind a name of the port."""
        select = f"SELECT flight_id, arrival_delay FROM operations.flights.{name} ORDER BY 1"
        return list(self.weft("query", select, "--json").data["rows"])


def preview(story: Story) -> None:
    """The new name is refused, and becomes a candidate; it breaks whom it breaks, and not more."""
    rename(story.folder)
    story.plan("2-refused")
    story.weft("new", "port", PORT, "--major", "2", "--keep", "1", "--yes")
    story.weft("release", SECOND, "--candidate", "--until", LAST_DAY, "--yes")
    story.plan("3-preview")
    assert "punctuality.performance would break:" in story.apply()
    assert len(story.rows("departures_v2_rc")) == len(story.rows("departures_v1"))
    assert "departures_v2_rc" in story.weft("show", SECOND).told
    board = story.weft("consumers", PORT).told
    # What breaks them is what it will be, not that it is a preview.
    assert " removed" in board and "not published" not in board
    assert story.compared() == (0, 0, 109)


def falter(story: Story) -> None:
    """What cannot be built of a candidate keeps nothing else from those who read the port."""
    longer = ("    distance,", "    distance + 1 AS distance,")
    rewrite(story.folder, f"{FLIGHTS}/models/departures_v1.sql", *longer)
    broken = (
        "materialized: view",
        "materialized: table",
        "    air_time,",
        "    CAST('x' || origin AS INTEGER) AS air_time,",
    )
    rewrite(story.folder, f"{FLIGHTS}/models/departures.sql", *broken)
    said = story.called("apply", "--yes")
    assert said.code == 8, said
    only = "operations.flights: build departures failed (only departures@2 is kept back)"
    assert only in said.told and " ok    fleet.turnarounds" in said.told
    assert story.compared() == (0, 0, len(story.rows("departures_v2_rc")))

    again = "port departures@2 is tried again, last time build departures failed: "
    assert again in story.weft("plan").told
    assert "departures@2 (failed)" in story.weft("ls").told
    said = story.called("run")
    assert said.code == 8 and only in said.told
    told = story.weft("history", "operations.flights").told
    assert told.startswith("operations.flights · 3 releases")
    story.weft("drift", "--detailed-exitcode")
    for model, texts in (("departures_v1", longer), ("departures", broken)):
        rewrite(story.folder, f"{FLIGHTS}/models/{model}.sql", *texts[::-1])
    story.apply()
    assert story.compared() == (0, 0, 109)


def agree(story: Story) -> None:
    """It waits for those who have not said yes; it is mended, and released when all agree."""
    story.weft("release", SECOND, "--promote", "--yes")
    story.plan("4-nobody-said-yes")
    story.refuses(Blocked, f"{SECOND} cannot be released yet", "apply")

    rewrite(story.folder, f"{FLIGHTS}/models/departures.sql", "nullif(arrival_delay, 0) AS ", "")
    story.weft("release", SECOND, "--candidate", "--until", LAST_DAY, "--yes")
    story.plan("5-mended")
    assert "would break" not in story.apply()
    answer = ("release", "signoff", SECOND, "--consumer", LATE.address)
    story.weft(*answer, "--no", "--reason", "first we have to move")
    story.weft("release", SECOND, "--promote", "--yes")
    story.refuses(Blocked, f"{SECOND} cannot be released: {LATE.address} says no", "apply")
    story.weft(*answer, "--yes")
    story.plan("6-released")
    story.apply()
    assert story.rows("departures") == story.rows("departures_v2")
    with pytest.raises(WrongQuery):
        story.rows("departures_v2_rc")
    story.weft("drift", "--detailed-exitcode")


def end(story: Story) -> None:
    """The old major ends: it is deprecated, left by those who pin it, retired, and brought back."""
    ends = ("--until", LAST_DAY, "--successor", SECOND, "--reason", "a column has another name")
    story.weft("deprecate", FIRST, *ends, "--yes")
    story.plan("7-deprecated")
    story.apply()
    story.refuses(Refusal, r"fleet\.turnarounds", "retire", FIRST)

    move_on(story.folder)
    story.plan("8-consumers-move")
    story.apply()
    assert len(story.rows("departures_v1")) == len(story.rows("departures"))
    story.refuses(Refusal, f"its last day is {LAST_DAY};\n.* read it 2 times", "retire", FIRST)
    story.weft("retire", FIRST, "--override", "--reason", "all have moved", "--yes")
    story.plan("9-retired")
    story.apply("--allow-drop")
    with pytest.raises(WrongQuery):
        story.rows("departures_v1")

    story.weft("retire", FIRST, "--undo", "--yes")
    story.plan("10-undone")
    story.apply()
    assert len(story.rows("departures_v1")) == len(story.rows("departures"))
    story.weft("drift", "--detailed-exitcode")


def test_a_column_is_renamed(
    ground: Ground,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    write_example(tmp_path, with_secret(ground, monkeypatch))
    story = Story(tmp_path, ground, capsys)
    story.plan("1-first")
    story.apply()
    preview(story)
    falter(story)
    agree(story)
    end(story)
    story.weft("release", "verify")
