"""The typed program and its values to words, in English or Chinese."""

from aidrules.wording.expressions import comparison, expression
from aidrules.wording.terms import (
    bounds,
    citation,
    date,
    digits,
    month,
    name,
    of_key,
    type_name,
    unit,
    value,
)

__all__ = [
    "bounds",
    "citation",
    "comparison",
    "date",
    "digits",
    "expression",
    "month",
    "name",
    "of_key",
    "type_name",
    "unit",
    "value",
]
