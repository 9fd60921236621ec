"""Plain data to YAML that readers of YAML 1.1 and of 1.2 understand alike."""

from __future__ import annotations

from typing import Any

import yaml

from weft.project.read_yaml import is_plain_text

_LINE_WIDTH = 100


class _Dumper(yaml.CSafeDumper):
    """Repeats a value instead of referring to it, and quotes what is text in YAML 1.1 alone."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if is_plain_text(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _write_text)


def to_yaml(data: Any) -> str:
    """Write dicts, lists and scalars as one YAML document, keys in their order.

    Reading it with `read_yaml` gives equal data.
    """
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LINE_WIDTH)
    return str(text)
