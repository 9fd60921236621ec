"""Contracts with the fragments that they use in their places, and where each piece comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from weft.mesh.diagnostic import Diagnostic, Severity, Span
from weft.mesh.nearest import did_you_mean
from weft.project.fragments import KINDS, NAMED, ROOT, Fragments, Used
from weft.project.read_yaml import MAX_DEPTH, MAX_FINDINGS, MAX_VALUES, Document, Step

USE = "use"
"""The key by which a place of a contract names the fragments that it is made of."""

Path = tuple[Step, ...]

_MAY_USE = re.compile(rf"""\b{USE}["']?\s*:""")


@dataclass(frozen=True)
class _Origin:
    """Where a piece of a contract is written. `used` leads to the `use` in the contract, if any."""

    document: Document
    path: Path
    used: Path = ()
    inside: Mapping[Step, _Origin] = field(default_factory=dict)


@dataclass(frozen=True)
class ResolvedDocument(Document):
    """A contract whose data has no `use` any more; places are those of the file as written.

    What is wrong inside of a fragment is shown where the contract uses it, and names the
    fragment's own place as well.
    """

    written: Document
    origin: _Origin

    def span(self, *path: Step, key: bool = False) -> Span:
        """The place of a value in the contract's file, or of the `use` that it comes from."""
        origin, rest = self._found(path)
        if origin.used:
            return self.written.span(*origin.used)
        return self.written.span(*origin.path, *rest, key=key)

    def diagnostic(
        self,
        code: str,
        message: str,
        *path: Step,
        key: bool = False,
        note: str = "",
        help: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """Report something at the place of a value; see `Document.diagnostic`."""
        origin, rest = self._found(path)
        if origin.used:
            place = origin.document.span(*origin.path, *rest, key=key)
            note = _with_place(note, place)
            path, key, rest = origin.used, False, ()
        else:
            path = origin.path
        return self.written.diagnostic(
            code, message, *path, *rest, key=key, note=note, help=help, severity=severity
        )

    def place(self, *path: Step) -> Path:
        """Where a value is written in the contract's own file; () where a fragment brings it.

        An entry of a list that uses one fragment and says nothing else is the place of that one.
        """
        origin, rest = self._found(path)
        if not origin.used:
            return (*origin.path, *rest)
        is_whole = not rest and len(origin.path) == len(("kind", "name"))
        return origin.used[:-1] if is_whole and origin.used[-1] == USE else ()

    def _found(self, path: Path) -> tuple[_Origin, Path]:
        """The origin of a place, and the steps that lead on from there inside one document."""
        origin = self.origin
        for number, step in enumerate(path):
            if step not in origin.inside:
                return origin, path[number:]
            origin = origin.inside[step]
        return origin, ()


@dataclass(frozen=True)
class Resolution:
    """A contract with its fragments in place, None where they cannot be, and which it uses.

    Those that are looked for in vain are among them: with them the contract is another one.
    """

    document: Document | None
    used: tuple[Used, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def resolve(document: Document, fragments: Fragments) -> Resolution:
    """Put fragments in their places. A contract that uses none is returned as it is.

    Where a fragment may stand in a file that cannot be read, it is None without a diagnostic:
    that file is reported by itself.
    """
    if not _MAY_USE.search(document.source.text):
        return Resolution(document)
    resolver = _Resolver(document, fragments)
    try:
        node = resolver.node(document.data, _Place(document, (), ROOT))
    except _TooLarge as error:
        return Resolution(None, tuple(resolver.used), (error.diagnostic,))
    used = tuple(resolver.used)
    if not used and not resolver.failed:
        return Resolution(document)
    if resolver.failed:
        return Resolution(None, used, tuple(resolver.diagnostics))
    origin = node.origin
    return Resolution(ResolvedDocument(document.source, node.data, document, origin), used)


class _TooLarge(Exception):
    """Going on would cost too much, or would not come to an end."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(frozen=True)
class _Place:
    """Where the resolver is: in which document, under which kind, by way of which fragments."""

    document: Document
    path: Path
    kind: str
    used: Path = ()
    by: tuple[Used, ...] = ()
    depth: int = 0

    def at(self, step: Step, kind: str) -> _Place:
        return replace(self, path=(*self.path, step), kind=kind, depth=self.depth + 1)

    @property
    def origin(self) -> _Origin:
        return _Origin(self.document, self.path, self.used)


@dataclass(frozen=True)
class _Node:
    """A piece of the resolved contract and where it comes from."""

    data: Any
    origin: _Origin


class _Resolver:
    """Resolves one contract. Its size is limited as if everything stood in one file."""

    def __init__(self, contract: Document, fragments: Fragments) -> None:
        self.used: dict[Used, None] = {}
        self.diagnostics: list[Diagnostic] = []
        self.failed = False
        self._contract = contract
        self._fragments = fragments
        self._values = 0

    def node(self, value: Any, place: _Place) -> _Node:
        """A value with the fragments that it uses in their places."""
        self._count(place)
        if isinstance(value, dict):
            if USE in value and place.kind in KINDS:
                return self._using(value, place)
            return self._mapping(value, place)
        if isinstance(value, list):
            return _joined(self._entries(value, place), place)
        return _Node(value, place.origin)

    def _mapping(self, value: Mapping[str, Any], place: _Place) -> _Node:
        inside = {
            key: self.node(each, place.at(key, _kind(key, place.kind)))
            for key, each in value.items()
            if key != USE or place.kind not in KINDS
        }
        data = {key: node.data for key, node in inside.items()}
        origins: dict[Step, _Origin] = {key: node.origin for key, node in inside.items()}
        return _Node(data, replace(place.origin, inside=origins))

    def _entries(self, value: Sequence[Any], place: _Place) -> Iterator[_Node]:
        """The entries of a list; one that only uses fragments stands for all that is in them."""
        for number, each in enumerate(value):
            there = place.at(number, place.kind)
            if not isinstance(each, dict) or USE not in each or place.kind not in KINDS:
                yield self.node(each, there)
                continue
            self._count(there)
            pieces = self._pieces(each[USE], there)
            if len(each) > 1:
                whole = self._filled(each, pieces, there)
                yield _named(whole, pieces[0][0], there) if pieces else whole
                continue
            for name, piece in pieces:
                if isinstance(piece.data, list):
                    yield from _inside(piece)
                else:
                    yield _named(piece, name, there)

    def _using(self, value: Mapping[str, Any], place: _Place) -> _Node:
        """What a mapping outside of a list stands for: a fragment, or what several are together."""
        pieces = self._pieces(value[USE], place)
        found = [piece for _, piece in pieces]
        if len(value) > 1 or len(found) != 1:
            if len(value) == 1 and found and all(isinstance(each.data, list) for each in found):
                return _joined((entry for each in found for entry in _inside(each)), place)
            return self._filled(value, pieces, place)
        return found[0]

    def _filled(
        self, value: Mapping[str, Any], pieces: Sequence[tuple[str, _Node]], place: _Place
    ) -> _Node:
        """A mapping, and what it has not itself from each fragment in turn."""
        whole = self._mapping(value, place)
        for number, (name, piece) in enumerate(pieces):
            if isinstance(piece.data, dict):
                whole = _merged(whole, piece)
            else:
                path: Path = (USE,) if isinstance(value[USE], str) else (USE, number)
                message = f"fragment `{name}` has no keys that could be joined with others"
                note = "one that is a list or a value stands alone"
                self._report("W272", message, place, path, note)
        return whole

    def _pieces(self, names: Any, place: _Place) -> list[tuple[str, _Node]]:
        listed = [names] if isinstance(names, str) else names
        if not isinstance(listed, list) or not listed:
            message = "`use` names a fragment, or a list of them"
            self._report("W272", message, place, (USE,), "write a name that stands in shared/")
            return []
        found: list[tuple[str, _Node]] = []
        for number, name in enumerate(listed):
            path: Path = (USE,) if isinstance(names, str) else (USE, number)
            if not isinstance(name, str):
                self._report("W272", "`use` takes names only", place, path, "write it as text")
            elif piece := self._fragment(name, path, place):
                found.append((name, piece))
        return found

    def _fragment(self, name: str, path: Path, place: _Place) -> _Node | None:
        used = (place.kind, name)
        self.used[used] = None
        if used in place.by:
            chain = " uses ".join(f"`{each}`" for _, each in (*place.by, used))
            self._report("W271", f"fragment `{name}` uses itself", place, path, chain)
            return None
        fragment = self._fragments.found.get(used)
        if fragment is None:
            self._unknown(name, path, place)
            return None
        there = replace(
            place,
            document=fragment.document,
            path=used,
            used=place.used or (*place.path, *path),
            by=(*place.by, used),
            depth=place.depth + 1,
        )
        return self.node(fragment.value, there)

    def _unknown(self, name: str, path: Path, place: _Place) -> None:
        if self._fragments.partial:
            self.failed = True
            return
        kind = place.kind
        elsewhere = [each for each, known in self._fragments.found if known == name]
        others = f"shared/ has none under `{kind}`"
        if elsewhere:
            others = f"shared/ has it under `{elsewhere[0]}` and not under `{kind}`"
        note = did_you_mean(name, self._fragments.names(kind), others)
        help = f"write it under `{kind}:` in a file of shared/"
        self._report("W270", f"unknown fragment `{name}`", place, path, note, help)

    def _count(self, place: _Place) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            message = f"with its fragments this contract holds more than {MAX_VALUES:,} values"
            raise _TooLarge(self._diagnostic("W109", message, place))
        if place.depth > MAX_DEPTH:
            message = f"with its fragments this contract is more than {MAX_DEPTH} deep"
            raise _TooLarge(self._diagnostic("W110", message, place))

    def _report(
        self, code: str, message: str, place: _Place, path: Path, note: str, help: str = ""
    ) -> None:
        self.failed = True
        if len(self.diagnostics) < MAX_FINDINGS:
            there = replace(place, path=(*place.path, *path))
            self.diagnostics.append(self._diagnostic(code, message, there, note, help))

    def _diagnostic(
        self, code: str, message: str, place: _Place, note: str = "", help: str = ""
    ) -> Diagnostic:
        if place.used:
            note = _with_place(note, place.document.span(*place.path))
        path = place.used or place.path
        return self._contract.diagnostic(code, message, *path, note=note, help=help)


def _with_place(note: str, place: Span) -> str:
    """A note that names where in a fragment something is written."""
    where = f"in {place.file}:{place.line}"
    return f"{note} ({where})" if note else where


def _kind(key: str, around: str) -> str:
    """The kind of what stands under a key; "" where a contract has free keys or plain values."""
    if around == "properties" and key == "items":
        return around
    return key if around and key in KINDS and key != ROOT else ""


def _joined(nodes: Iterable[_Node], place: _Place) -> _Node:
    found = list(nodes)
    inside: dict[Step, _Origin] = {number: each.origin for number, each in enumerate(found)}
    return _Node([each.data for each in found], replace(place.origin, inside=inside))


def _inside(piece: _Node) -> Iterator[_Node]:
    for number, each in enumerate(piece.data):
        yield _Node(each, piece.origin.inside[number])


def _named(node: _Node, name: str, place: _Place) -> _Node:
    """An object or column of a list, called as its fragment is where it has no other name."""
    if place.kind not in NAMED or not isinstance(node.data, dict) or "name" in node.data:
        return node
    return _Node({"name": name, **node.data}, node.origin)


def _merged(own: _Node, other: _Node) -> _Node:
    """A mapping, and what another has beside it; where both have mappings, these likewise."""
    data, inside = dict(own.data), dict(own.origin.inside)
    for key, value in other.data.items():
        there = other.origin.inside[key]
        if key not in data:
            data[key], inside[key] = value, there
        elif isinstance(data[key], dict) and isinstance(value, dict):
            both = _merged(_Node(data[key], inside[key]), _Node(value, there))
            data[key], inside[key] = both.data, both.origin
    return _Node(data, replace(own.origin, inside=inside))
