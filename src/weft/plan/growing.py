"""How the next build of a model that grows comes from the one that is released.

Which ranges of time are read is worked out in `intervals.py`; keys are made in `keys.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from weft.mesh.growth import Growing, Grown, Growth, Interval, Range
from weft.mesh.manifest import Transform
from weft.mesh.product import Materialization
from weft.mesh.release import Build, Release
from weft.mesh.words import count
from weft.plan.intervals import merged, step, to_fill
from weft.plan.offers import Offer

_ANEW = "grow"
_LOST = "what it grew from is gone"
_KEPT_APART = ("time_column", "interval", "unique_key")


@dataclass(frozen=True)
class Ground:
    """What the models of a product can grow from: its release as shown, and builds by key.

    `builds` are those that are there and whole; others are not grown from. `offers` are builds by
    model that other environments show.
    """

    release: Release | None = None
    builds: Mapping[str, Build] = field(default_factory=dict)
    offers: Mapping[str, Sequence[Offer]] = field(default_factory=dict)

    def grown(self, model: str) -> Grown | None:
        """What the released build of a model was made from; None where it did not grow."""
        return self.release.grown.get(model) if self.release else None

    def released(self, model: str) -> str:
        """The key of a model's released build, "" where there is none."""
        return self.release.builds.get(model, "") if self.release else ""

    def has_states(self, model: str) -> bool:
        """Whether a model is released as a snapshot, whose states are there."""
        before = self.grown(model)
        keys = (self.released(model), before.base) if before else ()
        there = (self.builds[key].kind for key in keys if key in self.builds)
        return Materialization.SNAPSHOT in there


@dataclass(frozen=True)
class Course:
    """How a model goes on: `key` is that of its released build where nothing is new, else "".

    `blocked` says why it cannot go on as it is without losing what nobody can build again, `lost`
    that this has happened.
    """

    growing: Growing
    key: str = ""
    blocked: str = ""
    lost: bool = False


def again_salt(id: str, ranges: Sequence[Range] = ()) -> str:
    """The salt of a build that reads ranges anew, beside what it reads by itself.

    >>> again_salt("7f3a", [Range("2026-01-01", "2026-02-01")])
    'grow 7f3a 2026-01-01..2026-02-01'
    """
    return " ".join((_ANEW, id, *(f"{each.since}..{each.until}" for each in ranges)))


def restated(salt: str) -> tuple[Range, ...] | None:
    """The ranges that a salt reads anew; None for a salt that asks for a full build.

    >>> restated("grow 7f3a 2026-01-01..2026-02-01"), restated("7f3a")
    ((Range(since='2026-01-01', until='2026-02-01'),), None)
    """
    word, *rest = salt.split(" ")
    if word != _ANEW:
        return None
    pairs = (each.partition("..") for each in rest[1:])
    return tuple(Range(since, until) for since, _, until in pairs)


def joined_salt(pending: str, salt: str) -> str:
    """One salt for what was asked for, and still has to be built, and what is asked for now."""
    before, now = restated(pending), restated(salt)
    if now is None:
        return salt
    if before is None:
        return pending
    return again_salt(salt.split(" ")[1], merged((*before, *now)))


def kept_anew(kind: Materialization) -> str:
    """Say why a model is built anew that was kept in another way.

    >>> kept_anew(Materialization.TABLE)
    'it is kept as table from now on'
    """
    return f"it is kept as {kind} from now on"


def course(transform: Transform, asked: str, salt: str, ground: Ground) -> Course:
    """Say how a model that grows goes on; `asked` and `salt` are those of its next build."""
    growth = _growth(transform)
    before = ground.grown(transform.name)
    released = ground.released(transform.name)
    if before is None:
        return Course(_full(growth, kept_anew(transform.materialized) if released else ""))
    base = next((each for each in (released, before.base) if each in ground.builds), "")
    if before.asked == asked and base == released:
        return Course(Growing(growth, before.base), key=released)
    if not base:
        return _after_loss(transform, before, asked, released)
    # A build that is made a second time, from what it was made from, does all of that again.
    anew = (restated(salt) or ()) if salt != before.salt or base != released else ()
    snapshot = transform.materialized is Materialization.SNAPSHOT
    build = ground.builds[base]
    if build.kind is not transform.materialized:
        because = kept_anew(transform.materialized)
        return Course(
            _full(growth, because), blocked=because if ground.has_states(transform.name) else ""
        )
    if salt != before.salt and restated(salt) is None and not snapshot:
        return Course(_full(growth, "a rebuild was asked for"))
    unfit = _unfit(before.growth, growth, snapshot=snapshot)
    if unfit:
        return Course(_full(growth, unfit), blocked=unfit if snapshot else "")
    there = {each.name for each in build.columns}
    growing = Growing(
        growth=growth,
        base=base,
        ranges=to_fill(build.covered, growth, anew) if growth.time_column else (),
        again=anew,
        added=tuple(each.name for each in transform.columns if each.name not in there),
    )
    return Course(growing, key=released if before.asked == asked else "")


def in_words(kind: Materialization, growing: Growing) -> str:
    """Say what a build does: what it reads, and what it keeps."""
    if growing.brought:
        return "keeps the rows that are brought over"
    if not growing.base:
        return f"rebuild, {growing.because}" if growing.because else "build"
    growth = growing.growth
    if growing.ranges == (Range(),):
        told = "reads all of it anew"
    elif growth.time_column:
        told = f"{_times(growing)}, keeps the rest"
    elif kind is Materialization.SNAPSHOT:
        told = "adds new states, keeps the earlier ones"
    else:
        told = f"adds and replaces rows by {', '.join(growth.unique_key)}, keeps the rest"
    if not growing.added:
        return told
    verb = "is" if len(growing.added) == 1 else "are"
    names = ", ".join(f"`{each}`" for each in growing.added)
    them = "it" if len(growing.added) == 1 else "them"
    filled = "" if kind is Materialization.SNAPSHOT else f", --rebuild fills {them}"
    return f"{told}; {names} {verb} null there{filled}"


def _times(growing: Growing) -> str:
    """What is read: on request, where the start was moved, and behind what is there."""
    growth = growing.growth

    def told(ranges: Sequence[Range]) -> str:
        return " and ".join(_span(each, growth.interval) for each in ranges)

    if growing.again:
        return f"reads {told(growing.again)} anew, adds what is new"
    *before, last = growing.ranges
    fills = f"fills {told(before)}, " if before else ""
    looks = count(growth.look_back, growth.interval)
    look_back = f" (look-back {looks})" if growth.look_back else ""
    return f"{fills}adds {told([last])}{look_back}"


def _span(wanted: Range, interval: Interval) -> str:
    """A range as people say it, with the last interval in it."""
    last = step(wanted.until, interval, -1) if wanted.until else ""
    if not last:
        return f"from {wanted.since} on" if wanted.since else "everything"
    if not wanted.since:
        return f"up to {last}"
    return last if last == wanted.since else f"{wanted.since} to {last}"


def _growth(transform: Transform) -> Growth:
    if transform.growth is None:
        raise ValueError(f"{transform.name} does not grow")
    return transform.growth


def _full(growth: Growth, because: str) -> Growing:
    ranges = to_fill(None, growth) if growth.time_column else ()
    return Growing(growth, ranges=ranges, because=because)


def _after_loss(transform: Transform, before: Grown, asked: str, released: str) -> Course:
    """A full build; what was one already gets its key again."""
    growth = _growth(transform)
    if before.asked == asked and not before.base:
        return Course(_full(growth, ""), key=released)
    return Course(_full(growth, _LOST), lost=transform.materialized is Materialization.SNAPSHOT)


def _unfit(old: Growth, new: Growth, *, snapshot: bool) -> str:
    """Say why rows that were made by one head and query cannot stay under another; "" if they can.

    The earlier states of a snapshot are what its query gave then, whatever that was.
    """
    for key in _KEPT_APART:
        if getattr(old, key) != getattr(new, key):
            return f"its `{key}` changed"
    if snapshot:
        timed = bool(old.changed_at), bool(new.changed_at)
        return "the time of its states came from elsewhere" if timed[0] != timed[1] else ""
    if old.shape.body != new.shape.body:
        return "its query changed"
    outputs = new.shape.outputs
    changed = [name for name, was in old.shape.outputs.items() if outputs.get(name) != was]
    if changed:
        what = "changed" if changed[0] in outputs else "is gone"
        return f"its column `{changed[0]}` {what}"
    return ""
