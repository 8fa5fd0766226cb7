"""Two households to their decisions: a couple of Wufeng, a son and his father of Huimin.

The couple grow tea and cannot pick it; volunteers picked it in a day (湖北日报). The son had
applied for nothing when the street office came to his door (人民日报). `make demo` runs this.
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

CHAIN = "shandong.aid_chain"
FAMILY = Path(__file__).with_name("huimin.json")
ALERTS = (
    "possibly_entitled",
    "medical_hardship",
    "care_hardship",
    "work_hardship",
    "tell_the_family",
    "visit",
)
APPLIED_FOR = (
    "get_signature",
    "minimum_living_allowance",
    "temporary_aid",
    "care_in_institution",
    "job_nearby",
)
GRANTED = (
    "minimum_living_allowance",
    "additional_support",
    "home_adaptation",
    "care_in_institution",
    "state_share",
    "charity_share",
    "job_nearby",
)
TOLD = "care_in_institution"
DECIDED_LATER = frozenset({"decided_on", "notified_on", "notice_from"})
NOT_KNOWN_YET = DECIDED_LATER | {
    "owes_support",
    "lives_here",
    "signed_on",
    "asked_for_care_on",
    "choice_of_care",
    "places_free",
    "wants_work",
    "replied_on",
    "hard_pressed",
    "proposed_amount",
    "hardship_verified_on",
}


def main() -> None:
    """Decide both households."""
    wufeng()
    huimin()


def wufeng() -> None:
    """Decide the couple; then the same couple with one fact left out."""
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


def huimin() -> None:
    """Walk with the family from the alert of the platform to its last decision."""
    policy = aidrules.load(CHAIN)
    title("Huimin in Shandong: L looks after his old father F, and has applied for nothing")
    print("People, illness, care and job are told in the newspaper; sums and days are assumed.\n")
    print("11 March 2024. The platform lays the records of the offices side by side:\n")
    found = policy.evaluate(family(NOT_KNOWN_YET), on="2024-03-11")
    print("\n".join(granted(found, ALERTS)))
    title("What is still missing: the family is asked only what no office has")
    print("\n".join(sorted(set(sources(found, APPLIED_FOR)))))
    title("14 March: visited and verified; the money is to be there a day later")
    verified = policy.evaluate(family(DECIDED_LATER), on="2024-03-14")
    print("\n".join(granted(verified, ("temporary_aid",))))
    title("25 March: the notice has hung for its seven days")
    decision = policy.evaluate(family(frozenset()), on="2024-03-25")
    print("\n".join(granted(decision, GRANTED)))
    print("\nF is cared for, so L can work: the one is a condition of the other.")
    title("What F is told, in Chinese and in English")
    care = decision.only(TOLD, "F")
    print(care.letter("zh"))
    print(care.letter("en"))


def family(unknown: frozenset[str]) -> dict[str, object]:
    """Return the facts of the family without those that nobody knows yet, on any record."""

    def known(record: dict[str, object]) -> dict[str, object]:
        return {name: fact for name, fact in record.items() if name not in unknown}

    facts: dict[str, object] = json.loads(FAMILY.read_text("utf-8"), object_hook=known)
    return facts


def granted(decision: Decision, names: tuple[str, ...]) -> Iterator[str]:
    """Yield what is granted, and below it what follows."""
    for name in names:
        for outcome in decision.only(name).outcomes:
            if outcome.status == "granted":
                yield f"  {name.replace('_', ' ')} ({outcome.record}){content(outcome)}"
                yield f"      {'; '.join(follow_up(outcome))}"


def content(outcome: Outcome) -> str:
    """Return what is granted: a sum, or a list of services."""
    match outcome.amount:
        case None:
            return ""
        case frozenset() as services:
            return f": {', '.join(sorted(str(each).replace('_', ' ') for each in services))}"
        case amount:
            return f": {amount} {outcome.unit}"


def follow_up(outcome: Outcome) -> Iterator[str]:
    """Yield the office, the day by which it is due, the first payment, and the appeal."""
    if outcome.office:
        yield outcome.office
    if outcome.deadline:
        yield f"by {outcome.deadline}"
    if outcome.paid_from:
        yield f"paid from {outcome.paid_from}"
    if outcome.appeal:
        office, last_day = outcome.appeal
        yield f"appeal to {office}" + (f" until {last_day}" if last_day else "")


def sources(decision: Decision, names: tuple[str, ...]) -> Iterator[str]:
    """Yield what is missing, by who has it: an office, a judgement, or nobody but the family."""
    for name in names:
        for outcome in decision.only(name).outcomes:
            for missing in outcome.missing:
                what = f"{missing.name.replace('_', ' ')} of {missing.record.id}"
                if missing.office:
                    yield f"  {missing.office} judges: {what}"
                elif missing.holders:
                    yield f"  the office asks {missing.holders[0]}: {what}"
                else:
                    yield f"  the family is asked ({missing.record.id}): {missing.question}"


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
