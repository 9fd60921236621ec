"""From text to the tree of one SELECT, or to what is wrong with the text.

Text is untrusted: what would overflow the parser's stack, or take it minutes, is refused by its
tokens.
"""

from __future__ import annotations

from itertools import pairwise

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import ParseError, SqlglotError, TokenError

from weft.sql.dialect import Dialect
from weft.sql.problem import PIECES, Place, Problem, place_of

MAX_TEXT = 200_000
MAX_NESTING = 60
MAX_RUN = 60
MAX_OPEN_JOINS = 6

_OPENING = frozenset([TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE])
_CLOSING = frozenset([TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END])
_CONDITIONS = frozenset([TokenType.ON, TokenType.USING, TokenType.COMMA, TokenType.SELECT])
_WITHOUT_CONDITION = frozenset([TokenType.CROSS, TokenType.NATURAL, TokenType.POSITIONAL])

_BEGINNINGS = frozenset(
    [TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN, TokenType.VALUES]
)

_UNREADABLE = "this is not SQL that can be read"
_NO_SELECT = "this is not a SELECT"
_SECOND = "this is the second; a query is one SELECT"

# What sqlglot raises on text that it was not made for, beside its own errors.
_GIVES_UP = (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, KeyError)


def read(text: str, dialect: Dialect) -> tuple[exp.Query | None, tuple[Problem, ...]]:
    """Parse a text that has to be one SELECT; exactly one of the two results is there."""
    if len(text) > MAX_TEXT:
        note = f"it has {len(text)} characters, at most {MAX_TEXT} are read"
        return None, (Problem("W304", "the query is too long", note=note),)
    if "\0" in text:
        place = Place(text.index("\0"), text.index("\0"))
        return None, (place.problem(text, "W301", _UNREADABLE, "this is a zero character"),)
    grammar = SqlglotDialect.get_or_raise(dialect.sqlglot)
    try:
        tokens = grammar.tokenize(text)
        problem = (
            _statement_problem(tokens, text)
            or _too_deep(tokens, text)
            or _nothing_between_commas(tokens, text)
        )
        if problem is not None:
            return None, (problem,)
        tree = _parse(grammar, tokens, text)
    except TokenError as error:
        return None, (_token_problem(text, error),)
    except ParseError as error:
        return None, (_syntax_problem(text, error),)
    except RecursionError:
        return None, (Problem("W304", "the query is nested too deeply"),)
    except _GIVES_UP as error:
        return None, (Problem("W301", _UNREADABLE, note=first_line(error)),)
    if tree is None:
        return None, (Problem("W302", "there is no statement here", help="write one SELECT"),)
    return _only_select(tree, text)


def _parse(grammar: SqlglotDialect, tokens: list[Token], text: str) -> exp.Expr | None:
    """Parse; a comment inside of GROUP BY and the like is only understood when it is blanked."""
    try:
        return grammar.parser().parse(tokens, text)[0]
    except ParseError:
        if not any(token.comments for token in tokens):
            raise
        blank = _without_comments(tokens, text)
        return grammar.parser().parse(grammar.tokenize(blank), text)[0]


def _without_comments(tokens: list[Token], text: str) -> str:
    """Replace what stands between tokens by as many spaces, so that places stay right."""
    pieces = []
    end = 0
    for token in tokens:
        gap = text[end : token.start]
        pieces += ["".join(mark if mark == "\n" else " " for mark in gap)]
        pieces += [text[token.start : token.end + 1]]
        end = token.end + 1
    return "".join(pieces)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, as a note without a full stop."""
    return (str(error).splitlines() or [""])[0].rstrip(".")


def _only_select(tree: exp.Expr, text: str) -> tuple[exp.Query | None, tuple[Problem, ...]]:
    """Take brackets off, and refuse what is no SELECT inside them."""
    while isinstance(tree, exp.Subquery) and [k for k, v in tree.args.items() if v] == ["this"]:
        tree = tree.this
    if isinstance(tree, exp.Query) and not isinstance(tree, exp.Subquery):
        return tree, ()
    note = "it is VALUES" if isinstance(tree, exp.Values) else "take off what stands around it"
    return None, (place_of(tree).problem(text, "W303", _NO_SELECT, note),)


def _statement_problem(tokens: list[Token], text: str) -> Problem | None:
    """Find a second statement, or one that does not begin like a SELECT."""
    ended = False
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            ended = True
        elif ended:
            return _at(token, text, "W302", "there are several statements here", _SECOND)
    if not tokens or tokens[0].token_type is TokenType.SEMICOLON:
        return Problem("W302", "there is no statement here", help="write one SELECT")
    first = tokens[0]
    if first.token_type not in _BEGINNINGS:
        return _at(first, text, "W303", _NO_SELECT, f"it begins with `{first.text}`")
    return None


def _too_deep(tokens: list[Token], text: str) -> Problem | None:
    """Find where a query nests, repeats itself, or leaves joins open, beyond reason."""
    depth = run = joins = 0
    before = None
    for token in tokens:
        kind = token.token_type
        run = run + 1 if kind is before else 0
        if kind in _OPENING:
            depth += 1
        elif kind in _CLOSING:
            depth -= 1
        elif kind in _CONDITIONS:
            joins = 0
        elif kind is TokenType.JOIN:
            joins += before not in _WITHOUT_CONDITION
        if depth > MAX_NESTING or run > MAX_RUN:
            return _at(token, text, "W304", "the query is nested too deeply", "simplify it here")
        if joins > MAX_OPEN_JOINS:
            return _at(token, text, "W301", "too many joins without ON or USING", "")
        before = kind
    return None


def _nothing_between_commas(tokens: list[Token], text: str) -> Problem | None:
    """Find what the parser would pass over in silence, and the warehouse would not."""
    for before, token in pairwise(tokens):
        if before.token_type is token.token_type is TokenType.COMMA:
            return _at(token, text, "W301", _UNREADABLE, "something is missing before this comma")
    return None


def _at(token: Token, text: str, code: str, message: str, note: str) -> Problem:
    return Place(token.start, token.end).problem(text, code, message, note)


def _token_problem(text: str, error: TokenError) -> Problem:
    # A quote that matches as a single piece has no other end.
    for found in PIECES.finditer(text):
        if found.group() in ("'", '"', "/*", "$$"):
            place = Place(found.start(), found.end() - 1)
            return place.problem(text, "W301", _UNREADABLE, "this is never closed")
    return Problem("W301", _UNREADABLE, note=first_line(error))


def _syntax_problem(text: str, error: ParseError) -> Problem:
    first = error.errors[0] if error.errors else {}
    mark = str(first.get("highlight") or "")
    before = str(first.get("start_context") or "")
    missing = str(first.get("description") or "").startswith("Required")
    note = "something is missing here" if missing or not before else "this is not expected here"
    # Behind a `$` the parser counts lines wrongly, so its own words are looked for first.
    start = text.find(before + mark)
    if start >= 0 and mark:
        place = Place(start + len(before), start + len(before) + len(mark) - 1)
        return place.problem(text, "W301", _UNREADABLE, note)
    line, end = int(first.get("line") or 1), int(first.get("col") or 0)
    return Problem(
        "W301",
        _UNREADABLE,
        line=min(line, text.count("\n") + 1),
        column=max(end - len(mark) + 1, 1),
        length=max(len(mark.partition("\n")[0]), 1),
        note=note,
    )
