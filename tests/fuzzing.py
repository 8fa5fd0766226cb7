"""Many spoilt policies and households, quicker than by Hypothesis: `python tests/fuzzing.py`.

Each input ends in an answer or in findings with a place, within a few seconds and within memory.
What does not is written to a file of its own, and the run goes on.
"""

import argparse
import json
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import test_hostile as hostile
from aidrules import loads
from aidrules.syntax.parse import read_text

SECONDS = 20
"""How long one input may take."""

MEGABYTES = 2_000
"""How much memory the run may take in all."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Stop what takes longer."""

    def late(_: int, __: FrameType | None) -> None:
        message = f"more than {seconds} seconds"
        raise TimeoutError(message)

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def spoilt(chance: random.Random) -> str:
    """Return a policy with a few words that stand where they should not."""
    words = hostile.WORD.findall(chance.choice(hostile.texts()))
    for _ in range(chance.randint(1, 4)):
        at, there = chance.randrange(len(words)), chance.randrange(len(words))
        match chance.randrange(7):
            case 0:
                words[at] = chance.choice(hostile.vocabulary())
            case 1:
                words.insert(at, chance.choice((*hostile.STRANGE, chr(chance.randrange(0x11000)))))
            case 2:
                del words[at : at + chance.randint(1, 3)]
            case 3:
                words[at:at] = words[there : there + chance.randint(1, 40)]
            case 4:
                words[at], words[there] = words[there], words[at]
            case 5:
                del words[at : at + chance.randint(1, 200)]
            case _:
                words[at] = words[there]
        words = words or ["\n"]
    return "".join(words)


def changed(chance: random.Random) -> tuple[int, str]:
    """Return a household of a lesson, by its place, and its policy with a word that is another."""
    which = chance.randrange(len(hostile.told()))
    words = hostile.WORD.findall(hostile.told()[which][0])
    at = chance.choice([at for at, word in enumerate(words) if word.strip()])
    word = words[at]
    alike = [group for group in hostile.ALIKE if word in group]
    if word.isdecimal():
        words[at] = chance.choice(hostile.FIGURES)
    elif alike:
        words[at] = chance.choice(alike[0])
    elif word.isidentifier():
        words[at] = chance.choice([each for each in words if each.isidentifier()])
    return which, "".join(words)


def spoilt_household(chance: random.Random) -> tuple[int, Any]:
    """Return a household of a lesson, by its place, with a few facts that should be otherwise."""
    which = chance.randrange(len(hostile.told()))
    text, _, document = hostile.told()[which]
    plain = json.loads(document)
    names = [fact.name for fact in hostile.policy_of(text).program.facts]
    for _ in range(chance.randint(1, 4)):
        found = hostile.places(plain)
        if not found:
            break
        inside, key = chance.choice(found)
        match chance.randrange(5):
            case 0 | 1:
                inside[key] = chance.choice(hostile.ALL_LEAVES)
            case 2:
                inside[key] = {"low": chance.choice(hostile.ALL_LEAVES), "high": inside[key]}
            case 3:
                del inside[key]
            case _ if isinstance(inside, dict):
                inside[chance.choice((*names, "id", "previously", "x"))] = inside.pop(key)
            case _:
                inside[key] = [inside[key], chance.choice(hostile.ALL_LEAVES)]
    return which, plain


def one(chance: random.Random) -> tuple[str, object]:
    """Run one input and return its kind; what was tried stands in an error's notes."""
    kind = chance.choices(("policy", "changed", "words", "bytes", "household"), (3, 2, 1, 1, 8))[0]
    tried: object = None
    try:
        match kind:
            case "policy":
                tried = spoilt(chance)
                hostile.is_looked_at(loads(tried))
            case "changed":
                which, tried = changed(chance)
                policy = loads(tried)
                hostile.is_looked_at(policy)
                if policy.is_valid:
                    _, day, document = hostile.told()[which]
                    hostile.is_answered(policy.evaluate(document, day))
            case "words":
                words = (*hostile.vocabulary(), *hostile.STRANGE)
                tried = " ".join(chance.choices(words, k=chance.randint(0, 60)))
                hostile.is_looked_at(loads(tried))
            case "bytes":
                data = bytearray(chance.choice(hostile.texts()).encode())
                for _ in range(chance.randint(1, 9)):
                    data[chance.randrange(len(data))] = chance.randrange(256)
                tried = bytes(data)
                source, findings = read_text("a.aid", tried)
                hostile.is_told(findings)
                if source is not None:
                    hostile.is_looked_at(loads(source.text))
            case _:
                which, document = spoilt_household(chance)
                tried = document
                text, day, _ = hostile.told()[which]
                decision = hostile.policy_of(text).evaluate(document, day)
                hostile.is_told(decision.diagnostics)
                for finding in decision.diagnostics:
                    assert finding.path or finding.code in hostile.OF_THE_WHOLE, finding.code
                if not chance.randrange(20):
                    hostile.is_answered(decision)
    except BaseException as error:
        error.add_note(repr(tried))
        raise
    return kind, tried


def run(inputs: int, seed: int, into: Path) -> int:
    """Run so many inputs and return how many failed."""
    counts: Counter[str] = Counter()
    slowest = 0.0
    failed = 0
    begun = time.monotonic()
    for number in range(inputs):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated, not secret
        started = time.monotonic()
        try:
            with within(SECONDS):
                kind, _ = one(chance)
            counts[kind] += 1
        except (Exception, TimeoutError):  # noqa: BLE001 - every one is a finding
            failed += 1
            into.mkdir(parents=True, exist_ok=True)
            (into / f"{seed}-{number}.txt").write_text(traceback.format_exc(), "utf-8")
        slowest = max(slowest, time.monotonic() - started)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if megabytes > MEGABYTES:
            print(f"{megabytes} MB after {number} inputs")
            return failed + 1
        if number % 10_000 == 9_999:
            spent = time.monotonic() - begun
            print(
                f"{number + 1} inputs in {spent:.0f} s, {failed} failed, slowest {slowest:.2f} s, "
                f"{megabytes} MB, {dict(counts)}",
                flush=True,
            )
    print(f"{inputs} inputs, {failed} failed, slowest {slowest:.2f} s, {dict(counts)}")
    return failed


def main() -> int:
    """Run inputs from the command line; the exit code is 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path("build/fuzzing"))
    chosen = parser.parse_args()
    return 1 if run(chosen.inputs, chosen.seed, chosen.into) else 0


if __name__ == "__main__":
    sys.exit(main())
