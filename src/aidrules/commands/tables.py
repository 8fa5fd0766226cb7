"""What the command line says of tables of many households, and how tables of numbers are shown."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from aidrules.decision import Language
from aidrules.lexicon import words
from aidrules.policy import Policy
from aidrules.population.telling import Telling

if TYPE_CHECKING:
    from aidrules.population.table import Refused


def add_tables(made: argparse.ArgumentParser, *, required: bool) -> None:
    """Add the options that say where tables are and what they are like."""
    made.add_argument(
        "--households",
        required=required,
        metavar="FILE",
        help="one row for each; Parquet, CSV or Arrow, or a folder of such files",
    )
    made.add_argument(
        "--members",
        nargs="+",
        action="extend",
        default=[],
        metavar="[KIND=]FILE",
        help="tables of the other kinds of record, such as person=people.csv",
    )
    made.add_argument(
        "--complete",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND",
        help="kinds whose tables list all records there are",
    )
    for name, metavar, about in (
        ("--places", "KIND.FACT=PLACES", "a column counts in parts of the unit, 2: hundredths"),
        ("--rename", "KIND.NAME=COLUMN", "what a column is called in the table"),
    ):
        made.add_argument(name, nargs="+", action="extend", default=[], metavar=metavar, help=about)
    made.add_argument(
        "--ignore", nargs="+", action="extend", default=[], metavar="KIND.COLUMN", help="pass over"
    )
    made.add_argument("--root", metavar="KIND", help="the kind of a document")
    made.add_argument("--threads", type=int, default=1, help="how many compute at once")


class WrongPair(ValueError):  # noqa: N818 - it says what the text is
    """What is no `name=value`."""


def tables(policy: Policy, chosen: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield the kind of record and the path of each table.

    Raises:
        LookupError: If it is not known of which kind one is.
    """
    from aidrules.backends.kernel import Layout  # noqa: PLC0415 - an extra

    layout = Layout.of(policy.program, chosen.root)
    yield layout.root, chosen.households
    others = (*layout.below, *layout.above)
    for text in chosen.members:
        kind, is_said, path = text.partition("=")
        if is_said:
            yield kind, path
            continue
        stem = Path(text).name.partition(".")[0]
        named = [each for each in others if stem in (each, f"{each}s")]
        if len(others) == 1 or len(named) == 1:
            yield (others if len(others) == 1 else named)[0], text
        else:
            raise LookupError(stem)


def _pairs(texts: list[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, is_said, value = text.partition("=")
        if not is_said or not value:
            raise WrongPair(text)
        yield name, value


def _places(texts: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, places in _pairs(texts):
        if not places.isdecimal():
            wrong = f"{name}={places}"
            raise WrongPair(wrong)
        found[name] = int(places)
    return found


def telling(chosen: argparse.Namespace) -> Telling:
    """Return what is said of the tables.

    Raises:
        WrongPair: If something is no `name=value`.
    """
    return {
        "complete": chosen.complete,
        "places": _places(chosen.places),
        "renamed": dict(_pairs(chosen.rename)),
        "ignored": chosen.ignore,
        "root": chosen.root,
    }


def refused(each: "Refused", language: Language) -> str:
    """Return why a file is not read."""
    lexicon = words(language)
    why = lexicon.fill("word", f"why-{each.code}", column=each.column)
    near = "" if each.near is None else lexicon.fill("word", "column-near", name=each.near)
    return lexicon.fill("word", "table-refused", file=each.file, why=why) + near


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Print rows of texts: the first column to the left, the others to the right."""
    widths = [max(_width(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        first = row[0] + " " * (widths[0] - _width(row[0]))
        cells = (
            " " * (width - _width(cell)) + cell
            for cell, width in zip(row[1:], widths[1:], strict=True)
        )
        print("  ".join((first, *cells)).rstrip())


def _width(text: str) -> int:
    return sum(1 + (east_asian_width(sign) in "WF") for sign in text)
