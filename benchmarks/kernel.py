# ruff: noqa: PLR2004 - the rules' own numbers, written once more apart from the policy
"""The kernel on a million households of the nine rules, beside a loop written by hand in C.

    python -m benchmarks.kernel [HOUSEHOLDS] [--rounds 9] [--peer PYTHON ...]

PYTHON is the interpreter of an environment with `openfisca-core` or `policyengine-core`; each is
taken in turn with the rest.

Facts lie in arrays already; each side makes the arrays of its answers. Rounds alternate, medians
are shown. Every household is compared with exact arithmetic on whole arrays. Without a C compiler
the column of the limit stays empty.
"""

import argparse
import ctypes
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import numpy as np
from attrs import evolve, frozen

import aidrules
from aidrules.backends.kernel import Answers, Batch, Code, Column, Kernel, Layout, State, emit
from aidrules.backends.kernel.compile import compiled

HERE = Path(__file__).parent
TODAY = date(2024, 6, 1).toordinal()
STANDARDS = [645_00, 710_00, 782_00, 835_00, 880_00, 925_00, 990_00, 1053_00, 1132_50, 1245_00]
HOURS = [0, 10, 20]
SEED = 20_240_601
HALF_A_FEN = 0.005
"""Amounts of a peer, which are floats, are taken for right within this many yuan."""


@frozen(eq=False)
class Population:
    """Households and their members, in whole hundredths of a yuan.

    Attributes:
        starts: int64, where the members of each household begin, and the end.
        facts: int64, by entity and name.
    """

    starts: Any
    facts: dict[tuple[str, str], Any]

    @staticmethod
    def of(count: int) -> "Population":
        """Return so many made-up households, the same each time."""
        chance = np.random.default_rng(SEED)
        sizes = chance.choice(np.arange(1, 6), count, p=[0.12, 0.22, 0.32, 0.22, 0.12])
        people = int(sizes.sum())
        age = chance.integers(0, 96, people)
        works = (age >= 18) & (age < 65) & (chance.random(people) < 0.55)
        wage = np.where(works, chance.lognormal(12.0, 0.6, people).astype(np.int64), 0)
        other = np.where(chance.random(people) < 0.4, chance.integers(0, 60_000, people), 0)
        return Population(
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            {
                ("household", "county"): chance.integers(0, 10, count),
                ("household", "assets"): np.minimum(
                    chance.lognormal(14.0, 1.3, count).astype(np.int64), 10_000_000_000
                ),
                ("person", "wage"): np.minimum(wage, 100_000_000),
                ("person", "other_income"): other,
                ("person", "age"): age,
                ("person", "disability"): chance.choice(3, people, p=[0.88, 0.07, 0.05]),
            },
        )

    @property
    def size(self) -> int:
        """How many households."""
        return len(self.starts) - 1

    def batch(self, layout: Layout) -> Batch:
        """Return it as the kernel reads it."""
        scale = {("person", "age"): layout.facts["person", "age"].scale}
        return Batch(
            self.size,
            {"household": self.size, "person": int(self.starts[-1])},
            {"person": self.starts},
            {},
            {name: Column(each * scale.get(name, 1)) for name, each in self.facts.items()},
            is_checked=True,
        )


def exact(people: Population) -> dict[str, Any]:
    """Return the answers by whole numbers: hundredths, fifths of them, tenths of them."""
    facts, starts = people.facts, people.starts
    line, size = np.array(STANDARDS)[facts["household", "county"]], np.diff(starts)
    fifths = 4 * facts["person", "wage"] + 5 * facts["person", "other_income"]
    age, disability = facts["person", "age"], facts["person", "disability"]
    raised = ((disability == 2) | (age >= 70) | (age <= 16)).astype(np.int64)
    income = np.add.reduceat(fifths, starts[:-1])
    granted = (income < 5 * line * size) & (facts["household", "assets"] <= 24 * line * size)
    tenths = 10 * line * size - 2 * income + 3 * line * np.add.reduceat(raised, starts[:-1])
    home = np.repeat(np.arange(people.size), size)
    near = (~granted & (2 * income < 15 * line * size))[home] & (disability == 2)
    return {
        "granted": granted,
        "amount": np.where(granted, -(-tenths // 1000), 0),
        "single": np.where(near, np.maximum(5 * line[home] - fifths, 0), 0),
        "care": np.array(HOURS)[disability],
    }


def wrong(answers: dict[str, Answers], expected: dict[str, Any], people: Population) -> int:
    """Return how many households have an answer that is not the exact one."""

    def amounts(key: str, times: int) -> Any:
        found = answers[f"nine_rules.{key}"]
        if found.low is None:
            raise LookupError(key)
        return found.low.astype(np.int64) * times // found.scale

    grant = answers["nine_rules.minimum_living"]
    bad = (grant.status == Code.GRANTED) != expected["granted"]
    bad |= amounts("minimum_living", 1) != expected["amount"]
    members = (amounts("single_person", 500) != expected["single"]) | (
        amounts("care", 1) != expected["care"]
    )
    bad |= np.logical_or.reduceat(members, people.starts[:-1])
    return int(bad.sum())


def limit(people: Population) -> Callable[[int], dict[str, Any]] | None:
    """Return the loop written by hand, for a number of threads; None without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    made = Path(tempfile.mkdtemp()) / "limit.so"
    flags = ["-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", made, HERE / "limit.c"], check=True)
    function = ctypes.CDLL(str(made)).nine_rules
    names = ("county", "assets", "wage", "other_income", "age", "disability")
    by_name = {name: each for (_, name), each in people.facts.items()}
    inputs = [
        people.starts,
        *(by_name[name] for name in names),
        np.array(STANDARDS),
        np.array(HOURS),
    ]
    count = int(people.starts[-1])

    def run(threads: int) -> dict[str, Any]:
        out = {
            "granted": np.empty(people.size, np.uint8),
            "amount": np.empty(people.size, np.int64),
            "single": np.empty(count, np.int64),
            "care": np.empty(count, np.int64),
        }
        pointers = [ctypes.c_void_p(each.ctypes.data) for each in (*inputs, *out.values())]
        cuts = [people.size * at // threads for at in range(threads + 1)]
        jobs = [
            Thread(target=function, args=(ctypes.c_int64(a), ctypes.c_int64(b), *pointers))
            for a, b in pairwise(cuts)
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
        return out

    return run


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """Return what makes a call and says how many milliseconds it took."""

    def run() -> float:
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) * 1e3

    return run


Call = tuple[str, int]
"""What is timed, and on how many threads."""


def side_by_side(calls: dict[Call, Callable[[], float]], rounds: int) -> dict[Call, float]:
    """Return the median milliseconds of each call, taken in turn, the first round left out."""
    times: dict[Call, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            times[name].append(call())
    return {name: median(found[1:]) for name, found in times.items()}


@frozen(eq=False)
class Peer:
    """Another engine on the same households, in a process of its own.

    Attributes:
        name: Of its package.
        answers: The file into which it writes its answers when it ends.
    """

    name: str
    process: subprocess.Popen[str]
    answers: Path

    @staticmethod
    def of(python: str, people: Population, folder: Path) -> "Peer":
        """Start a peer that has the facts in memory."""
        told, answers = folder / "facts.npz", Path(tempfile.mkdtemp(dir=folder)) / "answers.npz"
        facts = {name: each for (_, name), each in people.facts.items()}
        np.savez(told, starts=people.starts, **facts)
        command = [python, str(HERE / "peer_many.py"), str(told), str(answers)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if process.stdout is None:
            raise OSError(command)
        return Peer(process.stdout.readline().strip(), process, answers)

    def run(self) -> float:
        """Return the milliseconds of one evaluation."""
        if self.process.stdin is None or self.process.stdout is None:
            raise OSError(self.name)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def wrong(self, expected: dict[str, Any], people: Population) -> int:
        """End it, and return how many of its households are decided otherwise than exactly."""
        self.process.communicate()
        told = np.load(self.answers)
        bad = np.asarray(told["eligible"]) != expected["granted"]
        bad |= np.abs(told["amount"] - expected["amount"]) >= HALF_A_FEN
        single = np.rint(told["single_person"].astype(np.float64) * 100)
        exact_fen = (2 * expected["single"] + 5) // 10
        members = (single != exact_fen) | (told["care"] != expected["care"])
        bad |= np.logical_or.reduceat(members, people.starts[:-1])
        return int(bad.sum())


def with_one_unknown(batch: Batch) -> Batch:
    """Return the batch with one unknown wage, so that all of it is worked out within bounds."""
    name = "person", "wage"
    states = np.zeros(batch.counts["person"], np.uint8)
    states[0] = State.MISSING
    return evolve(batch, facts={**batch.facts, name: evolve(batch.facts[name], states=states)})


def generated(rules: int) -> str:
    """Return a policy of so many benefits, each with lines of its own."""
    head = (HERE / "nine_rules.aid").read_text("utf-8").partition("benefit minimum_living")[0]
    return head + "\n".join(
        f"benefit aid_{at} for household: money per month\n"
        f"  cite rules {at % 90 + 1}\n"
        f"  when income / size < {100 + at} / 100 * standard\n"
        f"  when assets <= {at % 24 + 1} months * standard * size\n"
        f"  amount {at % 7 + 1} / 10 * standard * size - income / {at % 5 + 2} + supplement\n"
        f"  at least 0\n"
        f"  rounded up to 1 yuan per month\n"
        for at in range(rules)
    )


def compile_times(rules: int) -> tuple[float, float]:
    """Return the seconds to write and compile the kernel of so many rules, anew and from disk."""
    policy = aidrules.loads(generated(rules))
    if not policy.is_valid:
        raise ValueError(aidrules.render(policy.diagnostics, "en"))
    times = []
    with tempfile.TemporaryDirectory() as cache:
        os.environ["AIDRULES_CACHE"] = cache
        for _ in range(2):
            compiled.cache_clear()
            start = time.perf_counter()
            kernel = emit(policy.program, Layout.of(policy.program))
            kernel.run(Population.of(1).batch(kernel.layout), TODAY, compiled=True)
            times.append(time.perf_counter() - start)
    return times[0], times[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("households", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--peer", action="append", default=[], metavar="PYTHON")
    chosen = parser.parse_args()
    program = aidrules.load(HERE / "nine_rules.aid").program
    kernel: Kernel = emit(program, Layout.of(program))
    people = Population.of(chosen.households)
    batch, expected = people.batch(kernel.layout), exact(people)
    partly = with_one_unknown(batch)
    hand = limit(people)
    calls: dict[Call, Callable[[], float]] = {}
    for threads in (1, 2):
        calls["kernel", threads] = timed(partial(kernel.run, batch, TODAY, threads, compiled=True))
        if hand is not None:
            calls["by hand", threads] = timed(partial(hand, threads))
    calls["bounds", 1] = timed(partial(kernel.run, partly, TODAY, compiled=True))
    folder = Path(tempfile.mkdtemp())
    peers = [Peer.of(python, people, folder) for python in chosen.peer]
    calls.update({(peer.name, 1): peer.run for peer in peers})
    found = side_by_side(calls, chosen.rounds)
    answers = {each.key: each for each in kernel.run(batch, TODAY, compiled=True).answers}
    few = Population.of(2_000).batch(kernel.layout)
    one = timed(partial(kernel.run, few, TODAY, compiled=False))
    alone = side_by_side({("alone", 1): one}, 5)

    print(f"| {chosen.households:,} households | threads | ms | over the loop by hand |")
    print("|---|--:|--:|--:|")
    for (name, threads), spent in found.items():
        base = found.get(("by hand", threads))
        ratio = "" if base is None else f"{spent / base:.2f}"
        print(f"| {name} | {threads} | {spent:.1f} | {ratio} |")
    print(f"\nhouseholds with a wrong answer: {wrong(answers, expected, people)}")
    for peer in peers:
        times = found[peer.name, 1] / found["kernel", 2]
        print(f"{peer.name}: {times:.1f} times the kernel, {peer.wrong(expected, people)} wrong")
    print(f"bounds over plain: {found['bounds', 1] / found['kernel', 1]:.2f}")
    print(f"uncompiled: {alone['alone', 1] / 2:.1f} µs a household")
    for rules in (50, 200):
        anew, again = compile_times(rules)
        print(f"{rules} rules: compiled in {anew:.1f} s, from disk in {again:.2f} s")


if __name__ == "__main__":
    main()
