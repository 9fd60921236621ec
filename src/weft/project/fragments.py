"""Fragments: named pieces of contracts that stand in `shared/`, and which of them is meant."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from weft.mesh.diagnostic import Diagnostic, Severity
from weft.project.read_yaml import Document, read_yaml
from weft.project.schema import Format, check_shape
from weft.project.source import SourceFile

ROOT = "contract"
"""The kind of fragment that holds keys of a contract's root."""

NAMED = ("schema", "properties")
"""Kinds whose fragments have a name of their own where nobody gives them another."""

KINDS = frozenset(
    [
        ROOT,
        *NAMED,
        "authoritativeDefinitions",
        "customProperties",
        "description",
        "enum",
        "logicalTypeOptions",
        "members",
        "price",
        "quality",
        "relationships",
        "roles",
        "servers",
        "slaProperties",
        "support",
        "tags",
        "team",
    ]
)
"""The kinds of fragments, called like the key of a contract that they may stand under."""

Used = tuple[str, str]
"""Kind and name of a fragment."""


@dataclass(frozen=True)
class Fragment:
    """A piece of a contract, the file that it stands in, and a hash of that file."""

    kind: str
    name: str
    document: Document
    digest: str

    @property
    def value(self) -> Any:
        """What stands for it in a contract, itself perhaps with fragments in it."""
        return self.document.data[self.kind][self.name]


@dataclass(frozen=True)
class Fragments:
    """What the contracts of a domain may use, by kind and name.

    `partial` says that some file could not be read, so that a name may be there all the same.
    """

    found: Mapping[Used, Fragment] = field(default_factory=dict)
    partial: bool = False

    def over(self, others: Fragments) -> Fragments:
        """These, and the others where these have not the name."""
        return Fragments({**others.found, **self.found}, self.partial or others.partial)

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of a kind, sorted."""
        return tuple(sorted(name for each, name in self.found if each == kind))

    def digest(self, used: Collection[Used]) -> str:
        """Hash what these are now and where they stand, 64 hex digits; "" where there are none."""
        if not used:
            return ""
        lines = [
            f"{kind}\0{name}\0{found.document.path}\0{found.digest}"
            if (found := self.found.get((kind, name)))
            else f"{kind}\0{name}"
            for kind, name in sorted(used)
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


NO_FRAGMENTS = Fragments()


def read_fragments(files: Iterable[SourceFile]) -> tuple[Fragments, tuple[Diagnostic, ...]]:
    """Read the files of one folder `shared/`. Of two fragments with one name the first counts."""
    found: dict[Used, Fragment] = {}
    diagnostics: list[Diagnostic] = []
    partial = False
    for file in sorted(files, key=lambda each: each.path):
        document, problems = _read(file)
        diagnostics += problems
        if document is None:
            partial = True
            continue
        digest = hashlib.sha256(file.data).hexdigest()
        for kind, named in document.data.items():
            for name in named:
                other = found.setdefault((kind, name), Fragment(kind, name, document, digest))
                if other.document is not document:
                    diagnostics.append(_twice(document, other, (kind, name)))
    return Fragments(found, partial), tuple(diagnostics)


def _read(file: SourceFile) -> tuple[Document | None, Sequence[Diagnostic]]:
    document, diagnostics = read_yaml(file)
    if document is not None:
        diagnostics += check_shape(document, Format.SHARED)
    if any(each.severity is Severity.ERROR for each in diagnostics):
        return None, diagnostics
    return document, diagnostics


def _twice(document: Document, other: Fragment, place: Used) -> Diagnostic:
    first = other.document.span(*place, key=True)
    return document.diagnostic(
        "W273",
        f"there are two fragments `{place[1]}` under `{place[0]}`",
        *place,
        key=True,
        note=f"the first stands in {first.file}:{first.line}",
        help="rename one of them, or delete it",
    )
