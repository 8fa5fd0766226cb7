"""Two policies to what differs in what they grant: who gains, who loses, and where."""

from datetime import date
from importlib.util import find_spec

from aidrules.program import Program
from aidrules.sharpen import as_written
from aidrules.values import Exact
from aidrules.verify.comparing import form
from aidrules.verify.comparing.comparison import Comparison, GrantComparison, Version
from aidrules.verify.comparing.differing import tried
from aidrules.verify.comparing.extents import Extent, Value, candidates
from aidrules.verify.comparing.sides import WAYS, Nobody, Side, Way
from aidrules.verify.proving.sizes import MEMBERS, SECONDS, common_sizes, root_of, usual_day
from aidrules.verify.proving.verdicts import Unsettled
from aidrules.verify.proving.worlds import Pair, agreed
from aidrules.verify.reach import paired


def compare(
    old: Version,
    new: Version,
    on: date | None,
    members: int = MEMBERS,
    seconds: Exact = SECONDS,
    only: str | None = None,
) -> Comparison:
    """Return what differs in what two policies grant; see `Policy.compare`."""
    day = date.fromordinal(usual_day(new.program)) if on is None else on
    before = _day_before(old.program, new.program)
    earlier: tuple[GrantComparison, ...] = ()
    if before is not None and before < day:
        earlier = _grants(old, new, before, members, seconds, only)
    found = _grants(old, new, day, members, seconds, only)
    return Comparison(old, new, day, found, before if earlier else None, earlier)


def _day_before(old: Program, new: Program) -> date | None:
    """Return the day before the legal texts that only the new policy has take effect.

    Returns:
        None if it has none, or none is dated.
    """
    known = {(text.title, text.number) for module in old.modules for text in module.texts}
    days = [
        text.first
        for module in new.modules
        for text in module.texts
        if (text.title, text.number) not in known and text.first is not None
    ]
    return date.fromordinal(min(days) - 1) if days else None


def _grants(
    old: Version, new: Version, day: date, members: int, seconds: Exact, only: str | None
) -> tuple[GrantComparison, ...]:
    found = []
    for before, after in paired(old.program.grants, new.program.grants):
        named = after or before
        if named is None or (only is not None and named.name != only):
            continue
        if before is None or after is None:
            found.append(GrantComparison(before, after))
            continue
        pair = Pair.of((old.program, new.program), (before, after), day.toordinal())
        found.append(_compared(pair, members, seconds))
    return tuple(found)


def _compared(pair: Pair, members: int, seconds: Exact) -> GrantComparison:
    one, other = (engine.program for engine in pair.engines)
    written = as_written(one), as_written(other)
    changes = form.changes(written, pair.grants)
    if not changes:
        return GrantComparison(*pair.grants, sides={each: Nobody() for each in WAYS})
    programs = agreed(one, other)
    if programs is None or root_of(one) not in other.entity:
        sides: dict[Way, Side] = {each: Unsettled("other-policy") for each in WAYS}
        return GrantComparison(*pair.grants, changes, sides)
    values = candidates(written[1], pair.grants[1], changes)
    sides, extents = _solved(pair, programs, values, members, seconds)
    if any(isinstance(each, Unsettled) for each in sides.values()):
        by_trial = tried(pair, programs)
        sides = {
            each: by_trial[each] if isinstance(side, Unsettled) else side
            for each, side in sides.items()
        }
    sizes = common_sizes(programs, members) if extents else {}
    return GrantComparison(*pair.grants, changes, sides, extents, sizes)


def _solved(
    pair: Pair,
    programs: tuple[Program, Program],
    values: tuple[Value, ...],
    members: int,
    seconds: Exact,
) -> tuple[dict[Way, Side], tuple[Extent, ...]]:
    """Return what Z3 tells, if it is installed."""
    if find_spec("z3") is None:
        return {each: Unsettled("no-solver") for each in WAYS}, ()
    from aidrules.verify.comparing.search import Search  # noqa: PLC0415 - an extra

    search = Search(pair, programs, members, seconds)
    sides = {each: search.side(each) for each in WAYS}
    if all(isinstance(each, Nobody) for each in sides.values()):
        return sides, ()
    return sides, tuple(search.extents(values))
