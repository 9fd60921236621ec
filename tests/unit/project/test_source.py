from __future__ import annotations

from weft.mesh.diagnostic import Span
from weft.project.source import MAX_BYTES, SourceFile, SourceText, read_text


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    source, found = read_text(SourceFile("a.yaml", b"\xef\xbb\xbfa: 1"))
    assert (source, found) == (SourceText("a.yaml", "a: 1"), ())


def test_a_byte_that_is_no_utf8_is_placed_by_characters() -> None:
    source, (found,) = read_text(SourceFile("a.yaml", "ä: 1\nü: ".encode() + b"\xff\r\n"))
    assert source is None
    assert (found.code, found.span) == ("W102", Span("a.yaml", 2, 4))
    assert found.excerpt == "ü: �"


def test_a_large_file_is_not_decoded() -> None:
    for file in (SourceFile("a", b"", 50_000_000), SourceFile("a", b"x" * (MAX_BYTES + 1))):
        source, (found,) = read_text(file)
        assert source is None
        assert found.code == "W101"
    assert "50,000,000 bytes" in read_text(SourceFile("a", b"", 50_000_000))[1][0].message


def test_a_file_of_the_greatest_size_is_read() -> None:
    source, found = read_text(SourceFile("a", b"x" * MAX_BYTES, MAX_BYTES))
    assert source is not None
    assert found == ()


def test_lines_end_as_in_yaml() -> None:
    assert SourceText("a", "1\r\n2\n3\r4\x855\u20286").lines == list("123456")


def test_a_finding_past_the_end_has_no_excerpt() -> None:
    source = SourceText("a", "one")
    assert source.diagnostic("W103", "m", source.span(2, 1)).excerpt == ""
    assert source.diagnostic("W103", "m", source.span(1, 1, 0)).span == Span("a", 1, 1, 1)
