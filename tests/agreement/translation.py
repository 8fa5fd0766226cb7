"""The translation to Z3, one token of it changed at a time: does the corpus see it?

`python -m tests.agreement.translation 200` changes that many tokens, one by one, and runs the
tests of the translation on each; it prints those that nobody saw, to be looked at one by one.
"""

import os
import shutil
import subprocess
import sys
import tokenize
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from attrs import frozen

ROOT = Path(__file__).parents[2]
STATION = Path("src") / "aidrules" / "backends" / "smt"
FILES = ("days.py", "lists.py", "lookups.py", "lower.py", "terms.py", "values.py")
SECONDS = 120

SWAPS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "+": "-",
    "-": "+",
    "*": "+",
    "//": "*",
    "and": "or",
    "or": "and",
    "True": "False",
    "False": "True",
    "both": "either",
    "either": "both",
    "low": "high",
    "high": "low",
    "min": "max",
    "max": "min",
    "negation": "bool",
    "absent": "error",
    "below": "at_most",
}


@frozen
class Mutant:
    """A file with one token changed."""

    file: str
    line: int
    old: str
    new: str
    text: str


def mutants() -> list[Mutant]:
    """Return every change of one token in a line that works something out."""
    found: list[Mutant] = []
    for file in FILES:
        data = (ROOT / STATION / file).read_bytes()
        lines = data.decode().splitlines(keepends=True)
        is_code = False
        for token in tokenize.tokenize(BytesIO(data).readline):
            row, column = token.start
            text = lines[row - 1] if 0 < row <= len(lines) else ""
            if text.lstrip().startswith("def "):
                is_code = True
            if not is_code or _is_declared(text, token.string, column):
                continue
            new = SWAPS.get(token.string)
            if token.type == tokenize.NUMBER:
                new = str(int(token.string.replace("_", "")) + 1)
            if new is None:
                continue
            end = column + len(token.string)
            changed = [*lines]
            changed[row - 1] = f"{text[:column]}{new}{text[end:]}"
            found.append(Mutant(file, row, token.string, new, "".join(changed)))
    return found


def _is_declared(line: str, token: str, column: int) -> bool:
    """Return whether a token only declares something: a type, an import, a name of an argument."""
    stripped = line.lstrip()
    if stripped.startswith(("def ", "class ", "import ", "from ", "@", "#", '"""', ")", "case ")):
        return True
    behind = line[column + len(token) :]
    is_name = token.isidentifier() and token not in {"True", "False", "and", "or"}
    is_argument = behind.startswith(("=", ":")) and not behind.startswith("==")
    return "->" in line or (is_name and (is_argument or line[:column].endswith(".")))


def is_seen(mutant: Mutant) -> bool:
    """Return whether the tests of the translation fail on a mutant."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copytree(ROOT / "src", home / "src", ignore=shutil.ignore_patterns("__pycache__"))
        (home / STATION / mutant.file).write_text(mutant.text, "utf-8")
        known = {**os.environ, "PYTHONPATH": f"{home / 'src'}:{ROOT / 'tests'}"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        try:
            ran = subprocess.run(  # noqa: S603 - our own tests
                [*command, str(ROOT / "tests" / "test_smt.py")],
                cwd=ROOT,
                env=known,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
    return ran.returncode != 0


def main() -> int:
    """Change so many tokens, and print what nobody saw."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    every = mutants()
    chosen = Random(1).sample(every, min(count, len(every)))  # noqa: S311 - chance for tests
    missed = [mutant for mutant in chosen if not is_seen(mutant)]
    for mutant in missed:
        print(f"{mutant.file}:{mutant.line}: {mutant.old} -> {mutant.new}")  # noqa: T201 - a command
    print(f"{len(chosen) - len(missed)} of {len(chosen)} seen")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
