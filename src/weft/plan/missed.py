"""What a product reads of others and does not find: taken away from it, or never published."""

from __future__ import annotations

from weft.contract.endings import ending_of
from weft.mesh.address import PortAddress, product_of
from weft.mesh.contract import Status
from weft.plan.examine import Examined, Finding, Situation, released_key
from weft.plan.plan import HeldBack

_STAGES = {Status.PROPOSED: "only proposed", Status.DRAFT: "a draft"}


def bereaved(found: Examined, find: Finding, situation: Situation) -> HeldBack | None:
    """What keeps a product from being built: ports still there that have lost what it reads.

    They may lose it only where somebody answers for that.
    """
    address = found.manifest.address
    for read in found.foreign_reads:
        behind = find(read)
        gone = [] if behind is None else [it for it in read.columns if it not in behind.columns]
        if gone or (behind is None and _is_visible(read.target, situation)):
            lost = ", ".join(gone) or f"object {read.object}"
            cause = f"{read.target} no longer has {lost}, which it reads"
            return HeldBack(address, situation.release_number(address), cause)
    return None


def _is_visible(target: str, situation: Situation) -> bool:
    """Whether a port version, `a.b.c@1`, can be read: as it will be, or of others as it is."""
    product = product_of(target)
    manifest, release = situation.desired.products.get(product), situation.shown(product)
    production = situation.in_production
    ports = manifest.ports if manifest else release.ports if release else ()
    return any(
        f"{product}.{each.name}" == target and each.status.is_visible(production=production)
        for each in ports
    )


def missing(address: str, wanted: str, situation: Situation) -> str:
    """Say that a product reads what nobody publishes; `wanted` is `a.b.c@1.object`."""
    target, _, obj = wanted.rpartition(".")
    port = PortAddress.parse(target)
    product = str(port.product)
    environment = situation.desired.environment
    release = situation.releases.get(product)
    stage = _unreleased(product, port, situation)
    if stage and release and (port.port, port.major, obj) in release.promised:
        return (
            f"{address} reads {wanted}, which is published in {environment} and which these files "
            f"make {stage}.\n"
            f"make it active again:  weft release {target} --promote"
        )
    if stage:
        return (
            f"{address} reads {wanted}, which is {stage} in {environment}: what is published "
            f"there is built on released versions only.\n"
            f"release it first:  weft release {target} --promote"
        )
    ended = _ended(target, situation)
    if ended:
        return (
            f"{address} reads {wanted}, which {ended}.\n"
            f"let it read something else; what has no part in that goes on without it:  "
            f"weft apply --product {product}"
        )
    if release and released_key(release, port, obj):
        return (
            f"{address} reads {wanted}, which is published in {environment} and which "
            f"{product} no longer defines."
        )
    return (
        f"{address} reads {wanted}, which is not published in {environment} yet: "
        f"apply {product} first."
    )


def _ended(target: str, situation: Situation) -> str:
    """Say by whom a port version, `a.b.c@1`, is retired; "" where it is not."""
    manifest = situation.desired.products.get(product_of(target))
    port = manifest.port(target.rpartition(".")[2]) if manifest else None
    if port is None or port.status is not Status.RETIRED:
        return ""
    by = ending_of(port.contract).override_by
    return f"was retired by {by}" if by else "these files retire"


def _unreleased(product: str, port: PortAddress, situation: Situation) -> str:
    """What a port is that exists and is not released: a preview or a draft; "" of any other."""
    owner = situation.desired.products.get(product) or situation.releases.get(product)
    found = owner.port(port.name) if owner else None
    if found is None:
        return ""
    return "a preview" if found.candidate else _STAGES.get(found.status, "")
