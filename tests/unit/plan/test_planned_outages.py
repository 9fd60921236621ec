"""Whatever happens to a product, its port can be read after an apply if no outage is on then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from plan_values import (
    REVENUE,
    after,
    failed,
    file_source,
    newer,
    passed,
    plan,
    product,
    required,
    shown,
    situation,
    source,
    transform,
)

from weft.contract.outages import Outage
from weft.mesh.check import CheckResult
from weft.mesh.contract import Status
from weft.mesh.run import Hold
from weft.plan.examine import Situation
from weft.plan.outages import turns_of
from weft.plan.plan import StepKind

ORDERS, PORT = "shop.orders", "shop.orders.orders@1"
WINDOW = {"from": "2027-03-10T10:00Z", "to": "2027-03-10T12:00Z"}
OUTAGE = Outage("2027-03-10T10:00:00.000Z", "2027-03-10T12:00:00.000Z")
BEGINNING = datetime(2027, 3, 10, 9, tzinfo=UTC)


def at(minute: int) -> str:
    then = BEGINNING + timedelta(minutes=minute)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def producer() -> Situation:
    """A deprecated port over a file, with a check, and an outage in its contract; and a reader."""
    custom = [{"vendor": "weft", "property": "outage", "value": WINDOW}]
    port = shown("orders", status=Status.DEPRECATED, checks=(required("id"),))
    port = replace(port, contract={**port.contract, "customProperties": custom})
    made = product(ORDERS, [transform("orders", source("raw"))], [port], [file_source("raw")])
    return situation(made, REVENUE, now=at(0), today=at(0)[:10])


@dataclass
class World:
    """A mesh whose plans are applied at times that only grow; `told` is what readers were told."""

    now: Situation = field(default_factory=producer)
    verdicts: dict[str, Sequence[CheckResult]] = field(default_factory=dict)
    minute: int = 0
    versions: int = 0
    told: list[str] = field(default_factory=list)

    def data(self, *, good: bool) -> None:
        """Newer data, whose checks will hold or not."""
        self.versions += 1
        self.now = newer(self.now, ORDERS, "raw", f"content {self.versions}")
        found: Mapping[str, Sequence[CheckResult]] = (
            passed(plan(self.now)) if good else failed(plan(self.now), ORDERS)
        )
        self.verdicts |= {
            audit: each for audit, each in found.items() if audit not in self.verdicts
        }

    def hold(self) -> None:
        """Let a person hold the product, or lift that."""
        hold = Hold(ORDERS, "prod", 1, "mara", "wrong rows", at(self.minute))
        self.now = replace(self.now, holds={} if self.now.holds else {ORDERS: hold})

    def apply(self, *, recorded: bool = True) -> None:
        """Apply what is planned now; what is not `recorded` was killed just before."""
        now = replace(self.now, now=at(self.minute), today=at(self.minute)[:10])
        made = plan(now, self.verdicts)
        assert made.blocked == ()
        before = self.now
        self.now = after(made, now)
        if not recorded:
            kept = ("digests", "recorded", "suspended")
            self.now = replace(self.now, **{each: getattr(before, each) for each in kept})
            return
        self.told += ["began" if each.until else "ended" for each in made.suspensions]
        ports = self.now.releases[ORDERS].ports
        on = {f"{ORDERS}.{each.name}": each.outage for each in ports if each.outage}
        self.now = replace(self.now, suspended=on)

    def check(self) -> None:
        """Compare what is shown with the time."""
        release = self.now.releases[ORDERS]
        is_on = OUTAGE.is_on(at(self.minute))
        assert [each.outage for each in release.ports] == [OUTAGE.ends * is_on]
        assert all(at(self.minute) < each.at for each in turns_of(release, at(self.minute)))
        again = plan(replace(self.now, now=at(self.minute)), self.verdicts)
        assert [each.id for each in again.steps if each.kind is StepKind.PUBLISH] == []
        assert self.told == ["began", "ended"][: len(self.told)]
        assert len(self.told) % 2 == is_on


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 90), st.sampled_from(["apply", "good data", "bad data", "hold", "kill"])
    ),
    max_size=12,
)


@given(EVENTS)
def test_after_an_apply_readers_see_what_the_time_says(events: list[tuple[int, str]]) -> None:
    world = World()
    world.verdicts |= passed(plan(world.now))
    world.apply()
    for minutes, event in events:
        world.minute += minutes
        match event:
            case "good data" | "bad data":
                world.data(good=event == "good data")
            case "hold":
                world.hold()
            case "kill":
                world.apply(recorded=False)
                continue
        world.apply()
        world.check()
