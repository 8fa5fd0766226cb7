"""All figures of one household, of starting and of loading, as a table.

    python -m benchmarks [--peer PYTHON]

PYTHON is the interpreter of an environment with `openfisca-core` and
`openfisca-country-template`; without it the peer's column stays empty.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import aidrules
from aidrules import household
from aidrules.backends.interpreter import emit
from aidrules.decision import decide

HERE = Path(__file__).parent
ON = date(2024, 6, 1)
DOCUMENT = {
    "id": "h",
    "county": "c3",
    "assets": "12000.00",
    "person": [
        {"id": "a", "wage": "1234.56", "other_income": "100.00", "age": 40,
         "disability": "not_disabled"},
        {"id": "b", "wage": 0, "other_income": 0, "age": 72, "disability": "severe"},
        {"id": "c", "wage": 0, "other_income": "55.10", "age": 12, "disability": "moderate"},
    ],
}  # fmt: skip


def microseconds(call: Callable[[], object], count: int = 200, rounds: int = 9) -> float:
    """Return the median over rounds of the mean time of a call."""
    means = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(count):
            call()
        means.append((time.perf_counter() - start) / count)
    return median(means) * 1e6


def seconds(*command: str, rounds: int = 7) -> float:
    """Return the median wall time of a command."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return median(times)


def one_household() -> dict[str, float]:
    """Return the times of the nine rules on one household of three, in microseconds."""
    policy = aidrules.load(HERE / "nine_rules.aid")
    program = policy.program
    engine = emit(program)
    case, _ = household.read(program, DOCUMENT)
    assert case is not None  # noqa: S101 - the document is ours
    today = ON.toordinal()

    def values() -> None:
        evaluation = engine.open(case, today)
        for grant in program.grants:
            for record in case.records.values():
                if record.entity == grant.entity:
                    evaluation.value(grant.receives, record)
                    evaluation.value(grant.key, record)

    def reasons() -> None:
        for outcome in policy.evaluate(DOCUMENT, ON).outcomes:
            _ = outcome.explanation

    def reasons_of_case() -> None:
        for outcome in decide(engine.open(case, today), "", "", ()).outcomes:
            _ = outcome.explanation

    return {
        "values alone, facts read already": microseconds(values),
        "outcomes, facts read already": microseconds(
            lambda: decide(engine.open(case, today), "", "", ())
        ),
        "outcomes with full reasons, facts read already": microseconds(reasons_of_case, 50),
        "reading the facts": microseconds(lambda: household.read(program, DOCUMENT)),
        "`Policy.evaluate`, from the document": microseconds(lambda: policy.evaluate(DOCUMENT, ON)),
        "the same with full reasons": microseconds(reasons, 50),
        "the same as text": microseconds(lambda: policy.evaluate(DOCUMENT, ON).explain("en"), 20),
    }


def starting() -> dict[str, float]:
    """Return the times of starting over those of Python itself, in milliseconds."""
    python = sys.executable
    bare = seconds(python, "-c", "pass")
    policy = str(HERE / "nine_rules.aid")
    first = (
        "import aidrules, json, sys; "
        f"p = aidrules.load({policy!r}); "
        f"p.evaluate(json.loads(sys.argv[1]), {ON.isoformat()!r}).outcomes"
    )
    return {
        "`import aidrules`": (seconds(python, "-c", "import aidrules") - bare) * 1e3,
        "first answer": (seconds(python, "-c", first, json.dumps(DOCUMENT)) - bare) * 1e3,
    }


def loading() -> dict[str, float]:
    """Return the time of loading and checking 2,000 generated lines, in milliseconds."""
    text = generated(2_000)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        policy = aidrules.loads(text)
        times.append(time.perf_counter() - start)
    assert policy.is_valid, aidrules.render(policy.diagnostics[:5], "en")  # noqa: S101 - ours
    return {f"{text.count(chr(10))} generated lines": median(times) * 1e3}


def generated(lines: int) -> str:
    """Return a policy of about so many lines: steps, cases and benefits that stand on another."""
    head = (
        'policy generated\nsource notice "Generated" number "1" rank county\n'
        "currency yuan to 0.01\nentity household\nentity person in household at most 10\n"
        "fact wage of person: money per month  between 0 and 100_000\n"
        "fact age of person: number  between 0 and 130\n"
    )
    blocks = []
    for n in range(lines // 10):
        before = f"step_{n % 50 - 1}_{n // 50}" if n % 50 else "wage"
        blocks.append(
            f"define step_{n % 50}_{n // 50} of person: money per month\n  cite notice {n + 1}\n"
            f"  = {before} - {n % 7}% * wage when age < {n % 90 + 5}\n"
            f"  = {before} + {n} yuan per month otherwise\n  at least 0\n"
            f"benefit aid_{n} for household: money per month\n  cite notice {n + 1}\n"
            f"  when any person has step_{n % 50}_{n // 50} < {700 + n} yuan per month\n"
            f"  amount sum of step_{n % 50}_{n // 50} over person where age >= {n % 60}\n"
            f"  rounded up to 1 yuan per month\n"
        )
    return head + "".join(blocks)


def peer(python: str) -> dict[str, float]:
    """Return the peer's times for one household, in microseconds."""
    done = subprocess.run(
        [python, str(HERE / "peer_openfisca.py")], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("--peer", help="the interpreter of an environment with the peer")
    chosen = arguments.parse_args()
    print("| one household of three, nine rules | µs |\n|---|---|")
    ours = one_household()
    for name, figure in ours.items():
        print(f"| {name} | {figure:,.0f} |")
    if chosen.peer:
        theirs = peer(chosen.peer)
        for name, mine in (
            ("without trace", "`Policy.evaluate`, from the document"),
            ("with trace", "outcomes with full reasons, facts read already"),
        ):
            ratio = theirs[name] / ours[mine]
            print(f"| OpenFisca {name} ({ratio:.1f} times `{mine}`) | {theirs[name]:,.0f} |")
    print("\n| starting and loading | ms |\n|---|---|")
    for name, figure in {**starting(), **loading()}.items():
        print(f"| {name} | {figure:,.0f} |")


if __name__ == "__main__":
    main()
