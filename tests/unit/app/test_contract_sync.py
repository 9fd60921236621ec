"""Contracts brought up to date: with models, with rows, and with what people wrote kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from applying import apply_files
from mesh_files import Port, Product, lay_out, mesh_files
from weft.app.bootstrap import opened
from weft.app.contract_sync import draft_sync
from weft.app.errors import Blocked, Invalid, NotFound
from weft.app.load import load
from weft.app.new_files import Draft, write
from weft.app.system import System
from weft.contract.syncing import Wish
from weft.mesh.address import PortAddress

SQL = """
SELECT
    CAST(id AS INTEGER) AS id,
    CASE WHEN id % 2 = 0 THEN 'even' ELSE 'odd' END AS kind,
    CASE WHEN id % 7 = 0 THEN NULL ELSE id * 1.5 END AS price,
    CAST(DATE '2024-01-01' + CAST(id AS INTEGER) AS DATE) AS day
FROM generate_series(1, 100) AS given(id)
"""
PLAIN = {"id": "integer", "kind": "string", "price": "number", "day": "date"}
PATH = "domains/shop/orders/orders.v1.odcs.yaml"


def files_of(*ports: Port, sql: str = SQL) -> dict[str, bytes]:
    """The mesh of one product, its contracts as people write YAML."""
    files = mesh_files([product(*ports, sql=sql)])
    return {
        path: _as_people_write(json.loads(data)) if path.endswith(".yaml") else data
        for path, data in files.items()
    }


def _as_people_write(content: dict[str, Any]) -> bytes:
    kept = {key: value for key, value in content.items() if value != []}
    return yaml.safe_dump(kept, sort_keys=False).encode()


def product(*ports: Port, sql: str = SQL) -> Product:
    return Product("shop.orders", {"orders": sql}, ports)


def drafted(
    folder: Path, address: str = "shop.orders.orders@1", env: str = "", **wish: Any
) -> Draft:
    with opened(folder, env, System()) as mesh:
        return draft_sync(mesh, PortAddress.parse(address), Wish(**wish))


def synced(folder: Path, **wish: Any) -> list[dict[str, Any]]:
    """Write what is drafted; the columns that the contract has then."""
    write(folder, drafted(folder, **wish))
    found: list[dict[str, Any]] = yaml.safe_load((folder / PATH).read_text())["schema"][0][
        "properties"
    ]
    return found


def is_sound(folder: Path) -> bool:
    with opened(folder, "", System()) as mesh:
        return load(folder, System(), mesh.cache).sound


def test_a_model_without_a_contract_gets_one_that_passes(tmp_path: Path) -> None:
    lay_out(tmp_path, files_of())
    draft = drafted(tmp_path)
    assert [each.path for each in draft.files] == [PATH]
    assert [each.path for each in draft.edits] == ["domains/shop/orders/product.yaml"]
    [note] = draft.notes
    assert note.startswith("No rows of `orders` were looked at (not built yet")
    write(tmp_path, draft)
    columns = yaml.safe_load((tmp_path / PATH).read_text())["schema"][0]["properties"]
    assert columns == [
        {"name": "id", "logicalType": "integer"},
        {"name": "kind", "logicalType": "string"},
        {"name": "price"},
        {"name": "day", "logicalType": "date"},
    ]
    assert is_sound(tmp_path)
    apply_files(tmp_path)
    price = synced(tmp_path)[2]
    assert price["logicalType"] == "number", "what the SQL does not tell, the build does"


def test_rows_say_what_a_contract_may_promise(tmp_path: Path) -> None:
    apply_files(tmp_path, files_of(Port("orders", PLAIN)))
    draft = drafted(tmp_path)
    assert draft.notes == (
        "Each of 100 rows has another `id` and another `day`: --key id promises it.",
    )
    assert synced(tmp_path) == [
        {
            "name": "id",
            "logicalType": "integer",
            "required": True,
            "logicalTypeOptions": {"minimum": 0},
        },
        {
            "name": "kind",
            "logicalType": "string",
            "required": True,
            "enum": [{"value": "even"}, {"value": "odd"}],
        },
        {
            "name": "price",
            "logicalType": "number",
            "required": False,
            "logicalTypeOptions": {"minimum": 0},
        },
        {"name": "day", "logicalType": "date", "required": True},
    ]
    assert draft.next_steps == ("weft validate", "weft plan", "weft release shop.orders.orders@1")
    again = drafted(tmp_path)
    assert (again.edits, again.files, again.next_steps) == ((), (), ())


def test_what_it_promises_holds(tmp_path: Path) -> None:
    wish: dict[str, Any] = {"ranges": True, "examples": True, "key": ("id",)}
    apply_files(tmp_path, files_of(Port("orders", PLAIN)), environment="dev")
    synced(tmp_path, env="dev", **wish)
    apply_files(tmp_path, environment="dev")
    with opened(tmp_path, "dev", System()) as mesh:
        assert mesh.store.definitions.applied("dev")["shop.orders"].release == 2
    assert drafted(tmp_path, env="dev", **wish).edits == ()


def test_at_least_changes_only_what_is_not_kept(tmp_path: Path) -> None:
    columns = {"id": "integer", "kind": "string"}
    port = Port("orders", columns, required=("id",), status="draft")
    apply_files(tmp_path, files_of(port))
    assert drafted(tmp_path, exact=False).edits == ()
    changed = SQL.replace("CAST(id AS INTEGER) AS id", "nullif(CAST(id AS VARCHAR), '3') AS id")
    apply = files_of(Port("orders", {"kind": "string"}, status="draft"), sql=changed)
    apply_files(tmp_path, apply)
    lay_out(tmp_path, files_of(port, sql=changed))
    assert synced(tmp_path, exact=False) == [
        {"name": "id", "logicalType": "string"},
        {"name": "kind", "logicalType": "string", "required": False},
    ]


def test_columns_of_fragments_are_overridden_in_their_place(tmp_path: Path) -> None:
    files = files_of(Port("orders", PLAIN))
    text = files[PATH].decode()
    document = yaml.safe_load(text)
    document["schema"][0]["properties"] = [
        {"use": "id"},
        {"use": ["kind", "price"]},
        {"use": "moment", "name": "day"},
    ]
    files[PATH] = yaml.safe_dump(document, sort_keys=False).encode()
    files["shared/columns.yaml"] = (
        b"properties:\n  id: {logicalType: string}\n  kind: {logicalType: integer}\n"
        b"  price: {logicalType: number}\n  moment: {logicalType: timestamp}\n"
    )
    lay_out(tmp_path, files)
    draft = drafted(tmp_path)
    [edit] = draft.edits
    assert yaml.safe_load(edit.after)["schema"][0]["properties"] == [
        {"use": "id", "logicalType": "integer"},
        {"use": ["kind", "price"]},
        {"use": "moment", "name": "day", "logicalType": "date"},
    ]
    assert draft.notes[0] == (
        "What a fragment says of `kind` does not fit any more: change it in shared/."
    )
    assert draft.notes[-1].startswith("The product has other mistakes (1 error)")


def test_columns_of_a_shared_object_are_left_to_people(tmp_path: Path) -> None:
    files = files_of(Port("orders", PLAIN))
    document = yaml.safe_load(files[PATH])
    files["shared/objects.yaml"] = yaml.safe_dump(
        {"schema": {"orders": document["schema"][0]}}
    ).encode()
    document["schema"] = [{"use": "orders"}]
    files[PATH] = yaml.safe_dump(document).encode()
    apply_files(tmp_path, files)
    draft = drafted(tmp_path)
    assert draft.edits == ()
    assert draft.notes[-1] == "The columns of `orders` stand in a fragment: change them there."
    document["schema"] = {"use": "all"}
    shared = {
        "schema": {
            "all": [{"use": "orders"}],
            "orders": yaml.safe_load(files["shared/objects.yaml"])["schema"]["orders"],
        }
    }
    lay_out(
        tmp_path,
        files
        | {
            PATH: yaml.safe_dump(document).encode(),
            "shared/objects.yaml": yaml.safe_dump(shared).encode(),
        },
    )
    assert drafted(tmp_path).edits == ()


def test_aliases_are_left_to_people(tmp_path: Path) -> None:
    files = files_of(Port("orders", PLAIN))
    text = (
        files[PATH].decode().replace("purpose: For a test.", "purpose: &p For a test.\n  usage: *p")
    )
    lay_out(tmp_path, files | {PATH: text.encode()})
    with pytest.raises(Blocked, match="has to be edited by hand: it uses YAML aliases"):
        drafted(tmp_path)


def test_the_highest_major_is_meant_where_none_is_named(tmp_path: Path) -> None:
    lay_out(
        tmp_path, files_of(Port("orders", {"id": "integer"}), Port("orders", {}, version="2.0.0"))
    )
    [edit] = drafted(tmp_path, "shop.orders.orders").edits
    assert edit.path == PATH.replace("v1", "v2")


def test_rows_of_an_older_model_are_named_as_such(tmp_path: Path) -> None:
    apply_files(tmp_path, files_of(Port("orders", PLAIN)))
    lay_out(tmp_path, files_of(Port("orders", PLAIN), sql=f"{SQL} WHERE id > 0"))
    assert any(each.startswith("The rows of `orders`") for each in drafted(tmp_path).notes)


def test_a_key_has_to_be_one(tmp_path: Path) -> None:
    apply_files(tmp_path, files_of(Port("orders", PLAIN)))
    with pytest.raises(Blocked, match="kind cannot be the key: 98 rows repeat a key"):
        drafted(tmp_path, key=("kind",))
    with pytest.raises(Blocked, match="`price` is empty in some rows"):
        drafted(tmp_path, key=("id", "price"))
    with pytest.raises(NotFound, match="no column `idd`"):
        drafted(tmp_path, key=("idd",))
    entries = synced(tmp_path, key=("day", "kind"), exact=False)
    assert [each.get("primaryKeyPosition") for each in entries] == [None, 2, None, 1]


def test_a_contract_that_promises_nothing_yet(tmp_path: Path) -> None:
    files = files_of(Port("orders", PLAIN))
    document = yaml.safe_load(files[PATH])
    del document["schema"]
    files[PATH] = yaml.safe_dump(document, sort_keys=False).encode()
    lay_out(tmp_path, files)
    assert [each["name"] for each in synced(tmp_path)] == [*PLAIN]


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("shop.order.orders@1", NotFound, "no product `shop.order`"),
        ("shop.orders.order@1", NotFound, "no contract of `shop.orders.order@1`"),
    ],
)
def test_what_is_not_there(tmp_path: Path, address: str, error: Any, words: str) -> None:
    lay_out(tmp_path, files_of(Port("orders", PLAIN)))
    with pytest.raises(error, match=words):
        drafted(tmp_path, address)


def test_a_model_or_contract_that_cannot_be_read(tmp_path: Path) -> None:
    files = files_of(Port("orders", PLAIN), sql="SELECT nothing FROM nowhere")
    lay_out(tmp_path, files)
    with pytest.raises(Invalid) as wrong:
        drafted(tmp_path)
    assert [each.code for each in wrong.value.diagnostics] == ["W410"]
    lay_out(tmp_path, files_of(Port("orders", PLAIN)) | {PATH: b"schema: 3\n"})
    with pytest.raises(Invalid) as wrong:
        drafted(tmp_path)
    assert {each.code for each in wrong.value.diagnostics} == {"W121", "W122"}
    port = Port("other", PLAIN)
    lay_out(tmp_path, files_of(port))
    with pytest.raises(Blocked, match="no model fills an object of other"):
        drafted(tmp_path, "shop.orders.other@1")
