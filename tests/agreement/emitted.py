"""Emitted kernels, one token of them changed at a time: does the corpus see it?

`python -m tests.agreement.emitted 200` emits the kernels of the shipped policies, for known and for
unknown facts, changes that many tokens, one by one, and compares each with the interpreter on as
many households as the agreement takes, on one day, since a kernel is of a day; it prints those
that nobody saw, to be looked at one by one.
"""

import sys
import tokenize
from collections.abc import Iterator
from io import BytesIO
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from attrs import frozen

from aidrules import load
from aidrules.backends.kernel import Layout, emit
from aidrules.backends.kernel import compile as compiling
from aidrules.case import Case
from aidrules.program import Program

from . import kernel as agreement
from .boundary import Maker
from .figures import filled
from .translation import SWAPS

POLICIES = Path(__file__).parents[2] / "docs" / "policies"
HOUSEHOLDS = 600
"""How many the agreement takes of each policy in CI."""
AT_ONCE = 100
OTHERS = {"&": "|", "|": "&", "not": "", "select": "most", "most": "least", "least": "most"}


@frozen
class Mutant:
    """One token of one kernel changed."""

    policy: str
    is_plain: bool
    line: int
    text: str
    old: str
    new: str
    source: str
    mutated: str


def mutants(policy: str, program: Program, today: int, *, is_plain: bool) -> Iterator[Mutant]:
    """Yield every change of one token of a kernel."""
    source = emit(program, Layout.of(program)).text(today, frozenset() if is_plain else None).source
    lines = source.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line.startswith("def kernel(")]
    for token in tokenize.tokenize(BytesIO(source.encode()).readline):
        row, column = token.start
        if not starts or row <= starts[0] + 1 or token.type == tokenize.COMMENT:
            continue
        new = {**SWAPS, **OTHERS}.get(token.string)
        if token.type == tokenize.NUMBER:
            new = str(int(token.string) + 1)
        if new is None:
            continue
        end = column + len(token.string)
        line = lines[row - 1]
        changed = [*lines]
        changed[row - 1] = f"{line[:column]}{new}{line[end:]}"
        yield Mutant(
            policy, is_plain, row, line.strip(), token.string, new, source, "".join(changed)
        )


def _program(name: str) -> Program:
    """Return a shipped policy, with values for the figures that it leaves open."""
    rng = Random(name)
    return filled(load(POLICIES / name).program, rng, agreement.FIRST_TRIED)


def _households(program: Program, seed: int, *, is_plain: bool) -> list[Case]:
    """Return some households at the lines of the rules, all known or some not."""
    rng = Random(seed)
    unknown = 0.0 if is_plain else 0.04
    maker = Maker(program, Layout.of(program).root, agreement.FIRST_TRIED, rng, unknown)
    return [maker.case() for _ in range(AT_ONCE)]


def is_seen(mutant: Mutant) -> bool:
    """Return whether the agreement finds a difference with a mutant in the kernel's place."""
    program = _program(mutant.policy)
    interpreted = compiling.interpreted

    def other(source: str) -> Any:
        return interpreted(mutant.mutated if source == mutant.source else source)

    for seed in range(1, HOUSEHOLDS + 1, AT_ONCE):
        cases = _households(program, seed, is_plain=mutant.is_plain)
        with mock.patch.object(compiling, "interpreted", other):
            try:
                found = agreement.compare(program, cases, agreement.FIRST_TRIED, full=False)
            except Exception:  # noqa: BLE001 - whatever it is, it is seen
                return True
        if found.differences or found.stale:
            return True
    return False


def main() -> int:
    """Change so many tokens, and print what nobody saw."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    every: list[Mutant] = []
    for path in sorted(POLICIES.rglob("*.aid.md")):
        name = str(path.relative_to(POLICIES))
        program = _program(name)
        for is_plain in (True, False):
            every += mutants(name, program, agreement.FIRST_TRIED, is_plain=is_plain)
    chosen = Random(1).sample(every, min(count, len(every)))
    with get_context("spawn").Pool(cpu_count()) as pool:
        seen = pool.map(is_seen, chosen, chunksize=1)
    missed = [mutant for mutant, was_seen in zip(chosen, seen, strict=True) if not was_seen]
    for each in missed:
        kind = "plain" if each.is_plain else "bounded"
        print(f"{each.policy} ({kind}) {each.line}: {each.old} -> {each.new or '-'}  {each.text}")  # noqa: T201 - a command
    print(f"{sum(seen)} of {len(chosen)} seen, of {len(every)}")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
