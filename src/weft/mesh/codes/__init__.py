"""Every diagnostic code and what it means. Codes are stable and never used for something else."""

from __future__ import annotations

from weft.mesh.code import Code
from weft.mesh.codes.contracts import CONTRACTS
from weft.mesh.codes.files import FILES
from weft.mesh.codes.meshwide import MESHWIDE
from weft.mesh.codes.models import MODELS
from weft.mesh.codes.products import PRODUCTS

__all__ = ["CODES", "Code"]

CODES: dict[str, Code] = {**FILES, **PRODUCTS, **CONTRACTS, **MODELS, **MESHWIDE}
