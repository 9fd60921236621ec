"""What a store keeps of a noun."""

from __future__ import annotations

import json
import zlib

import msgspec
import pytest

from weft.mesh.manifest import Column
from weft.store.content import compressed, decompressed, packed, unpacked

DECODER = msgspec.json.Decoder(tuple[Column, ...])


def test_nouns_are_kept_as_compressed_json() -> None:
    columns = (Column("id", "BIGINT"), Column("näme"))
    content = packed(columns)
    assert json.loads(zlib.decompress(content)) == [
        {"name": "id", "type": "BIGINT"},
        {"name": "näme", "type": ""},
    ]
    assert unpacked(content, DECODER) == columns


@pytest.mark.parametrize("text", [b"", b"{}", bytes(range(256))])
def test_bytes_are_kept_as_they_are(text: bytes) -> None:
    assert decompressed(compressed(text)) == text


def test_damage_is_not_read() -> None:
    with pytest.raises(zlib.error):
        unpacked(b"[]", DECODER)
    with pytest.raises(msgspec.DecodeError):
        unpacked(compressed(b'[{"name": 1}]'), DECODER)
