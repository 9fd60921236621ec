"""Codes W1xx: files, YAML, and the keys and values of every format."""

from __future__ import annotations

from weft.mesh.code import Code

FILES: dict[str, Code] = {
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
        "written in another form than the format wants at this place. The note says which "
        "limit there is.",
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
    "W133": Code(
        "A file or folder that cannot be read",
        "The operating system refused to open it, most often for want of permission. Everything "
        "in `domains/` is read by whoever runs weft. Give that user the right to read it, or move "
        "it out of the mesh.",
    ),
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
    "W144": Code(
        "An unknown kind of store or warehouse",
        "The `type` of a warehouse and the beginning of the store's address say which program "
        "keeps them, and this version of Weft knows none of that name. Correct the name, or "
        "install a version that knows it.",
    ),
    "W145": Code(
        "Production is no declared environment",
        "Where `weft.yaml` lists `environments`, `production` names one of them; a misspelled name "
        "would silently publish everything once more, beside what consumers read. Correct the "
        "name, or list it: `environments: {prod: {}}`.",
    ),
    "W146": Code(
        "A wrong option of a warehouse",
        "Beside its `type` a warehouse takes the options that its adapter declares, each with "
        "values of one kind. Another name would be ignored silently, and another value fail only "
        "when the warehouse is needed. Correct it, also where an environment sets it.",
    ),
    "W147": Code(
        "An environment moves a warehouse",
        "An environment builds only what differs from production and reads production's builds for "
        "the rest, so it lives in the same place: a folder, a host or a database is written under "
        "`warehouses` alone. `environments.<name>.warehouses` says what may differ: a login, or "
        "how much memory and how many threads an engine may take. For data that is wholly "
        "separate, begin another mesh.",
    ),
}
