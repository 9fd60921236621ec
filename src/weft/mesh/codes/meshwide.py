"""Codes W4xx: what only the whole mesh shows, such as names of other products and circles."""

from __future__ import annotations

from weft.mesh.code import Code

MESHWIDE: dict[str, Code] = {
    "W401": Code(
        "An unknown port",
        "The `contractId` of an input port is the address of a published port, "
        "`domain.product.port`, or the `id` of a source of the same product. This one is neither. "
        "`weft ls` shows the ports there are.",
    ),
    "W402": Code(
        "An unknown major version of a port",
        "The input port pins a major version that the port does not have. Write one that it has, "
        'in quotes: `version: "2"`; or leave `version` out to follow the current one.',
    ),
    "W403": Code(
        "A product that reads its own port",
        "Inside a product, models read each other by name. Reading the published port would make "
        "a build depend on its own last result. Name the model in FROM and remove the input port.",
    ),
    "W404": Code(
        "A retired port",
        "Nothing is published at this port any more, so it cannot be read. Choose its successor; "
        "the contract of the port may name it.",
    ),
    "W405": Code(
        "Products that read each other in a circle",
        "None of these products could be built first. Break the circle: move the model that both "
        "need into a product of its own, or into the one that owns the data.",
    ),
    "W406": Code(
        "Models that read each other in a circle",
        "None of these models could be built first. Break the circle: move the part that both "
        "need into a model of its own.",
    ),
    "W407": Code(
        "An object that no model fills",
        "Object `departures` of a port is filled by the model `departures_vN` of its major "
        "version, else by the model `departures`. There is neither. Write the model, or remove "
        "the object from the contract.",
    ),
    "W408": Code(
        "A promised column that the model does not give",
        "The port shows exactly the columns of its contract, and the model that fills the object "
        "lacks one of them. Select the column in the model, or change the contract (which is a "
        "breaking change).",
    ),
    "W409": Code(
        "A column whose type does not fit its contract",
        "Types fit as far as nothing is lost: an integer takes any width, a number decimals and "
        "floats, and `physicalType` is exact. Cast the column in the model: `CAST(x AS integer) "
        "AS x`, or correct the contract. Where the contract lists the fields of an object, the "
        "model gives no others, for readers would see them.",
    ),
    "W410": Code(
        "An unknown relation",
        "FROM takes models of the product and its input ports; quality rules also `${table}`, and "
        "`weft query` published ports by their addresses. Internals of other products cannot be "
        "read: declare one of their ports as input.",
    ),
    "W411": Code(
        "A view that reads another product",
        "A view is worked out when somebody reads it, and could then see another release of the "
        "other product than was checked. Remove `materialized: view` to store a table.",
    ),
    "W412": Code(
        "A domain that does not fit its mesh",
        "The folder, the home warehouse and the dialect of a domain have to be known: the folder "
        "has the domain's name, `warehouse` is declared in `weft.yaml`, and `dialect` is one that "
        "Weft writes. Correct `domain.yaml`.",
    ),
    "W414": Code(
        "A source that cannot be read",
        "A source contract has one schema object and says where its data lies: one entry of "
        "`servers` with `type: local`, a `path` below the folder of the mesh, and `format: csv`, "
        "`parquet` or `json`; or one whose `server` is a warehouse of `weft.yaml`, with the "
        "`schema` of a table. What it says of the host, the port and the database has to agree "
        "with `weft.yaml`.",
    ),
    "W415": Code(
        "A relationship to something unknown",
        "A relationship points to a column of an own object or of an input port: "
        "`aircraft.tailnum`. Either the name before the dot is neither, or it has no such column. "
        "Correct it, or add the input port.",
    ),
    "W416": Code(
        "A unit test that does not fit its model",
        "A test names a model of its product, gives rows for names in that model's FROM, and uses "
        "columns that these and the model have. Correct the name, or the model.",
    ),
    "W417": Code(
        "An input port that reads nothing",
        "The `name` of an input port is what FROM uses; `contractId` says whose data it is. Add "
        "it: another product's port, or the `id` of a source of this product.",
    ),
    "W418": Code(
        "An unknown column in the head of a model",
        "`required`, `unique`, and what a model grows by, name columns of its query's result. "
        "Correct the name, or select the column.",
    ),
    "W419": Code(
        "A model that gives other rows each time",
        "The model calls a function such as now() or random(), so building it again gives another "
        "result. It is built when its definition or what it reads changes, and not in between. "
        "Add `-- refresh: always` to build it in every run.",
    ),
    "W421": Code(
        "An input port and a model with one name",
        "A name in FROM has to mean one thing. Rename the input port or the model.",
    ),
    "W423": Code(
        "A domain without domain.yaml",
        "A folder below `domains/` is a domain, and `domain.yaml` says who owns it and which "
        "warehouse is its home. Add the file; `weft new domain` writes one.",
    ),
    "W424": Code(
        "Something that is no file of the mesh",
        "Definitions are files in the folder of the mesh, so that reading a mesh cannot reveal "
        "other files and always ends. This is a link that leads nowhere, out of the mesh or to a "
        "folder inside a product, or it is a folder or a pipe with the name of a definition. Put "
        "the file itself here.",
    ),
    "W425": Code(
        "A port of another repository that nobody could be asked about",
        "The `contractId` names a port of a product that is not in these files. What other "
        "repositories publish stands in the store, and it is not there or cannot be opened here, "
        "as in a CI that only has the files. The product, and what reads it, is checked as far as "
        "possible without it; `weft validate` where the store can be opened checks the rest.",
    ),
    "W426": Code(
        "A model that grows and does not say how",
        "What is there stays, and new rows are found by a key or by time. An incremental model "
        "names `time_column`, whose intervals are filled one after the other, or `unique_key`, by "
        "which a row takes the place of an earlier one; a snapshot names the `unique_key` of what "
        "it follows. Add one to the head: `-- time_column: day`.",
    ),
    "W427": Code(
        "A key of the head that has no meaning for this model",
        "`time_column`, `interval`, `look_back` and `start` belong to incremental models, "
        "`compare` and `closes` to snapshots, `unique_key`, `changed_at` and `deleted` to both. "
        "One that stands elsewhere would be believed and do nothing. Remove the line, or change "
        "`materialized`.",
    ),
    "W428": Code(
        "A column of the head that has another type",
        "`time_column` and `changed_at` are compared with times, so they are a date or a timestamp "
        "(`changed_at` of an incremental model may be a running number); hours need a timestamp; "
        "`deleted` is true or false. CAST the column in the query, or name another one.",
    ),
    "W429": Code(
        "A start in the middle of an interval",
        "Intervals are filled whole, so the first one begins where `start` says. Write the first "
        "moment of an interval: `2026-01-01` is one of a year, a month, a day and an hour.",
    ),
    "W430": Code(
        "A snapshot with a column that snapshots add",
        "A snapshot adds `valid_from` and `valid_to` to what its query gives, which say when a row "
        "was true. Give the query's own column another name.",
    ),
    "W431": Code(
        "An input port that ends",
        "The port version that is read is deprecated: its producer said when it ends, and what "
        "comes after it. It can be read until then. Move to the successor, by its major in "
        "`version`; `weft consumers` shows who has moved and who has not.",
    ),
    "W432": Code(
        "An input of a product that is only proposed",
        "Nothing is built of a product whose `status` is `proposed`, so only other proposals can "
        "read its ports. Give it `status: draft`, which has it built and checked, or make the "
        "product that reads it `proposed`, too.",
    ),
}
