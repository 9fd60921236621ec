"""Say what an unknown name in FROM is instead: somebody's internals, an undeclared port, a typo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from weft.mesh.nearest import nearest


@dataclass(frozen=True)
class MeshNames:
    """Which products have a model or a port of some name; ports as `domain.product.port`."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def of(models: Iterable[tuple[str, str]], ports: Iterable[str]) -> MeshNames:
        """Index `(model, product)` pairs and port addresses by their last name."""
        by_model: dict[str, list[str]] = {}
        for model, product in models:
            by_model.setdefault(model, []).append(product)
        by_port: dict[str, list[str]] = {}
        for address in ports:
            by_port.setdefault(address.rpartition(".")[2], []).append(address)
        return MeshNames(
            {name: tuple(sorted(found)) for name, found in by_model.items()},
            {name: tuple(sorted(found)) for name, found in by_port.items()},
        )


def explain_unknown(
    name: str, product: str, known: tuple[str, ...], mesh: MeshNames
) -> tuple[str, str]:
    """What a name that no model or input port bears is instead, and what to do: (note, help)."""
    near = nearest(name, known)
    owner, _, last = name.rpartition(".")
    ports = [each for each in mesh.ports.get(last, ()) if not each.startswith(f"{product}.")]
    owners = [each for each in mesh.models.get(last, ()) if each != product]
    if owner:
        ports = [each for each in ports if each == name]
        owners = [each for each in owners if each == owner]
    if owner == product and last in known:
        return "a model of the product itself is named alone", f"write `{last}`"
    if ports:
        return (
            f"`{ports[0]}` is a port that this product does not declare as input",
            f"add to inputPorts: {{name: {last}, contractId: {ports[0]}}}",
        )
    if owners:
        other = f"; did you mean `{near}`?" if near else ""
        return (
            f"`{last}` is a model inside {owners[0]}; only its published ports can be read{other}",
            f"weft show {owners[0]}",
        )
    if near:
        return f"did you mean `{near}`?", ""
    if not known:
        return "this product has no other model and no input port", ""
    return "known here: " + ", ".join(f"`{each}`" for each in sorted(known)[:6]), ""
