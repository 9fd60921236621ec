"""A store as one file, from any kind of store into any other."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from weft.mesh.check import CheckResult, Verdict
from weft.mesh.contract import Status
from weft.mesh.manifest import Descriptor, ProductManifest
from weft.mesh.release import PortRelease, Release
from weft.mesh.run import Hold, Run, RunState, StepResult, StepState
from weft.store.migrate import FORMAT
from weft.store.opening import open_store
from weft.store.protocol import Audited, Finished, Store, Unfit

AT = "2026-03-01T10:00:05Z"


@pytest.fixture
def full(tmp_path: Path, new_run: Callable[[str], Run]) -> Iterator[Store]:
    """A store with something in each of its tables."""
    store = open_store(f"sqlite:///{tmp_path}/full.db", "skyline", "full", "/")
    run = new_run("r1")
    lock, _ = store.journal.begin(run, ["a.p", "a.q"], bytes(range(256)))
    port = PortRelease("o", 1, "1.0.0", Status.ACTIVE, (), {})
    finished = Finished(
        "a.p",
        "prod",
        steps=(StepResult("s", "a.p", "build", "ü\n", StepState.DONE, rows=2**40),),
        manifest=ProductManifest("a", "p", "skyline", "", "lake", "x", digest="d1"),
        release=Release("a.p", "prod", 1, (port,)),
        descriptors=(Descriptor("o", 1, "a.p", "lake", "skyline", "1.0.0", Status.ACTIVE, {}, {}),),
        verdicts={"audit": Audited("build", (CheckResult("c", "c", Verdict.PASS),))},
    )
    store.journal.finish(lock, finished, run, AT)
    store.journal.begin(replace(new_run("r2"), environment="dev"), [], b"{}")
    store.journal.end(replace(new_run("r2"), state=RunState.DONE, ended=AT))
    store.journal.hold(Hold("a.p", "prod", 1, "ana", "why", AT))
    store.definitions.set_salts("prod", {"a.p.m": "1"}, "ana", AT)
    yield store
    store.close()


def exported(store: Store) -> bytes:
    file = io.BytesIO()
    rows = store.export(file)
    assert len(file.getvalue().splitlines()) == rows + 2
    return file.getvalue()


def lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines()]


def signed(content: list[Any]) -> bytes:
    """A file of these lines, as somebody would write it who knows how."""
    body = b"".join(json.dumps(line).encode() + b"\n" for line in content)
    end = {"rows": len(content) - 1, "sha256": hashlib.sha256(body).hexdigest()}
    return body + json.dumps(end).encode() + b"\n"


def said(store: Store) -> tuple[Any, ...]:
    """Everything that a store can be asked."""
    definitions, journal = store.definitions, store.journal
    return (
        store.identity,
        definitions.applied("prod"),
        definitions.manifests("prod", ["a.p"]),
        definitions.descriptors("prod"),
        definitions.verdicts(["audit"]),
        definitions.salts("prod"),
        journal.runs(),
        journal.steps("r1"),
        journal.plan("r1"),
        journal.locks(),
        journal.holds("prod"),
        journal.releases("prod", "a.p"),
    )


def test_a_store_that_is_filled_says_what_the_other_said(store: Store, full: Store) -> None:
    content = exported(full)
    rows = store.restore(io.BytesIO(content), "ben", AT)
    assert said(store) == said(full)
    newest, *entries = store.audit.entries()
    assert tuple(entries) == full.audit.entries()
    assert (newest.actor, newest.action, newest.subject) == ("ben", "store.imported", "full")
    assert json.loads(newest.detail) == {"rows": rows}
    assert store.audit.verify() == (len(entries) + 1, "")


def test_every_table_is_in_the_file_and_comes_back_byte_for_byte(store: Store, full: Store) -> None:
    content = exported(full)
    tables = {line[0] for line in lines(content)[1:-1]}
    assert tables == {
        *("runs", "plans", "outcomes", "fences", "locks", "holds", "manifests", "applied"),
        *("releases", "descriptors", "verdicts", "salts", "audit", "audit_head"),
    }
    store.restore(io.BytesIO(content), "ben", AT)
    again = lines(exported(store))
    assert again[0] == lines(content)[0]
    kept = [line for line in again[1:-1] if line[0] != "audit_head"]
    before = [line for line in lines(content)[1:-1] if line[0] != "audit_head"]
    assert kept[: len(before)] == before
    assert len(kept) == len(before) + 1


def test_a_filled_store_goes_on(store: Store, full: Store, new_run: Callable[[str], Run]) -> None:
    store.restore(io.BytesIO(exported(full)), "ben", AT)
    (lock,) = store.journal.begin(new_run("r3"), ["a.p"], b"{}")
    assert lock.fence == 2
    store.journal.finish(lock, Finished("a.p", "prod"), new_run("r3"), AT)
    assert [run.id for run in store.journal.runs()] == ["r3", "r2", "r1"]
    assert store.audit.verify()[1] == ""


def is_empty(store: Store) -> bool:
    return store.identity.id == "first" and lines(exported(store))[1:-1] == [
        ["audit_head", [0, "0" * 64]]
    ]


def test_an_empty_store_goes_through_a_file_too(store: Store, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path}/other.db", "skyline", "other", "/")
    store.restore(io.BytesIO(exported(other)), "ben", AT)
    assert store.identity == other.identity
    assert store.audit.verify() == (1, "")
    other.close()


def test_a_file_that_is_cut_anywhere_fills_nothing(store: Store, full: Store) -> None:
    content = exported(full)
    cuts = {0, 1, len(content) - 1, len(content) - 2}
    place = 0
    for line in content.splitlines(keepends=True)[:-1]:
        place += len(line)
        cuts |= {place, place - 1, place + 7}
    for cut in sorted(cuts - {len(content) - 1}):
        with pytest.raises(Unfit):
            store.restore(io.BytesIO(content[:cut]), "ben", AT)
    assert is_empty(store)


def test_a_file_in_which_a_byte_differs_fills_nothing(store: Store, full: Store) -> None:
    content = exported(full)
    for place in range(5, len(content), 97):
        altered = bytearray(content)
        altered[place] ^= 1
        with pytest.raises(Unfit):
            store.restore(io.BytesIO(altered), "ben", AT)
    assert is_empty(store)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda all: all[0].update(mesh="harbour"), "the store of mesh `harbour`, and this is"),
        (lambda all: all[0].update(format=99), f"format 99, and this store has {FORMAT}"),
        (lambda all: all[0].update(weft_store=2), "the file has format"),
        (lambda all: all[0].pop("id"), "was not written by `weft store export`"),
        (lambda all: all.insert(1, ["sqlite_schema", [1]]), "damaged"),
        (lambda all: all.insert(1, ["salts", ["prod", "a.b.c"]]), "damaged"),
        (lambda all: all.insert(1, ["plans", ["r1", "no base64!"]]), "damaged"),
        (lambda all: all[-2][1].__setitem__(2, "eve"), "the audit log in the file is not whole"),
        (lambda all: all.pop(-1), "the audit log in the file is not whole"),
    ],
)
def test_what_does_not_fit_fills_nothing(
    store: Store, full: Store, change: Callable[[list[Any]], Any], why: str
) -> None:
    content = lines(exported(full))[:-1]
    change(content)
    with pytest.raises(Unfit) as refused:
        store.restore(io.BytesIO(signed(content)), "ben", AT)
    assert why in str(refused.value)
    assert is_empty(store)


def test_something_after_the_end_is_refused(store: Store, full: Store) -> None:
    content = exported(full)
    with pytest.raises(Unfit):
        store.restore(io.BytesIO(content + b"\n"), "ben", AT)
    assert is_empty(store)


def test_a_store_that_was_used_is_not_filled(store: Store, full: Store) -> None:
    content = exported(full)
    store.audit.add("ana", "act", "s", "{}", AT)
    with pytest.raises(Unfit, match="was used already: it has 1 entries"):
        store.restore(io.BytesIO(content), "ben", AT)
    assert len(store.audit.entries()) == 1


class Broken(io.BytesIO):
    """A file on a disk that goes away."""

    def __next__(self) -> bytes:
        if self.tell() > len(self.getvalue()) // 2:
            raise OSError(5, "gone")
        return super().__next__()


def test_an_import_that_is_interrupted_leaves_nothing(store: Store, full: Store) -> None:
    with pytest.raises(OSError, match="gone"):
        store.restore(Broken(exported(full)), "ben", AT)
    assert is_empty(store)
    store.restore(io.BytesIO(exported(full)), "ben", AT)
    assert said(store) == said(full)
