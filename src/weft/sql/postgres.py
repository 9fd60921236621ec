"""The SQL of PostgreSQL 15 to 18: quoting, types, functions, and the pieces that are its own."""

from __future__ import annotations

import re

from weft.sql.dialect import (
    Arithmetic,
    Case,
    Dialect,
    FunctionNames,
    Snippets,
    TypeNames,
)

# What pg_proc lists as function, aggregate or window function of pg_catalog, without what reads
# catalogues, settings, sessions, roles, files, large objects or dictionaries, takes snapshots or
# locks, runs text as SQL, waits, or depends on the money format of the place.
_ALLOWED = """
    abs acos acosd acosh age any_value area array_agg array_append array_cat array_dims array_fill
    array_length array_lower array_ndims array_position array_positions array_prepend
    array_remove array_replace array_reverse array_sample array_shuffle array_sort array_to_json
    array_to_string array_upper ascii asin asind asinh atan atan2 atan2d atand atanh avg bit_and
    bit_count bit_length bit_or bit_xor bool_and bool_or btrim cardinality casefold cbrt ceil
    ceiling char_length character_length chr clock_timestamp concat concat_ws convert
    convert_from convert_to corr cos cosd cosh cot cotd count covar_pop covar_samp crc32 crc32c
    cume_dist date_add date_bin date_part date_subtract date_trunc decode degrees dense_rank div
    encode erf erfc every exp extract factorial family first_value floor format gamma gcd
    gen_random_uuid generate_series generate_subscripts get_bit get_byte host hostmask
    inet_merge inet_same_family initcap isempty isfinite is_normalized json_agg json_agg_strict
    json_array_elements json_array_elements_text json_array_length json_build_array
    json_build_object json_each json_each_text json_extract_path json_extract_path_text
    json_object json_object_agg json_object_agg_strict json_object_agg_unique
    json_object_agg_unique_strict json_object_keys json_strip_nulls json_typeof jsonb_agg
    jsonb_agg_strict jsonb_array_elements jsonb_array_elements_text jsonb_array_length
    jsonb_build_array jsonb_build_object jsonb_contained jsonb_contains jsonb_each
    jsonb_each_text jsonb_exists jsonb_exists_all jsonb_exists_any jsonb_extract_path
    jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg jsonb_object_agg_strict
    jsonb_object_agg_unique jsonb_object_agg_unique_strict jsonb_object_keys jsonb_path_exists
    jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
    jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first
    jsonb_path_query_first_tz jsonb_path_query_tz jsonb_pretty jsonb_set jsonb_set_lax
    jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval lag last_value
    lcm lead left length lgamma like ln log log10 lower lower_inc lower_inf lpad ltrim
    make_date make_interval make_time make_timestamp make_timestamptz masklen max md5 min
    min_scale mod mode multirange netmask network normalize notlike now nth_value ntile
    num_nonnulls num_nulls numrange octet_length overlaps overlay parse_ident percent_rank
    percentile_cont percentile_disc pg_size_bytes pg_size_pretty pg_typeof pi position pow power
    quote_ident quote_literal quote_nullable radians random random_normal range_agg
    range_intersect_agg range_merge rank regexp_count regexp_instr regexp_like regexp_match
    regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr
    regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
    repeat replace reverse right round row_number row_to_json rpad rtrim scale set_bit set_byte
    sha224 sha256 sha384 sha512 sign sin sind sinh split_part sqrt starts_with
    statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array string_to_table
    strpos substr substring sum tan tand tanh timeofday timezone to_bin to_char to_date to_hex
    to_json to_jsonb to_number to_oct to_timestamp transaction_timestamp translate trim_array
    trim_scale trunc unicode_assigned unistr unnest upper upper_inc upper_inf
    uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7 var_pop var_samp variance
    width_bucket int4range int8range daterange tsrange tstzrange int4multirange int8multirange
    nummultirange datemultirange tsmultirange tstzmultirange
"""

_VOLATILE = """
    age array_sample array_shuffle clock_timestamp gen_random_uuid now random random_normal
    statement_timestamp timeofday transaction_timestamp uuidv4 uuidv7
"""

_GENERATORS = """
    generate_series generate_subscripts json_array_elements json_array_elements_text json_each
    json_each_text json_object_keys jsonb_array_elements jsonb_array_elements_text jsonb_each
    jsonb_each_text jsonb_object_keys jsonb_path_query regexp_matches regexp_split_to_table
    string_to_table unnest
"""

_INTEGERS = ("SMALLINT", "INTEGER", "BIGINT")
_DATE, _TIME, _SPAN = "DATE", "TIME", "INTERVAL"
_DOUBLE = "DOUBLE PRECISION"
_STAMP, _ZONED = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"
_NUMBERS = (*_INTEGERS, "DECIMAL", "REAL", _DOUBLE)
_MOMENTS = (_DATE, _TIME, _STAMP, _ZONED)

_TYPES = TypeNames(
    families={
        **dict.fromkeys((*_INTEGERS, "OID"), "integer"),
        "DECIMAL": "decimal",
        "REAL": "float",
        _DOUBLE: "float",
        "BOOLEAN": "boolean",
        "TEXT": "string",
        "CHARACTER": "string",
        "NAME": "string",
        "CITEXT": "string",
        "UUID": "uuid",
        "BYTEA": "binary",
        "BIT": "binary",
        "BIT VARYING": "binary",
        _DATE: "date",
        _TIME: "time",
        "TIME WITH TIME ZONE": "time",
        _STAMP: "timestamp",
        _ZONED: "timestamptz",
        _SPAN: "interval",
        "RECORD": "object",
        "JSON": "json",
        "JSONB": "json",
    },
    # A VARCHAR differs from TEXT in its length alone, and lengths are no part of a type here.
    synonyms={
        "INT2": "SMALLINT",
        "SMALLSERIAL": "SMALLINT",
        "INT": "INTEGER",
        "INT4": "INTEGER",
        "SERIAL": "INTEGER",
        "INT8": "BIGINT",
        "BIGSERIAL": "BIGINT",
        "NUMERIC": "DECIMAL",
        "DEC": "DECIMAL",
        "FLOAT4": "REAL",
        "FLOAT": _DOUBLE,
        "FLOAT8": _DOUBLE,
        "BOOL": "BOOLEAN",
        "VARCHAR": "TEXT",
        "CHARACTER VARYING": "TEXT",
        "CHAR VARYING": "TEXT",
        "NATIONAL CHARACTER VARYING": "TEXT",
        "CHAR": "CHARACTER",
        "BPCHAR": "CHARACTER",
        "NCHAR": "CHARACTER",
        "NATIONAL CHARACTER": "CHARACTER",
        "VARBIT": "BIT VARYING",
        "TIMETZ": "TIME WITH TIME ZONE",
        "TIME WITHOUT TIME ZONE": _TIME,
        "TIMESTAMPTZ": _ZONED,
        "TIMESTAMP WITHOUT TIME ZONE": _STAMP,
    },
    logical={
        "string": "TEXT",
        "integer": "BIGINT",
        "number": _DOUBLE,
        "boolean": "BOOLEAN",
        "date": _DATE,
        "time": _TIME,
        "timestamp": _STAMP,
        "object": "JSONB",
        "array": "JSONB",
        "map": "JSONB",
        "vector": "REAL[]",
    },
    formats={
        "i8": "SMALLINT",
        "i16": "SMALLINT",
        "i32": "INTEGER",
        "i64": "BIGINT",
        "i128": "DECIMAL(39,0)",
        "u8": "SMALLINT",
        "u16": "INTEGER",
        "u32": "BIGINT",
        "u64": "DECIMAL(20,0)",
        "u128": "DECIMAL(39,0)",
        "f32": "REAL",
        "f64": _DOUBLE,
        "timezone": _ZONED,
    },
    stored_as={},
    decimal="",
    alike={"BYTEA": "binary", "JSON": "json", "JSONB": "json", "UUID": "uuid"},
)

_TEXTS = """
    chr concat concat_ws format initcap md5 quote_ident quote_literal quote_nullable
    regexp_replace regexp_substr replace split_part time_to_str to_char to_hex hex lower_hex
    translate pg_size_pretty json_typeof jsonb_typeof json_extract_path_text
    jsonb_extract_path_text array_to_string jsonb_pretty normalize
"""
_WHOLES = """
    length char_length character_length octet_length bit_length ascii unicode strpos
    str_position array_length array_upper array_lower array_ndims cardinality
    json_array_length jsonb_array_length regexp_count ntile num_nulls num_nonnulls
"""
_LONGS = "count row_number rank dense_rank regr_count"
_DOUBLES = """
    sin cos tan cot asin acos atan atan2 sinh cosh tanh asinh acosh atanh degrees radians pi cbrt
    corr covar_pop covar_samp regr_avgx regr_avgy regr_intercept regr_r2 regr_slope regr_sxx
    regr_sxy regr_syy percent_rank cume_dist date_part
"""
_TRUTHS = """
    bool_and bool_or every logical_and logical_or starts_with isfinite regexp_like isempty
    jsonb_exists jsonb_contains jsonb_path_exists
"""
_DOCUMENTS = """
    to_jsonb jsonb_build_array jsonb_build_object jsonb_agg jsonb_object_agg jsonb_set
    jsonb_insert jsonb_strip_nulls jsonb_path_query_array jsonb_path_query_first
"""

_RETURNS = {
    **dict.fromkeys(_TEXTS.split(), "TEXT"),
    **dict.fromkeys(_WHOLES.split(), "INTEGER"),
    **dict.fromkeys(_LONGS.split(), "BIGINT"),
    **dict.fromkeys(_DOUBLES.split(), _DOUBLE),
    **dict.fromkeys(_TRUTHS.split(), "BOOLEAN"),
    **dict.fromkeys(_DOCUMENTS.split(), "JSONB"),
    **dict.fromkeys(("now", "current_timestamp", "statement_timestamp"), _ZONED),
    **dict.fromkeys(("gen_random_uuid", "uuid", "uuidv4", "uuidv7"), "UUID"),
    "extract": "DECIMAL",
    "make_date": _DATE,
    "make_timestamp": _STAMP,
    "current_date": _DATE,
    "age": _SPAN,
}

_PAIRS = frozenset(["json_each", "json_each_text", "jsonb_each", "jsonb_each_text"])
_ELEMENTS = """
    json_array_elements json_array_elements_text jsonb_array_elements jsonb_array_elements_text
"""


def _outputs(name: str, alias: str) -> tuple[str, ...]:
    """Some generators name their columns; the one column of any other is called by its alias."""
    if name in _PAIRS:
        return ("key", "value")
    return ("value",) if name in _ELEMENTS.split() else (alias or name,)


_FUNCTIONS = FunctionNames(
    allowed=frozenset(_ALLOWED.split()),
    volatile=frozenset(_VOLATILE.split()),
    generators=frozenset(_GENERATORS.split()),
    returns=_RETURNS,
    outputs=_outputs,
)

_NUMBER = re.compile(r"[0-9.]+(?:[eE][-+]?[0-9]+)?")
_LIKE_ARGUMENT = frozenset(["min", "max", "any_value", "first_value", "last_value"])
_LIKE_TEXT = """
    upper lower trim ltrim rtrim btrim substring left right lpad rpad repeat reverse string_agg
    group_concat overlay
"""
_DISPERSIONS = frozenset(["stddev", "stddev_samp", "stddev_pop", "variance", "variance_pop"])
_ROUNDED = frozenset(["floor", "ceil", "round", "trunc", "sign", "sqrt", "exp", "ln"])
_OF_BOTH_KINDS = frozenset(["round", "trunc"])


def quote(identifier: str) -> str:
    """Quote an identifier.

    >>> quote('a"b')
    '"a""b"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def string(value: str) -> str:
    r"""Write a string. A zero character, which no text can hold here, becomes U+FFFD.

    The standard form reads a backslash as itself only while a setting says so; the other form
    always reads two of them as one.

    >>> print(string("it's"), string("a\\b"))
    'it''s' E'a\\b'
    """
    text = value.replace("\0", "\ufffd").replace("'", "''")
    return "E'" + text.replace("\\", "\\\\") + "'" if "\\" in text else "'" + text + "'"


def relation(schema: str, name: str) -> str:
    """Write the name of a relation. It is one identifier, so that WITH can define it.

    >>> relation("builds", "abc")
    '"builds abc"'
    """
    return quote(f"{schema} {name}")


def _plain(native: str) -> str:
    """A type without its size, which computed values do not keep."""
    head, bracket, rest = native.partition("(")
    return head + rest.partition(")")[2] if bracket else native


def _literal(text: str) -> str:
    if text.isdigit():
        value = int(text)
        return "INTEGER" if value < 2**31 else "BIGINT" if value < 2**63 else "DECIMAL"
    return "DECIMAL" if _NUMBER.fullmatch(text) else ""


def _of(operator: str, left: str, right: str) -> str:
    left, right = _plain(left), _plain(right)
    if operator == "||":
        return _joined(left, right)
    if left in _NUMBERS and right in _NUMBERS:
        return _number(operator, left, right)
    return _moment(operator, left, right)


def _joined(left: str, right: str) -> str:
    """A text beside a list, a document or bytes may be a literal of that type."""
    scalars = (*_NUMBERS, *_MOMENTS, "TEXT", "BOOLEAN", "UUID")
    return "TEXT" if "TEXT" in (left, right) and left in scalars and right in scalars else ""


def _number(operator: str, left: str, right: str) -> str:
    """Integers stay integers, even divided; REAL widens in sums, but not in a CASE."""
    low, high = sorted((left, right), key=_NUMBERS.index)
    if operator == "%" and high in ("REAL", _DOUBLE):
        return ""
    return high if high != "REAL" or low == high else ""


def _moment(operator: str, left: str, right: str) -> str:
    if operator == "-":
        return _difference(left, right)
    if operator != "+":
        return _SPAN if (left, operator) == (_SPAN, "*") and right in _NUMBERS else ""
    if right == _SPAN or left == _SPAN:
        return _moved(left if right == _SPAN else right)
    if {left, right} == {_DATE, _TIME}:
        return _STAMP
    whole = right if left == _DATE else left if right == _DATE else ""
    return _DATE if whole in ("SMALLINT", "INTEGER") else ""


def _difference(left: str, right: str) -> str:
    if right == _SPAN:
        return _moved(left)
    if left == _DATE and right in (_DATE, "SMALLINT", "INTEGER"):
        return "INTEGER" if right == _DATE else _DATE
    return _SPAN if left == right and left in (_TIME, _STAMP, _ZONED) else ""


def _moved(native: str) -> str:
    """The type of a moment to which an interval was added."""
    if native == _DATE:
        return _STAMP
    return native if native in (_TIME, _STAMP, _ZONED, _SPAN) else ""


def _call(name: str, argument: str) -> str:
    argument = _plain(argument)
    if name in _LIKE_ARGUMENT:
        return argument if argument in (*_NUMBERS, *_MOMENTS, _SPAN, "TEXT") else ""
    if name in _LIKE_TEXT.split():
        return argument if argument == "TEXT" else ""
    if name == "abs":
        return argument if argument in _NUMBERS else ""
    if name in ("timestamp_trunc", "date_trunc"):
        return {_DATE: _ZONED, _STAMP: _STAMP, _ZONED: _ZONED, _SPAN: _SPAN}.get(argument, "")
    if name == "array_agg":
        scalar = argument in (*_NUMBERS, *_MOMENTS, "TEXT", "BOOLEAN", "UUID")
        return f"{argument}[]" if scalar else ""
    return _statistic(name, argument)


def _statistic(name: str, argument: str) -> str:
    exact = argument in _INTEGERS or argument == "DECIMAL"
    floating = argument in ("REAL", _DOUBLE)
    if name == "sum":
        if floating or argument == _SPAN:
            return argument
        return "BIGINT" if argument in _INTEGERS[:2] else "DECIMAL" if exact else ""
    if name == "avg" or name in _DISPERSIONS:
        return "DECIMAL" if exact else _DOUBLE if floating else ""
    if name in _ROUNDED:
        if argument in _INTEGERS and name in _OF_BOTH_KINDS:
            return ""
        return "DECIMAL" if argument == "DECIMAL" else _DOUBLE if exact or floating else ""
    return ""


_LACKS = """
    ANTI SEMI ASOF ALL BY_NAME EXCEPT_ REPLACE RENAME Qualify IntDiv Struct Map Lambda Comprehension
    TableSample TryCast IgnoreNulls RespectNulls
"""


def _list(value: str) -> str:
    """A list or a JSON array as JSONB; NULL for anything else."""
    document = f"to_jsonb({value})"
    return f"CASE jsonb_typeof({document}) WHEN 'array' THEN {document} END"


def _repeats(value: str) -> str:
    items = f"jsonb_array_elements({_list(value)}) AS items(item)"
    return " ".join(("(SELECT count(*) > count(DISTINCT item) FROM", items + ")"))


DIALECT = Dialect(
    name="postgres",
    sqlglot="postgres",
    case=Case.LOWER,
    quote=quote,
    string=string,
    relation=relation,
    types=_TYPES,
    functions=_FUNCTIONS,
    snippets=Snippets(
        count_where=lambda condition: f"count(*) FILTER (WHERE {condition})",
        matches=lambda value, pattern: f"({value} ~ {pattern})",
        length=lambda value: f"char_length(CAST({value} AS TEXT))",
        items=lambda value: f"jsonb_array_length({_list(value)})",
        repeats=_repeats,
        text=lambda value: f"CAST({value} AS TEXT)",
        double=lambda value: f"CAST({value} AS DOUBLE PRECISION)",
        remainder=lambda value, by: f"CAST({value} AS DECIMAL) % {by}",
    ),
    strict=True,
    longest_name=63,
    lacks=frozenset(_LACKS.split()),
    arithmetic=Arithmetic(literal=_literal, of=_of, call=_call, computed=_plain),
)
