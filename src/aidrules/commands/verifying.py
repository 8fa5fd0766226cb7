"""Commands on all households at once: prove."""

import argparse
import sys
from fractions import Fraction
from importlib.util import find_spec

from aidrules.commands import FOUND, USAGE, Commands, add_date, print_json
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
        "--members", type=_count, default=3, metavar="COUNT", help="of a kind, at most (3)"
    )
    made.add_argument(
        "--seconds", type=_seconds, default=5, metavar="SECONDS", help="for each property (5)"
    )
    made.add_argument("--only", metavar="NAME", help="what is about one rule, or one check")
    made.add_argument("--json", action="store_true", help="as JSON")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 12:  # noqa: PLR2004 - more is never settled
        message = f"{text!r} is no number from 1 to 12"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _seconds(text: str) -> Fraction:
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if not 0 < found <= 3600:  # noqa: PLR2004 - an hour
        message = f"{text!r} is no time from 0 to 3600 seconds"
        raise argparse.ArgumentTypeError(message)
    return found


def _prove(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    lexicon = words(language)
    proofs = policy.prove(
        chosen.on, members=chosen.members, seconds=chosen.seconds, only=chosen.only
    )
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
