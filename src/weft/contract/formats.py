"""The `format` options that can be measured: text patterns and ranges of integers."""

from __future__ import annotations

_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_GROUP = r"[0-9A-Fa-f]{1,4}"

# Written for engines without look-around, anchored, so that they mean the same everywhere.
STRING_PATTERNS = {
    "email": r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$",
    "uuid": r"^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$",
    "hostname": (
        r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$"
    ),
    "ipv4": rf"^{_IPV4}$",
    "ipv6": (
        rf"^(({_GROUP}:){{7}}{_GROUP}|({_GROUP}:){{1,7}}:|:(:{_GROUP}){{1,7}}|::"
        + "".join(rf"|({_GROUP}:){{1,{n}}}(:{_GROUP}){{1,{7 - n}}}" for n in range(1, 7))
        # The last two groups may be an address of the fourth version.
        + rf"|(({_GROUP}:){{6}}|::({_GROUP}:){{0,5}}|({_GROUP}:){{1,5}}:"
        + "".join(rf"|({_GROUP}:){{1,{n}}}(:{_GROUP}){{1,{5 - n}}}:" for n in range(1, 5))
        + rf"){_IPV4})$"
    ),
    "byte": r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}

INTEGER_RANGES = {
    **{f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64, 128)},
    **{f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64, 128)},
}
