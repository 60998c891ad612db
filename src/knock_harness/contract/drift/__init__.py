"""Drift: where another OpenAPI document says something else than the contract, by meaning and not by text."""

from __future__ import annotations

from .comparison import compare
from .difference import Difference
from .explanations import Explained, Explanation, explain, load_explanations
from .reading import read_document

__all__ = [
    "Difference",
    "Explained",
    "Explanation",
    "compare",
    "explain",
    "load_explanations",
    "read_document",
]
