"""Tables of a database become proposals; once they are drafts, they apply at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.shell_completion import ShellComplete

from adopting_meshes import EVERYWHERE, columns, contract, lay_out_sales
from mesh_files import lay_out
from postgres_server import as_keywords
from two_warehouses import begun, domain, nothing_to_do, settings, weft
from weft.cli.main import weft as program

KEY = {"primaryKey": True, "primaryKeyPosition": 1}

SHOP = """
CREATE SCHEMA crm;
CREATE TYPE crm.mood AS ENUM ('good', 'bad');
CREATE DOMAIN crm.email AS text NOT NULL CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE DOMAIN crm.year AS integer CHECK (VALUE > 1900);
CREATE DOMAIN crm.late_year AS crm.year CHECK (VALUE > 1950);
CREATE TABLE crm.customers (
  id integer PRIMARY KEY,
  born crm.late_year,
  email crm.email UNIQUE,
  "Full Name" varchar(80) NOT NULL CHECK ("Full Name" <> ''),
  mood crm.mood,
  boss integer REFERENCES crm.customers,
  vip boolean DEFAULT false
);
COMMENT ON TABLE crm.customers IS 'People who bought something: one row each.';
COMMENT ON COLUMN crm.customers.mood IS 'As the shop assistant saw it.';
CREATE TABLE crm."OrderLines" (
  order_id bigint,
  line smallint,
  customer integer NOT NULL REFERENCES crm.customers (id),
  status varchar(10) NOT NULL CHECK (status IN ('open', 'paid')),
  amount numeric(12, 2) CHECK (amount >= 0 AND amount < 1000000),
  discount numeric,
  placed_at timestamp(3) with time zone,
  "user" text CHECK (char_length("user") <= 5),
  place point,
  PRIMARY KEY (order_id, line),
  UNIQUE (customer, placed_at),
  CHECK (status <> 'paid' OR amount > 0)
);
CREATE UNIQUE INDEX few ON crm."OrderLines" (customer) WHERE status = 'open';
CREATE VIEW crm.spent AS
  SELECT customer, sum(amount) AS total FROM crm."OrderLines" GROUP BY customer;
INSERT INTO crm.customers VALUES
  (1, 1999, 'ann@example.com', 'Ann', 'good'), (2, NULL, 'bob@example.com', 'Bob', NULL);
INSERT INTO crm."OrderLines" VALUES
  (1, 1, 1, 'paid', 10.50, 0.125, '2026-01-31 10:00:00.5+02', 'web', '(1,2)'),
  (1, 2, 2, 'open', NULL, NULL, NULL, NULL, NULL);
"""


@pytest.fixture
def crm(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's tables in the database."""
    with psycopg.connect(**as_keywords(database), autocommit=True) as connection:
        connection.execute(SHOP)
        yield connection


def mesh(folder: Path, database: dict[str, Any], home: str) -> None:
    """An empty mesh with the domain `sales`."""
    lay_out_sales(folder, database, home, {})


@EVERYWHERE
def test_there_is_nothing_to_do_until_it_is_a_draft_and_after_its_apply(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    mesh(tmp_path, database, home)
    said = weft(tmp_path, "adopt", "ops_db", "--schema", "crm", "--into", "sales.crm", "--yes")
    assert said.code == 0, said
    checked = weft(tmp_path, "validate")
    assert (checked.code, checked.out.count("warning[")) == (0, 1), checked  # the password
    begun(tmp_path, "sales.crm")
    nothing_to_do(tmp_path)


@EVERYWHERE
def test_everything_that_the_catalogue_knows_is_promised(
    crm: Any, database: dict[str, Any], tmp_path: Path, home: str
) -> None:
    mesh(tmp_path, database, home)
    assert weft(tmp_path, "adopt", "ops_db", "--into", "sales.crm", "--yes").code == 0
    customers = contract(tmp_path, "customers", "crm")
    assert customers["status"] == "draft"
    assert customers["description"]["purpose"] == "People who bought something: one row each."
    assert columns(customers) == {
        "id": {"logicalType": "integer", "physicalType": "INTEGER", **KEY},
        "born": {
            "logicalType": "integer",
            "physicalType": "INTEGER",
            "logicalTypeOptions": {"exclusiveMinimum": 1950},
        },
        "email": {
            "logicalType": "string",
            "logicalTypeOptions": {"pattern": "^[^@]+@[^@]+$"},
            "required": True,
            "unique": True,
        },
        "Full Name": {
            "logicalType": "string",
            "logicalTypeOptions": {"maxLength": 80, "minLength": 1},
            "required": True,
        },
        "mood": {
            "logicalType": "string",
            "enum": [{"value": "good"}, {"value": "bad"}],
            "description": "As the shop assistant saw it.",
        },
        "boss": {
            "logicalType": "integer",
            "physicalType": "INTEGER",
            "relationships": [{"type": "foreignKey", "to": "customers.id"}],
        },
        "vip": {"logicalType": "boolean"},
    }
    [lines] = contract(tmp_path, "order_lines", "crm")["schema"]
    found = {each["name"]: each for each in lines["properties"]}
    assert [found[name]["primaryKeyPosition"] for name in ("order_id", "line")] == [1, 2]
    assert found["customer"]["relationships"] == [{"type": "foreignKey", "to": "customers.id"}]
    assert found["status"]["enum"] == [{"value": "open"}, {"value": "paid"}]
    assert found["amount"]["logicalTypeOptions"] == {"minimum": 0, "exclusiveMaximum": 1000000}
    assert found["discount"]["physicalType"] == "DECIMAL(38,3)"
    assert found["placed_at"]["logicalTypeOptions"] == {"timezone": True}
    assert [each["id"] for each in lines["quality"]] == [
        "unique_customer_placed_at",
        "order_lines_check",
    ]


def test_what_has_no_place_is_listed(crm: Any, database: dict[str, Any], tmp_path: Path) -> None:
    crm.execute(
        """
        ALTER TABLE crm.customers ADD CHECK (id > 1) NOT VALID;
        CREATE TABLE crm.bits (a bit(3));
        CREATE TABLE crm."a|b <i>" (x int);
        """
    )
    mesh(tmp_path, database, "lake")
    said = weft(tmp_path, "adopt", "ops_db", "--into", "sales.crm", "--yes")
    page = (tmp_path / "domains/sales/crm/ADOPTED.md").read_text()
    lost = [
        "crm.OrderLines: index `few`: contracts have no such promise",
        "crm.bits: no column can be read",
        "crm.bits.a: no column here holds what bit(3) does",
        "crm.customers: constraint `customers_id_check`: rows that break it may be there",
    ]
    for each in lost:
        assert f"left out: {each}" in said.err
        assert f"- {each}" in page
    assert "- crm.OrderLines: is called `order_lines` here\n" in page
    assert "- crm.OrderLines.place: point is read as text\n" in page
    assert "- crm.a\\|b &lt;i>: is called `a_b_i` here\n" in page


@pytest.mark.parametrize(
    ("wanted", "ports"),
    [
        (("--table", "crm.OrderLines"), ["order_lines"]),
        (("--table", "crm.*s", "--table", "crm.spent"), ["customers", "order_lines", "spent"]),
        (("--schema", "erp", "--table", "*.items"), ["items"]),
        (("--table", "crm.odd[1]"), ["odd_1"]),
    ],
)
def test_single_tables(
    crm: Any, database: dict[str, Any], tmp_path: Path, wanted: tuple[str, ...], ports: list[str]
) -> None:
    crm.execute(
        """
        CREATE SCHEMA erp; CREATE TABLE erp.items (id int); CREATE TABLE erp.other (id int);
        CREATE TABLE crm."odd[1]" (id int);
        """
    )
    mesh(tmp_path, database, "lake")
    said = weft(tmp_path, "adopt", "ops_db", *wanted, "--into", "sales.some", "--yes")
    assert said.code == 0, said
    found = sorted(each.stem for each in (tmp_path / "domains/sales/some/models").iterdir())
    assert found == ports
    assert weft(tmp_path, "validate").code == 0


def test_tables_are_offered_to_the_shell(
    crm: Any, database: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh(tmp_path, database, "lake")
    monkeypatch.chdir(tmp_path)
    offered = ShellComplete(program, {}, "weft", "_WEFT_COMPLETE").get_completions
    assert offered(["adopt", "ops_db", "--table"], "crm.") == []
    assert weft(tmp_path, "validate").code == 0
    found = [each.value for each in offered(["adopt", "ops_db", "--table"], "crm.")]
    assert found == ["crm.OrderLines", "crm.customers", "crm.spent"]
    assert offered(["adopt", "lake", "--table"], "") == []


def test_a_schema_is_a_product(crm: Any, database: dict[str, Any], tmp_path: Path) -> None:
    """The schema that every database has is called as its database."""
    crm.execute("CREATE TABLE public.things (id int); CREATE TABLE crm.things (id int)")
    mesh(tmp_path, database, "ops_db")
    assert weft(tmp_path, "adopt", "ops_db", "--yes").code == 0
    found = sorted(each.name for each in (tmp_path / "domains/sales").iterdir() if each.is_dir())
    assert found == sorted(["crm", database["database"]])
    assert weft(tmp_path, "validate").code == 0
    again = weft(tmp_path, "adopt", "ops_db", "--yes")
    assert (again.code, "product sales.crm is there already" in again.err) == (5, True)


def test_programs_get_the_notes_too(crm: Any, database: dict[str, Any], tmp_path: Path) -> None:
    mesh(tmp_path, database, "lake")
    said = weft(tmp_path, "adopt", "ops_db", "--into", "sales.crm", "--yes", "--json")
    assert said.data["schema"] == "weft.files/1"
    assert said.data["notes"][0] == "sales.crm: 3 ports, 22 promises, only proposed."
    assert {"action": "created", "path": "domains/sales/crm/product.yaml"} in said.data["rows"]


def test_nothing_of_what_is_there_changes(
    crm: Any, database: dict[str, Any], tmp_path: Path
) -> None:
    """A view may run anything, and a table may be another's."""
    crm.execute(
        """
        CREATE FUNCTION crm.grab() RETURNS numeric LANGUAGE plpgsql AS $$
          BEGIN
            BEGIN
              EXECUTE 'CREATE TABLE crm.grabbed (x int)';
            EXCEPTION WHEN read_only_sql_transaction THEN RETURN 1.5;
            END;
            RETURN 666;
          END $$;
        CREATE VIEW crm.shown AS SELECT crm.grab() AS x;
        """
    )
    mesh(tmp_path, database, "lake")
    assert weft(tmp_path, "adopt", "ops_db", "--into", "sales.crm", "--yes").code == 0
    assert crm.execute("SELECT to_regclass('crm.grabbed')").fetchone() == (None,)
    assert columns(contract(tmp_path, "shown", "crm"))["x"]["physicalType"] == "DECIMAL(38,1)"


def test_a_view_that_fails_is_left_out(crm: Any, database: dict[str, Any], tmp_path: Path) -> None:
    crm.execute("CREATE VIEW crm.broken AS SELECT 1.5 / (id - 1) AS x FROM crm.customers")
    mesh(tmp_path, database, "lake")
    said = weft(tmp_path, "adopt", "ops_db", "--into", "sales.crm", "--yes")
    assert (said.code, "left out: crm.broken: " in said.err) == (0, True), said
    assert "division by zero" in said.err
    begun(tmp_path, "sales.crm")


def test_a_domain_whose_models_cannot_be_built_adopts_nothing(
    crm: Any, database: dict[str, Any], tmp_path: Path
) -> None:
    files = {"weft.yaml": settings(database), **domain("sales", "lake", "postgres")}
    lay_out(tmp_path, files)
    said = weft(tmp_path, "adopt", "ops_db", "--into", "sales.crm", "--yes")
    assert said.code == 5
    assert "domain `sales` is written in postgres and lives on duckdb" in said.err
    assert "next:  `dialect: duckdb` in domains/sales/domain.yaml" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("opsdb",), 2, "there is no warehouse `opsdb`"),
        (("lake", "--into", "sales.x"), 2, "has no tables that somebody else made"),
        (("ops_db", "--schema", "crn", "--into", "sales.x"), 4, "did you mean `crm`?"),
        (("ops_db", "--into", "sale.x"), 2, "there is no domain `sale`"),
        (("ops_db", "--into", "sales.X"), 2, "is no product address"),
        (("ops_db",), 2, "it is not said which domain is to have it"),
        ((), 2, "it is not said what to adopt"),
        (("ops_db", "--dbt", "gone.json", "--into", "sales.x"), 4, "gone.json"),
        (("ops_db", "--schema", "crm", "--dbt", "gone.json"), 2, "--schema"),
        (("ops_db", "--table", "crm.custmers", "--into", "sales.x"), 2, "`crm.customers`?"),
        (("ops_db", "--table", "crn.*", "--into", "sales.x"), 2, "there is no table `crn.*`"),
        (("ops_db", "--table", "crm.*", "--dbt", "gone.json"), 2, "--table"),
    ],
)
def test_what_does_not_fit_is_refused(
    crm: Any,
    database: dict[str, Any],
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    why: str,
) -> None:
    mesh(tmp_path, database, "lake")
    said = weft(tmp_path, "adopt", *arguments, "--yes")
    assert (said.code, why in said.err) == (code, True), said
    assert not list((tmp_path / "domains/sales").glob("*/product.yaml"))


def test_what_weft_made_is_not_adopted(crm: Any, database: dict[str, Any], tmp_path: Path) -> None:
    mesh(tmp_path, database, "ops_db")
    assert weft(tmp_path, "adopt", "ops_db", "--into", "sales.crm", "--yes").code == 0
    begun(tmp_path, "sales.crm")
    said = weft(tmp_path, "adopt", "ops_db", "--into", "sales.all", "--yes")
    assert said.code == 0
    names = sorted(each.name for each in (tmp_path / "domains/sales/all/models").iterdir())
    assert names == ["customers.sql", "order_lines.sql", "spent.sql"]
