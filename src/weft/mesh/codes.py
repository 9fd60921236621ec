"""Every diagnostic code: its title and what it means. Codes are stable and never used twice.

`W1xx` files and YAML, `W2xx` products, ports and contracts, `W3xx` models and SQL, `W4xx` the mesh
as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A kind of finding. `explanation` says what it means, why it is refused and what to write."""

    title: str
    explanation: str


CODES: dict[str, Code] = {
    # --- Files -------------------------------------------------------------------------------
    "W101": Code(
        "A definition file is too large",
        "A definition file may have 1 MB. A larger one is not read at all, so that a stray data "
        "file cannot slow every command down. Keep data in files that a source contract names, "
        "and split a large contract into one port per file.",
    ),
    "W102": Code(
        "A file is not UTF-8",
        "Definitions are read as UTF-8 text. The byte that is shown belongs to no UTF-8 "
        "character; the file was probably saved as Latin-1 or UTF-16. Save it again with the "
        "encoding UTF-8.",
    ),
    "W130": Code(
        "A contract's file name does not say what it describes",
        "The contract of an output port is `<port>.v<major>.odcs.yaml` beside `product.yaml`, one "
        "file per major version; the contract of data from outside is "
        "`sources/<name>.odcs.yaml`. Rename the file, for example to `departures.v1.odcs.yaml`.",
    ),
    "W131": Code(
        "A file has an ending that is not read",
        "Definitions end in `.yaml` and models in `.sql`, in small letters. A file that looks "
        "like a definition and ends otherwise would be overlooked silently, so it is named "
        "here. Rename it, for example `product.yml` to `product.yaml`.",
    ),
    "W132": Code(
        "A file lies in a folder that is not read",
        "Models lie directly in `models/`, sources in `sources/` and unit tests in `tests/`; "
        "folders below these are not read. A model's name is its file's name, so folders would "
        "say nothing. Move the file one folder up.",
    ),
    # --- YAML --------------------------------------------------------------------------------
    "W103": Code(
        "A file is not valid YAML",
        "The place shown is where reading had to stop; the cause is often on this line or on the "
        "one above: a quote that is not closed, a colon inside plain text, or indentation that "
        'fits no line above. Put text with special characters in quotes: `title: "a: b"`.',
    ),
    "W104": Code(
        "A key stands twice in one mapping",
        "Only one of the two values could count, and nobody can see which. Remove one of them or "
        "join their content. For two entries of the same kind write a list.",
    ),
    "W105": Code(
        "A tab is used for indentation",
        "YAML allows only spaces for indentation, because a tab has no agreed width. Replace the "
        "tab with spaces; most editors do that for a whole file in one command.",
    ),
    "W106": Code(
        "A file holds several YAML documents",
        "A line `---` starts a second document. Every definition has a file of its own, whose "
        "name says what it is. Move the second document into another file.",
    ),
    "W107": Code(
        "A file does not hold a mapping",
        "A definition is a mapping of keys to values at its top, such as "
        "`mesh: skyline`. This file is empty or starts with something else. Write the required "
        "keys, or delete the file.",
    ),
    "W108": Code(
        "An alias cannot be followed",
        "`*name` repeats the value that `&name` marked earlier in the same file. The mark must "
        "stand before its use, must not contain itself, and a file may use at most 100 aliases. "
        "Where in doubt, write the value out.",
    ),
    "W109": Code(
        "A file holds too many values",
        "A definition may hold 50,000 values, aliases counted as often as they are used. More "
        "is no definition but data, or a file made to exhaust memory. Keep data in files that a "
        "source contract names.",
    ),
    "W110": Code(
        "A file is nested too deeply",
        "Lists and mappings may stand 50 deep in each other. No definition needs that; check the "
        "brackets and the indentation of the line shown.",
    ),
    "W111": Code(
        "A merge key is used",
        "`<<: *name` is an old YAML 1.1 extension that current YAML does not have, and the "
        "standards' tools read it differently. Write the keys out, or use the alias as the value "
        "of a key: `options: *name`.",
    ),
    "W112": Code(
        "A YAML tag is used",
        "Tags such as `!!str` or `!Custom` change how a value is read. Definitions are plain "
        'data, so none is followed. To make a number or date text, put it in quotes: `"2026"`.',
    ),
    "W113": Code(
        "A key is not text",
        "Keys of definitions are text. A number, `true`, an empty key or a list cannot be one. "
        'Put the key in quotes if it is meant: `"2013": first year`.',
    ),
    "W114": Code(
        "A number is too large or no finite number",
        "Numbers must fit into 64 bits, and infinity and not-a-number have no place in a "
        "definition. Put the digits in quotes if they are text, such as an account number.",
    ),
    "W115": Code(
        "A file holds more mistakes than are worth listing",
        "Reading stopped after the first hundred mistakes. The file is probably no definition, or "
        "one thing in it is wrong again and again. Correct what is shown and look again.",
    ),
    # --- Shape: keys and values ------------------------------------------------------------------
    "W120": Code(
        "An unknown key",
        "The key is not part of the format at this place, so it would have no effect; usually it "
        "is misspelled or indented too far. Own additions to ODCS and ODPS documents belong in "
        "`customProperties`: `[{property: costCentre, value: 4711}]`.",
    ),
    "W121": Code(
        "A value of the wrong type",
        "The format wants another type at this place: text, a number, true or false, a list or a "
        "mapping. Versions and other texts that look like numbers need quotes: "
        '`version: "1.0"`.',
    ),
    "W122": Code(
        "A required key is missing",
        "The mapping at this place is incomplete without the key. `weft explain` with the path "
        "of the key says what it means.",
    ),
    "W123": Code(
        "A value that is not one of the allowed ones",
        "The format has a closed list of values at this place, written exactly like this, small "
        "and capital letters included. Choose one of those that are shown.",
    ),
    "W124": Code(
        "A value outside its limits",
        "The value has the right type, but it is too small, too large, too short, too long or "
        "written in another form than the format wants at this place.",
    ),
    "W125": Code(
        "Keys that do not go together",
        "Keys at this place depend on each other: one of them excludes the other, needs it "
        "beside it, or exactly one of several is wanted. A quality rule, for example, has "
        "exactly one operator such as `mustBeLessThan`.",
    ),
    "W126": Code(
        "A word of YAML 1.1 where true or false is wanted",
        "`yes`, `no`, `on`, `off` and capitals such as `TRUE` with other letters were true and "
        "false in YAML 1.1 and are plain text today. Write `true` or `false`.",
    ),
    "W127": Code(
        "A version of the standard that is not read",
        "Contracts follow ODCS v3.2.0, v3.1.0 or v3.0.x, products ODPS v1.1.0, v1.0.0 or v0.9.0. "
        "`apiVersion` names the version of the standard, not of your document. Write "
        "`apiVersion: v3.2.0` in a contract and `apiVersion: v1.1.0` in a product.",
    ),
    "W128": Code(
        "A document of another kind",
        "`kind` says what a document is: `DataContract` in `*.odcs.yaml`, `DataProduct` in "
        "`product.yaml`. A document of another kind at this place was probably copied or "
        "renamed by mistake.",
    ),
    # --- Settings --------------------------------------------------------------------------------
    "W140": Code(
        "An environment variable is not set",
        "`${NAME}` in `weft.yaml` and in the servers of sources is replaced by an environment "
        "variable. This one is not set. Set it, or write a default: `${NAME:-localhost}`.",
    ),
    "W141": Code(
        "A secret stands in a file",
        "A password or token in a file is readable by everyone who can read the repository, and "
        'stays in its history. Keep it in an environment variable: `password: "${PGPASSWORD}"`.',
    ),
    "W142": Code(
        "An environment names an unknown warehouse",
        "An environment may change settings of the warehouses that `weft.yaml` declares under "
        "`warehouses`, and of no others. Declare the warehouse, or correct its name.",
    ),
    "W143": Code(
        "A `${...}` that cannot be read",
        "A variable is written `${NAME}` or `${NAME:-default}`; the name has letters, digits and "
        "underscores. Write `$${` for a plain `${`.",
    ),
    # --- Products, ports and contracts -------------------------------------------------------
    "W201": Code(
        "A domain or product and its folder disagree",
        "The `id` of a product is its address `domain.product`, and the address is where its "
        "folder lies: `domains/operations/flights` is `operations.flights`. Correct `id` and "
        "`domain`, or move the folder.",
    ),
    "W202": Code(
        "A product has no product.yaml",
        "A folder with contracts or models is a data product, and `product.yaml` says whose it "
        "is and which ports it has. Add the file; `weft new product` writes one.",
    ),
    "W203": Code(
        "A name outside the rules",
        "Names of domains, products, ports, objects, models and environments become names in "
        "every warehouse: lower-case letters, digits and single underscores, starting with a "
        "letter, at most 40 characters, and none of the reserved words.",
    ),
    "W204": Code(
        "A version that is not one",
        "Versions have three numbers, `1.4.2`: the first grows with a breaking change, the "
        "second with an addition, the third with a correction. The first number is the major "
        "version, 1 or more, and part of the port's address.",
    ),
    "W205": Code(
        "An unknown status",
        "`status` is `proposed`, `draft`, `active`, `deprecated` or `retired`. It decides who "
        "can see a port, so no other word can be accepted.",
    ),
    "W206": Code(
        "A contract's id disagrees with its place",
        "The `id` of a contract is the address of what it describes: `domain.product.port` for "
        "an output port, `domain.product.source` for data from outside, as folder and file name "
        "say. Correct the `id`, or rename the file.",
    ),
    "W207": Code(
        "A contract's version disagrees with its file name",
        "`departures.v1.odcs.yaml` holds major version 1, so its `version` starts with 1. A new "
        "major version is a new file beside the old one, so that both can be published.",
    ),
    "W208": Code(
        "A contract that no output port offers",
        "Consumers see what `outputPorts` of `product.yaml` lists; this contract is not among "
        "them. Add an entry with the port's `name`, the contract's `version` and its "
        "`contractId`, or delete the file.",
    ),
    "W209": Code(
        "An output port without a contract",
        "Every output port promises something, and the promise is its contract: "
        "`<port>.v<major>.odcs.yaml` beside `product.yaml`. Write the file, or remove the port.",
    ),
    "W210": Code(
        "An output port and its contract disagree",
        "The entry in `outputPorts` repeats the contract's full `version`, and as `contractId` "
        "its `id`, so that a reader of `product.yaml` sees what is offered. Make both say the "
        "same.",
    ),
    "W211": Code(
        "Two things under one address",
        "An address must lead to one thing. Two entries with the same port and major version, "
        "or two input ports with one name, cannot be told apart. Rename or remove one of them.",
    ),
    "W212": Code(
        "A contract that promises nothing",
        "A port shows exactly the columns of its contract: at least one object in `schema`, and "
        "at least one entry in its `properties`. Write down what consumers may read.",
    ),
    "W213": Code(
        "A column stands twice in one object",
        "A relation cannot have two columns of one name, and warehouses that fold case see "
        "`ID` and `id` as the same. Rename or remove one of them.",
    ),
    "W215": Code(
        "Two ports of a product have an object of the same name",
        "Objects become relations in the schema of their product, so their names are unique in "
        "it. Rename one of the two objects. Several major versions of one port may of course "
        "share their objects.",
    ),
    "W217": Code(
        "A reference that cannot be followed",
        "A relationship points to `object.column`, where the object is one of this contract, of "
        "this product or an input port. A path `schema/<id>/properties/<id>` is followed inside "
        "the same contract only. Write `aircraft.tailnum`.",
    ),
    # --- Models and SQL: W301-W349 are about SQL, W350-W369 about files of models and tests ------
    "W350": Code(
        "An unknown key in the head of a model",
        "The comment lines before the SQL of a model may hold its head: `-- key: value`. This line "
        "looks like a misspelled key, and as a comment it has no effect. Correct the key, or "
        "write the comment without a colon after its first word.",
    ),
    "W351": Code(
        "A value in the head of a model that cannot be used",
        "`materialized` is table, view, incremental or snapshot; `refresh` is always; "
        "`required`, `unique` and `unique_key` list columns: `-- unique: [id]`; `time_column` "
        "names one column.",
    ),
    "W352": Code(
        "A key stands twice in the head of a model",
        "Only one of the two lines could count. Remove one of them; a list takes several "
        "columns: `-- required: [id, name]`.",
    ),
    "W360": Code(
        "Two unit tests with one name",
        "Results of tests are told apart by their names, which are unique in a product. Rename "
        "one of them.",
    ),
    # --- The mesh as a whole ---------------------------------------------------------------------
}
