"""Tells, with evidence, whether a server keeps the Knock API contract, and how much traffic it holds."""

__version__ = "0.1.0"
__all__ = ["__version__"]
