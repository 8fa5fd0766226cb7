"""A decision as its explanation needs it: what was decided, and all that stands beside it."""

from fractions import Fraction

from attrs import field, frozen

from aidrules.case import Record
from aidrules.explain.derive import reasons
from aidrules.explain.parts import finished
from aidrules.explain.reading import Reader
from aidrules.explain.reasons import Kind, Outcome, Reason
from aidrules.program import Constant, Deadline, Expr, Fact, Grant, Office, Program, Requirement
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
        is_history: Whether it is what the office last decided on the record.
    """

    record: Record
    name: str
    is_list: bool
    score: Fraction | None
    holders: tuple[str, ...]
    office: str | None
    question: str | None
    is_history: bool = False


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
class Applied:
    """Which office or deadline applies, and why.

    Attributes:
        rules: The one that applies; several if it is open which of them does.
        reasons: The conditions that were asked for, and what its length of time rests on.
    """

    rules: tuple[Office | Deadline, ...]
    reasons: tuple[Reason, ...]


@frozen
class Explanation:
    """An account and the reasons found for it.

    Attributes:
        office: Who decides; None if the policy does not say.
        deadline: By when; None if the policy does not say, or nothing is to be done.
    """

    account: Account
    reasons: tuple[Reason, ...]
    office: Applied | None = None
    deadline: Applied | None = None

    @property
    def all_reasons(self) -> tuple[Reason, ...]:
        """The reasons of the decision, and of its office and deadline."""
        applied = (each.reasons for each in (self.office, self.deadline) if each is not None)
        return (*self.reasons, *(reason for each in applied for reason in each))


def explain(account: Account) -> Explanation:
    """Return a decision with its reasons."""
    found = reasons(
        account.program,
        account.trace,
        account.subject,
        account.record,
        account.receives,
        account.eligible,
    )
    match account.subject:
        case Grant(offices=offices, deadlines=deadlines):
            is_due = account.status != "refused"
            return Explanation(
                account,
                found,
                _applied(account, offices),
                _applied(account, deadlines) if is_due else None,
            )
        case _:
            return Explanation(account, found)


def _applied(account: Account, rules: tuple[Office | Deadline, ...]) -> Applied | None:
    """Return the first rule whose condition holds, or those of which one does."""
    if not rules:
        return None
    reader = Reader(account.program, account.trace, account.record)
    tried: list[Reason] = []
    applying: list[Office | Deadline] = []
    for rule in rules:
        condition = None if rule.condition is None else reader.step(rule.condition)
        if condition is not None:
            tried.extend(reader.tried(condition))
        if condition is None or condition.value is not False:
            applying.append(rule)
        if condition is None or condition.value is True:
            break
    if not applying:
        return None
    for each in applying:
        if isinstance(each, Deadline):
            tried.extend(_length(reader, each.period))
    return Applied(tuple(applying), finished(reader, tried, account.subject.key))


def _length(reader: Reader, period: Expr) -> tuple[Reason, ...]:
    """Return the reason of a length of time that is not written out."""
    if isinstance(period, Constant):
        return ()
    step = reader.step(period)
    return (Reason(Kind.STEP, Outcome.GIVES, step, step, rests=(step,)),)
