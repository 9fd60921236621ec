"""`weft.yaml` and `domain.yaml` to settings and domains, with variables replaced.

The documents have the shape of their schemas when they get here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from weft.mesh.address import name_problem
from weft.mesh.diagnostic import Diagnostic, Severity
from weft.mesh.nearest import did_you_mean
from weft.mesh.product import Domain
from weft.mesh.secret import Secret
from weft.mesh.settings import (
    AUTO,
    Environment,
    Keep,
    MeshSettings,
    ReleasePolicy,
    RetirePolicy,
    SettingValue,
    WarehouseSettings,
)
from weft.mesh.signoff import Answer
from weft.project.odps import read_team
from weft.project.read_yaml import Document, Step
from weft.project.variables import malformed_variable, resolve_address, resolve_variables, told

DEFAULT_STORE = "sqlite:///.weft/store.db"
DEFAULT_PRODUCTION = "prod"
_QUIET = "14d"

# Settings that are never printed. A user name is half of a credential, but no secret to write down.
_SECRET = frozenset(["password", "passphrase", "token", "secret", "private_key", "user"])
_PASSWORD = re.compile(r"://[^/@:]*:(?P<login>[^@]+)@|[?&]password=(?P<parameter>[^&]+)")
_SECRET_ENDINGS = ("_password", "_passphrase", "_token", "_secret", "_key")


def read_settings(
    document: Document, variables: Mapping[str, str]
) -> tuple[MeshSettings, tuple[Diagnostic, ...]]:
    """Make settings of weft.yaml; every fault is reported and leaves its value as written."""
    reader = _Reader(document, variables)
    data: dict[str, Any] = document.data
    mesh = reader.text("mesh")
    settings = MeshSettings(
        mesh=mesh,
        root=reader.text("root") or mesh,
        store=Secret(reader.address("store", default=DEFAULT_STORE)),
        production=reader.text("production", default=DEFAULT_PRODUCTION),
        warehouses={name: reader.warehouse(name) for name in data["warehouses"]},
        environments={name: reader.environment(name) for name in data.get("environments", ())},
        keep=Keep(**data.get("keep", {})),
        retire=RetirePolicy(int(data.get("retire", {}).get("quiet", _QUIET)[:-1])),
        release=ReleasePolicy(Answer(data.get("release", {}).get("silence", Answer.NO))),
    )
    for key, what in (("mesh", "mesh"), ("root", "root"), ("production", "environment")):
        if key in data:
            reader.check_name(what, getattr(settings, key), key)
    if "production" in data:
        reader.check_production(settings.production)
    if "store" in data:
        reader.check_address(data["store"])
    return settings, tuple(reader.diagnostics)


def read_domain(document: Document) -> Domain:
    """Make a domain of domain.yaml."""
    data: dict[str, Any] = document.data
    return Domain(
        name=data["domain"],
        warehouse=data["warehouse"],
        dialect=data.get("dialect", ""),
        title=data.get("name", ""),
        purpose=data.get("purpose", ""),
        team=read_team(data.get("team", {})),
    )


class _Reader:
    """Reads values of one document, replaces their variables and collects what is wrong."""

    def __init__(self, document: Document, variables: Mapping[str, str]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._document = document
        self._data: dict[str, Any] = document.data
        self._variables = variables

    def text(self, key: str, default: str = "") -> str:
        """A text at the top of the document."""
        value = self._data.get(key, default)
        resolved, missing = resolve_variables(value, self._variables)
        self._check_variables(value, missing, key)
        return resolved

    def address(self, key: str, default: str) -> str:
        """An address at the top of the document, with what it is opened by."""
        value = self._data.get(key, default)
        resolved, missing = resolve_address(value, self._variables)
        self._check_variables(value, missing, key)
        return resolved

    def warehouse(self, name: str) -> WarehouseSettings:
        """A declared warehouse."""
        path = ("warehouses", name)
        self.check_name("warehouse", name, *path, key=True)
        options = dict(self._data["warehouses"][name])
        kind = options.pop("type")
        return WarehouseSettings(name, kind, self._options(options, *path))

    def environment(self, name: str) -> Environment:
        """A declared environment; one that is declared with nothing is all defaults."""
        path = ("environments", name)
        self.check_name("environment", name, *path, key=True)
        entry = self._data["environments"][name] or {}
        changed: dict[str, dict[str, SettingValue]] = {}
        for warehouse, options in entry.get("warehouses", {}).items():
            where = (*path, "warehouses", warehouse)
            if warehouse not in self._data["warehouses"]:
                message = f"unknown warehouse `{warehouse}`"
                note = did_you_mean(warehouse, self._data["warehouses"], "it is not declared above")
                self._report("W142", message, *where, key=True, note=note)
            changed[warehouse] = self._options(options, *where)
        return Environment(name, int(entry.get("ttl", "0d")[:-1]), changed)

    def check_name(self, what: str, name: str, *path: Step, key: bool = False) -> None:
        """Report a name that breaks the rules for names."""
        problem = name_problem(name)
        if problem:
            written = name if key else self._data[str(path[-1])]
            message = f"the {what} name {told(written)} is outside the rules"
            self._report("W203", message, *path, key=key, note=problem)

    def check_production(self, name: str) -> None:
        """Report a production environment that is not among those that are declared."""
        declared = [each for each in self._data.get("environments", ()) if each != AUTO]
        if name == AUTO or (declared and name not in declared):
            note = did_you_mean(name, declared, f"there is {', '.join(declared)}")
            message = f"unknown environment {told(self._data['production'])}"
            self._report("W145", message, "production", note=note)

    def check_address(self, written: str) -> None:
        """Warn of a password that stands in the address of the store."""
        found = _PASSWORD.search(written)
        if found and "${" not in (found["login"] or found["parameter"]):
            self._warn_of_secret(
                "the password of `store`", "keep it in a variable: `//me:${NAME}@host`", "store"
            )

    def _options(self, options: dict[str, Any], *path: Step) -> dict[str, SettingValue]:
        return {key: self._option(key, value, *path, key) for key, value in options.items()}

    def _option(self, key: str, value: SettingValue, *path: Step) -> SettingValue:
        is_secret = key in _SECRET or key.endswith(_SECRET_ENDINGS)
        if not is_secret and not isinstance(value, str):
            return value
        text = str(value)
        resolved, missing = resolve_variables(text, self._variables)
        if not is_secret:
            self._check_variables(text, missing, *path)
            return resolved
        if key != "user" or malformed_variable(text):
            self._check_secret(key, text, *path)
        return Secret(missing=missing[0]) if missing else Secret(resolved)

    def _check_secret(self, key: str, value: str, *path: Step) -> None:
        if malformed_variable(value):
            message = f"a variable in `{key}` is not written as one"
            note = "write `${NAME}` or `${NAME:-default}`"
            self.diagnostics.append(
                self._document.diagnostic("W143", message, *path, key=True, note=note)
            )
        elif "${" not in value:
            note = f'keep it in a variable: `{key}: "${{NAME}}"`'
            self._warn_of_secret(f"`{key}`", note, *path)

    def _warn_of_secret(self, what: str, note: str, *path: Step) -> None:
        found = self._document.diagnostic(
            "W141",
            f"{what} is written into this file",
            *path,
            key=True,
            note=note,
            severity=Severity.WARNING,
        )
        self.diagnostics.append(found)

    def _check_variables(self, value: str, missing: tuple[str, ...], *path: Step) -> None:
        if malformed_variable(value):
            message = f"a variable in `{path[-1]}` is not written as one"
            note = "write `${NAME}` or `${NAME:-default}`"
            self._report("W143", message, *path, note=note)
        for name in missing:
            message = f"the environment variable {name} is not set"
            note = f"set it, or write a default: `${{{name}:-value}}`"
            self._report("W140", message, *path, note=note)

    def _report(
        self, code: str, message: str, *path: Step, key: bool = False, note: str = ""
    ) -> None:
        found = self._document.diagnostic(code, message, *path, key=key, note=note)
        self.diagnostics.append(found)
