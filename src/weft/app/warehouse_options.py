"""See that `weft.yaml` tells each warehouse only what its adapter takes, in every environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import getitem

from weft.mesh.diagnostic import Diagnostic
from weft.mesh.settings import MeshSettings, SettingValue
from weft.project.read_yaml import Document, read_yaml
from weft.project.source import SourceFile
from weft.warehouses import options
from weft.warehouses.loading import options_of

Options = Mapping[str, SettingValue]


def wrong_options(file: SourceFile, settings: MeshSettings) -> tuple[Diagnostic, ...]:
    """One diagnostic per option that is unknown, wrong or missing, with its place.

    The types of all warehouses are known.
    """
    document, _ = read_yaml(file)
    if document is None:
        return ()
    return tuple(_problems(document, settings))


def _given(settings: MeshSettings) -> Iterator[tuple[tuple[str, ...], Options]]:
    """The options of every warehouse, alone and in each environment, under their place."""
    for name, warehouse in settings.warehouses.items():
        yield ("warehouses", name), warehouse.options
    for environment in settings.environments.values():
        for name, changed in environment.warehouses.items():
            yield ("environments", environment.name, "warehouses", name), changed


def _problems(document: Document, settings: MeshSettings) -> Iterator[Diagnostic]:
    for place, given in _given(settings):
        name = place[-1]
        declared = options_of(settings.warehouses[name].type)
        written = reduce(getitem, place, document.data)
        for each in options.wrong_options(declared, given, written):
            message = f"warehouse `{name}`: {each.problem}"
            where = (*place, each.name)
            yield document.diagnostic("W146", message, *where, key=each.unknown, note=each.advice)
        if place == ("warehouses", name):
            for each in options.missing_options(declared, given):
                message = f"warehouse `{name}`: {each.problem}"
                yield document.diagnostic("W146", message, *place, key=True, note=each.advice)
        else:
            yield from _moved(document, place, declared, given)


def _moved(
    document: Document, place: tuple[str, ...], declared: Sequence[options.Option], given: Options
) -> Iterator[Diagnostic]:
    """What an environment says of where a warehouse is."""
    for each in declared:
        if each.place and each.name in given:
            message = f"an environment cannot move warehouse `{place[-1]}`"
            note = "it reads production's builds where they are"
            help = f"write `{each.name}` under `warehouses` alone"
            where = (*place, each.name)
            yield document.diagnostic("W147", message, *where, key=True, note=note, help=help)
