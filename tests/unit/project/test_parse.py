from __future__ import annotations

from weft.mesh.contract import Status
from weft.project.parse import ParsedProduct, parse_product
from weft.project.source import SourceFile

FOLDER = "domains/sales/orders"
PRODUCT = "apiVersion: v1.1.0\nkind: DataProduct\nid: sales.orders\n"
CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: sales.orders.lines
version: 1.0.0
status: draft
schema: [{name: lines, properties: [{name: id}]}]
"""
FILES = {
    "product.yaml": PRODUCT + "outputPorts: [{name: lines, version: 1.0.0}]\n",
    "lines.v1.odcs.yaml": CONTRACT,
    "models/lines.sql": "SELECT 1 AS id",
    "models/stage.sql": "SELECT 1 AS id",
    "sources/shop.odcs.yaml": CONTRACT.replace("orders.lines", "orders.shop"),
    "tests/lines.yaml": "{test: t, model: lines, expect: []}",
    "README.md": "",
    "policies/p.yaml": "policy: p",
    "notes.yaml": "a: 1",
}


def parse(changes: dict[str, str | None] | None = None) -> ParsedProduct:
    files = {**FILES, **(changes or {})}
    return parse_product(
        FOLDER,
        "sales",
        [
            SourceFile(f"{FOLDER}/{path}", text.encode())
            for path, text in files.items()
            if text is not None
        ],
    )


def codes(changes: dict[str, str | None]) -> list[str]:
    return sorted(each.code for each in parse(changes).diagnostics)


def test_a_whole_product() -> None:
    parsed = parse()
    product = parsed.product
    assert product is not None
    assert parsed.diagnostics == ()
    assert (product.address, product.path) == ("sales.orders", FOLDER)
    assert [(each.port, each.major, each.path) for each in product.contracts] == [
        ("lines", 1, f"{FOLDER}/lines.v1.odcs.yaml")
    ]
    assert product.contracts[0].contract.status is Status.DRAFT
    assert [(each.name, each.path) for each in product.sources] == [
        ("shop", f"{FOLDER}/sources/shop.odcs.yaml")
    ]
    assert [each.name for each in product.models] == ["lines", "stage"]
    assert [each.name for each in product.tests] == ["t"]
    assert sorted(parsed.documents) == [
        f"{FOLDER}/lines.v1.odcs.yaml",
        f"{FOLDER}/product.yaml",
        f"{FOLDER}/sources/shop.odcs.yaml",
        f"{FOLDER}/tests/lines.yaml",
    ]


def test_two_majors_side_by_side() -> None:
    two = PRODUCT + "outputPorts:\n- {name: lines, version: 1.0.0}\n- {name: lines, version: 2.1.0}"
    second = CONTRACT.replace("version: 1.0.0", "version: 2.1.0")
    parsed = parse({"product.yaml": two, "lines.v2.odcs.yaml": second})
    assert parsed.diagnostics == ()
    assert parsed.product is not None
    assert [each.major for each in parsed.product.contracts] == [1, 2]


def test_a_contract_that_cannot_be_read_is_left_out_and_is_no_missing_one() -> None:
    parsed = parse({"lines.v1.odcs.yaml": "a: ["})
    assert parsed.product is not None
    assert parsed.product.contracts == ()
    assert [each.code for each in parsed.diagnostics] == ["W103"]


def test_without_a_product_the_other_files_are_still_checked() -> None:
    parsed = parse({"product.yaml": "kind: DataProduct", "models/Bad.sql": "SELECT 1"})
    assert parsed.product is None
    assert [each.code for each in parsed.diagnostics] == ["W122", "W122", "W203"]


def test_the_files_order_does_not_matter() -> None:
    files = [SourceFile(f"{FOLDER}/{path}", text.encode()) for path, text in FILES.items()]
    assert parse_product(FOLDER, "sales", files) == parse_product(FOLDER, "sales", files[::-1])


def test_rules_between_files() -> None:
    assert codes({"product.yaml": None}) == ["W202"]
    assert codes({"lines.v1.odcs.yaml": None}) == ["W209"]
    assert codes({"lines.v01.odcs.yaml": CONTRACT}) == ["W130"]
    assert codes({"lines.v2.odcs.yaml": CONTRACT}) == ["W207", "W208"]
    assert codes({"sources/shop.v1.odcs.yaml": CONTRACT}) == ["W203", "W206"]
    assert codes({"sources/old/shop.odcs.yaml": CONTRACT}) == ["W132"]
    assert codes({"Product.yaml": "x", "product.yaml": None}) == ["W131"]
    assert codes({"tests/more.yaml": FILES["tests/lines.yaml"]}) == ["W360"]
    assert codes({"models/sub/x.sql": "SELECT 1"}) == ["W132"]


def test_folders_outside_the_rules_are_reported_by_their_product() -> None:
    product = PRODUCT.replace("sales.orders", "sales.Orders")
    parsed = parse_product(
        "domains/sales/Orders",
        "sales",
        [SourceFile("domains/sales/Orders/product.yaml", product.encode())],
    )
    assert [each.code for each in parsed.diagnostics] == ["W203"]


def test_columns_that_differ_in_case_only() -> None:
    twice = CONTRACT.replace("{name: id}", "{name: ID}, {name: id}, {name: other}, {name: Id}")
    assert codes({"lines.v1.odcs.yaml": twice}) == ["W213", "W213"]


def test_majors_may_share_objects_and_ports_may_not() -> None:
    ports = (
        PRODUCT + "outputPorts:\n- {name: lines, version: 1.0.0}\n- {name: heads, version: 1.0.0}"
    )
    heads = CONTRACT.replace("orders.lines", "orders.heads")
    assert codes({"product.yaml": ports, "heads.v1.odcs.yaml": heads}) == ["W215"]


def test_findings_of_one_product_are_limited() -> None:
    ports = "".join(f"- {{name: P{n}, version: x}}\n" for n in range(2000))
    assert len(codes({"product.yaml": PRODUCT + "outputPorts:\n" + ports})) == 500
