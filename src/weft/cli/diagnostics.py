"""Draw diagnostics as text: where, the line of the file with a caret, and what to do."""

from __future__ import annotations

from collections.abc import Iterable

from weft.cli.cells import cells, visible
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.words import count

# So much of a long line is shown, around the caret.
_WIDTH = 100
_BEFORE = 40

_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_BOLD, _BLUE = "1", "1;34"


def draw(diagnostics: Iterable[Diagnostic], *, files: int, seconds: float, colour: bool) -> str:
    """Draw diagnostics by place, each once, and a last line that counts them.

    `files` is how many files were looked at, in `seconds`; 0 where it was none, or is not known.
    """
    found = sorted(set(diagnostics), key=lambda each: each.order)
    pen = _Pen(colour)
    errors = sum(each.severity is Severity.ERROR for each in found)
    warnings = sum(each.severity is Severity.WARNING for each in found)
    total = f"{count(errors, 'error')}, {count(warnings, 'warning')}"
    if files:
        total += f" in {count(files, 'file')}"
        total += f" ({seconds:.1f} s)" if seconds else ""
    return "".join([*(_draw_one(each, pen) for each in found), total, "\n"])


class _Pen:
    """Paints text for a terminal, or leaves it as it is."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour and text else text


def _draw_one(each: Diagnostic, pen: _Pen) -> str:
    style = _COLOURS[each.severity]
    title = pen.paint(f"{each.severity}[{each.code}]", style)
    lines = [f"{title}{pen.paint(f': {_legible(each.message)}', _BOLD)}"]
    margin = "  "
    if each.span is not None:
        place = f"{each.span.file}:{each.span.line}:{each.span.column}"
        number = str(each.span.line) if each.excerpt.strip() else ""
        margin = " " * len(number) or margin
        lines.append(f"{margin}{pen.paint('-->', _BLUE)} {_legible(place)}")
        if number:
            excerpt, before, length = _cut(each.excerpt, each.span.column - 1, each.span.length)
            caret = pen.paint(f"{'^' * length} {_legible(each.note)}".rstrip(), style)
            bar = pen.paint("|", _BLUE)
            lines.append(f"{margin} {bar}")
            lines.append(f"{pen.paint(number, _BLUE)} {bar} {excerpt}".rstrip())
            lines.append(f"{margin} {bar} {' ' * before}{caret}")
    if each.note and not (each.span and each.excerpt.strip()):
        lines.append(f"{margin} = note: {_legible(each.note)}")
    lines.append(f"{margin} = help: {_legible(each.help or f'weft explain {each.code}')}")
    return "\n".join(lines) + "\n"


def _legible(text: str) -> str:
    """Show what steers a terminal as everywhere, and what nobody would see by its number."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in visible(text))


def _cut(line: str, start: int, length: int) -> tuple[str, int, int]:
    """Cut a line around a place; its text, the width before the place and the place's width."""
    start = min(start, len(line))
    end = min(start + length, len(line))
    left = max(0, start - _BEFORE) if len(line) > _WIDTH else 0
    right = left + _WIDTH
    before = ("…" if left else "") + _legible(line[left:start])
    inside = _legible(line[start : min(end, right)])
    after = _legible(line[min(end, right) : right]) + ("…" if len(line) > right else "")
    return before + inside + after, cells(before), max(cells(inside), 1)
