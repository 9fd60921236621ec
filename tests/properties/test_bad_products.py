"""However the products of the example are changed, compiling them ends soon and never raises."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.cli.diagnostics import draw
from weft.mesh.codes import CODES
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.product import Domain
from weft.project.compile import compile_product
from weft.project.faces import Faces, faces_of_product
from weft.project.fragments import read_fragments
from weft.project.names import MeshNames
from weft.project.parse import ParsedProduct, parse_domain, parse_product
from weft.project.read_yaml import read_yaml
from weft.project.source import SourceFile
from weft.sql.dialect import dialect_named
from yaml_text import yaml_text

EXAMPLE = Path(__file__).parents[2] / "examples" / "skyline"
FILES = {
    path.relative_to(EXAMPLE).as_posix(): path.read_bytes()
    for path in sorted((EXAMPLE / "domains").rglob("*"))
    if path.suffix in (".yaml", ".sql") and path.name != "domain.yaml"
}
FOLDERS = sorted({"/".join(path.split("/")[:3]) for path in FILES})
SHARED, _ = read_fragments(
    SourceFile(f"shared/{path.name}", path.read_bytes())
    for path in (EXAMPLE / "shared").glob("*.yaml")
)
DOMAINS: dict[str, Domain] = {}
for _path in sorted((EXAMPLE / "domains").glob("*/domain.yaml")):
    _domain, _ = parse_domain(
        SourceFile(f"domains/{_path.parent.name}/domain.yaml", _path.read_bytes())
    )
    assert _domain is not None
    DOMAINS[_domain.name] = replace(_domain, dialect=_domain.dialect or "duckdb")

ODD_VALUES: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63, "", "x", "a.b", "${table}", "${X}", "2020-01-01", "é" * 50),
    *([], [1], ["x", "x"], {}, {"x": 1}, [[]], [{}], {"name": "x"}, [{"name": "x"}] * 2),
]
_SINGLE_WORDS = """
    select from where group by order having union all with recursive as join using on ( ) [ ] { } ,
    ; . * :: -> ' " $$ -- /* */ ? $1 :x @y #1 null true 1 1e999 'a' "b" foo count(*) case when then
    else end over partition window qualify limit offset distinct exists in between like x.y a.b.c
    values lateral pivot tablesample filter struct map unnest([1]) range(3) row_number()
"""
ODD_WORDS = [
    *_SINGLE_WORDS.split(),
    *(
        "* exclude (x)",
        "* replace (1 as y)",
        "* rename (a as b)",
        "cast(1 as foo)",
        "interval 1 day",
    ),
    *(
        "union all by name select",
        "(select 1)",
        "over (order by 1)",
        "from (select *) as q",
        "is null",
    ),
]
_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)


def parsed_of(folder: str, files: dict[str, bytes]) -> ParsedProduct:
    inside = [
        SourceFile(path, data) for path, data in files.items() if path.startswith(f"{folder}/")
    ]
    return parse_product(folder, folder.split("/")[1], inside, SHARED)


ORIGINALS = {folder: parsed_of(folder, FILES) for folder in FOLDERS}


def changed_document(data: bytes, random: Random) -> bytes:
    """Replace, remove, double or move values of a YAML document."""
    document, _ = read_yaml(SourceFile("a.yaml", data))
    assert document is not None
    whole: Any = {"all": document.data}
    for _ in range(random.randint(1, 3)):
        places = list(_places(whole["all"]))
        holder, key = random.choice(places)
        other, its_key = random.choice(places)
        match random.randint(0, 4):
            case 0:
                holder[key] = deepcopy(random.choice(ODD_VALUES))
            case 1:
                del holder[key]
            case 2:
                holder[key] = deepcopy(other[its_key]) if other is not holder else [holder[key]] * 2
            case 3 if isinstance(holder, list):
                holder.append(deepcopy(holder[key]))
            case _ if isinstance(holder, dict):
                holder[f"{key}x"] = holder.pop(key)
        if not list(_places(whole["all"])):
            break
    return yaml_text(whole["all"]).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    found = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], dict | list):
            found += _places(value[key])
    return found


def changed_text(data: bytes, random: Random) -> bytes:
    """Remove, double, swap or replace words of a SQL text."""
    words = _WORD.findall(data.decode())
    for _ in range(random.randint(1, 4)):
        place, other = random.randrange(len(words)), random.randrange(len(words))
        match random.randint(0, 4):
            case 0:
                words[place] = ""
            case 1:
                words[place] = random.choice(ODD_WORDS)
            case 2:
                words[place], words[other] = words[other], words[place]
            case 3:
                words[place] += f" {random.choice(ODD_WORDS)} "
            case 4:
                low, high = sorted((place, other))
                words[place] += "".join(words[low : min(high, low + 30)])
    return "".join(words).encode()


def diagnose(path: str, data: bytes) -> list[Diagnostic]:
    """Everything that is wrong with the example once a file has another content."""
    folder = "/".join(path.split("/")[:3])
    products = {**ORIGINALS, folder: parsed_of(folder, {**FILES, path: data})}
    faces = Faces(
        [
            face
            for each in products.values()
            if each.product is not None
            for face in faces_of_product(each.product, dialect_named("duckdb"))
        ],
        unread={name for each in products.values() for name in each.unread if "." in name},
    )
    found: list[Diagnostic] = []
    bad = False
    for parsed in products.values():
        domain = DOMAINS[parsed.product.domain] if parsed.product else Domain("x", "lake", "duckdb")
        compiled = compile_product(parsed, domain, "skyline", faces, MeshNames())
        found += compiled.diagnostics
        bad = bad or compiled.manifest is None
    assert not bad or any(each.severity is Severity.ERROR for each in found)
    return found


def check(path: str, data: bytes) -> None:
    began = process_time()
    found = diagnose(path, data)
    for each in found:
        assert each.code in CODES
        assert each.message
        assert each.span is not None
        file = data if each.span.file == path else FILES.get(each.span.file, b"")
        assert each.span.line <= file.count(b"\n") + 1
    draw(found, files=len(FILES), seconds=0, colour=False).encode()
    assert process_time() - began < 2


@given(st.sampled_from(sorted(FILES)), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_changed_products_are_explained(path: str, random: Random) -> None:
    change = changed_text if path.endswith(".sql") else changed_document
    check(path, change(FILES[path], random))


def test_the_example_itself_is_right() -> None:
    path = sorted(FILES)[0]
    assert diagnose(path, FILES[path]) == []
