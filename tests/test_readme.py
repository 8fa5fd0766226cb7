"""What the README shows is what the command prints."""

import re
from datetime import date
from pathlib import Path

import aidrules

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_policy_and_household_give_the_decision_that_is_shown() -> None:
    policy, household, shown = BLOCKS[:3]
    decision = aidrules.loads(policy, "heating.aid").evaluate(household, date(2024, 11, 1))
    explained = decision.explain("en")
    heading, missing = (part.strip() for part in shown.split("…\n"))

    assert heading == explained.splitlines()[0]
    assert missing in explained


def test_readme_offers_the_targets_of_the_makefile() -> None:
    makefile = (Path(__file__).resolve().parents[1] / "Makefile").read_text("utf-8")

    for target in ("demo", "test"):
        assert f"make {target} " in README
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
