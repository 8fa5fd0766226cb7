"""The typed program and its values to words, in English or Chinese."""

from typing import TYPE_CHECKING

from aidrules import lazy

if TYPE_CHECKING:
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

__getattr__ = lazy.attributes(
    __name__,
    {
        "bounds": ("aidrules.wording.terms", "bounds"),
        "citation": ("aidrules.wording.terms", "citation"),
        "comparison": ("aidrules.wording.expressions", "comparison"),
        "date": ("aidrules.wording.terms", "date"),
        "digits": ("aidrules.wording.terms", "digits"),
        "expression": ("aidrules.wording.expressions", "expression"),
        "month": ("aidrules.wording.terms", "month"),
        "name": ("aidrules.wording.terms", "name"),
        "of_key": ("aidrules.wording.terms", "of_key"),
        "type_name": ("aidrules.wording.terms", "type_name"),
        "unit": ("aidrules.wording.terms", "unit"),
        "value": ("aidrules.wording.terms", "value"),
    },
)
