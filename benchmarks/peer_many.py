"""The nine rules in a peer on many households: one evaluation for each line that comes in.

Run by the peer's own interpreter with a file of arrays; says what it is, then answers each line
with the milliseconds of one evaluation, arrays in memory, and at the end writes its answers.
"""

# mypy: ignore-errors
import sys
import time

import numpy as np
from peer_rules import CORE, COUNTIES, calculated, simulation, system

arrays = np.load(sys.argv[1])
made = system()
persons = np.arange(int(arrays["starts"][-1]))
households = np.arange(len(arrays["starts"]) - 1)
homes = np.repeat(households, np.diff(arrays["starts"]))
facts = {
    "wage": arrays["wage"] / 100,
    "other_income": arrays["other_income"] / 100,
    "assets": arrays["assets"] / 100,
    "age": arrays["age"],
    "disability": arrays["disability"],
    "county": np.array(COUNTIES)[arrays["county"]],
}
print(CORE, flush=True)
answers = {}
for _ in sys.stdin:
    found = simulation(made, persons, households, homes, facts)
    start = time.perf_counter()
    answers = calculated(found)
    print((time.perf_counter() - start) * 1e3, flush=True)
np.savez(sys.argv[2], **{name: np.asarray(values) for name, values in answers.items()})
