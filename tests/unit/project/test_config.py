from __future__ import annotations

from typing import Any

import pytest

from weft.mesh.people import Member, Team
from weft.mesh.product import Domain
from weft.mesh.secret import Secret
from weft.mesh.settings import Environment, Keep, MeshSettings, WarehouseSettings
from weft.project.parse import parse_domain, parse_settings
from weft.project.source import SourceFile


def settings(text: str, **variables: str) -> MeshSettings:
    """Read settings that have no errors; the time to live of an environment is warned of."""
    result, found = parse_settings(SourceFile("weft.yaml", text.encode()), variables)
    assert found == ()
    assert result is not None
    return result


def test_the_defaults() -> None:
    assert settings("mesh: m\nwarehouses: {lake: {type: x}}") == MeshSettings(
        mesh="m",
        root="m",
        store=Secret("sqlite:///.weft/store.db"),
        production="prod",
        warehouses={"lake": WarehouseSettings("lake", "x")},
        environments={},
        keep=Keep(10, 14),
    )


FULL = """\
mesh: m
root: r
store: postgresql://${HOST:-localhost}/weft
production: live
warehouses:
  db: {type: t, port: 5432, tls: true, user: "${DB_USER}", password: "${DB_PASSWORD}"}
environments:
  live:
  dev: {ttl: 14d, warehouses: {db: {port: 1, api_token: "${TOKEN:-none}"}}}
keep: {releases: 3}
"""


def test_everything() -> None:
    result = settings(FULL, DB_USER="ana", HOST="db.example")
    assert (result.root, result.store.reveal(), result.production) == (
        "r",
        "postgresql://db.example/weft",
        "live",
    )
    options = result.warehouses["db"].options
    assert options == {
        "port": 5432,
        "tls": True,
        "user": Secret("ana"),
        "password": Secret(missing="DB_PASSWORD"),
    }
    assert result.environments == {
        "live": Environment("live"),
        "dev": Environment("dev", 14, {"db": {"port": 1, "api_token": Secret("none")}}),
    }
    assert result.keep == Keep(3, 14)
    assert "ana" not in repr(result)


@pytest.mark.parametrize(
    ("written", "value"), [("hunter2", "hunter2"), ("'17'", "17"), ("17", "17"), ("true", "True")]
)
def test_a_secret_in_the_file_is_read_and_warned_of(written: str, value: str) -> None:
    text = f"mesh: m\nwarehouses: {{db: {{type: t, private_key: {written}}}}}"
    result, found = parse_settings(SourceFile("weft.yaml", text.encode()), {})
    assert result is not None
    assert result.warehouses["db"].options == {"private_key": Secret(value)}
    assert [each.code for each in found] == ["W141"]


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("postgresql://ana:hunter2@db/weft", ["W141"]),
        ("postgresql:///weft?user=ana&password=hunter2", ["W141"]),
        ("postgresql://ana:${P}@db/weft", []),
        ("postgresql://ana@db:5432/weft?sslmode=require", []),
        ("postgresql:///weft?password=${P}", []),
        ("sqlite:///.weft/store.db", []),
    ],
)
def test_a_password_in_the_address_of_the_store_is_warned_of(
    address: str, codes: list[str]
) -> None:
    text = f"mesh: m\nstore: '{address}'\nwarehouses: {{a: {{type: t}}}}"
    _, found = parse_settings(SourceFile("weft.yaml", text.encode()), {"P": "hunter2"})
    assert [each.code for each in found] == codes
    assert "hunter2" not in repr(found)


def test_a_secret_that_looks_like_a_number_stays_a_secret() -> None:
    result = settings("mesh: m\nwarehouses: {db: {type: t, user: 17}}")
    assert result.warehouses["db"].options == {"user": Secret("17")}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("mesh: '${M}'\nwarehouses: {a: {type: t}}", ["W140", "W203"]),
        ("mesh: m\nstore: '${'\nwarehouses: {a: {type: t}}", ["W143"]),
        ("mesh: m\nwarehouses: {a: {type: t, password: '${1}'}}", ["W143"]),
        ("mesh: m\nwarehouses: {A: {type: t}}", ["W203"]),
        ("mesh: m\nwarehouses: {a: {type: t}}\nenvironments: {d: {ttl: 3h}}", ["W124"]),
        ("mesh: m\nwarehouses: {a: {path: t}}", ["W122"]),
        ("mesh: m\nwarehouses: {a: {type: t, x: [1]}}", ["W121"]),
        ("mesh: m\nwarehouses: {a: {type: t}}\nkeep: {days: -1}", ["W124"]),
        ("mesh: m\nwarehouses: {a: {type: t}}\nkeep: {day: 1}", ["W120"]),
        ("mesh: m", ["W122"]),
        ("[]", ["W107"]),
    ],
)
def test_faults_leave_no_settings(text: str, codes: list[str]) -> None:
    result, found = parse_settings(SourceFile("weft.yaml", text.encode()), {})
    assert result is None
    assert [each.code for each in found] == codes


def domain(text: str) -> tuple[Domain | None, list[str]]:
    result, found = parse_domain(SourceFile("domains/sales/domain.yaml", text.encode()))
    return result, [each.code for each in found]


def test_a_domain() -> None:
    text = """
domain: sales
name: Sales
purpose: p
warehouse: lake
dialect: d
team: {name: t, members: [{username: u, role: steward}]}
budget: {amount: 5.5, per: year}
"""
    team = Team("t", (Member("u", "steward"),))
    expected = Domain("sales", "lake", "d", "Sales", "p", team)
    assert domain(text) == (expected, ["W264"])
    assert domain("domain: sales\nwarehouse: lake") == (Domain("sales", "lake"), [])


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("domain: buying\nwarehouse: lake", ["W201"]),
        ("domain: Sales\nwarehouse: lake", ["W203", "W201"]),
        ("domain: sales", ["W122"]),
        ("domain: sales\nwarehouse: lake\nbudget: {}", ["W122"]),
    ],
)
def test_faults_leave_no_domain(text: str, codes: list[str]) -> None:
    result: tuple[Any, list[str]] = domain(text)
    assert result == (None, codes)
