"""Whatever is wrong with `weft.yaml`, no command shows what may be a password in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from weft.app.errors import Invalid
from weft.cli.failure import tell
from weft.cli.main import run
from weft.cli.stopped import put_stopped
from weft.store.protocol import StoreError
from weft.warehouses.protocol import WarehouseError

LAKE = "mesh: m\nwarehouses: {lake: {type: duckdb, path: x}}\n"
# Settings that are wrong in one way or another, and that hold a password somewhere.
WRONG = [
    "mesh: m\nwarehouses:\n  lake: {type: oracle, password: hunter2, host: x}\n",
    "mesh: m\nwarehouses:\n  lake: {type: snowflake, token: 'hunter2', account: x}\n",
    "mesh: m\nwarehouses:\n  lake: {type: oracle, password: '${P:-hunter2}'}\n",
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
    "store: mysql://ana:hunter2@db/x\n" + LAKE,
    "store: mysql://ana:${P:-hunter2}@db/x\n" + LAKE,
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
# Settings that are right, of servers that nobody reaches.
SERVER = (
    "mesh: m\nwarehouses:\n"
    "  db: {type: postgres, host: 127.0.0.1, port: 1, database: x, user: ana, password: "
)
UNREACHABLE = [
    "store: postgres://ana:hunter2@127.0.0.1:1/x\n" + LAKE,
    "store: postgresql://ana:${P:-hunter2}@127.0.0.1:1/x?connect_timeout=1\n" + LAKE,
    SERVER + "hunter2}\n",
    SERVER + "'${P:-hunter2}'}\n",
]


@pytest.fixture
def mesh(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text: str = request.param
    (tmp_path / "weft.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    monkeypatch.setenv("PGPASSWORD", "Hunter2-hunter2")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """All that each of the commands says, to people and to programs."""
    for verb in (["validate"], ["plan"], ["doctor"], ["ls"]):
        for arguments in (verb, [*verb, "--json"]):
            try:
                run(arguments)
            except (Invalid, StoreError, WarehouseError) as error:
                put_stopped(error, tell(error), arguments)
            said = capsys.readouterr()
            yield said.out + said.err


@pytest.mark.parametrize("mesh", WRONG, indirect=True)
@pytest.mark.usefixtures("mesh")
def test_a_password_is_shown_by_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    for said in told(capsys):
        assert "weft.yaml" in said
        assert "unter2" not in said


@pytest.mark.parametrize("mesh", UNREACHABLE, indirect=True)
@pytest.mark.usefixtures("mesh")
def test_a_password_is_not_shown_with_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    all_said = list(told(capsys))
    assert [said for said in all_said if "127.0.0.1" in said]
    assert not [said for said in all_said if "unter2" in said]


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
