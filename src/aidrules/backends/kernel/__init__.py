"""Typed program to one Python function over arrays of whole numbers, for many documents at once."""

from aidrules.backends.kernel.engine import Kernel, emit
from aidrules.backends.kernel.layout import (
    Answers,
    Batch,
    Code,
    Column,
    Layout,
    Results,
    State,
    Storage,
)

__all__ = [
    "Answers",
    "Batch",
    "Code",
    "Column",
    "Kernel",
    "Layout",
    "Results",
    "State",
    "Storage",
    "emit",
]
