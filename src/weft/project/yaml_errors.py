"""Say in plain words why a text is not YAML: from the parser's complaint to one diagnostic."""

from __future__ import annotations

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from weft.mesh.diagnostic import Diagnostic
from weft.project.source import SourceText

# The beginning of the parser's complaint, what to say, and the note behind the caret.
_CAUSES = (
    (
        "mapping values are not allowed",
        "this colon starts a second `key: value` on one line",
        "put text that holds `: ` in quotes, or check the indentation",
    ),
    (
        "did not find expected key",
        "this line does not continue the mapping above it",
        "check the indentation, and quotes that end too early",
    ),
    (
        "did not find expected '-' indicator",
        "this line does not continue the list above it",
        "start it with `- `, or indent it like the key that the list belongs to",
    ),
    (
        "did not find expected ',' or ']'",
        "a list in brackets is not closed",
        "it is opened here, and a `,` or `]` is missing",
    ),
    (
        "did not find expected ',' or '}'",
        "a mapping in braces is not closed",
        "it is opened here, and a `,` or `}` is missing",
    ),
    (
        "could not find expected ':'",
        "this line is neither `key: value` nor a list entry",
        "write `key: value`, or `- ` and a space before a list entry",
    ),
    (
        "found unexpected end of stream",
        "a quote is opened and never closed",
        "it is opened here",
    ),
    (
        "found unexpected document indicator",
        "a quote is opened and never closed",
        "it is opened here",
    ),
    (
        "found character that cannot start any token",
        "a value cannot start with this character",
        "put the value in quotes",
    ),
    (
        "found unknown escape character",
        "unknown escape in a text with double quotes",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "block sequence entries are not allowed",
        "a list cannot start on the line of its key",
        "start the list on the next line, or write `[a, b]`",
    ),
    (
        "did not find expected node content",
        "a value is missing before this character",
        "put the value in quotes if this character belongs to it",
    ),
    (
        "did not find expected <document start>",
        "the document has ended before this place",
        "check brackets, braces and quotes of the lines above",
    ),
)

# What is open runs on, to where the parser gives up: the place to look is where it began.
_BEGIN_EARLIER = (
    "found unexpected",
    "could not find expected ':'",
    "did not find expected ',' or",
)


def yaml_error(source: SourceText, error: YAMLError) -> Diagnostic:
    """Turn what the YAML parser raised into one diagnostic."""
    if isinstance(error, ReaderError):
        return _unprintable(source, error)
    problem, line, column = "", 1, 1
    if isinstance(error, MarkedYAMLError):
        problem = error.problem or ""
        mark = error.context_mark if problem.startswith(_BEGIN_EARLIER) else error.problem_mark
        if mark is not None:
            line, column = mark.line + 1, mark.column + 1
    text = source.lines[line - 1] if line <= len(source.lines) else ""
    if "\t" in text[: len(text) - len(text.lstrip())]:
        place = source.span(line, text.index("\t") + 1)
        return source.diagnostic(
            "W105", "a tab stands in the indentation", place, note="use spaces"
        )
    message, note = next(
        ((message, note) for start, message, note in _CAUSES if problem.startswith(start)),
        ("this cannot be read as YAML", problem),
    )
    return source.diagnostic("W103", message, source.span(line, column), note=note)


def _unprintable(source: SourceText, error: ReaderError) -> Diagnostic:
    character = chr(error.character) if isinstance(error.character, int) else error.character
    line = next((n for n, text in enumerate(source.lines, 1) if character in text), 1)
    column = source.lines[line - 1].find(character) + 1
    return source.diagnostic(
        "W103",
        f"the character U+{ord(character):04X} cannot stand in a definition",
        source.span(line, max(column, 1)),
        note="remove it, or write it as an escape inside double quotes",
    )
