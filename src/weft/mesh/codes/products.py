"""Codes W201 to W249: products, their ports, and contracts against their products."""

from __future__ import annotations

from weft.mesh.code import Code

PRODUCTS: dict[str, Code] = {
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
}
