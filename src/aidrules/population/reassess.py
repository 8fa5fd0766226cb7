"""Decisions that were made and facts as they turned out to what is owed, month by month.

Each month is decided with its first day as today, as a sum over months does. What was paid in a
month is what the last decision of that month or before had granted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from attrs import frozen

from aidrules import wording
from aidrules.decision import Decision, Outcome, Status
from aidrules.lexicon import exact
from aidrules.program import Grant, Program
from aidrules.types import MONTH, Quantity, core

Facts = Mapping[str, object] | str | bytes
Evaluate = Callable[[Facts, date], Decision]

_MONTHS: Final = 1_200


class RecordedError(ValueError):
    """Recorded decisions that cannot be read.

    Attributes:
        path: Where in them.
    """

    def __init__(self, path: str) -> None:
        super().__init__(f"this is no recorded decision: {path}")
        self.path = path


@frozen
class Month:
    """What one record should have been paid of one grant in a month, and what it was.

    Attributes:
        month: Its first day.
        should: Exact, in `unit`; None where it is not decided.
        low: The least that it may be; `should` where that is decided, None if it is unbounded.
        high: The greatest.
        paid: Exact, in `unit`.
    """

    month: date
    entity: str
    record: str
    grant: str
    unit: str
    status: Status
    should: int | Fraction | None
    low: int | Fraction | None
    high: int | Fraction | None
    paid: int | Fraction

    @property
    def difference(self) -> int | Fraction | None:
        """What is owed to the record (above 0), or by it; None where it is not decided."""
        return None if self.should is None else self.should - self.paid


@frozen
class Reassessment:
    """What is owed.

    Attributes:
        months: In order of month, grant and record.
        not_monthly: Grants that are not paid by the month, which are left out.
        rejected: The decision on facts that are wrong, or None; then there are no months.
    """

    months: tuple[Month, ...]
    not_monthly: tuple[str, ...]
    rejected: Decision | None = None

    @property
    def back_pay(self) -> int | Fraction:
        """The sum of what should have been paid and was not."""
        return sum((each for each in self._differences() if each > 0), Fraction(0))

    @property
    def overpayment(self) -> int | Fraction:
        """The sum of what was paid and should not have been."""
        return -sum((each for each in self._differences() if each < 0), Fraction(0))

    @property
    def undecided(self) -> tuple[Month, ...]:
        """The months that cannot be decided, which stand in neither sum."""
        return tuple(each for each in self.months if each.should is None)

    def _differences(self) -> Iterator[int | Fraction]:
        for each in self.months:
            if each.difference is not None:
                yield each.difference

    def to_json(self) -> dict[str, object]:
        """Return it as data, exact amounts as decimal text, ready for `json.dumps`."""
        return {
            "back_pay": exact(self.back_pay),
            "overpayment": exact(self.overpayment),
            "not_monthly": list(self.not_monthly),
            "months": [
                {
                    "month": each.month.isoformat()[:7],
                    "entity": each.entity,
                    "record": each.record,
                    "name": each.grant,
                    "unit": each.unit,
                    "status": str(each.status),
                    "should": _text(each.should),
                    "low": _text(each.low),
                    "high": _text(each.high),
                    "paid": exact(each.paid),
                    "difference": _text(each.difference),
                }
                for each in self.months
            ],
        }


def reassess(
    program: Program,
    evaluate: Evaluate,
    decisions: Sequence[Mapping[str, Any]],
    facts: Facts,
    until: date | None = None,
) -> Reassessment:
    """Return what should have been paid month by month against what was.

    Args:
        program: The policy.
        evaluate: What decides facts on a date.
        decisions: Those that were made, in the shape in which decisions are written.
        facts: The document as it turned out; facts with several dates are what they were then.
        until: A day of the last month; None: that of the last decision.

    Raises:
        RecordedError: If a decision is not of that shape.
    """
    made = sorted((_made(each, f"[{at}]") for at, each in enumerate(decisions)), key=_when)
    if not made:
        return Reassessment((), ())
    monthly = {grant.key: grant for grant in program.grants if _is_monthly(grant)}
    first, last = made[0][0], until or made[-1][0]
    found: list[Month] = []
    for month in _months(first, last):
        decision = evaluate(facts, month)
        if decision.is_rejected:
            return Reassessment((), (), decision)
        paid = next(rows for day, rows in reversed(made) if day <= month)
        known: set[tuple[str, str, str]] = set()
        for outcome in decision.outcomes:
            if outcome.key in monthly and outcome.is_grant:
                key = outcome.entity, outcome.record, outcome.key
                known.add(key)
                found.append(_month(month, outcome, paid.get(key, 0)))
        for (entity, record, name), amount in paid.items():
            if name in monthly and (entity, record, name) not in known and amount:
                unit = _unit(monthly[name])
                nothing = (Status.REFUSED, 0, 0, 0)
                found.append(Month(month, entity, record, name, unit, *nothing, amount))
    others = tuple(g.key for g in program.grants if g.type is not None and g.key not in monthly)
    return Reassessment(tuple(found), others)


def _when(made: tuple[date, object]) -> date:
    return made[0]


def _month(month: date, outcome: Outcome, paid: int | Fraction) -> Month:
    should: int | Fraction | None
    match outcome.status:
        case Status.GRANTED if isinstance(outcome.amount, int | Fraction):
            should = outcome.amount
        case Status.REFUSED:
            should = 0
        case _:
            should = None
    low, high = (outcome.low, outcome.high) if should is None else (should, should)
    unit = "" if outcome.unit is None else wording.unit(outcome.unit, "en")
    place = outcome.entity, outcome.record, outcome.key
    return Month(month, *place, unit, outcome.status, should, low, high, paid)


def _is_monthly(grant: Grant) -> bool:
    kind = None if grant.type is None else core(grant.type)
    return isinstance(kind, Quantity) and kind.unit.rate_period == MONTH


def _unit(grant: Grant) -> str:
    kind = None if grant.type is None else core(grant.type)
    return wording.unit(kind.unit, "en") if isinstance(kind, Quantity) else ""


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    for _ in range(_MONTHS):
        if month > last:
            return
        yield month
        is_last = month.month == 12  # noqa: PLR2004 - December
        month = date(month.year + is_last, 1 if is_last else month.month + 1, 1)


def _made(
    raw: Mapping[str, Any], path: str
) -> tuple[date, dict[tuple[str, str, str], int | Fraction]]:
    """Return the month from which a decision counts, and what it granted."""
    try:
        on = date.fromisoformat(raw["on"]).replace(day=1)
        rows = {
            (each["entity"], each["record"], each["name"]): Fraction(each["amount"])
            for each in raw["decisions"]
            if each["status"] == "granted" and _is_number(each["amount"])
        }
    except (KeyError, TypeError, ValueError):
        raise RecordedError(path) from None
    return on, dict(rows)


def _is_number(raw: object) -> bool:
    if not isinstance(raw, str):
        return isinstance(raw, int) and not isinstance(raw, bool)
    try:
        Fraction(raw)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def _text(number: int | Fraction | None) -> str | None:
    return None if number is None else exact(number)
