"""Parquet to Parquet: a run of the nine rules against reading and writing the same columns alone.

    python -m benchmarks.screen [COUNT] [--threads 2] [--rounds 3]

Both read the same files and write the same rows, in the same row groups with the same encoding,
one thread reading while another writes. Rounds alternate. Each side is a process of its own, so
that its memory is its own (the rows to write are in that of the second). Starting Python, and
loading policy and kernel, is not counted.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from threading import Thread

import pyarrow.parquet as pq

import aidrules
from aidrules.population.decisions import written
from aidrules.population.sources import ROWS

HERE = Path(__file__).parent
ON = "2024-06-01"
FEW = 1_000


def tables(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by kind of record."""
    return {path.stem: path for path in folder.iterdir()}


def run(work: Path, threads: int) -> float:
    """Return the seconds of a run."""
    policy = aidrules.load(HERE / "nine_rules.aid")
    taken = 0.0
    for name in ("few", "many"):
        out = work / f"run-{name}"
        start = time.perf_counter()
        policy.screen(tables(work / name), ON, out, complete={"person"}, threads=threads)
        taken = time.perf_counter() - start
    return taken


def alone(work: Path) -> float:
    """Return the seconds of reading all tables and writing what a run wrote, and nothing else."""
    decided = pq.read_table(work / "run-many" / "decisions.parquet")
    with pq.ParquetFile(work / "run-many" / "decisions.parquet") as file:
        sizes = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]

    def write() -> None:
        path, first = work / "alone.parquet", 0
        options = written(decided.schema.field("household").type)
        with pq.ParquetWriter(path, decided.schema, **options) as writer:
            for size in sizes:
                writer.write_table(decided.slice(first, size), row_group_size=size)
                first += size

    start = time.perf_counter()
    thread = Thread(target=write)
    thread.start()
    for path in tables(work / "many").values():
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches(ROWS):
                pass
    thread.join()
    return time.perf_counter() - start


def measured(side: str, work: Path, threads: int) -> tuple[float, float]:
    """Return the seconds of a side and the gigabytes of its process."""
    command = [sys.executable, "-m", "benchmarks.screen", "--side", side, "--work", str(work)]
    command += ["--threads", str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, gigabytes = json.loads(done.stdout)
    return seconds, gigabytes


def main() -> None:
    """Print rows per second of both sides, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=("run", "alone"), help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side:
        taken = alone(chosen.work) if chosen.side == "alone" else run(chosen.work, chosen.threads)
        print(json.dumps((taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)))
        return
    policy = aidrules.load(HERE / "nine_rules.aid")
    found: dict[str, list[tuple[float, float]]] = {"run": [], "alone": []}
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        policy.synthesize(chosen.count, work / "many", on=ON)
        policy.synthesize(FEW, work / "few", on=ON)
        for each in range(chosen.rounds):
            for name in ("few", "many"):
                if each:
                    (work / f"run-{name}").rename(work / f"{each}-{name}")
            found["run"].append(measured("run", work, chosen.threads))
            found["alone"].append(measured("alone", work, chosen.threads))
    print(f"{chosen.count:,} households, nine rules, {chosen.threads} threads")
    times = {side: median(seconds for seconds, _ in rounds) for side, rounds in found.items()}
    for side, name in (("run", "a run, all checks on"), ("alone", "reading and writing alone")):
        rate, memory = chosen.count / times[side], max(each for _, each in found[side])
        print(f"  {name:<28}{times[side]:8.2f} s  {rate:12,.0f} households/s  {memory:5.2f} GB")
    print(f"  ratio {times['run'] / times['alone']:.2f}")


if __name__ == "__main__":
    main()
