"""Whatever is wrong with `weft.yaml`, no command shows what may be a password in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.app.errors import Invalid
from weft.cli.failure import tell
from weft.cli.main import run
from weft.cli.stopped import put_stopped

LAKE = "mesh: m\nwarehouses: {lake: {type: duckdb, path: x}}\n"
# Settings that are wrong in one way or another, and that hold a password somewhere.
WRONG = [
    "mesh: m\nwarehouses:\n  lake: {type: postgres, password: hunter2, host: x}\n",
    "mesh: m\nwarehouses:\n  lake: {type: snowflake, token: 'hunter2', account: x}\n",
    "mesh: m\nwarehouses:\n  lake: {type: postgres, password: '${P:-hunter2}'}\n",
    "mesh: m\nwarehouses:\n  lake: {type: '${P:-hunter2}', path: x}\n",
    "mesh: m\nwarehouses:\n  lake: {type: duckdb, path: x, passwd: hunter2}\n",
    "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    path: x\n    passwd: hunter2\n",
    "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    path: x\n    passwd: hunter2 # hunter2\n",
    "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    path: x\n    pass-wd: [hunter2]\n",
    "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    password: [hunter2]\n",
    "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    password: {p: hunter2}\n",
    "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    path: [x] # hunter2\n",
    "mesh: m\nwarehouses:\n  lake: {type: duckdb, path: x, threads: '${PGPASSWORD}'}\n",
    "mesh: m\nwarehouses:\n  lake: {type: duckdb, path: x, threads: '${NO:-hunter2}'}\n",
    "mesh: m\nwarehouses:\n  lake: {type: duckdb, path: '${P:hunter2}'}\n",
    "mesh: m\nwarehouses:\n  lake: {type: duckdb, path: '${NOT_SET}', password: hunter2}\n",
    "mesh: m\nwarehouses: {lake: {type: 5, password: hunter2}}\n",
    "mesh: m\nwarehouses: {lake: {password: hunter2}}\n",
    "mesh: m\nwarehouses: {Lake: {type: duckdb, password: hunter2}}\n",
    "mesh: m\nwarehouses: {lake: {type: duckdb, password: hunter2, password: hunter2}}\n",
    "mesh: m\nwarehouses: {lake: {type: duckdb, password: !hunter2 x}}\n",
    "mesh: m\nwarehouses: {lake: {type: duckdb, password: *hunter2 }}\n",
    "mesh: m\nwarehouses: {lake: {type: duckdb, password: &hunter2 }}\n",
    "mesh: m\nwarehouses: {lake: {type: duckdb, password: @hunter2}}\n",
    "mesh: m\nwarehouses: {lake: {type: duckdb, password: hunter2: x}}\n",
    'mesh: m\nwarehouses: {lake: {type: duckdb, password: "hunter2}}\n',
    'mesh: m\nwarehouses: {lake: {type: duckdb, password: "hunter2\\q"}}\n',
    "mesh: m\nwarehouses:\n  lake:\n\tpassword: hunter2\n",
    "mesh: m\nwarehouses:\n  lake:\n    password: hunter2\x01\n",
    "mesh: m\nwarehouses:\n  lake:\n    password: hunter2\ud800\n",
    "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    password: |\n      hunter2\n     x\n",
    "store: postgres://ana:hunter2@db/x\n" + LAKE,
    "store: postgres://ana:${P:-hunter2}@db/x\n" + LAKE,
    "store: postgres://ana:${P-hunter2}@db/x\n" + LAKE,
    "store: postgres://${NOT_SET}:hunter2@db/x\n" + LAKE,
    "store: [postgres://ana:hunter2@db/x]\n" + LAKE,
    "stores: postgres://ana:hunter2@db/x\n" + LAKE,
    "mesh: ${PGPASSWORD}\nwarehouses: {lake: {type: duckdb, path: x}}\n",
    "root: ${PGPASSWORD}\n" + LAKE,
    "production: ${PGPASSWORD}\nenvironments: {dev: {}}\n" + LAKE,
    LAKE + "environments: {dev: {warehouses: {lake: {passwd: hunter2}}}}\n",
    LAKE + "environments: {dev: {warehouses: {nowhere: {password: hunter2}}}}\n",
    LAKE + "environments: {dev: {ttl: 3h, warehouses: {lake: {token: hunter2}}}}\n",
    LAKE + "environments: {dev: {warehouses: {lake: {api-token: [hunter2]}}}}\n",
    LAKE + "enviroments: {dev: {warehouses: {lake: {token: hunter2}}}}\n",
]


@pytest.fixture(params=WRONG)
def mesh(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text: str = request.param
    (tmp_path / "weft.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    monkeypatch.setenv("PGPASSWORD", "Hunter2-hunter2")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("mesh")
def test_a_password_is_shown_by_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (["validate"], ["plan"], ["doctor"], ["ls"]):
        for arguments in (verb, [*verb, "--json"]):
            try:
                run(arguments)
            except Invalid as error:
                put_stopped(error, tell(error), arguments)
            said = capsys.readouterr()
            assert "weft.yaml" in said.out + said.err
            assert "unter2" not in said.out + said.err, arguments


def test_what_is_no_secret_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "mesh: m\nwarehouses:\n  lake:\n    type: duckdb\n    path: x\n    threads: many\n"
    (tmp_path / "weft.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Invalid) as caught:
        run(["plan"])
    tell(caught.value)
    assert "6 |     threads: many\n" in capsys.readouterr().err
