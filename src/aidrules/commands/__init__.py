"""The commands of the command line, a module for each group; each adds its own to the parser."""

import argparse
import json
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from aidrules.decision import Language
from aidrules.policy import Policy

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no public name

FOUND, USAGE = 1, 2

Run = Callable[[Policy, Language, argparse.Namespace], int]
"""What a command does with a policy: it prints, and returns the exit code."""


@frozen
class Commands:
    """Where a group of commands adds its own."""

    _parsers: "_SubParsers"

    def add(
        self, name: str, about: str, run: Run, *, takes_wrong_policies: bool = False
    ) -> argparse.ArgumentParser:
        """Add a command and return its parser.

        Args:
            name: Of the command.
            about: A line of help.
            run: What it does.
            takes_wrong_policies: Whether it runs for a policy with errors; else those are shown.
        """
        made = self._parsers.add_parser(name, help=about, description=about)
        made.add_argument("policy", metavar="POLICY", help="a file, a folder, or a shipped name")
        made.add_argument(
            "--language", choices=("en", "zh"), default="en", help="of messages and reasons 语言"
        )
        made.set_defaults(run=run, takes_wrong_policies=takes_wrong_policies)
        return made


def add_date(parser: argparse.ArgumentParser, name: str = "--on", *, required: bool = True) -> None:
    """Add the option that names a date."""
    parser.add_argument(
        name, required=required, type=_day, metavar="DATE", help="such as 2024-05-01"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no date: write such as 2024-05-01"
        raise argparse.ArgumentTypeError(message) from None


def count_of_members(text: str) -> int:
    """Return how many records of a kind a household has at most, as it stands on the line."""
    if not text.isdecimal() or not 1 <= int(text) <= 12:  # noqa: PLR2004 - more is never settled
        message = f"{text!r} is no number from 1 to 12"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def seconds(text: str) -> Fraction:
    """Return a time, as it stands on the line."""
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if not 0 < found <= 3600:  # noqa: PLR2004 - an hour
        message = f"{text!r} is no time from 0 to 3600 seconds"
        raise argparse.ArgumentTypeError(message)
    return found


def language_of(chosen: argparse.Namespace) -> Language:
    """Return the language that was chosen."""
    return "zh" if chosen.language == "zh" else "en"


def read_bytes(name: str) -> bytes:
    """Return what stands in a file."""
    return Path(name).read_bytes()


def print_json(plain: object) -> None:
    """Print data as JSON."""
    print(json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True))
