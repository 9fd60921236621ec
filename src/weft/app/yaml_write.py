"""Write a document as YAML for people, which reads as the same document again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from weft.app.yaml_edit import scalar

_WIDTH = 120


def yaml_text(document: Mapping[str, Any]) -> str:
    """Write plain data; a text is quoted wherever one version of YAML or another misreads it."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH
    )
    return text


class _Dumper(yaml.SafeDumper):
    """Indents the entries of lists, and repeats what stands in several places."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if " " in text or scalar(text) == text else '"'
    if "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)
