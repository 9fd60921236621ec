"""A column is renamed: the life of a port from one major to the next, each step with its plan."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands import Said, called
from environment_meshes import Ground
from mesh_files import Port, Product, document, lay_out
from weft.app.errors import Blocked, Refusal, WrongQuery
from weft.app.yaml_write import yaml_text

GOLDEN = Path(__file__).parents[1] / "golden" / "story"
PORT = "operations.flights.departures"
FIRST, SECOND = f"{PORT}@1", f"{PORT}@2"
PERFORMANCE = "punctuality.performance"
LAST_DAY = "2999-12-31"

COLUMNS = {"flight_id": "integer", "carrier": "string"}
OLD = Port("departures", {**COLUMNS, "dep_delay": "integer"})
NEW = Port("departures", {**COLUMNS, "departure_delay": "integer"}, version="2.0.0")
PREVIEW = replace(NEW, status="draft", candidate=LAST_DAY)
ROWS = "FROM (VALUES (1, 'UA', 5), (2, 'B6', 17), (3, 'AA', -2)) AS flown(flight, airline, minutes)"
FLOWN = f"""SELECT
  flight AS flight_id,
  {{carrier}} AS carrier,
  minutes AS {{delay}}
{ROWS}
"""
# The new model forgets an airline at first.
FORGETFUL, MENDED = "nullif(airline, 'AA')", "airline"
EXPECTED = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": f"{PERFORMANCE}.expects.departures",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "departures",
            "properties": [{"name": "carrier", "quality": [{"metric": "nullValues", "mustBe": 0}]}],
        }
    ],
}


def reader(address: str, column: str) -> Product:
    """A consumer that reads one column."""
    name = address.rpartition(".")[2]
    select = f"SELECT {column} AS value FROM departures\n"
    kind = "string" if column == "carrier" else "integer"
    return Product(address, {name: select}, (Port(name, {"value": kind}),), inputs=(PORT,))


def files(
    ground: Ground, *ports: Port, carrier: str = MENDED, delay: str = "dep_delay", pin: str = "1"
) -> dict[str, bytes]:
    """The producer and three consumers: one floats, two pin, one of these says what it expects.

    `delay` is the column that those read who pin.
    """
    models = {"departures_v1": FLOWN.format(carrier=MENDED, delay="dep_delay")}
    if len(ports) > 1:
        models["departures_v2"] = FLOWN.format(carrier=carrier, delay="departure_delay")
    made = ground.of(
        Product("operations.flights", models, ports),
        reader("network.carriers", "carrier"),
        reader("fleet.usage", delay),
        reader(PERFORMANCE, delay),
    )
    for path in (
        "domains/fleet/usage/product.yaml",
        "domains/punctuality/performance/product.yaml",
    ):
        made[path] = made[path].replace(
            b'"contractId"', f'"version": "{pin}", "contractId"'.encode(), 1
        )
    made["domains/punctuality/performance/expectations/departures.odcs.yaml"] = document(EXPECTED)
    written = (path for path in made if path.startswith("domains/operations/flights/"))
    for path in [each for each in written if each.endswith(".yaml")]:
        made[path] = yaml_text(json.loads(made[path])).encode()
    return made


def with_secret(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """The same ground, its password in a variable, so that no plan comes with a warning of it."""
    if ground.is_lake:
        return ground
    monkeypatch.setenv("STORY_PASSWORD", ground.options["password"])
    return replace(ground, options={**ground.options, "password": "${STORY_PASSWORD}"})


class Story:
    """The commands of the story, and the plans that they lead to as golden files."""

    def __init__(self, ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
        self._ground = ground
        self._capsys = capsys

    def weft(self, *arguments: str) -> Said:
        """Run a command that goes well."""
        said = called(self._capsys, *arguments)
        assert said.code == 0, said
        return said

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

    def values(self, name: str) -> list[object]:
        """The column that tells majors apart, under a name of the port."""
        select = f"SELECT * FROM operations.flights.{name} ORDER BY flight_id"
        return list(self.weft("query", select, "--json").data["rows"])


def test_a_column_is_renamed(
    ground: Ground,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    ground = with_secret(ground, monkeypatch)
    story = Story(ground, capsys)
    lay_out(tmp_path, files(ground, OLD))
    story.plan("1-first")
    story.apply()

    lay_out(tmp_path, files(ground, OLD, PREVIEW, carrier=FORGETFUL))
    story.plan("2-preview")
    assert f"{PERFORMANCE} would break: 1 of 3 rows" in story.apply()
    assert len(story.values("departures_v2_rc")) == 3
    assert "dep_delay" in story.weft("diff", FIRST, SECOND).told
    lay_out(tmp_path, files(ground, OLD, NEW, carrier=FORGETFUL))
    story.plan("3-nobody-said-yes")
    with pytest.raises(Blocked, match=f"{SECOND} cannot be released yet"):
        called(capsys, "apply", "--yes")

    lay_out(tmp_path, files(ground, OLD, PREVIEW))
    story.plan("4-mended")
    assert "would break" not in story.apply()
    story.weft("release", "signoff", SECOND, "--consumer", "fleet.usage", "--yes")
    lay_out(tmp_path, files(ground, OLD, NEW))
    story.plan("5-released")
    story.apply()
    assert story.values("departures") == story.values("departures_v2")
    with pytest.raises(WrongQuery):
        story.values("departures_v2_rc")

    ends = ("--until", LAST_DAY, "--successor", SECOND, "--reason", "it has another name")
    story.weft("deprecate", FIRST, *ends, "--yes")
    story.plan("6-deprecated")
    story.apply()
    with pytest.raises(Refusal, match=r"fleet\.usage"):
        called(capsys, "retire", FIRST, "--yes")

    moved = files(ground, OLD, NEW, delay="departure_delay", pin="2")
    for path, data in moved.items():
        if not path.startswith("domains/operations/"):
            (tmp_path / path).write_bytes(data)
    story.plan("7-consumers-move")
    story.apply()
    assert len(story.values("departures_v1")) == 3
    with pytest.raises(Refusal, match=LAST_DAY):
        called(capsys, "retire", FIRST, "--yes")
    story.weft("retire", FIRST, "--override", "--reason", "all have moved", "--yes")
    story.plan("8-retired")
    story.apply("--allow-drop")
    with pytest.raises(WrongQuery):
        story.values("departures_v1")

    story.weft("retire", FIRST, "--undo", "--yes")
    story.plan("9-undone")
    story.apply()
    assert len(story.values("departures_v1")) == 3
    story.weft("release", "verify")
