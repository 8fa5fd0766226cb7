"""A rules language for social aid: exact decisions, each with its reasons.

>>> import aidrules
>>> policy = aidrules.loads('''
... policy heating
... source notice "Notice on heating aid" number "No. 4" rank county from 2024-01-01
... currency yuan to 0.01
... entity household
... fact income of household: money per month  between 0 and 1_000_000
... benefit heating_aid for household: money per month
...   cite notice 2
...   when income < 900 yuan per month
...   amount 0.4 * (900 yuan per month - income)
...   rounded up to 1 yuan per month
... ''')
>>> decision = policy.evaluate({"id": "h", "income": "703.50"}, on="2024-11-01")
>>> decision.outcome("heating_aid").amount
79
"""

from typing import TYPE_CHECKING

from aidrules import lazy

if TYPE_CHECKING:
    from aidrules.decision import LANGUAGE_VERSION, Assumed, Decision, Outcome, Status
    from aidrules.diagnostics import Diagnostic, Severity
    from aidrules.diagnostics.render import text as render
    from aidrules.examples import ExampleResult
    from aidrules.explain import Missing
    from aidrules.policy import Policy, PolicyError, load, loads
    from aidrules.types import Unit

__all__ = [
    "LANGUAGE_VERSION",
    "Assumed",
    "Decision",
    "Diagnostic",
    "ExampleResult",
    "Missing",
    "Outcome",
    "Policy",
    "PolicyError",
    "Severity",
    "Status",
    "Unit",
    "load",
    "loads",
    "render",
]

__getattr__ = lazy.attributes(
    __name__,
    {
        "LANGUAGE_VERSION": ("aidrules.decision", "LANGUAGE_VERSION"),
        "Assumed": ("aidrules.decision", "Assumed"),
        "Decision": ("aidrules.decision", "Decision"),
        "Diagnostic": ("aidrules.diagnostics", "Diagnostic"),
        "ExampleResult": ("aidrules.examples", "ExampleResult"),
        "Missing": ("aidrules.explain", "Missing"),
        "Outcome": ("aidrules.decision", "Outcome"),
        "Policy": ("aidrules.policy", "Policy"),
        "PolicyError": ("aidrules.policy", "PolicyError"),
        "Severity": ("aidrules.diagnostics", "Severity"),
        "Status": ("aidrules.decision", "Status"),
        "Unit": ("aidrules.types", "Unit"),
        "load": ("aidrules.policy", "load"),
        "loads": ("aidrules.policy", "loads"),
        "render": ("aidrules.diagnostics.render", "text"),
    },
)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
