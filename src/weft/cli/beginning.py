"""What people are told of a mesh that has no products yet."""

from __future__ import annotations

NO_PRODUCTS = """\
This mesh has no products yet.
  next:  weft new domain NAME --owner YOU
"""
