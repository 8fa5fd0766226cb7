"""The command line: arguments to a command of `commands`, and its exit code.

Exit codes: 0 decided or undecided, 1 findings or bad facts, 2 wrong usage.
"""

import argparse
import io
import sys
from collections.abc import Sequence

from aidrules.commands import (
    FOUND,
    USAGE,
    Commands,
    auditing,
    charting,
    comparing,
    deciding,
    language_of,
    screening,
    verifying,
)
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.policy import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: Behind the program's name; None: those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parser = _parser()
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as stop:
        return USAGE if stop.code else 0
    try:
        return _run(chosen)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        language = language_of(chosen)
        print(words(language).fill("word", "cannot-open", file=str(error.filename or error)))
        return USAGE
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print()
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aidrules",
        description="Rules of social aid: check them, test them, decide by them. "
        "社会救助规则：检查、测试、据以作出决定。",
    )
    commands = Commands(parser.add_subparsers(dest="command", required=True, metavar="COMMAND"))
    for station in (auditing, charting, comparing, deciding, screening, verifying):
        station.add(commands)
    return parser


def _run(chosen: argparse.Namespace) -> int:
    language = language_of(chosen)
    policy = load(chosen.policy)
    if not policy.is_valid and not chosen.takes_wrong_policies:
        print(render.text(policy.diagnostics, language, color=sys.stdout.isatty()), end="")
        return FOUND
    code: int = chosen.run(policy, language, chosen)
    return code
