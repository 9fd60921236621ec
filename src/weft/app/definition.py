"""Definitions that a draft starts from: their text, and what they say, however they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from weft.app.errors import Blocked
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile


def definition_text(path: Path) -> str:
    """The text of a definition. Raises Blocked when it is no text or broken YAML."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".yaml":
            yaml.load(text, Loader=yaml.BaseLoader)
    except UnicodeDecodeError:
        raise _unreadable(path, "It is not UTF-8.") from None
    except yaml.YAMLError:
        raise _unreadable(path, "It is not one document of YAML.") from None
    return text


def _unreadable(path: Path, why: str) -> Blocked:
    return Blocked(f"{path} cannot be read", why=why, next_step="weft validate")


def definition_data(data: bytes) -> dict[str, Any]:
    """What a definition says, as Weft reads it; nothing where it cannot be read."""
    document, _ = read_yaml(SourceFile("", data))
    found = document.data if document is not None else None
    return found if isinstance(found, dict) else {}


def entries(definition: dict[str, Any], key: str) -> dict[int, dict[str, Any]]:
    """The mappings in the list under a key, by their place in it; none where there is no list."""
    found = definition.get(key)
    listed = found if isinstance(found, list) else []
    return {place: each for place, each in enumerate(listed) if isinstance(each, dict)}
