"""A port version ends: deprecated, its consumers told, retired once nobody reads it, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import Opened, opened
from weft.app.candidate import draft_promotion
from weft.app.consumers import board
from weft.app.deprecate import draft_deprecation
from weft.app.ended_contract import Sunset
from weft.app.errors import Blocked, Invalid, NotFound, Usage
from weft.app.new_files import Draft, write
from weft.app.plan import Planned, PlanOptions, make_plan
from weft.app.port_version import give_version
from weft.app.query import query
from weft.app.release import Bumped
from weft.app.retire import draft_retirement, draft_return
from weft.app.system import System
from weft.app.yaml_write import yaml_text
from weft.mesh.address import PortAddress
from weft.mesh.consumption import NoticeKind, ReadBy
from weft.plan.plan import Plan, StepKind

ONE = PortAddress.parse("shop.sales.orders@1")
TWO = PortAddress.parse("shop.sales.orders@2")
FOLDER = "domains/shop/sales"
CONTRACT = f"{FOLDER}/orders.v1.odcs.yaml"
READER = "domains/shop/sums/product.yaml"
SALES = Product(
    "shop.sales",
    {
        "orders_v1": "SELECT CAST(1 AS INTEGER) AS id, CAST(5 AS INTEGER) AS amount",
        "orders_v2": "SELECT id, amount AS total FROM orders_v1",
    },
    (
        Port("orders", {"id": "integer", "amount": "integer"}),
        Port("orders", {"id": "integer", "total": "integer"}, version="2.0.0"),
    ),
)
SUMS = Product(
    "shop.sums",
    {"sums": "SELECT CAST(count(amount) AS BIGINT) AS n FROM orders"},
    (Port("sums", {"n": "integer"}),),
    inputs=("shop.sales.orders",),
)


def files(*, major: str = "1", reader: bool = True) -> dict[str, bytes]:
    """Two majors, and perhaps a reader that pins one of them."""
    made = mesh_files([SALES, SUMS] if reader else [SALES])
    for path in (CONTRACT, f"{FOLDER}/product.yaml"):
        made[path] = yaml_text(json.loads(made[path])).encode()
    if reader:
        pin = f'"version": "{major}", "contractId"'.encode()
        made[READER] = made[READER].replace(b'"contractId"', pin, 1)
        if major == "2":
            model = "domains/shop/sums/models/sums.sql"
            made[model] = made[model].replace(b"amount", b"total")
    return made


def on(day: str, user: str = "mara") -> System:
    """A machine on some day."""
    return System(now=lambda: f"{day}T08:00:00.000Z", user=lambda: user)


@contextmanager
def at(folder: Path, day: str, user: str = "mara") -> Iterator[Opened]:
    """The mesh in a folder on a day."""
    with opened(folder, "", on(day, user)) as mesh:
        yield mesh


def written(mesh: Opened, found: Bumped) -> str:
    """Write what was drafted; the contract of the first major then."""
    assert found.draft is not None
    write(mesh.folder, found.draft)
    return (mesh.folder / CONTRACT).read_text(encoding="utf-8")


def deprecate(folder: Path, day: str = "2026-12-02", until: str = "2027-03-01") -> str:
    """Deprecate the first major until a day, and apply that."""
    with at(folder, day) as mesh:
        text = written(mesh, draft_deprecation(mesh, ONE, Sunset(until, "@2", "new names")))
    apply_files(folder, system=on(day))
    return text


def planned(folder: Path, day: str, *select: str) -> Planned:
    """What would be done on a day."""
    with at(folder, day) as mesh:
        return make_plan(mesh, PlanOptions(select))


def plan_of(folder: Path, day: str, *select: str) -> Plan:
    return planned(folder, day, *select).plan


def move_reader_files(folder: Path) -> None:
    """Write that the reader goes to the second major."""
    for path, data in files(major="2").items():
        if path.startswith("domains/shop/sums"):
            (folder / path).write_bytes(data)


def move_reader(folder: Path, day: str) -> None:
    """Let the reader go to the second major."""
    move_reader_files(folder)
    apply_files(folder, system=on(day))


def ask(folder: Path, day: str, user: str) -> None:
    """Let a person query the first major."""
    with at(folder, day, user) as mesh, query(mesh, "SELECT * FROM shop.sales.orders_v1") as found:
        assert found.columns == ("id", "amount")


@pytest.fixture
def mesh_folder(tmp_path: Path) -> Path:
    """Two majors and a reader of the first, applied."""
    apply_files(tmp_path, files(), on("2026-12-01"))
    return tmp_path


def test_deprecating_says_so_in_the_contract_under_the_next_patch_version(
    mesh_folder: Path,
) -> None:
    text = deprecate(mesh_folder)
    for said in (
        "status: deprecated",
        "version: 1.0.1",
        "property: endOfSupport",
        "value: 2027-03-01",
        "property: successor",
        "shop.sales.orders@2",
        "value: new names",
    ):
        assert said in text
    assert "version: 1.0.1" in (mesh_folder / FOLDER / "product.yaml").read_text()
    with at(mesh_folder, "2026-12-03") as mesh:
        assert mesh.store.definitions.descriptors("prod")[str(ONE)].status == "deprecated"


def test_consumers_are_told_by_the_apply_that_publishes_it(mesh_folder: Path) -> None:
    with at(mesh_folder, "2026-12-02") as mesh:
        written(mesh, draft_deprecation(mesh, ONE, Sunset("2027-03-01", "@2", "new names")))
        assert mesh.store.notices.of("prod", ["shop.sales"]) == ()
    apply_files(mesh_folder, system=on("2026-12-02"))
    with at(mesh_folder, "2026-12-03") as mesh:
        [notice] = mesh.store.notices.of("prod", ["shop.sales"])
    assert (notice.consumer, notice.kind) == ("shop.sums", NoticeKind.DEPRECATED)
    assert notice.message == "orders@1 ends 2027-03-01; successor @2: new names"


def test_a_day_that_moves_is_told_again(mesh_folder: Path) -> None:
    deprecate(mesh_folder)
    text = deprecate(mesh_folder, "2026-12-05", "2027-06-30")
    assert "version: 1.1.0" in text
    assert "2027-03-01" not in text
    with at(mesh_folder, "2026-12-06") as mesh:
        kinds = [each.kind for each in mesh.store.notices.of("prod", ["shop.sales"])]
        again = draft_deprecation(mesh, ONE, Sunset("2027-06-30"))
    assert kinds == [NoticeKind.DEPRECATED, NoticeKind.SUNSET]
    assert (again.draft, again.why) == (None, "it is deprecated until 2027-06-30 already")


def test_what_reads_it_is_warned_by_its_own_plan(mesh_folder: Path) -> None:
    deprecate(mesh_folder)
    [warning] = planned(mesh_folder, "2026-12-03", "shop.sums").loaded.diagnostics
    assert (warning.code, warning.message) == ("W431", "orders@1 ends 2027-03-01; successor @2")
    assert warning.note == "new names"
    move_reader(mesh_folder, "2026-12-04")
    assert planned(mesh_folder, "2026-12-05").loaded.diagnostics == ()


@pytest.mark.parametrize(
    ("address", "sunset", "said"),
    [
        (ONE, Sunset("2026-11-30"), "is over"),
        (ONE, Sunset("soon"), "is no date"),
        (ONE, Sunset("2027-01-01", "@1"), "its own successor"),
        (replace(ONE, major=None), Sunset("2027-01-01"), "has several majors"),
        (ONE, Sunset("2027-01-01", "@7"), "there is no port"),
        (replace(ONE, port="lines"), Sunset("2027-01-01"), "there is no port"),
    ],
)
def test_what_cannot_be_deprecated_says_why(
    mesh_folder: Path, address: PortAddress, sunset: Sunset, said: str
) -> None:
    with at(mesh_folder, "2026-12-02") as mesh, pytest.raises(Usage, match=said):
        draft_deprecation(mesh, address, sunset)


def test_reads_are_counted_by_person_and_by_product(mesh_folder: Path) -> None:
    ask(mesh_folder, "2026-12-02", "ana")
    ask(mesh_folder, "2026-12-02", "ana")
    ask(mesh_folder, "2026-12-03", "ben")
    with at(mesh_folder, "2026-12-04") as mesh:
        reads = mesh.store.reads.of("prod", ["shop.sales"])
    assert [(each.kind, each.reader, each.day, each.count) for each in reads] == [
        (ReadBy.BUILD, "shop.sums", "2026-12-01", 1),
        (ReadBy.QUERY, "ana", "2026-12-02", 2),
        (ReadBy.QUERY, "ben", "2026-12-03", 1),
    ]


def test_a_query_whose_rows_nobody_gets_is_no_read(mesh_folder: Path) -> None:
    with at(mesh_folder, "2026-12-02") as mesh, pytest.raises(ZeroDivisionError):
        read_and_fail(mesh)
    with at(mesh_folder, "2026-12-02") as mesh:
        kinds = {each.kind for each in mesh.store.reads.of("", ["shop.sales"])}
    assert kinds == {ReadBy.BUILD}


def read_and_fail(mesh: Opened) -> None:
    """Query the first major, and stumble while its rows are read."""
    with query(mesh, "SELECT * FROM shop.sales.orders_v1"):
        raise ZeroDivisionError


def test_the_board_shows_where_everybody_is(mesh_folder: Path) -> None:
    ask(mesh_folder, "2026-12-02", "ana")
    deprecate(mesh_folder)
    with at(mesh_folder, "2026-12-03") as mesh:
        found = board(mesh, replace(ONE, major=None))
    assert [each.address for each in found.versions] == [str(ONE), str(TWO)]
    [reader] = found.consumers
    assert (reader.consumer, reader.major, reader.pinned) == ("shop.sums", 1, True)
    assert reader.stands == "on 1"
    assert reader.breaks == ("column amount removed",)
    assert (reader.last[:10], reader.reads) == ("2026-12-01", 1)
    assert [each.kind for each in reader.told] == [NoticeKind.DEPRECATED]
    [person] = found.people
    assert (person.name, person.major, person.reads) == ("ana", 1, 1)
    move_reader(mesh_folder, "2027-02-01")
    with at(mesh_folder, "2027-02-02") as mesh:
        [moved] = board(mesh, replace(ONE, major=None)).consumers
        assert board(mesh, ONE).consumers == ()
        [person] = board(mesh, ONE).people
    assert (moved.major, moved.stands, moved.breaks) == (2, "moved", ())
    assert person.reads == 0


def test_the_board_of_nothing(mesh_folder: Path) -> None:
    with at(mesh_folder, "2026-12-02") as mesh, pytest.raises(NotFound):
        board(mesh, replace(ONE, major=9))


def test_nothing_is_retired_that_is_still_promised_or_read(mesh_folder: Path) -> None:
    with at(mesh_folder, "2026-12-02") as mesh, pytest.raises(Blocked) as active:
        draft_retirement(mesh, ONE)
    assert "it is active, and what ends is deprecated first" in str(active.value)
    deprecate(mesh_folder)
    ask(mesh_folder, "2027-02-28", "ana")
    with at(mesh_folder, "2027-03-01") as mesh, pytest.raises(Blocked) as early:
        draft_retirement(mesh, ONE)
    assert str(early.value) == (
        "shop.sales.orders@1 cannot be retired yet: its last day is 2027-03-01;\n"
        "shop.sums has it as its input;\nana read it 1 time in 14 days, last on 2027-02-28"
    )
    move_reader(mesh_folder, "2027-03-02")
    with at(mesh_folder, "2027-03-13") as mesh, pytest.raises(Blocked, match="ana read it"):
        draft_retirement(mesh, ONE)


def test_what_nobody_reads_is_retired_and_comes_back_as_it_was(mesh_folder: Path) -> None:
    deprecate(mesh_folder)
    move_reader(mesh_folder, "2027-02-01")
    before = (mesh_folder / CONTRACT).read_text(encoding="utf-8")
    with at(mesh_folder, "2027-03-02") as mesh:
        assert "status: retired" in written(mesh, draft_retirement(mesh, ONE))
    assert plan_of(mesh_folder, "2027-03-02").blocked == ()
    apply_files(mesh_folder, system=on("2027-03-02"))
    with at(mesh_folder, "2027-03-03") as mesh:
        assert str(ONE) not in mesh.store.definitions.descriptors("prod")
        assert written(mesh, draft_return(mesh, ONE)) == before
    back = plan_of(mesh_folder, "2027-03-03")
    assert back.blocked == ()
    assert StepKind.BUILD not in {each.kind for each in back.steps}
    apply_files(mesh_folder, system=on("2027-03-03"))
    ask(mesh_folder, "2027-03-03", "ana")
    with at(mesh_folder, "2027-03-03") as mesh, pytest.raises(Usage, match="is not retired"):
        draft_return(mesh, ONE)


def test_a_plan_says_no_to_an_end_that_was_written_by_hand(mesh_folder: Path) -> None:
    deprecate(mesh_folder)
    move_reader(mesh_folder, "2027-03-01")
    ask(mesh_folder, "2027-03-02", "ana")
    path = mesh_folder / CONTRACT
    path.write_text(path.read_text().replace("status: deprecated", "status: retired"))
    [said] = plan_of(mesh_folder, "2027-03-04").blocked
    assert said.splitlines()[0] == (
        "shop.sales.orders@1 cannot be retired yet: "
        "ana read it 1 time in 14 days, last on 2027-03-02."
    )
    assert plan_of(mesh_folder, "2027-03-16").blocked == ()


@pytest.mark.parametrize("other", ["2026-12-03", "none"])
def test_an_end_does_not_come_before_the_day_that_was_told(mesh_folder: Path, other: str) -> None:
    deprecate(mesh_folder)
    move_reader(mesh_folder, "2026-12-03")
    path = mesh_folder / CONTRACT
    text = path.read_text().replace("status: deprecated", "status: retired")
    path.write_text(text.replace("2027-03-01", other).replace("1.0.1", "1.1.0"))
    product = path.parent / "product.yaml"
    product.write_text(product.read_text().replace("1.0.1", "1.1.0"))
    [said] = plan_of(mesh_folder, "2026-12-30").blocked
    assert said.splitlines()[0] == (
        "shop.sales.orders@1 cannot be retired yet: its last day is 2027-03-01."
    )


def test_a_plan_says_no_to_an_end_that_nobody_was_told_of(mesh_folder: Path) -> None:
    move_reader(mesh_folder, "2026-12-02")
    path = mesh_folder / CONTRACT
    path.write_text(path.read_text().replace("status: active", "status: retired"))
    [said] = plan_of(mesh_folder, "2026-12-03").blocked
    assert said.splitlines()[0] == (
        "shop.sales.orders@1 cannot be retired yet: "
        "it is active, and what ends is deprecated first."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("override", "yes"), ("override", {"by": "kim"}), ("successor", "the next one")],
)
def test_an_ending_that_cannot_be_read_is_reported(
    tmp_path: Path, name: str, value: object
) -> None:
    made = files()
    contract = json.loads(mesh_files([SALES])[CONTRACT])
    contract["customProperties"] = [{"vendor": "weft", "property": name, "value": value}]
    made[CONTRACT] = json.dumps(contract).encode()
    lay_out(tmp_path, made)
    with at(tmp_path, "2026-12-01") as mesh, pytest.raises(Invalid) as found:
        make_plan(mesh, PlanOptions())
    assert [each.code for each in found.value.diagnostics] == ["W286"]


def test_what_ends_by_hand_needs_a_day_that_consumers_were_told(mesh_folder: Path) -> None:
    move_reader(mesh_folder, "2026-12-01")
    with at(mesh_folder, "2026-12-01") as mesh:
        write(mesh.folder, Draft((), give_version(mesh.folder, ONE, "1.0.1")))
    path = mesh_folder / CONTRACT
    path.write_text(path.read_text().replace("status: active", "status: deprecated"))
    apply_files(mesh_folder, system=on("2026-12-01"))
    with at(mesh_folder, "2027-03-02") as mesh, pytest.raises(Blocked) as early:
        draft_retirement(mesh, ONE)
    assert str(early.value) == f"{ONE} cannot be retired yet: nobody was told its last day"
    assert early.value.next_step == f"weft deprecate {ONE} --until DATE"

    past = "slaProperties:\n- {property: endOfSupport, value: '2027-01-01'}\n"
    path.write_text(path.read_text().replace("status: deprecated", "status: retired") + past)
    [said] = plan_of(mesh_folder, "2027-03-02").blocked
    assert said.splitlines() == [
        f"{ONE} cannot be retired yet: nobody was told its last day.",
        f"who reads it:  weft consumers {ONE}",
        f"take that back:  weft retire {ONE} --undo",
        f"then say when it ends:  weft deprecate {ONE} --until DATE",
        f"without waiting:  weft retire {ONE} --override --reason TEXT",
    ]
    with at(mesh_folder, "2027-03-02") as mesh:
        assert "reason: now" in written(mesh, draft_retirement(mesh, ONE, "now"))
        assert "status: deprecated" in written(mesh, draft_return(mesh, ONE))
        written(mesh, draft_deprecation(mesh, ONE, Sunset("2027-03-05")))
    apply_files(mesh_folder, system=on("2027-03-02"))
    with at(mesh_folder, "2027-03-06") as mesh:
        assert "status: retired" in written(mesh, draft_retirement(mesh, ONE))


def test_a_person_ends_it_over_the_heads_of_its_readers(mesh_folder: Path) -> None:
    ask(mesh_folder, "2026-12-02", "ana")
    with at(mesh_folder, "2026-12-03", "kim") as mesh:
        text = written(mesh, draft_retirement(mesh, ONE, "it shows names"))
    assert "by: kim" in text
    assert "reason: it shows names" in text
    plan = plan_of(mesh_folder, "2026-12-03", "shop.sales")
    assert plan.blocked == ()
    apply_files(mesh_folder, system=on("2026-12-03"), options=PlanOptions(("shop.sales",)))
    [left] = plan_of(mesh_folder, "2026-12-04").blocked
    assert left == (
        "shop.sums reads shop.sales.orders@1.orders, which was retired by kim.\n"
        "let it read something else; what has no part in that goes on without it:  "
        "weft apply --product shop.sales"
    )
    with at(mesh_folder, "2026-12-04") as mesh:
        assert str(ONE) not in mesh.store.definitions.descriptors("prod")
        [entry] = [each for each in mesh.store.audit.entries() if each.action == "port.ended"]
        [notice] = mesh.store.notices.of("prod", ["shop.sales"])
        assert "override" not in written(mesh, draft_return(mesh, ONE))
    assert entry.subject == str(ONE)
    assert json.loads(entry.detail) == {"by": "kim", "reason": "it shows names"}
    assert (notice.kind, notice.message) == (
        NoticeKind.RETIRED,
        "orders@1 is retired: it shows names",
    )


def test_what_becomes_a_draft_by_hand_is_active_again_by_one_command(mesh_folder: Path) -> None:
    path = mesh_folder / CONTRACT
    path.write_text(path.read_text().replace("status: active", "status: draft"))
    missing, read = plan_of(mesh_folder, "2026-12-02").blocked
    assert missing == (
        "shop.sums reads shop.sales.orders@1.orders, which is published in prod and which these "
        f"files make a draft.\nmake it active again:  weft release {ONE} --promote"
    )
    assert read.startswith(f"{ONE} cannot become draft yet: it is read by shop.sums.\n")
    ask(mesh_folder, "2026-12-02", "ana")
    move_reader_files(mesh_folder)
    *_, queried = plan_of(mesh_folder, "2026-12-03").blocked
    assert queried == (
        f"{ONE} cannot become draft yet: ana read it 1 time in 14 days, last on 2026-12-02.\n"
        f"end it in order:  weft deprecate {ONE} --until DATE"
    )
    with at(mesh_folder, "2026-12-03") as mesh:
        assert "status: active" in written(mesh, draft_promotion(mesh, ONE))


@pytest.mark.parametrize("gone", [FOLDER, "domains/shop/sales/orders.v1.odcs.yaml"])
def test_files_of_a_port_that_is_read_cannot_go(mesh_folder: Path, gone: str) -> None:
    left = {path: data for path, data in files().items() if not path.startswith(gone)}
    listed = f"{FOLDER}/product.yaml"
    if listed in left:
        data = mesh_files([replace(SALES, ports=SALES.ports[1:])])
        left[listed] = data[listed]
    reader = [path for path in left if path.startswith("domains/shop/sums")]
    for path in reader:
        del left[path]
    lay_out(mesh_folder, left | {path: files()[path] for path in reader})
    with at(mesh_folder, "2026-12-02") as mesh:
        plan = make_plan(mesh, PlanOptions(("shop.sales",))).plan
    assert any("it is read by shop.sums" in each for each in plan.blocked)


def test_files_of_a_port_that_somebody_queries_cannot_go(mesh_folder: Path) -> None:
    move_reader(mesh_folder, "2026-12-02")
    ask(mesh_folder, "2026-12-03", "ana")
    (mesh_folder / CONTRACT).unlink()
    listed = f"{FOLDER}/product.yaml"
    left = mesh_files([replace(SALES, ports=SALES.ports[1:])])
    (mesh_folder / listed).write_bytes(left[listed])
    [refusal] = plan_of(mesh_folder, "2026-12-04", "shop.sales").blocked
    assert refusal == (
        f"{ONE} cannot go with its files yet: ana read it 1 time in 14 days, last on 2026-12-03.\n"
        f"bring its files back and end it in order:  weft deprecate {ONE} --until DATE"
    )
    assert plan_of(mesh_folder, "2026-12-31", "shop.sales").blocked == ()
