"""The nine rules in OpenFisca, on one household: prints its times in microseconds as JSON.

Run by the peer's own interpreter.
"""

# mypy: ignore-errors
import json
import time
from statistics import median

import numpy as np
from peer_rules import calculated, simulation, system

FACTS = {
    "wage": np.array([1234.56, 0, 0]),
    "other_income": np.array([100.0, 0, 55.10]),
    "age": np.array([40, 72, 12]),
    "disability": np.array([0, 2, 1]),
    "assets": np.array([12000.0]),
    "county": np.array(["c3"]),
}


def run(made, *, trace):
    """Return the answers on one household of three."""
    homes = np.array(["h"] * 3)
    return calculated(simulation(made, ["a", "b", "c"], ["h"], homes, FACTS, trace=trace))


def microseconds(call, count=50, rounds=9):
    """Return the median over rounds of the mean time of a call."""
    means = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(count):
            call()
        means.append((time.perf_counter() - start) / count)
    return median(means) * 1e6


made = system()
amount = float(run(made, trace=False)["amount"][0])
assert amount == 1864, amount  # the same answer as nine_rules.aid
print(
    json.dumps(
        {
            "without trace": microseconds(lambda: run(made, trace=False)),
            "with trace": microseconds(lambda: run(made, trace=True)),
        }
    )
)
