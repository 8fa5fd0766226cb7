"""A decision as its explanation needs it: what was decided, and all that stands beside it."""

from fractions import Fraction

from attrs import field, frozen

from aidrules.case import Record
from aidrules.explain.derive import reasons
from aidrules.explain.reasons import Reason
from aidrules.program import Deadline, Fact, Grant, Program, Requirement
from aidrules.trace import Trace
from aidrules.values import Value


@frozen
class Missing:
    """A fact, list or judgement that could still decide.

    Attributes:
        record: Where it is missing.
        is_list: Whether it is a list of records of the kind `name`.
        score: The share of tries after which the outcome was decided; None if it was not tried.
        holders: Who has it, in order of precedence.
        office: Who decides it, if it is a judgement; or None.
        question: The applicant's question, or None.
    """

    record: Record
    name: str
    is_list: bool
    score: Fraction | None
    holders: tuple[str, ...]
    office: str | None
    question: str | None


@frozen
class Account:
    """One decision on one record.

    Attributes:
        status: granted, refused, undecided, error; of a requirement: holds, fails, undecided,
            error.
        receives: Whether it is received; of a requirement, whether it holds.
        eligible: Whether it is before exclusion and rationing; of a requirement, the same.
        amount: In the unit of the grant; None if there is none.
        missing: Most decisive first.
        assumed: The defaults that were read.
        deadline: The last day for the decision, as an ordinal, if it is known.
        deadline_rule: The rule of that day, if one applies.
        office: Who decides, if that is known.
        paid_from: The first day of payment, as an ordinal, if it is known.
        appeal_until: The last day for an appeal, as an ordinal, if it is known.
    """

    program: Program = field(repr=False)
    trace: Trace = field(repr=False)
    subject: Grant | Requirement = field(repr=False)
    record: Record
    status: str
    receives: Value
    eligible: Value
    amount: Value | None = None
    missing: tuple[Missing, ...] = ()
    assumed: tuple[tuple[Record, Fact, Value], ...] = ()
    deadline: int | None = None
    deadline_rule: Deadline | None = None
    office: str | None = None
    paid_from: int | None = None
    appeal_until: int | None = None


@frozen
class Explanation:
    """An account and the reasons found for it."""

    account: Account
    reasons: tuple[Reason, ...]


def explain(account: Account) -> Explanation:
    """Return a decision with its reasons."""
    return Explanation(
        account,
        reasons(
            account.program,
            account.trace,
            account.subject,
            account.record,
            account.receives,
            account.eligible,
        ),
    )
