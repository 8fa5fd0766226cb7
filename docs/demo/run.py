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
EXPLAINED = ("minimum_living_allowance", "edge_household")
LEFT_OUT = "financial_assets"
HOUSEHOLD = Path(__file__).with_name("wufeng.json")


def main() -> None:
    """Decide the household; then the same household with one fact left out."""
    policy = aidrules.load(POLICY)
    facts = json.loads(HOUSEHOLD.read_text("utf-8"))
    decision = policy.evaluate(facts, on=ON)
    print("X and W grow tea in the mountains of Hubei. Both are severely disabled.")
    print(f"What the policy {policy.name} decides on {ON}:\n")
    print("\n".join(overview(decision)))
    title("Why: every number, every article, every fact and who says so")
    print("\n".join(decision.only(name).explain() for name in EXPLAINED))
    title("What the family is told")
    print(decision.only(EXPLAINED[0]).letter("zh"))
    del facts[LEFT_OUT]
    decision = policy.evaluate(facts, on=ON)
    title("The same day, if nobody knows the savings")
    print("\n".join(overview(decision)))
    print("\nOne answer would decide it:\n")
    print("\n".join(questions(decision)))


def title(text: str) -> None:
    """Print a title."""
    print(f"\n{text}\n{'-' * len(text)}\n")


def overview(decision: Decision) -> Iterator[str]:
    """Yield a line for each outcome."""
    for outcome in decision.outcomes:
        name = outcome.name.replace("_", " ")
        yield f"  {outcome.status:<10} {name:<25} {outcome.record}  {measure(outcome)}".rstrip()


def measure(outcome: Outcome) -> str:
    """Return how much is granted or may be, or by when a task is due."""
    if outcome.amount is not None:
        return f"{outcome.amount} yuan per month"
    if outcome.high:
        return f"up to {outcome.high} yuan per month"
    return f"by {outcome.deadline}" if outcome.deadline else ""


def questions(decision: Decision) -> Iterator[str]:
    """Yield each thing that is missing, with who has it and how it is asked."""
    for missing in {each for outcome in decision.outcomes for each in outcome.missing}:
        yield f"  {missing.question}"
        yield f"  held by {', or else '.join(missing.holders)} ({missing.name})"


if __name__ == "__main__":
    main()
