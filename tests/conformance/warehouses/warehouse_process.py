"""Programs of their own for the shared suite: one builds, one races, one reads, one is killed.

Run as `python warehouse_process.py <what> <place> <arguments>`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from subprocess import PIPE

from warehouse_kinds import KINDS, Place
from warehouse_steps import (
    PRODUCT,
    audit,
    bound,
    build,
    port,
    publish,
    relation,
    required,
    rows,
    serve,
    show,
    show_pair,
    shown_as,
)

from weft.warehouses.protocol import Conflict, Scope

PROD = Scope("prod", (PRODUCT,))

# Neither engine ends it in our time, and neither needs room for it.
FOREVER = (
    "SELECT count(*) AS n FROM generate_series(1, 100000) AS a(x),"
    " generate_series(1, 100000) AS b(y), generate_series(1, 100000) AS c(z)"
    " WHERE (a.x + b.y + c.z) % 3 = 7"
)


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start one of these programs."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def builder(place: Place, run: str, select: str) -> None:
    """Build the key that each line of input names, and say what became of it."""
    warehouse = place.open()
    warehouse.observe(PROD)
    say("ready")
    for line in sys.stdin:
        outcome = warehouse.run(build(line.strip(), select), bound(run))
        say("reused" if outcome.reused else "made")
    warehouse.close()


def forever(place: Place) -> None:
    """Begin a build that never ends."""
    warehouse = place.open()
    warehouse.run(build("before", "SELECT 1 AS id"), bound())
    say("ready")
    warehouse.run(build("a", FOREVER), bound())


def race(place: Place, run: str, rounds: str) -> None:
    """Publish the same numbers as somebody else does; print those that were won."""
    warehouse = place.open()
    warehouse.run(build("a", "SELECT 1 AS id"), bound(run))
    for expected in range(int(rounds)):
        while len(warehouse.history("prod", PRODUCT)) < expected:
            pass
        try:
            warehouse.run(publish([port({"orders": ("a", ["id"])})], expected), bound(run))
            say(expected + 1)
        except Conflict:
            continue
    warehouse.close()


def publisher(place: Place, first: str, last: str) -> None:
    """Publish pairs, one release after another."""
    warehouse = place.open()
    for number in range(int(first), int(last) + 1):
        show_pair(warehouse, number)
    warehouse.close()


def reader(place: Place, last: str) -> None:
    """Read both ports until release `last` is there: joined, one after the other, by query."""
    warehouse = place.open()
    number = 0
    while number < int(last):
        release = warehouse.observe(PROD).releases[PRODUCT]
        number = release.number
        shown = [each for port in release.ports for each in port.objects]
        relations = [shown_as(each.name, each.key, each.columns) for each in shown]
        select = "SELECT x.n, y.n AS m FROM sales.orders.x, sales.orders.y"
        found = rows(warehouse.query(select, relations))
        with place.reading() as read:
            found += read("SELECT x.n, y.n FROM sales__orders.x, sales__orders.y")
            [left], [right] = (read(f"SELECT n FROM sales__orders.{name}_v1") for name in "xy")
            found += [left + right]
        for left_number, right_number in found:
            say(f"{left_number} {right_number}")
    warehouse.close()


def small_apply(place: Place, run: str) -> None:
    """Build, audit with a failing check, publish and serve; whatever is done already is reused."""
    dialect = next(each.dialect for each in KINDS if each.name == place.kind)
    warehouse = place.open()
    here = bound(run)
    warehouse.run(build("a", "SELECT x AS id, NULL AS name FROM generate_series(1, 10) t(x)"), here)
    view = f"SELECT a.id FROM {relation('a', dialect)} AS a"
    warehouse.run(build("v", view, ["a"], "view"), here)
    warehouse.run(audit("a", required("name"), identity=["id"], dialect=dialect), here)
    if PRODUCT not in warehouse.observe(PROD).releases:
        shown = {"orders": ("v", ["id"]), "lines": ("a", ["id", "name"])}
        show(warehouse, publish([port(shown)]), here)
    serve(warehouse)
    warehouse.close()


def victims(place: Place) -> None:
    """For each line of input let a child make a small apply, and print how it ended.

    The line says after how many milliseconds it is killed. The children have all imports done.
    """
    place.open().close()
    for line in sys.stdin:
        text, run, milliseconds = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            small_apply(Place.parse(text), run)
            os._exit(0)
        time.sleep(float(milliseconds) / 1000)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        say(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    what: Callable[..., None] = globals()[sys.argv[1]]
    what(Place.parse(sys.argv[2]), *sys.argv[3:])
