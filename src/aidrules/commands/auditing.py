"""Commands on a policy's own examples: coverage, mutate."""

import argparse
import sys
from fractions import Fraction

from aidrules.commands import FOUND, USAGE, Commands, print_json
from aidrules.decision import Language
from aidrules.lexicon import words
from aidrules.policy import Policy


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    about = "show which rows, cases and figures no example reaches 检验示例的覆盖范围"
    made = commands.add("coverage", about, _coverage)
    made.add_argument("--within", metavar="MODULE", help="rules of one file only")
    made.add_argument(
        "--fail-under",
        type=_percent,
        default=Fraction(0),
        metavar="PERCENT",
        help="exit with 1 if examples reach less",
    )
    made.add_argument("--json", action="store_true", help="as JSON")
    made = commands.add("mutate", "show which slips no example notices 检验示例的周密程度", _mutate)
    made.add_argument("--limit", type=_count, metavar="COUNT", help="how many slips, by chance")
    made.add_argument("--seed", type=int, default=1, metavar="SEED", help="of chance (1)")
    made.add_argument("--within", metavar="MODULE", help="slips in one file only")
    made.add_argument(
        "--seconds",
        type=_seconds,
        default=Fraction(5),
        metavar="SECONDS",
        help="for each proof that a slip changes nothing (5); 0 for none",
    )
    made.add_argument(
        "--total", type=_seconds, default=Fraction(60), metavar="SECONDS", help="for all (60)"
    )
    made.add_argument("--json", action="store_true", help="as JSON")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:  # noqa: PLR2004 - more than any
        message = f"{text!r} is no number from 1 to 1000000"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _percent(text: str) -> Fraction:
    return _number(text, 100)


def _seconds(text: str) -> Fraction:
    return _number(text, 86_400)


def _number(text: str, most: int) -> Fraction:
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError):
        number = Fraction(-1)
    if not 0 <= number <= most:
        message = f"{text!r} is no number from 0 to {most}"
        raise argparse.ArgumentTypeError(message)
    return number


def _coverage(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    from aidrules.verify.covering import coverage_report  # noqa: PLC0415 - only for those who ask

    if not _is_module(chosen.within, policy, language):
        return USAGE
    found = policy.coverage(within=chosen.within)
    if chosen.json:
        print_json(coverage_report.to_json(found, language))
    else:
        sys.stdout.write(coverage_report.explain(found, language))
    return FOUND if found.share is not None and found.share * 100 < chosen.fail_under else 0


def _is_module(name: str | None, policy: Policy, language: Language) -> bool:
    """Whether a name that was asked for is one of the policy's files; if not, say so."""
    if name is None or any(module.name == name for module in policy.program.modules):
        return True
    print(words(language).fill("word", "no-such-outcome", name=name))
    return False


def _mutate(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    from aidrules.verify.mutating import suggestions  # noqa: PLC0415 - only for those who ask

    if not _is_module(chosen.within, policy, language):
        return USAGE
    found = policy.mutate(
        limit=chosen.limit,
        seed=chosen.seed,
        within=chosen.within,
        seconds=chosen.seconds,
        total=chosen.total,
    )
    if chosen.json:
        print_json(suggestions.to_json(found, language))
    else:
        sys.stdout.write(suggestions.explain(found, language))
    return FOUND if found.killed < found.counted else 0
