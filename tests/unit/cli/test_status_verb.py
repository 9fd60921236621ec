"""`weft status`, and the words of `weft run` about what is due, on a mesh of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from applying import apply_files
from commands import Said, called
from mesh_files import lay_out
from service_level_meshes import LINES, SUMS, Clock, level, promising
from weft.app.errors import NotFound

DAILY = level("frequency", 1, "d")
LEVELS = (DAILY, level("availability", 99, "percent"), level("throughput", 9))


@pytest.fixture
def weft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Run commands in a mesh whose ports promise times."""
    monkeypatch.chdir(tmp_path)
    apply_files(tmp_path, promising(LEVELS))

    return partial(called, capsys)


def test_status_shows_what_is_promised(weft: Callable[..., Said]) -> None:
    said = weft("status")
    assert said.code == 0
    assert "3 service levels of 1 port in prod · 2 kept · 1 not measurable" in said.out
    document = weft("status", f"{LINES}.lines@1", "--measure", "--json").data
    assert [each["state"] for each in document["levels"]] == ["kept", "kept", "not measurable"]


def test_a_broken_level_can_be_told_by_the_exit_code(
    weft: Callable[..., Said], tmp_path: Path
) -> None:
    assert weft("status", "--detailed-exitcode").code == 0
    late = level("latency", 1, "h", "sold_at")
    files = promising((late,), rows=["1,2013-01-01T00:00:00"])
    apply_files(tmp_path, files, environment="dev")
    assert weft("status", "--env", "dev", "--detailed-exitcode").code == 3
    assert weft("status", "--env", "dev").code == 0


@pytest.mark.parametrize("address", ["shop", LINES, f"{LINES}.lines", f"{LINES}.lines@1"])
def test_status_of_a_part(weft: Callable[..., Said], address: str) -> None:
    assert f"{LINES}.lines@1" in weft("status", address).out


def test_status_of_what_promises_nothing(weft: Callable[..., Said]) -> None:
    said = weft("status", SUMS)
    assert said.out.startswith(f"{SUMS} promises no service level in prod.")


def test_status_of_what_is_not_there(weft: Callable[..., Said]) -> None:
    with pytest.raises(NotFound, match=r"no published product or port `shop\.line`") as stopped:
        weft("status", "shop.line")
    assert LINES in stopped.value.why + stopped.value.next_step


def test_the_page_of_a_port_marks_each_promise(weft: Callable[..., Said]) -> None:
    said = weft("show", f"{LINES}.lines@1")
    lines = [" ".join(each.split()) for each in said.out.splitlines()]
    assert "availability 99 percent kept answered 0 s ago" in lines
    assert "throughput 9 not measurable Weft does not carry the reads of others" in lines
    document = weft("show", f"{LINES}.lines@1", "--json").data
    assert [each["level"]["name"] for each in document["service_levels"]][-1] == "throughput"


def test_a_run_says_what_is_not_due_beside_its_result(weft: Callable[..., Said]) -> None:
    said = weft("run")
    assert said.out == ""
    told, done, _ = said.err.partition("Nothing to do")
    assert told.startswith(f" not due  {LINES}")
    assert done
    document = weft("run", "--json").data
    [reason] = document["due"]
    assert (reason["product"], reason["is"]) == (LINES, "not due")
    assert weft("run", "--all").err.startswith("Nothing to do")


def test_an_apply_that_finds_nothing_newer_counts_as_a_refresh(
    weft: Callable[..., Said], tmp_path: Path
) -> None:
    clock = Clock()
    clock.go_on(days=-1)
    apply_files(tmp_path, promising((level("frequency", 1, "y"),)), clock.system, "dev")

    def found() -> str:
        document = weft("status", "--env", "dev", "--json").data
        return str(document["levels"][0]["found"])

    assert " d" in found()
    assert weft("plan", "--env", "dev").code == 0
    assert " d" in found()
    assert weft("apply", "--env", "dev", "--yes").out.startswith("Nothing to do")
    assert found() in {f"refreshed {seconds} s ago" for seconds in range(60)}


def test_a_run_says_why_it_refreshes(weft: Callable[..., Said], tmp_path: Path) -> None:
    lay_out(tmp_path, promising(LEVELS, rows=["2,2026-11-20T12:30:00"]))
    said = weft("run")
    assert said.out.splitlines()[0].split() == [
        "due",
        LINES,
        "newer",
        "data",
        "in",
        f"{LINES}.feed",
    ]
    assert f" ok    {LINES}" in said.out
