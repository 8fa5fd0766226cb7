"""Command line to a run: `python -m tests.agreement --triples 200000 --seed 1`."""

import sys
from argparse import ArgumentParser
from time import monotonic

from . import endless, kernel, proofs, smt
from .planted import FAULTS, table
from .run import catch, missed, report, run


def main() -> int:
    """Try so many triples, print what came of it, and return 1 if anything was found."""
    parser = ArgumentParser(prog="python -m tests.agreement", description=main.__doc__)
    parser.add_argument("--triples", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--planted", action="store_true", help="plant the known faults instead")
    parser.add_argument("--kernel", type=int, metavar="SEEDS", help="compare the kernel instead")
    parser.add_argument(
        "--terms", type=int, metavar="SEEDS", help="compare the terms of Z3 instead"
    )
    parser.add_argument("--proofs", action="store_true", help="attack what is proved instead")
    parser.add_argument("--households", type=int, default=400, help="for each shipped policy")
    options = parser.parse_args()
    started = monotonic()
    if options.kernel:
        found = kernel.run(options.kernel, options.households, options.seed)
        print(kernel.report(found))
        return 1 if found.differences or found.stale or found.machine else 0
    if options.terms:
        compared = smt.run(options.terms, options.households, options.seed)
        beyond = endless.run(options.terms // 4, options.households // 10, options.seed)
        print(smt.report(compared), endless.report(beyond), sep="\n")
        return 1 if compared.differences or beyond.impossible else 0
    if options.proofs:
        attacked = proofs.run(options.households, options.seed)
        print(proofs.report(attacked))
        return 1 if attacked.found else 0
    if options.planted:
        caught = {fault.name: catch(fault, options.triples, options.seed) for fault in FAULTS}
        print(table(caught))
        return 0 if all(caught.values()) else 1
    tally = run(options.triples, options.seed)
    print(report(tally, started))
    return 1 if tally.findings or missed(tally) else 0


if __name__ == "__main__":
    sys.exit(main())
