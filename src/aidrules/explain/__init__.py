"""A decision and its trace to reasons: sentences, Markdown, JSON, and the applicant's letter."""

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
