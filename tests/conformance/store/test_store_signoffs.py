"""Sign-offs are opened with a release, answered once or again, and every answer is in the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from weft.mesh.run import Run, RunState
from weft.mesh.signoff import Answer, Signoff
from weft.store.protocol import Finished, Store

AT = "2026-11-21T10:00:00.000Z"
LATER = "2026-11-22T10:00:00.000Z"
OPENED = Signoff(
    "prod", "sales.orders", "lines", "2.0.0", "finance.margin", Answer.OPEN, "2027-01-31", at=AT
)
NO = replace(OPENED, state=Answer.NO, actor="ana", reason="we need net", at=LATER)
RUN = Run("run1", "apply", "prod", "plan1", RunState.RUNNING, AT, actor="mara")


def open_with_a_release(store: Store, *signoffs: Signoff) -> None:
    """Let a run end that asks for these."""
    [lock] = store.journal.begin(RUN, ["sales.orders"], b"{}")
    store.journal.finish(lock, Finished("sales.orders", "prod", signoffs=signoffs), RUN, AT)


def test_nobody_is_asked_at_first(store: Store) -> None:
    assert store.signoffs.all("prod") == ()


def test_a_release_asks_and_says_nothing_for_anybody(open_one: Callable[[], Store]) -> None:
    derived = replace(OPENED, state=Answer.YES, reason="its expectations hold", at="")
    open_with_a_release(open_one(), derived)
    assert open_one().signoffs.all("prod") == (OPENED,)
    assert open_one().signoffs.all("dev") == ()


def test_an_answer_replaces_the_one_before_and_keeps_the_day(store: Store) -> None:
    open_with_a_release(store, OPENED)
    store.signoffs.answer(replace(NO, answer_by="2030-01-01"))
    assert store.signoffs.all("prod") == (NO,)
    yes = replace(NO, state=Answer.YES, reason="")
    store.signoffs.answer(yes)
    assert store.signoffs.all("prod") == (yes,)


def test_asking_again_does_not_undo_an_answer(store: Store) -> None:
    open_with_a_release(store, OPENED)
    store.signoffs.answer(NO)
    store.journal.end(replace(RUN, state=RunState.DONE, ended=AT))
    again = replace(RUN, id="run2")
    [lock] = store.journal.begin(again, ["sales.orders"], b"{}")
    later = replace(OPENED, answer_by="2027-02-28")
    store.journal.finish(lock, Finished("sales.orders", "prod", signoffs=(later,)), again, LATER)
    assert store.signoffs.all("prod") == (NO,)


def test_every_answer_is_in_the_audit_log(store: Store) -> None:
    store.signoffs.answer(NO)
    [entry] = store.audit.entries(1)
    assert (entry.actor, entry.action, entry.subject) == (
        "ana",
        "signoff.answered",
        "sales.orders.lines",
    )
    assert '"answer":"no"' in entry.detail
