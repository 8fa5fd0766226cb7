"""Commands that draw: chart."""

import argparse
import sys
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from aidrules.commands import FOUND, USAGE, Commands, add_date, print_json, read_bytes
from aidrules.decision import Language
from aidrules.diagnostics import render
from aidrules.lexicon import Lexicon, exact, words
from aidrules.policy import FactsError, Policy


def add(commands: Commands) -> None:
    """Add the commands to the parser."""
    made = commands.add(
        "chart", "show what is paid against an income 绘制给付随收入变化的曲线", _chart
    )
    made.add_argument("household", metavar="HOUSEHOLD", help="facts as JSON; - for standard input")
    add_date(made)
    made.add_argument(
        "--along", metavar="FACT", help="the number that is varied, such as 'income of zhang'"
    )
    made.add_argument("--from", dest="low", type=_number, metavar="NUMBER", help="its least value")
    made.add_argument("--to", dest="high", type=_number, metavar="NUMBER", help="its greatest")
    made.add_argument("--out", metavar="FILE", help="an SVG file to write")
    made.add_argument("--json", action="store_true", help="as JSON")


def _number(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        message = f"{text!r} is no number"
        raise argparse.ArgumentTypeError(message) from None


def _chart(policy: Policy, language: Language, chosen: argparse.Namespace) -> int:
    from aidrules.charts import AxisError, explain, svg  # noqa: PLC0415 - only for those who ask

    lexicon = words(language)
    if chosen.out is not None and find_spec("matplotlib") is None:
        print(lexicon.fill("word", "extra-missing", extra="chart"))
        return USAGE
    facts = sys.stdin.buffer.read() if chosen.household == "-" else read_bytes(chosen.household)
    ends = chosen.low, chosen.high
    try:
        chart = policy.chart(facts, chosen.on, chosen.along, ends)
    except FactsError as error:
        print(render.text(error.diagnostics, language, color=sys.stdout.isatty()), end="")
        return FOUND
    except AxisError as error:
        print(_which(lexicon.join(error.choices), chosen.along, lexicon))
        return USAGE
    except ValueError:
        low, high = ("..." if end is None else exact(end) for end in ends)
        print(lexicon.fill("word", "chart-no-span", low=low, high=high))
        return USAGE
    if chosen.json:
        print_json(chart.to_json())
    else:
        sys.stdout.write(explain(chart, language))
    if chosen.out is not None:
        Path(chosen.out).write_text(svg(chart, language), "utf-8")
    return 0


def _which(choices: str, named: str | None, lexicon: Lexicon) -> str:
    if named is None:
        return lexicon.fill("word", "chart-no-axis-said", choices=choices)
    return lexicon.fill("word", "chart-no-axis", named=named, choices=choices)
