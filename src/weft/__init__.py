"""Weft: a self-serve data mesh platform with DataOps built in."""

__version__ = "0.1.0"
