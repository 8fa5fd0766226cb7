"""The translation to Z3, one token of it changed at a time: does the corpus see it?

`python -m tests.agreement.translation 200` changes that many tokens, one by one, each in a process
of its own, and compares terms with the interpreter on a fixed corpus, then runs the tests of the
translation. It prints those that nobody saw, to be looked at one by one.
"""

import signal
import sys
import tokenize
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from importlib.abc import SourceLoader
from importlib.util import spec_from_loader
from io import BytesIO, StringIO
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

ROOT = Path(__file__).parents[2]
STATION = Path("src") / "aidrules" / "backends" / "smt"
FILES = ("days.py", "lists.py", "lookups.py", "lower.py", "rest.py", "terms.py", "values.py")
POLICIES = ROOT / "docs" / "policies"
SHIPPED = (
    "cn/after_work.aid.md",
    "cn/temporary_aid.aid.md",
    "hubei/wufeng.aid.md",
    "hubei/xisaishan_vouchers.aid.md",
    "shandong/sunset_care.aid.md",
    "shandong/monitoring.aid.md",
)
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


@frozen
class _Loader(SourceLoader):
    """Hands out a changed text in the place of a module."""

    name: str
    text: str

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Any:
        """Return the module, if it is the one that was changed."""
        return spec_from_loader(name, self) if name == self.name else None

    def get_filename(self, fullname: str) -> str:
        """Return what stands in a traceback."""
        return f"{fullname} changed"

    def get_data(self, path: str) -> bytes:
        """Return the text."""
        if not path.endswith("changed"):
            raise OSError(path)
        return self.text.encode()


def corpus() -> tuple[int, int]:
    """Compare terms with the interpreter, and return how many terms and answers there were.

    Raises:
        AssertionError: If something differs.
    """
    from . import endless, smt  # noqa: PLC0415 - once the changed module is in its place

    terms = answers = 0
    found = smt.random_run(range(1, 61))
    for path in SHIPPED:
        found.add(smt.shipped_run(str(POLICIES / path), 40, 2))
    terms, answers = found.translated, found.answers
    if found.differences:
        raise AssertionError(found.differences[0])
    beyond = endless.random_run(range(1, 61))
    for path in SHIPPED:
        beyond.add(endless.shipped_run(str(POLICIES / path), 10, 2))
    if beyond.impossible:
        raise AssertionError(beyond.impossible[0])
    return terms, answers + beyond.answers


def is_seen(job: tuple[Mutant, tuple[int, int]]) -> bool:
    """Return whether the corpus or the tests see a mutant: it differs, fails, or does not end."""
    mutant, usual = job
    name = ".".join((*STATION.parts[1:], mutant.file.removesuffix(".py")))
    sys.meta_path.insert(0, _Loader(name, mutant.text))
    signal.alarm(SECONDS)
    try:
        if corpus() != usual:
            return True
    except Exception:  # noqa: BLE001 - whatever it is, it is seen
        return True
    import pytest  # noqa: PLC0415 - for the few that the corpus does not see

    tests = [str(ROOT / "tests" / f"test_{name}.py") for name in ("smt", "endless", "prove")]
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]) != 0


def _ended(mutant: Mutant, usual: tuple[int, int]) -> bool:
    """Return whether a mutant is seen, in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        try:
            return pool.submit(is_seen, (mutant, usual)).result()
        except BrokenExecutor:  # it was ended for want of an end
            return True


def main() -> int:
    """Change so many tokens, and print what nobody saw."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    every = mutants()
    chosen = Random(1).sample(every, min(count, len(every)))
    usual = corpus()
    seen = 0
    with ThreadPoolExecutor(cpu_count()) as threads:
        results = threads.map(lambda mutant: (mutant, _ended(mutant, usual)), chosen)
        for at, (mutant, was_seen) in enumerate(results, 1):
            seen += was_seen
            if not was_seen:
                print(f"{mutant.file}:{mutant.line}: {mutant.old} -> {mutant.new}", flush=True)  # noqa: T201 - a command
            if at % 20 == 0:
                print(f"{seen} of {at} seen", flush=True)  # noqa: T201 - a command
    print(f"{seen} of {len(chosen)} seen, of {len(every)}")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
