"""The SQL of DuckDB: quoting, types, functions, and the pieces that are its own."""

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

# What duckdb_functions() lists as scalar, aggregate or macro, without what reaches settings,
# sessions, sequences, logs or catalogues, runs text as SQL, waits, or raises.
_ALLOWED = """
    abs acos acosh add age aggregate ago any_value apply approx_count_distinct approx_quantile
    approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null
    arg_min_nulls_last argmax argmin array_agg array_aggr array_aggregate array_append
    array_apply array_cat array_concat array_contains array_cosine_distance
    array_cosine_similarity array_cross_product array_distance array_distinct array_dot_product
    array_extract array_filter array_grade_up array_has array_has_all array_has_any
    array_indexof array_inner_product array_intersect array_length array_negative_dot_product
    array_negative_inner_product array_pop_back array_pop_front array_position array_prepend
    array_push_back array_push_front array_reduce array_resize array_reverse array_reverse_sort
    array_select array_slice array_sort array_to_json array_to_string
    array_to_string_comma_default array_transform array_unique array_value array_where array_zip
    ascii asin asinh atan atan2 atanh avg bar base64 bin bit_and bit_count bit_length bit_or
    bit_position bit_xor bitstring bitstring_agg bool_and bool_or cardinality cbrt ceil ceiling
    century char_length character_length chr concat concat_ws contains corr cos cosh cot count
    count_if count_star countif covar_pop covar_samp cume_dist current_localtime
    current_localtimestamp damerau_levenshtein date_add date_diff date_part date_sub date_trunc
    datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear days_in_month
    decade decode degrees dense_rank divide editdist3 element_at encode ends_with entropy
    enum_code enum_first enum_last enum_range enum_range_boundary epoch epoch_ms epoch_ns
    epoch_us equi_width_bins era even exp factorial favg fdiv fill filter first first_value
    flatten floor fmod format format_bytes formatreadabledecimalsize formatreadablesize
    from_base64 from_binary from_hex from_json from_json_strict fsum gamma gcd gen_random_uuid
    generate_series generate_subscripts geomean geometric_mean get_bit get_current_time
    get_current_timestamp grade_up greatest greatest_common_divisor group_concat hamming hash
    hex histogram histogram_exact hour ilike_escape instr isfinite isinf isnan isodow isoyear
    jaccard jaro_similarity jaro_winkler_similarity json json_array json_array_length
    json_contains json_exists json_extract json_extract_path json_extract_path_text
    json_extract_string json_group_array json_group_object json_group_structure json_keys
    json_merge_patch json_object json_pretty json_quote json_structure json_transform
    json_transform_strict json_type json_valid json_value julian kahan_sum kurtosis kurtosis_pop
    lag last last_day last_value lcase lcm lead least least_common_multiple left left_grapheme
    len length length_grapheme levenshtein lgamma like_escape list list_aggr list_aggregate
    list_any_value list_append list_apply list_approx_count_distinct list_avg list_bit_and
    list_bit_or list_bit_xor list_bool_and list_bool_or list_cat list_concat list_contains
    list_cosine_distance list_cosine_similarity list_count list_distance list_distinct
    list_dot_product list_element list_entropy list_extract list_filter list_first list_grade_up
    list_has list_has_all list_has_any list_histogram list_indexof list_inner_product
    list_intersect list_kurtosis list_kurtosis_pop list_last list_mad list_max list_median
    list_min list_mode list_negative_dot_product list_negative_inner_product list_pack
    list_position list_prepend list_product list_reduce list_resize list_reverse
    list_reverse_sort list_select list_sem list_skewness list_slice list_sort list_stddev_pop
    list_stddev_samp list_string_agg list_sum list_transform list_unique list_value list_var_pop
    list_var_samp list_where list_zip listagg ln log log10 log2 lower lpad ltrim mad make_date
    make_time make_timestamp make_timestamp_ms make_timestamp_ns make_timestamptz map map_concat
    map_contains map_contains_entry map_contains_value map_entries map_extract map_extract_value
    map_from_entries map_keys map_values max max_by md5 md5_number md5_number_lower
    md5_number_upper mean median microsecond millennium millisecond min min_by minute mismatches
    mod mode month monthname multiply nanosecond nextafter nfc_normalize normalized_interval
    not_ilike_escape not_like_escape now nth_value ntile nullif octet_length ord parse_dirname
    parse_dirpath parse_filename parse_formatted_bytes parse_path percent_rank pg_size_pretty
    pg_typeof pi position pow power prefix printf product quantile quantile_cont quantile_disc
    quarter radians random range rank rank_dense reduce regexp_escape regexp_extract
    regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array
    regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
    repeat replace reservoir_quantile reverse right right_grapheme round round_even roundbankers
    row row_number row_to_json rpad rtrim second sem set_bit sha1 sha256 sign signbit sin sinh
    skewness split split_part sqrt starts_with stddev stddev_pop stddev_samp str_split
    str_split_regex strftime string_agg string_split string_split_regex string_to_array
    strip_accents strlen strpos strptime struct_concat struct_contains struct_extract
    struct_extract_at struct_has struct_indexof struct_insert struct_keys struct_pack
    struct_position struct_update struct_values substr substring substring_grapheme subtract
    suffix sum sum_no_overflow sumkahan tan tanh time_bucket timezone timezone_hour
    timezone_minute to_base to_base64 to_binary to_centuries to_days to_decades to_hex to_hours
    to_json to_microseconds to_millennia to_milliseconds to_minutes to_months to_quarters
    to_seconds to_timestamp to_weeks to_years today transaction_timestamp translate trim trunc
    try_strptime typeof ucase unbin unhex unicode union_extract union_tag union_value
    unpivot_list upper url_decode url_encode uuid uuid_extract_timestamp uuid_extract_version
    uuidv4 uuidv7 var_pop var_samp variance variant_extract variant_typeof wavg week weekday
    weekofyear weighted_avg xor year yearweek
"""

_VOLATILE = """
    age ago current_localtime current_localtimestamp gen_random_uuid get_current_time
    get_current_timestamp now random today transaction_timestamp uuid uuidv4 uuidv7
"""

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")

_TYPES = TypeNames(
    families={
        **dict.fromkeys(_INTEGERS + _UNSIGNED + ("BIGNUM",), "integer"),
        "DECIMAL": "decimal",
        "FLOAT": "float",
        "DOUBLE": "float",
        "BOOLEAN": "boolean",
        "VARCHAR": "string",
        "ENUM": "string",
        "UUID": "uuid",
        "BLOB": "binary",
        "BIT": "binary",
        "DATE": "date",
        "TIME": "time",
        "TIME_NS": "time",
        "TIME WITH TIME ZONE": "time",
        "TIMESTAMP": "timestamp",
        "TIMESTAMP_S": "timestamp",
        "TIMESTAMP_MS": "timestamp",
        "TIMESTAMP_NS": "timestamp",
        "TIMESTAMP WITH TIME ZONE": "timestamptz",
        "INTERVAL": "interval",
        "LIST": "array",
        "ARRAY": "array",
        "STRUCT": "object",
        "UNION": "object",
        "MAP": "map",
        "JSON": "json",
        "VARIANT": "json",
        "GEOMETRY": "binary",
    },
    synonyms={
        "INT1": "TINYINT",
        "INT2": "SMALLINT",
        "SHORT": "SMALLINT",
        "INT16": "SMALLINT",
        "INT": "INTEGER",
        "INT4": "INTEGER",
        "INT32": "INTEGER",
        "SIGNED": "INTEGER",
        "INTEGRAL": "INTEGER",
        "INT8": "BIGINT",
        "INT64": "BIGINT",
        "LONG": "BIGINT",
        "OID": "BIGINT",
        "INT128": "HUGEINT",
        "UINT8": "UTINYINT",
        "UINT16": "USMALLINT",
        "UINT32": "UINTEGER",
        "UINT64": "UBIGINT",
        "UINT128": "UHUGEINT",
        "VARINT": "BIGNUM",
        "NUMERIC": "DECIMAL",
        "DEC": "DECIMAL",
        "REAL": "FLOAT",
        "FLOAT4": "FLOAT",
        "FLOAT8": "DOUBLE",
        "DOUBLE PRECISION": "DOUBLE",
        "BOOL": "BOOLEAN",
        "LOGICAL": "BOOLEAN",
        "TEXT": "VARCHAR",
        "STRING": "VARCHAR",
        "CHAR": "VARCHAR",
        "BPCHAR": "VARCHAR",
        "NVARCHAR": "VARCHAR",
        "BYTEA": "BLOB",
        "BINARY": "BLOB",
        "VARBINARY": "BLOB",
        "BITSTRING": "BIT",
        "GUID": "UUID",
        "DATETIME": "TIMESTAMP",
        "TIMESTAMP_US": "TIMESTAMP",
        "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
        "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
        "TIMETZ": "TIME WITH TIME ZONE",
        "TIME WITHOUT TIME ZONE": "TIME",
        "ROW": "STRUCT",
    },
    logical={
        "string": "VARCHAR",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "time": "TIME",
        "timestamp": "TIMESTAMP",
        "object": "JSON",
        "array": "JSON",
        "map": "JSON",
        "vector": "FLOAT[]",
    },
    formats={
        "i8": "TINYINT",
        "i16": "SMALLINT",
        "i32": "INTEGER",
        "i64": "BIGINT",
        "i128": "DECIMAL(38,0)",
        "u8": "UTINYINT",
        "u16": "USMALLINT",
        "u32": "UINTEGER",
        "u64": "UBIGINT",
        "u128": "DECIMAL(38,0)",
        "f32": "FLOAT",
        "f64": "DOUBLE",
        "timezone": "TIMESTAMP WITH TIME ZONE",
    },
    # Parquet has no such types; its wide integers would be DOUBLE and lose digits.
    stored_as={
        "ARRAY": "LIST",
        "ENUM": "VARCHAR",
        "TIMESTAMP_S": "TIMESTAMP",
        "TIMESTAMP_MS": "TIMESTAMP",
        "HUGEINT": "DECIMAL(38,0)",
        "UHUGEINT": "DECIMAL(38,0)",
        "BIGNUM": "DECIMAL(38,0)",
    },
    decimal="(18,3)",
    digits=38,
    alike={"BLOB": "binary", "JSON": "json", "UUID": "uuid"},
)

_TEXTS = """
    concat concat_ws lower upper substring trim ltrim rtrim replace regexp_replace regexp_extract
    lpad rpad reverse repeat left right strftime time_to_str md5 sha256 dayname monthname split_part
    chr hex string_agg group_concat
"""
_COUNTS = """
    count length len strlen year month day hour minute second week quarter dayofweek dayofyear
    dayofmonth weekofyear isodow date_diff datediff row_number rank dense_rank ntile strpos
    approx_count_distinct epoch_ms regr_count
"""
_DOUBLES = """
    avg mean stddev stddev_samp stddev_pop variance var_samp var_pop corr covar_pop covar_samp sqrt
    ln exp sin cos tan radians degrees percent_rank cume_dist epoch fsum kahan_sum favg product
"""
_TRUTHS = """
    bool_and bool_or regexp_matches regexp_full_match starts_with ends_with contains isnan isinf
    isfinite
"""

_RETURNS = {
    **dict.fromkeys(_TEXTS.split(), "VARCHAR"),
    **dict.fromkeys(_COUNTS.split(), "BIGINT"),
    **dict.fromkeys(_DOUBLES.split(), "DOUBLE"),
    **dict.fromkeys(_TRUTHS.split(), "BOOLEAN"),
    "uuid": "UUID",
    "make_date": "DATE",
    "date_from_parts": "DATE",
    "current_date": "DATE",
    "now": "TIMESTAMP WITH TIME ZONE",
    "get_current_timestamp": "TIMESTAMP WITH TIME ZONE",
    "random": "DOUBLE",
}

_FUNCTIONS = FunctionNames(
    allowed=frozenset(_ALLOWED.split()),
    volatile=frozenset(_VOLATILE.split()),
    generators=frozenset(["range", "generate_series", "unnest"]),
    returns=_RETURNS,
    bare={
        "current_date": "current_date",
        "current_time": "get_current_time",
        "current_timestamp": "get_current_timestamp",
        "localtime": "current_localtime",
        "localtimestamp": "current_localtimestamp",
    },
)

_LIKE_ARGUMENT = """
    min max any_value first last first_value last_value arg_max arg_min mode nullif
"""
_TRUNCATED = {
    "DATE": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TIME ZONE",
}
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")


def quote(identifier: str) -> str:
    """Quote an identifier.

    >>> quote('a"b')
    '"a""b"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def string(value: str) -> str:
    """Write a string. A zero character cannot stand in SQL text, so it is made by a function.

    >>> string("it's")
    "'it''s'"
    """
    text = "'" + value.replace("'", "''") + "'"
    return "(" + text.replace("\0", "' || chr(0) || '") + ")" if "\0" in text else text


def relation(schema: str, name: str) -> str:
    """Write the name of a relation. It is one identifier, so that WITH can define it.

    >>> relation("builds", "abc")
    '"builds.abc"'
    """
    return quote(f"{schema}.{name}")


def _literal(text: str) -> str:
    if text.isdigit():
        value = int(text)
        return "INTEGER" if value < 2**31 else "BIGINT" if value < 2**63 else ""
    whole, dot, fraction = text.partition(".")
    if dot and (whole + fraction).isdigit():
        return f"DECIMAL({len(whole.lstrip('0')) + len(fraction)},{len(fraction)})"
    return ""


def _of(operator: str, left: str, right: str) -> str:
    """Integers widen; where a literal may adapt itself to a narrow column, nothing is certain."""
    if operator == "||":
        return "VARCHAR" if "VARCHAR" in (left, right) else ""
    if left == "DOUBLE" or right == "DOUBLE":
        other = right if left == "DOUBLE" else left
        numeric = other in _INTEGERS or other in ("DOUBLE", "FLOAT") or _DECIMAL.match(other)
        return "DOUBLE" if numeric else ""
    if left not in _INTEGERS or right not in _INTEGERS:
        return ""
    if operator == "/":
        return "DOUBLE"
    low, high = sorted((_INTEGERS.index(left), _INTEGERS.index(right)))
    return _INTEGERS[high] if low == high or low >= _INTEGERS.index("INTEGER") else ""


def _call(name: str, argument: str) -> str:
    if name in _LIKE_ARGUMENT.split():
        return argument
    if name == "abs":
        return argument if argument in _INTEGERS or argument == "DOUBLE" else ""
    if name in ("floor", "ceil", "round", "median") and argument in ("DOUBLE", "FLOAT"):
        return argument
    if name in ("floor", "ceil", "median") and argument in _INTEGERS:
        return "DOUBLE"
    if name in ("date_trunc", "timestamp_trunc"):
        return _TRUNCATED.get(argument, "")
    if name == "count_if":
        return "HUGEINT"
    return _sum(argument) if name == "sum" else ""


def _sum(argument: str) -> str:
    if argument in _INTEGERS or argument in _UNSIGNED[:-1]:
        return "HUGEINT"
    if argument in ("FLOAT", "DOUBLE"):
        return "DOUBLE"
    decimal = _DECIMAL.fullmatch(argument)
    return f"DECIMAL(38,{decimal.group(2)})" if decimal else ""


DIALECT = Dialect(
    name="duckdb",
    sqlglot="duckdb",
    case=Case.IGNORED,
    quote=quote,
    string=string,
    relation=relation,
    types=_TYPES,
    functions=_FUNCTIONS,
    snippets=Snippets(
        count_where=lambda condition: f"count(*) FILTER (WHERE {condition})",
        matches=lambda value, pattern: f"regexp_matches({value}, {pattern})",
        length=lambda value: f"length({value})",
        items=lambda value: f"len({value})",
        repeats=lambda value: (
            f"(list_count({value}) > list_unique({value})"
            # Only as texts are two items alike that are no numbers.
            f" OR list_count({value}) > list_unique(CAST({value} AS VARCHAR[]))"
            f" OR len({value}) - list_count({value}) > 1)"
        ),
        text=lambda value: f"CAST({value} AS VARCHAR)",
        double=lambda value: f"CAST({value} AS DOUBLE)",
    ),
    arithmetic=Arithmetic(literal=_literal, of=_of, call=_call),
)
