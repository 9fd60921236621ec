"""The shape of every definition: which JSON Schema it follows, and whether a document does.

What an error of a schema means to its author is worked out in `schema_errors.py`.
"""

from __future__ import annotations

import json
import pkgutil
from enum import StrEnum
from functools import cache
from typing import Any

import jsonschema_rs

from weft.mesh.contract import Operator
from weft.mesh.diagnostic import Diagnostic
from weft.mesh.nearest import did_you_mean
from weft.project.read_yaml import Document
from weft.project.schema_errors import explain

# Each error of a schema costs the validator some 40 kB, and it collects them all before it gives
# the first: of a document with more characters only the first error is asked for.
_LARGE = 50_000


class Format(StrEnum):
    """The formats of definitions; the values name the files of their schemas."""

    ODCS = "odcs"
    ODPS = "odps-1.1"
    WEFT = "weft"
    DOMAIN = "domain"
    TESTS = "tests"
    POLICY = "policy"
    SHARED = "shared"


# The versions that are read, the newest first, and the kind, of documents that name both.
_STANDARDS = {
    Format.ODCS: (("v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0"), "DataContract"),
    Format.ODPS: (("v1.1.0", "v1.0.0", "v0.9.0"), "DataProduct"),
}


def check_shape(document: Document, format: Format) -> tuple[Diagnostic, ...]:
    """Check a document against the schema of its format: nothing, or one finding per mistake."""
    data = document.data
    if not isinstance(data, dict) and not (format is Format.TESTS and isinstance(data, list)):
        note = "this file is empty" if data is None else "write `key: value` lines"
        return (document.diagnostic("W107", "this file holds no keys and values", note=note),)
    if format in _STANDARDS:
        other = _other_standard(document, format)
        if other is not None:
            return (other,)
    validator = _validator(format)
    try:
        validator.validate(data)
    except jsonschema_rs.ValidationError as first:
        large = len(document.source.text) > _LARGE
        errors = [first] if large else list(validator.iter_errors(data))
        return explain(document, schema_of(format), errors)
    return ()


def _other_standard(document: Document, format: Format) -> Diagnostic | None:
    """Report a document of another kind or version; nothing else about it would be of use."""
    versions, wanted = _STANDARDS[format]
    kind = document.data.get("kind", wanted)
    version = document.data.get("apiVersion", versions[0])
    if kind != wanted:
        note = f"it has to be `{wanted}` here"
        return document.diagnostic("W128", f"this is no {wanted}", "kind", note=note)
    if version in versions:
        return None
    note = did_you_mean(str(version), versions, f"read are {', '.join(versions)}")
    if isinstance(version, str) and f"v{version}" in versions:
        note = f"write `v{version}`"
    elif isinstance(version, str) and version.startswith("v2."):
        note = "version 2 of the standard is too old; convert the document to v3.2.0"
    message = f"`apiVersion: {version}` is not read" if version else "`apiVersion` is empty"
    return document.diagnostic("W127", message, "apiVersion", note=note)


@cache
def schema_of(format: Format) -> dict[str, Any]:
    """The JSON Schema of a format, as plain data."""
    if format is Format.ODCS:
        return corrected(json.loads(odcs_schema_text()))
    text = pkgutil.get_data("weft.project", f"schemas/{format}.json") or b"{}"
    schema: dict[str, Any] = json.loads(text)
    return schema


def odcs_schema_text() -> bytes:
    """The official schema of ODCS, as its package brings it; none of its models are imported."""
    return pkgutil.get_data("open_data_contract_standard", "schema.json") or b"{}"


def corrected(schema: dict[str, Any]) -> dict[str, Any]:
    """Correct the official ODCS schema, in place, where it is narrower than the standard.

    Its conditions for `map` and `vector` hold for a property without `logicalType` too, which
    then would need a `map` block. And rules as ODCS 3.0 writes them have `rule` for `metric`,
    the valid values beside it, and need no operator; what it says of a person is a `comment`.
    """
    definitions = schema["$defs"]
    definitions["TeamMember"]["properties"]["comment"] = {"type": "string"}
    library = definitions["DataQualityLibrary"]
    library["properties"]["validValues"] = {"type": "array"}
    operators = library.pop("allOf")
    library["if"] = {"required": ["rule"], "not": {"required": ["metric"]}}
    library["then"] = {"if": {"anyOf": [{"required": [each.value]} for each in Operator]}}
    library["then"]["then"] = {"allOf": operators}
    library["else"] = {"allOf": operators, "required": library.pop("required")}
    is_library = {"properties": {"type": {"const": "library"}}, "required": ["rule"]}
    definitions["DataQuality"]["allOf"][0]["if"]["anyOf"].append(is_library)
    for branch in definitions["SchemaBaseProperty"]["allOf"]:
        condition = branch.get("if", {})
        logical = condition.get("properties", {}).get("logicalType", {})
        if logical.get("const") in ("map", "vector"):
            condition["required"] = ["logicalType"]
    return schema


@cache
def _validator(format: Format) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema_of(format), offline=True)
