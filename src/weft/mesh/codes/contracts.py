"""Codes W214 and W250 to W299: what a contract promises."""

from __future__ import annotations

from weft.mesh.code import Code

CONTRACTS: dict[str, Code] = {
    "W214": Code(
        "An unknown column in a quality rule",
        "A quality rule names a column that the object does not have, so nothing could be "
        "measured. Names are compared exactly. Correct the name, or add the column to "
        "`properties`.",
    ),
    "W251": Code(
        "A quality rule without one operator",
        "A rule compares what it measures with a promise, so it has exactly one of the eight "
        "operators: mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, "
        "mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween. Write one, such as `mustBe: 0`.",
    ),
    "W252": Code(
        "An operator with an unusable value",
        "The operators compare with a number; mustBeBetween and mustNotBeBetween with a list of "
        "two, the smaller first: `mustBeBetween: [1, 5]`. A percentage is one of rows, so a row "
        "count has none.",
    ),
    "W253": Code(
        "A quality rule that does not say what to measure",
        "A rule of type `library` has one of the metrics nullValues, missingValues, "
        "invalidValues, duplicateValues and rowCount, with the arguments that the metric needs; a "
        "rule of type `sql` has a `query`. Example: `{metric: invalidValues, arguments: "
        "{validValues: [a, b]}, mustBe: 0}`.",
    ),
    "W254": Code(
        "An option of another type",
        "The options in `logicalTypeOptions` belong to a `logicalType`: a string has minLength, a "
        "number has minimum. An option of another type would have no effect. Remove it, or "
        "correct the type.",
    ),
    "W255": Code(
        "An option with an unusable value",
        "The value of the option cannot be measured: a pattern that is no regular expression, or "
        "one with a look-ahead, back-reference or other construct that warehouses do not have; a "
        "minimum that is no number or date; or a lower limit above the upper one. Correct the "
        "value. What a pattern should not match can be a rule of type `sql`.",
    ),
    "W256": Code(
        "An allowed value of another type",
        "`enum` and `validValues` list the values a column may have, so each of them has to be of "
        "the column's `logicalType`, and none is null: nulls pass. Correct the value, with quotes "
        "for text and without for numbers. Example: `enum: [{value: open}, {value: paid}]`.",
    ),
    "W258": Code(
        "A relationship of an unusable shape",
        "A relationship leads from columns of its object to as many columns of one other object, "
        "each written `object.column` or `port.object.column`. Example: `relationships: [{to: "
        "aircraft.tailnum}]`.",
    ),
    "W259": Code(
        "An unknown word in a quality rule",
        "Some words decide what a check does. The custom property `blocks` says what a failed "
        "check holds back: `publish`, the default, or `nothing`. The `unit` of a metric is `rows` "
        "or `percent`. A `severity` of `info` or `warning` does not block; any other does. "
        "Correct the word.",
    ),
    "W260": Code(
        "A promise that is only shown",
        "Weft has no measure for this promise: it appears in the catalog and in `weft explain`, "
        "and nothing is checked. Promise it in another way, for example by a rule of type `sql`, "
        "to have it measured.",
    ),
    "W261": Code(
        "Promises about fields are only shown",
        "Checks are made of the columns of an object. What is promised of fields inside a column "
        "(`properties`, `items`) is shown and not measured. Add a rule of type `sql` to measure "
        "it.",
    ),
    "W262": Code(
        "Places in a primary key that do not fit",
        "A primary key of several columns has an order: `primaryKeyPosition` counts its columns "
        "from 1, each place once. Give every column of the key its own place.",
    ),
    "W263": Code(
        "An impossible column name",
        "Column names may hold nearly every character, as long as warehouses can store them. A "
        "zero character cannot be stored. Remove it from the name.",
    ),
    "W264": Code(
        "A key that has no effect",
        "The standard allows this key, and Weft keeps it in the document without acting on it: "
        "the schedule of a rule, how a table is partitioned, promises about data from outside, or "
        "a custom property of vendor weft that Weft does not know. Or it is one that Weft only "
        "checks so far: `budget` of a domain, a policy. Correct its name "
        "if it is misspelled; otherwise it may stay, or go.",
    ),
    "W270": Code(
        "An unknown fragment",
        "`use` names a fragment: a piece of a contract that stands in a file of "
        "`domains/<domain>/shared/` or of `shared/`, under the key that it may be used under. No "
        "file there has this name under this key. Correct the name, or write the fragment. "
        "Example: `properties: {carrier: {logicalType: string}}`, used as `- use: carrier` in the "
        "`properties` of an object.",
    ),
    "W271": Code(
        "A fragment that uses itself",
        "Fragments may use others, but not around in a circle: there would be no end to it. Take "
        "one `use` out of the circle that is shown.",
    ),
    "W272": Code(
        "A `use` that does not fit its place",
        "`use` takes the name of a fragment, or a list of names. Beside other keys, the fragment "
        "has to be a mapping, whose keys are joined with these; one that is a list or a single "
        "value stands alone, as in `slaProperties: {use: daily}`.",
    ),
    "W273": Code(
        "Two fragments of one name",
        "A name stands once under each key of the files in one folder `shared/`, so that `use` "
        "means one thing. Rename one of them, or delete it. A domain may have a fragment of the "
        "same name as the mesh: there its own counts.",
    ),
    "W274": Code(
        "A waiver that cannot be read",
        "A waiver lets one breaking change of an active port pass until a day, because somebody "
        "answers for it. It stands in the contract's custom property `waivers` of vendor weft, a "
        "list whose entries have four keys: `change` in the words of the plan, `by`, `reason` and "
        "`until`. Example: `{change: column dep_delay removed, by: mara.lind@skyline.example, "
        "reason: nobody reads it, until: 2027-01-31}`.",
    ),
    "W275": Code(
        "A waiver for no change",
        "A waiver names a change as the plan prints it where it refuses it: what changes and what "
        "becomes of it, such as `column dep_delay removed`. No breaking change ends in these "
        "words, so that the waiver lets nothing pass. Copy the words from the plan.",
    ),
    "W276": Code(
        "A candidate that cannot be shown",
        "The custom property `candidate` asks that a contract of status `draft` or `proposed` is "
        "shown as a preview until a day: `{vendor: weft, property: candidate, value: {until: "
        "2027-01-31}}`. Correct the day; where the contract has another status, take the property "
        "out.",
    ),
    "W278": Code(
        "An expectation of what is not there",
        "Expectations are about objects and columns that the contract of the input port promises. "
        "Correct the name.",
    ),
    "W279": Code(
        "An expectation of more than one object",
        "The producer's warehouse measures expectations, on the object that they are about. It "
        "has no other data of the product that expects them, so relationships to it, and rules "
        "that name it, cannot be measured there. Check them in a contract of your own.",
    ),
    "W280": Code(
        "Expectations of no input port",
        "A file `expectations/<input>.odcs.yaml` says what a product expects of one of its input "
        "ports, and is named like it. There is no such input port, or it reads data from outside. "
        "Rename the file, or delete it.",
    ),
    "W290": Code(
        "A column that cannot have been renamed",
        "The custom property `renamed_from` of a column names the column that it was, so that the "
        "two are compared as one. That column has to be gone from the object, and only one column "
        "can take its place. Correct the name, or take the property out.",
    ),
    "W285": Code(
        "A service level that cannot be measured",
        "An entry of `slaProperties` has a value, a unit or an `element` that does not fit its "
        "property: a length of time is written as `value: 24, unit: h`, a share as `value: 99.5, "
        "unit: percent`, a time of day as `value: '06:00', unit: Europe/Berlin`, a day as "
        "`2027-03-01`, and `element` names a date or a timestamp of the port, as `object.column`. "
        "The contract is published as it is; `weft status` says that this is not measurable.",
    ),
    "W286": Code(
        "An ending that cannot be read",
        "What a contract says of its end has a form: `successor` is the address of a port version, "
        "such as `sales.orders.lines@2`, and `override`, by which a port is retired though it is "
        "read, has `by` and `reason`. `weft deprecate` and `weft retire` write them.",
    ),
    "W287": Code(
        "An outage that cannot be planned",
        "The custom property `outage` says when a deprecated port cannot be read for a while, so "
        "that forgotten readers notice before its end: `{from: 2027-03-10T09:00Z, to: "
        "2027-03-10T12:00Z}`, or days, which are whole and of UTC. It takes 7 days at most, and "
        "is over before the last day (`endOfSupport`) begins. Correct it, or let `weft retire "
        "ADDRESS --outage FROM/TO` write it.",
    ),
}
