"""Commands on a policy's own examples: mutate."""

import argparse
import sys

from aidrules.commands import FOUND, USAGE, Commands, print_json
from aidrules.decision import Language
from aidrules.lexicon import words
from aidrules.policy import Policy


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    made = commands.add("mutate", "show which slips no example notices 检验示例的周密程度", _mutate)
    made.add_argument("--limit", type=_count, metavar="COUNT", help="how many slips, by chance")
    made.add_argument("--seed", type=int, default=1, metavar="SEED", help="of chance (1)")
    made.add_argument("--within", metavar="MODULE", help="slips in one file only")
    made.add_argument("--json", action="store_true", help="as JSON")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:  # noqa: PLR2004 - more than any
        message = f"{text!r} is no number from 1 to 1000000"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _mutate(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    from aidrules.verify import suggestions  # noqa: PLC0415 - only for those who ask

    modules = {module.name for module in policy.program.modules}
    if chosen.within is not None and chosen.within not in modules:
        print(words(language).fill("word", "no-such-outcome", name=chosen.within))
        return USAGE
    found = policy.mutate(limit=chosen.limit, seed=chosen.seed, within=chosen.within)
    if chosen.json:
        print_json(suggestions.to_json(found, language))
    else:
        sys.stdout.write(suggestions.explain(found, language))
    return FOUND if found.killed < len(found.judged) else 0
