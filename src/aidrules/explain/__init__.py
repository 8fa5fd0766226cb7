"""A decision and its trace to reasons: sentences, Markdown, JSON, and the applicant's letter."""

from typing import TYPE_CHECKING

from aidrules import lazy

if TYPE_CHECKING:
    from aidrules.explain.account import Account, Applied, Explanation, Missing, explain
    from aidrules.explain.data import as_json
    from aidrules.explain.derive import reasons
    from aidrules.explain.letter import letter
    from aidrules.explain.reasons import FigureUsed, Kind, Outcome, Reason
    from aidrules.explain.report import markdown, text

__all__ = [
    "Account",
    "Applied",
    "Explanation",
    "FigureUsed",
    "Kind",
    "Missing",
    "Outcome",
    "Reason",
    "as_json",
    "explain",
    "letter",
    "markdown",
    "reasons",
    "text",
]

__getattr__ = lazy.attributes(
    __name__,
    {
        "Account": ("aidrules.explain.account", "Account"),
        "Applied": ("aidrules.explain.account", "Applied"),
        "Explanation": ("aidrules.explain.account", "Explanation"),
        "FigureUsed": ("aidrules.explain.reasons", "FigureUsed"),
        "Kind": ("aidrules.explain.reasons", "Kind"),
        "Missing": ("aidrules.explain.account", "Missing"),
        "Outcome": ("aidrules.explain.reasons", "Outcome"),
        "Reason": ("aidrules.explain.reasons", "Reason"),
        "as_json": ("aidrules.explain.data", "as_json"),
        "explain": ("aidrules.explain.account", "explain"),
        "letter": ("aidrules.explain.letter", "letter"),
        "markdown": ("aidrules.explain.report", "markdown"),
        "reasons": ("aidrules.explain.derive", "reasons"),
        "text": ("aidrules.explain.report", "text"),
    },
)
