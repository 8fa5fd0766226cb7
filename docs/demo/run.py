"""A household to its decisions: the couple of Wufeng, who grow tea and cannot pick it.

Both are severely disabled; volunteers picked their tea in a day (湖北日报). `make demo` runs this.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import aidrules
from aidrules import Decision, Outcome

POLICY = "hubei.wufeng"
ON = "2024-04-10"
LEFT_OUT = "financial_assets"
HOUSEHOLD = Path(__file__).with_name("wufeng.json")


def main() -> None:
    """Decide the household, and then the same household with one fact left out."""
    policy = aidrules.load(POLICY)
    facts = json.loads(HOUSEHOLD.read_text("utf-8"))
    decision = policy.evaluate(facts, on=ON)
    print(heading(f"The couple of Wufeng, policy {policy.name}, on {ON}"))
    print(*overview(decision), sep="\n")
    print(heading("Why"))
    print(decision.explain())
    print(heading("The letter"))
    print(decision.only("minimum_living_allowance").letter("zh"))
    del facts[LEFT_OUT]
    decision = policy.evaluate(facts, on=ON)
    print(heading(f"The same household, without {LEFT_OUT}"))
    print(*overview(decision), sep="\n")
    print()
    print(*questions(decision), sep="\n")


def heading(text: str) -> str:
    """Return a line with a rule beneath it."""
    return f"\n{text}\n{'=' * len(text)}\n"


def overview(decision: Decision) -> Iterator[str]:
    """Yield what is decided, a line each."""
    for outcome in decision.outcomes:
        named = f"{outcome.name.replace('_', ' ')} for {outcome.entity} {outcome.record}"
        yield f"  {outcome.status:<10} {named:<44} {amount(outcome)}".rstrip()


def amount(outcome: Outcome) -> str:
    """Return what is granted, or nothing."""
    return "" if outcome.amount is None else f"{outcome.amount} yuan per month"


def questions(decision: Decision) -> Iterator[str]:
    """Yield what would decide the outcomes that are open, each question once."""
    asked = {each for outcome in decision.outcomes for each in outcome.missing}
    for missing in sorted(asked, key=lambda each: each.name):
        yield f"What would decide it: {missing.name} of {missing.record.entity} {missing.record.id}"
        yield f"  held by  {', or else '.join(missing.holders)}"
        yield f"  asked as {missing.question}"


if __name__ == "__main__":
    main()
