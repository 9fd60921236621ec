"""The verbs on a small mesh of their own: what they print where, and how they exit."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from commands import Said, called
from weft.app.errors import Blocked, NotFound, Usage

Weft = Callable[..., Said]


@pytest.fixture
def weft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Weft:
    """Run commands in a new mesh with one product."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Said:
        return called(capsys, *arguments)

    assert call("init", "--name", "skyline", "--yes").code == 0
    assert call("new", "domain", "sales", "--owner", "alice", "--yes").code == 0
    assert call("new", "product", "sales.orders", "--yes").code == 0
    contract = tmp_path / "domains/sales/orders/orders.v1.odcs.yaml"
    contract.write_text(contract.read_text().replace("status: draft", "status: active"))
    return call


def test_init_says_what_it_wrote_and_what_is_next(weft: Weft, tmp_path: Path) -> None:
    said = weft("init", str(tmp_path / "other"), "--yes")
    assert said.out.splitlines() == [
        "created weft.yaml",
        "created domains/README.md",
        "created .gitignore",
    ]
    assert said.err == "  next:  weft new domain NAME --owner YOU\n"


def test_nothing_is_written_where_nobody_can_be_asked(weft: Weft, tmp_path: Path) -> None:
    with pytest.raises(Usage) as stopped:
        weft("new", "product", "sales.lines")
    assert stopped.value.next_step == "add --yes"
    assert not (tmp_path / "domains/sales/lines").exists()


def test_a_mesh_is_found_from_anywhere_inside(
    weft: Weft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "domains/sales/orders/models")
    assert weft("validate").code == 0
    monkeypatch.chdir("/")
    with pytest.raises(Usage, match=r"weft\.yaml"):
        weft("validate")


@pytest.mark.parametrize("verb", ["plan", "apply", "query"])
def test_an_environment_without_a_name_is_not_production(weft: Weft, verb: str) -> None:
    rest = {"apply": ["--yes"], "query": ["SELECT 1"]}.get(verb, [])
    with pytest.raises(click.BadParameter, match="leave `--env` out to mean production"):
        weft(verb, "--env", "", *rest)


def test_validate_exits_with_5_and_says_where(weft: Weft, tmp_path: Path) -> None:
    model = tmp_path / "domains/sales/orders/models/orders.sql"
    model.write_text("SELECT id, lable AS label FROM starting_rows\n")
    said = weft("validate")
    assert said.code == 5
    assert "models/orders.sql:1:12" in said.out
    found = json.loads(weft("validate", "--json").out)
    assert found["schema"] == "weft.diagnostics/1"
    assert found["diagnostics"][0]["span"]["line"] == 1


def test_from_plan_to_rollback(weft: Weft) -> None:
    planned = weft("plan", "--detailed-exitcode")
    assert planned.code == 3
    assert planned.out.splitlines()[-1] == "  do it:  weft apply"
    applied = weft("apply", "--yes")
    assert applied.code == 0, applied
    assert " ok    sales.orders" in applied.out
    again = weft("plan", "--detailed-exitcode")
    assert (again.code, again.out.splitlines()[0]) == (
        0,
        "Nothing to do: prod is as the files say.",
    )
    assert weft("run").err.startswith("Nothing to do")
    rows = json.loads(weft("query", "select * from sales.orders.orders order by id", "--json").out)
    assert rows["rows"] == [{"id": 1, "label": "first"}, {"id": 2, "label": "second"}]
    assert weft("apply", "--rebuild", "--yes").code == 0
    back = weft("rollback", "sales.orders", "--reason", "try", "--yes")
    assert "release 2 -> release 1 again" in back.err
    assert "sales.orders" in weft("history", "sales.orders").out
    assert weft("rollback", "sales.orders", "--lift").code == 0
    assert weft("audit", "verify").err.endswith("the chain is whole.\n")


def test_a_saved_plan_is_applied_without_asking(weft: Weft) -> None:
    assert "weft apply change.plan" in weft("plan", "--out", "change.plan").out
    assert weft("apply", "change.plan").code == 0
    with pytest.raises(Usage):
        weft("apply", "change.plan", "--env", "dev")


def test_apply_writes_one_document_when_asked_for_json(weft: Weft) -> None:
    said = weft("apply", "--yes", "--json")
    document = json.loads(said.out)
    assert document["schema"] == "weft.run/1"
    assert set(document["steps"]) == {"sales.orders"}
    assert "Plan:" in said.err


def test_reading_a_mesh(weft: Weft) -> None:
    weft("apply", "--yes")
    assert json.loads(weft("ls", "--json").out)["products"][0]["product"] == "sales.orders"
    head, *_, ending = weft("ls").out.splitlines()
    assert head.startswith("1 product in prod  ")
    assert head.endswith(" s")
    assert ending == "  one of them:  weft show PRODUCT"
    assert "models:  " in weft("show", "sales.orders").out
    assert "label" in weft("show", "sales.orders.orders@1").out
    assert "trim(label)" in weft("show", "sales.orders.orders", "--sql").out
    assert "TRIM(" in weft("plan", "--rebuild", "--sql").out
    assert "apply" in weft("history").out
    assert weft("audit", "log", "--limit", "1", "-o", "csv").out.startswith("number,at,actor")
    assert weft("unlock").err == "Nothing is locked.\n"
    with pytest.raises(NotFound):
        weft("show", "sales.ordres")
    # Nobody is asked about a lock that is not there.
    with pytest.raises(NotFound, match="there is no lock `4f1c`"):
        weft("unlock", "4f1c")


def test_rows_beyond_the_limit_are_left_out_and_that_is_said(weft: Weft) -> None:
    weft("apply", "--yes")
    query = "select id from sales.orders.orders order by id"
    said = weft("query", query, "--limit", "1")
    assert said.out == "id\n 1\n"
    assert said.err.startswith("the first 1 rows")
    assert weft("query", query, "--limit", "2").err == ""
    assert weft("query", query, "--limit", "1", "--quiet").err == ""


def test_a_drop_has_to_be_allowed(weft: Weft, tmp_path: Path) -> None:
    weft("apply", "--yes")
    for path in sorted((tmp_path / "domains/sales/orders").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (tmp_path / "domains/sales/orders").rmdir()
    said = weft("plan")
    assert "DROP sales.orders: orders@1" in said.out
    assert said.out.splitlines()[-1] == "  do it:  weft apply --allow-drop"
    with pytest.raises(Blocked, match="drops"):
        weft("apply", "--yes")
    assert weft("apply", "--yes", "--allow-drop").code == 0


def test_a_failing_check_exits_with_6(weft: Weft, tmp_path: Path) -> None:
    rows = tmp_path / "domains/sales/orders/models/starting_rows.sql"
    rows.write_text("SELECT id, label FROM (VALUES (1, 'a'), (1, 'b')) AS r (id, label)\n")
    said = weft("apply", "--yes")
    assert said.code == 6
    assert " HELD  sales.orders" in said.out
    assert " FAIL  unique id" in said.out


def test_a_product_that_checks_hold_exits_with_6_as_long_as_it_is_held(
    weft: Weft, tmp_path: Path
) -> None:
    weft("new", "product", "sales.other", "--yes")
    assert weft("apply", "--yes").code == 0
    rows = tmp_path / "domains/sales/orders/models/starting_rows.sql"
    rows.write_text("SELECT id, label FROM (VALUES (1, 'a'), (1, 'b')) AS r (id, label)\n")
    assert weft("apply", "--yes").code == 6
    for verb in (("apply", "--yes"), ("run",), ("apply", "--yes", "--product", "sales.orders")):
        said = weft(*verb)
        assert said.code == 6, verb
        assert "sales.orders stays on release 1 since 20" in said.err
        assert "checks failed: unique id" in said.err
        assert said.err.endswith("  what failed, with its rows:  weft test sales.orders\n")
    assert weft("run", "--product", "sales.other").code == 0


def test_a_person_s_hold_is_told_with_the_way_out(weft: Weft) -> None:
    weft("apply", "--yes")
    weft("apply", "--rebuild", "--yes")
    weft("rollback", "sales.orders", "--reason", "wrong labels", "--yes")
    for verb in (("apply", "--yes"), ("run",), ("plan",)):
        said = weft(*verb)
        assert said.code == 0
        assert "wrong labels" in said.out + said.err
        assert "weft rollback sales.orders --lift" in said.out + said.err
        assert "weft test" not in said.out + said.err
    assert weft("why", "sales.orders").out.endswith("  next:  weft rollback sales.orders --lift\n")


@pytest.mark.parametrize(
    "verb",
    [
        ("run",),
        ("ls",),
        ("test",),
        ("history",),
        ("why", "sales.orders"),
        ("show", "sales.orders"),
        ("rollback", "sales.orders"),
        ("query", "select 1"),
    ],
)
def test_an_environment_that_does_not_exist_is_refused(weft: Weft, verb: tuple[str, ...]) -> None:
    with pytest.raises(Usage, match="there is no environment `prdo`") as stopped:
        weft(*verb, "--env", "prdo")
    assert stopped.value.why.splitlines() == [
        "did you mean `prod`?",
        "There is dev, prod; an apply makes another one.",
    ]


def test_a_new_environment_is_made_by_an_apply_that_says_so(weft: Weft) -> None:
    notice = "NEW environment prdo: it does not exist yet, applying makes it; did you mean `prod`?"
    assert notice in weft("plan", "--env", "prdo").out.splitlines()
    assert notice in weft("plan", "--env", "prdo", "--json").err.splitlines()
    with pytest.raises(Usage, match="there is no environment `prdo`") as stopped:
        weft("apply", "--env", "prdo", "--yes")
    assert stopped.value.next_step == "add --new-env, where `prdo` is meant"
    weft("plan", "--env", "prdo", "--out", "change.plan")
    with pytest.raises(Usage, match="there is no environment `prdo`"):
        weft("apply", "change.plan")
    made = weft("apply", "--env", "prdo", "--yes", "--new-env")
    assert notice in made.out.splitlines()
    assert made.out.endswith("look at it:  weft ls --env prdo\n")
    assert weft("ls", "--env", "prdo").code == 0
    assert "NEW" not in weft("plan", "--env", "prdo").out
    assert "NEW" not in weft("plan", "--env", "dev").out
    with pytest.raises(Usage, match="cannot be the name of an environment"):
        weft("plan", "--env", "../prod")


@pytest.mark.parametrize("code", [0, 6])
def test_the_exit_code_in_json_is_that_of_the_process(
    weft: Weft, tmp_path: Path, code: int
) -> None:
    weft("new", "product", "sales.other", "--yes")
    if code:
        rows = tmp_path / "domains/sales/orders/models/starting_rows.sql"
        rows.write_text("SELECT id, label FROM (VALUES (1, 'a'), (1, 'b')) AS r (id, label)\n")
    again = ("apply", "--yes")
    for verb in (again, again, ("run",), ("test",), (*again, "--rebuild")):
        said = weft(*verb, "--json")
        assert (verb, json.loads(said.out)["exit"], said.code) == (verb, code, code)
    back = weft("rollback", "sales.other", "--yes", "--json")
    assert json.loads(back.out)["exit"] == back.code == 0


def test_the_exit_code_in_the_json_of_the_demo(weft: Weft, tmp_path: Path) -> None:
    for _ in range(2):
        said = weft("demo", str(tmp_path / "demo"), "--json")
        assert json.loads(said.out)["exit"] == said.code == 0


def test_what_is_held_from_before_counts_when_another_product_is_published(
    weft: Weft, tmp_path: Path
) -> None:
    rows = tmp_path / "domains/sales/orders/models/starting_rows.sql"
    rows.write_text("SELECT id, label FROM (VALUES (1, 'a'), (1, 'b')) AS r (id, label)\n")
    weft("apply", "--yes")
    weft("new", "product", "sales.other", "--yes")
    said = weft("apply", "--yes", "--json")
    assert json.loads(said.out)["exit"] == said.code == 6
    weft("new", "product", "sales.third", "--yes")
    said = weft("apply", "--yes")
    assert said.code == 6
    assert "look at it:  weft ls\n" in said.out


def test_the_next_step_of_a_refusal_means_the_same_environment(weft: Weft, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="nothing is published in dev") as stopped:
        weft("query", "select * from sales.orders.orders", "--env", "dev")
    assert stopped.value.next_step == "weft apply --env dev"
    weft("apply", "--yes", "--env", "dev")
    shutil.rmtree(tmp_path / "domains/sales/orders")
    with pytest.raises(Blocked, match="this plan drops") as refused:
        weft("apply", "--yes", "--env", "dev")
    assert refused.value.next_step == "add --allow-drop"
    with pytest.raises(NotFound) as missing:
        weft("history", "sales.odrers", "--env", "dev")
    assert missing.value.next_step == "weft ls --env dev"
    assert weft("apply", "--yes", "--env", "dev", "--allow-drop").code == 0
    with pytest.raises(Usage, match="was dropped") as gone:
        weft("rollback", "sales.orders", "--env", "dev")
    assert gone.value.next_step == "weft history sales.orders --env dev"


def test_history_offers_only_what_can_be_gone_back_to(weft: Weft) -> None:
    weft("apply", "--yes")
    assert "weft rollback" not in weft("history", "sales.orders").out
    weft("apply", "--rebuild", "--yes")
    assert weft("history", "sales.orders").out.endswith(
        "  go back:  weft rollback sales.orders --to 1\n"
    )


def test_a_dropped_product_can_go_back_once_its_files_are_back(weft: Weft, tmp_path: Path) -> None:
    weft("new", "product", "sales.other", "--yes")
    weft("apply", "--yes")
    weft("apply", "--rebuild", "--yes")
    folder, aside = tmp_path / "domains/sales/orders", tmp_path / "aside"
    folder.rename(aside)
    weft("apply", "--yes", "--allow-drop")
    shown = weft("history", "sales.orders").out
    assert [line.split()[1] for line in shown.splitlines()[2:5]] == ["dropped", "kept", "kept"]
    assert shown.endswith(
        "  bring its files back, and then:  weft apply\n"
        "  go back:  weft rollback sales.orders --to 2\n"
    )
    aside.rename(folder)
    weft("apply", "--yes")
    assert weft("rollback", "sales.orders", "--to", "2", "--yes").code == 0


def test_a_long_history_says_that_it_goes_on(weft: Weft) -> None:
    weft("apply", "--yes")
    weft("apply", "--rebuild", "--yes")
    assert "weft history --limit 0" in weft("history", "--limit", "1").out
    for limit in ("0", "2"):
        assert "--limit" not in weft("history", "--limit", limit).out


def test_the_beginning_of_a_run_s_id_is_enough(weft: Weft) -> None:
    for _ in range(17):
        weft("apply", "--rebuild", "--yes")
    ids = [run["id"] for run in json.loads(weft("history", "--json").out)["runs"]]
    assert ids[0] in weft("history", "--run", ids[0][:-1]).out
    # There are more runs than digits that an id can begin with.
    [(shared, number), *_] = Counter(each[0] for each in ids).most_common()
    with pytest.raises(Usage, match=f"{number} runs begin with `{shared}`"):
        weft("history", "--run", shared)
    with pytest.raises(NotFound):
        weft("history", "--run", "zzz")


def test_release_0_is_none(weft: Weft) -> None:
    with pytest.raises(click.UsageError):
        weft("rollback", "sales.orders", "--to", "0")


def test_the_examples_of_explain_are_explained(weft: Weft) -> None:
    assert weft("explain", "W206").out.startswith("W206: ")
    assert weft("explain", "schema.properties.required").code == 0


def test_explaining_a_verb_shows_its_help(weft: Weft) -> None:
    assert weft("explain", "plan").out.startswith("  weft plan\n")


@pytest.mark.parametrize("verb", ["ls", "validate"])
def test_a_mesh_without_products_says_how_to_begin(
    weft: Weft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    weft("init", str(tmp_path / "other"), "--yes")
    monkeypatch.chdir(tmp_path / "other")
    said = weft(verb)
    assert said.code == 0
    assert said.out.splitlines()[-2:] == [
        "This mesh has no products yet.",
        "  next:  weft new domain NAME --owner YOU",
    ]


def test_products_that_cannot_be_read_are_not_listed_in_silence(weft: Weft, tmp_path: Path) -> None:
    (tmp_path / "domains/sales/orders/product.yaml").write_text("id: [")
    head, *lines = weft("ls").out.splitlines()
    assert head.startswith("1 product in prod  ")
    assert [line.split() for line in lines] == [
        ["product", "state", "status", "release", "ports", "models", "owner"],
        ["sales.orders", "has", "errors"],
        ["the", "files", "have", "errors:", "weft", "validate"],
    ]


def test_a_page_of_a_product_with_errors_is_of_the_past(weft: Weft, tmp_path: Path) -> None:
    weft("apply", "--yes")
    (tmp_path / "domains/sales/orders/product.yaml").write_text("id: [")
    assert weft("show", "sales.orders").out.splitlines()[-2:] == [
        "This is how it was applied last; its files have errors.",
        "  see them:  weft validate",
    ]


def test_a_folder_whose_name_is_none_for_a_mesh(weft: Weft, tmp_path: Path) -> None:
    with pytest.raises(
        Usage, match="`日本` cannot be the name of a mesh: use lower-case"
    ) as stopped:
        weft("init", "日本", "--yes")
    assert stopped.value.next_step == "weft init '日本' --name NAME"
    assert weft("init", "日本", "--name", "japan", "--yes").code == 0


def test_a_product_changes_its_root_only_where_that_is_asked_for(
    weft: Weft, tmp_path: Path
) -> None:
    assert weft("apply", "--yes").code == 0
    with (tmp_path / "weft.yaml").open("a") as settings:
        settings.write("root: another\n")
    blocked = weft("plan")
    assert blocked.code == 5
    assert "  if it moved here for good:  weft apply --product sales.orders --take-over" in (
        blocked.out.splitlines()
    )
    with pytest.raises(Blocked):
        weft("apply", "--yes")
    assert "  do it:  weft apply --take-over" in weft("plan", "--take-over").out.splitlines()
    assert weft("apply", "--yes", "--take-over").code == 0
    assert weft("plan").out.startswith("Nothing to do")


def test_a_saved_plan_takes_no_options_of_a_plan(weft: Weft, tmp_path: Path) -> None:
    assert weft("plan", "--out", "change.plan").code == 0
    for option in ("--take-over", "--rebuild"):
        with pytest.raises(Usage):
            weft("apply", "change.plan", option)


def test_the_sql_of_a_plan_is_told_by_the_warehouse(weft: Weft, tmp_path: Path) -> None:
    text = weft("plan", "--sql").out
    assert "COPY (" in text
    assert "-- link releases/prod/sales/orders/00000001.json" in text
    assert not (tmp_path / ".weft/lake").exists()


def test_ls_of_what_changed_says_that_nothing_did(weft: Weft, tmp_path: Path) -> None:
    for words in (
        ["init", "-q"],
        ["add", "."],
        [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.example",
            "-c",
            "commit.gpgsign=false",
            "commit",
            "-qm",
            "all",
        ],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    said = weft("ls", "changed:HEAD")
    assert (said.code, said.out) == (0, "No product has changed.\n")
