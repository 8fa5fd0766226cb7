"""Commands on all households at once: prove."""

import argparse
import sys
from importlib.util import find_spec

from aidrules.commands import (
    FOUND,
    USAGE,
    Commands,
    add_date,
    count_of_members,
    print_json,
    seconds,
)
from aidrules.decision import Language
from aidrules.lexicon import words
from aidrules.policy import Policy


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    made = commands.add(
        "prove", "settle what holds of every household 对所有家庭证明或推翻", _prove
    )
    add_date(made, required=False)
    made.add_argument(
        "--size",
        type=count_of_members,
        default=3,
        metavar="COUNT",
        help="of a kind, at most (3)",
    )
    made.add_argument(
        "--seconds", type=seconds, default=5, metavar="SECONDS", help="for each property (5)"
    )
    made.add_argument("--only", metavar="NAME", help="what is about one rule, or one check")
    made.add_argument("--json", action="store_true", help="as JSON")


def _prove(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    lexicon = words(language)
    proofs = policy.prove(chosen.on, members=chosen.size, seconds=chosen.seconds, only=chosen.only)
    if not proofs.settled:
        known = "no-properties" if chosen.only is None else "no-such-outcome"
        print(lexicon.fill("word", known, name=str(chosen.only)))
        return USAGE
    if chosen.json:
        print_json(proofs.to_json(language))
    else:
        sys.stdout.write(proofs.explain(language))
        if find_spec("z3") is None:
            print(lexicon.fill("word", "extra-missing", extra="prove"))
    return 0 if proofs.is_as_stated else FOUND
