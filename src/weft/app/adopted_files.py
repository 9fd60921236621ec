"""Adopted products as files: definitions, and a page that says what became of everything found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from weft.app.new_files import Draft, NewFile
from weft.app.yaml_write import yaml_text
from weft.mesh.words import count
from weft.project.adopting.product import AdoptedProduct, Told
from weft.project.layout import contract_name, product_folder

RECORD = "ADOPTED.md"
"""The page in the folder of a product; Weft does not read it."""

_MOST_TOLD = 20
_NEXT = ("weft validate", "`status: draft` in product.yaml, to have it built and checked")


def draft_of(products: Sequence[AdoptedProduct], origin: str) -> Draft:
    """Draft the files of adopted products; `origin` says in words where they come from."""
    files = [file for each in products for file in _files(each, origin)]
    return Draft(tuple(files), next_steps=_NEXT, notes=tuple(_notes(products)))


def _files(adopted: AdoptedProduct, origin: str) -> Iterator[NewFile]:
    folder = product_folder(adopted.address)
    yield NewFile(f"{folder}/product.yaml", yaml_text(adopted.product))
    for (port, major), contract in adopted.contracts.items():
        yield NewFile(f"{folder}/{contract_name(port, major)}", yaml_text(contract))
    for name, source in adopted.sources.items():
        yield NewFile(f"{folder}/sources/{name}.odcs.yaml", yaml_text(source))
    for name, sql in adopted.models.items():
        yield NewFile(f"{folder}/models/{name}.sql", sql)
    for name, test in adopted.tests.items():
        yield NewFile(f"{folder}/tests/{name}.yaml", yaml_text(test))
    yield NewFile(f"{folder}/{RECORD}", "\n".join(_page(adopted, origin)) + "\n")


def _page(adopted: AdoptedProduct, origin: str) -> Iterator[str]:
    yield f"# What became of {origin}"
    yield ""
    yield f"A record of how the draft of {adopted.address} began. Weft does not read it."
    yield ""
    yield "| port | made of | columns | promises |"
    yield "|---|---|---:|---:|"
    for port in adopted.ports:
        cells = (port.name, port.found, str(port.columns), str(port.promises))
        yield f"| {' | '.join(map(_cell, cells))} |"
    for title, is_lost in (("Not as it was there", False), ("Left out", True)):
        told = [each for each in adopted.told if each.is_lost == is_lost]
        if told:
            yield ""
            yield f"## {title}"
            yield ""
            yield from (f"- {_line(each)}" for each in told)


def _notes(products: Iterable[AdoptedProduct]) -> Iterator[str]:
    """What a person has to know before the files are written."""
    for each in products:
        promises = sum(port.promises for port in each.ports)
        lost = [one for one in each.told if one.is_lost]
        other = len(each.told) - len(lost)
        ports = count(len(each.ports), "port")
        page = f"{product_folder(each.address)}/{RECORD}"
        yield f"{each.address}: {ports}, {count(promises, 'promise')}, only proposed."
        yield from (f"left out: {_line(one)}" for one in lost[:_MOST_TOLD])
        if len(lost) > _MOST_TOLD:
            yield f"and {len(lost) - _MOST_TOLD} more that are left out: {page}"
        if other:
            yield f"not as it was there: {count(other, 'thing')}, see {page}"


def _line(told: Told) -> str:
    return f"{_cell(told.found)}: {_cell(told.why)}"


def _cell(text: str) -> str:
    """A text of somebody else's in one line of a page."""
    line = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    return "".join(each for each in line if each.isprintable())
