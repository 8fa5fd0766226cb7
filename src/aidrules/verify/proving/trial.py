"""Properties to verdicts without a solver: tried on households, and never called proved."""

from datetime import date
from typing import Final

from aidrules.program import Program
from aidrules.verify.proving.proofs import Proofs
from aidrules.verify.proving.properties import (
    Complete,
    Defined,
    DrawnAlike,
    NeverNegative,
    OneAlone,
    OrderFree,
    Property,
    Separate,
    Stated,
    is_by_form,
    properties,
)
from aidrules.verify.proving.sizes import usual_day
from aidrules.verify.proving.tested import try_out
from aidrules.verify.proving.verdicts import NotCovered, Proved, Settled, Verdict

REFUTABLE: Final = (
    Defined,
    Complete,
    DrawnAlike,
    NeverNegative,
    OneAlone,
    Separate,
    OrderFree,
    Stated,
)
"""The properties that fail for a household, if they fail."""

TRIES: Final = 300
"""How many households are tried for one property."""

SEED: Final = 1


def trial(
    program: Program, name: str, digest: str, on: date | None, only: str | None = None
) -> Proofs:
    """Return what held of the households that were tried; see `Policy.prove`."""
    day = date.fromordinal(usual_day(program)) if on is None else on
    settled = tuple(
        Settled(each, _verdict(program, each, day), {}, (), is_where_set=False, milliseconds=0)
        for each in properties(program)
        if only is None or each.subject == only
    )
    return Proofs(name, digest, day, settled, program)


def _verdict(program: Program, wanted: Property, day: date) -> Verdict:
    if is_by_form(wanted.claim, program):
        return Proved(reach="form")
    if isinstance(wanted.claim, REFUTABLE):
        return try_out(program, wanted, SEED, day.toordinal(), TRIES)
    return NotCovered("no-solver")
