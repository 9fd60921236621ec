"""Read a model in Python without running it: what it is called with, what it gives and means.

Names and parameters come from the syntax tree; the function itself runs only when it is built.
"""

from __future__ import annotations

import ast
import hashlib
import keyword
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from weft.mesh.manifest import Column, Query, Read
from weft.sql.problem import Problem
from weft.sql.query import Compiled, Known

# What is hashed is written here, so that another version of Python writes the same.
FUNCTION_VERSION = "python 1"

_PARAMETERS = "its parameters are what it reads: `def {name}(flights, airlines)`"
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ParsedFunction:
    """A function that may be a model.

    `arguments` are its parameters and `names` the relations that they stand for, in one order;
    `places` says where each of these stands. `meaning` is equal for texts that mean the same.
    """

    arguments: tuple[str, ...]
    names: tuple[str, ...]
    places: Mapping[str, Problem]
    meaning: str

    def problem_at(
        self, name: str, code: str, message: str, note: str = "", help: str = ""
    ) -> Problem:
        """Make a problem that stands where a relation is named first."""
        place = self.places[name]
        return replace(place, code=code, message=message, note=note, help=help)


def parse_function(
    text: str, name: str, models: Collection[str]
) -> tuple[ParsedFunction | None, tuple[Problem, ...]]:
    """Read the function `name` of a file; `models` are the names of all models around it."""
    lines = text.split("\n")
    try:
        with warnings.catch_warnings():
            # What the compiler has to say about style is said when the function runs.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        return None, (Problem("W353", f"this is no Python: {error.msg}", line, column),)
    except (ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or "it is nested too deeply"
        return None, (Problem("W353", f"this cannot be read as Python: {reason}"),)
    function = _function(tree, name, lines)
    if isinstance(function, Problem):
        return None, (function,)
    problems = [*_import_problems(tree, models, lines), *_parameter_problems(function, lines)]
    if problems:
        return None, tuple(problems)
    parameters = (*function.args.args, *function.args.kwonlyargs)
    arguments = tuple(each.arg for each in parameters)
    names = tuple(map(_relation, arguments))
    places = {_relation(each.arg): _at(each, lines) for each in parameters}
    return ParsedFunction(arguments, names, places, _meaning(tree)), ()


def compile_function(
    parsed: ParsedFunction,
    known: Mapping[str, Known],
    columns: tuple[str, ...],
    promised: Mapping[str, str],
) -> Compiled | None:
    """Say what a function reads and gives; `known` has all of `parsed.names`.

    `columns` are those that its head names, `promised` the types that contracts promise of those
    that it fills, in their order. None where nothing says its columns.
    """
    given = columns or tuple(promised)
    if not given:
        return None
    reads = tuple(
        replace(known[name].read, columns=tuple(each.name for each in known[name].columns))
        for name in parsed.names
    )
    return Compiled(
        query=Query((), reads),
        columns=tuple(Column(name, promised.get(name, "")) for name in given),
        fingerprint=_fingerprint(parsed.meaning, reads, given),
        deterministic=True,
    )


def _relation(parameter: str) -> str:
    """The name in FROM that a parameter stands for; names of ours hold no `__`."""
    return parameter.replace("__", ".", 1)


def _function(tree: ast.Module, name: str, lines: list[str]) -> ast.FunctionDef | Problem:
    """The function of a model; of several with its name the last, as Python has it."""
    found = [each for each in tree.body if isinstance(each, _Definition)]
    named = next((each for each in reversed(found) if each.name == name), None)
    if isinstance(named, ast.FunctionDef):
        return named
    message, note = f"this model has no function `{name}`", ""
    if named is not None:
        message, note = f"`{name}` is an async function", "nobody awaits it: write a plain `def`"
    elif keyword.iskeyword(name):
        note = f"no function can be called `{name}`: give the file another name"
    elif found:
        note = f"this one is called `{found[-1].name}`"
    place = _named(named or found[-1], lines) if found else Problem("", "")
    return replace(place, code="W354", message=message, note=note)


def _parameter_problems(function: ast.FunctionDef, lines: list[str]) -> Iterator[Problem]:
    """Report parameters that cannot stand for a relation."""
    taken = function.args
    note = _PARAMETERS.format(name=function.name)
    for each in (*taken.posonlyargs, taken.vararg, taken.kwarg):
        if each is not None:
            message = f"parameter `{each.arg}` cannot be given by its name"
            yield replace(_at(each, lines), code="W355", message=message, note=note)
    with_default = taken.args[len(taken.args) - len(taken.defaults) :] if taken.defaults else []
    pairs = zip(taken.kwonlyargs, taken.kw_defaults, strict=True)
    with_default += [each for each, default in pairs if default is not None]
    for each in with_default:
        message = f"parameter `{each.arg}` has a default"
        yield replace(_at(each, lines), code="W355", message=message, note=note)


def _import_problems(
    tree: ast.Module, models: Collection[str], lines: list[str]
) -> Iterator[Problem]:
    """Report imports of files of the mesh: a model is one file, beside packages."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            continue
        for name in names:
            package = name.partition(".")[0]
            if not package or (package in models and package not in sys.stdlib_module_names):
                yield replace(
                    _at(node, lines),
                    code="W357",
                    message=f"`{name}` is no installed package",
                    note="a model in Python may import packages only, and no file of the mesh",
                    help="read another model by naming it as a parameter",
                )


def _named(function: _Definition, lines: list[str]) -> Problem:
    """The place of a function's name, as a problem without words."""
    line, name = lines[function.lineno - 1], function.name
    return Problem("", "", function.lineno, line.find(f" {name}") + 2, len(name))


def _at(node: ast.stmt | ast.arg, lines: list[str]) -> Problem:
    """The place of a node, as a problem without words; Python counts columns in bytes."""
    line = lines[node.lineno - 1].encode() if node.lineno <= len(lines) else b""
    start = len(line[: node.col_offset].decode(errors="replace"))
    end = len(line)
    if node.end_lineno == node.lineno and node.end_col_offset is not None:
        end = node.end_col_offset
    if isinstance(node, ast.arg):
        end = min(end, node.col_offset + len(node.arg.encode()))
    length = len(line[node.col_offset : end].decode(errors="replace"))
    return Problem("", "", node.lineno, start + 1, max(length, 1))


def _fingerprint(meaning: str, reads: Iterable[Read], columns: Iterable[str]) -> str:
    """Hash a function, what it reads with all columns that it sees, and what it gives."""
    lines = [FUNCTION_VERSION, meaning, "\t".join(columns)]
    lines += ["\t".join((each.kind, each.target, each.object, *each.columns)) for each in reads]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


class _Mark(NamedTuple):
    """Something between the values of a tree."""

    text: str


def _meaning(tree: ast.Module) -> str:
    """Write a syntax tree as a text, without comments, docstrings and places.

    What a node leaves empty is left out, so that fields which later versions of Python add make
    no difference.
    """
    written: list[str] = []
    waiting: list[object] = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, _Mark):
            written.append(each.text)
        elif isinstance(each, ast.AST):
            inside: list[object] = [_Mark(f"{type(each).__name__}(")]
            for name, value in ast.iter_fields(each):
                if value is not None and value != []:
                    inside += [_Mark(f"{name}="), _without_docstring(each, name, value)]
            waiting += [_Mark(")"), *reversed(inside)]
        elif isinstance(each, list):
            waiting += [_Mark("]"), *reversed(each), _Mark("[")]
        else:
            written.append(f"{hex(each) if type(each) is int else repr(each)},")
    return "".join(written)


def _without_docstring(node: ast.AST, field: str, value: object) -> object:
    documented = isinstance(node, ast.Module | ast.ClassDef | _Definition)
    if not (documented and field == "body" and isinstance(value, list)):
        return value
    match value[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return value[1:]
    return value
