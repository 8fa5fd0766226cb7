"""An evaluation to decisions: one outcome for each grant and requirement on each record."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal, assert_never

from attrs import evolve, field, frozen

from aidrules import accounts, wording
from aidrules import explain as explaining
from aidrules.accounts import Ground
from aidrules.backends.interpreter import Evaluation
from aidrules.case import Case, Record
from aidrules.diagnostics import Diagnostic, render
from aidrules.lexicon import exact
from aidrules.program import Grant, Program, Recorded, Requirement, Role, Word
from aidrules.traverse import expressions, walk
from aidrules.types import Date, Quantity, Type, Unit, core
from aidrules.values import (
    ABSENT,
    Failure,
    Infinite,
    Number,
    Possible,
    Scalar,
    Value,
    bounds,
    is_decided,
    may_be,
)

if TYPE_CHECKING:
    from aidrules.explain import Account, Explanation, Missing

LANGUAGE_VERSION = "1"
"""Which meaning of the language a decision was made by; it changes only with the meaning."""

Language = Literal["en", "zh"]
Format = Literal["text", "markdown"]


class Status(StrEnum):
    """What came of a grant (the first four) or of a requirement (the last four)."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    ERROR = "error"
    HOLDS = "holds"
    FAILS = "fails"


@frozen
class Assumed:
    """A default that was taken for a missing fact.

    Attributes:
        entity: The kind of its record.
        record: Its id.
        name: Of the fact.
        value: What was taken.
    """

    entity: str
    record: str
    name: str
    value: Value


@frozen(slots=False)
class Outcome:
    """What is decided of one grant or requirement on one record.

    Attributes:
        entity: The kind of record.
        record: Its id.
        name: Of the grant or requirement, as the author wrote it.
        key: `module.name`.
        status: See `Status`.
        receives: Yes, no, or both where it is open; of a requirement: whether it holds.
        eligible: The same, before exclusion and rationing.
        amount: Exact, in `unit`; a list of services as a frozenset; None unless granted, or if
            there is no amount.
        low: The least amount possible, exact, in `unit`; None if it is unbounded or no number.
        high: The greatest amount possible.
        unit: Of the amount; None if it is no number.
    """

    entity: str
    record: str
    name: str
    key: str
    status: Status
    receives: frozenset[bool]
    eligible: frozenset[bool]
    amount: Scalar | None
    low: int | Fraction | None
    high: int | Fraction | None
    unit: Unit | None
    _ground: Ground = field(repr=False, eq=False)

    @cached_property
    def _account(self) -> "Account":
        return accounts.account(self._ground)

    @cached_property
    def explanation(self) -> "Explanation":
        """The reasons, as data, with all that stands beside them."""
        return explaining.explain(self._account)

    @cached_property
    def missing(self) -> "tuple[Missing, ...]":
        """The facts, lists and judgements that could still decide, most decisive first."""
        return self._account.missing

    @cached_property
    def assumed(self) -> tuple[Assumed, ...]:
        """The defaults that this outcome rests on."""
        return tuple(
            Assumed(record.entity, record.id, fact.name, value)
            for record, fact, value in accounts.assumed(self._ground)
        )

    @property
    def deadline(self) -> date | None:
        """The last day for the decision, if a rule sets one and its start is known."""
        return _date(self._account.deadline)

    @property
    def office(self) -> str | None:
        """Who decides, if a rule says so and what it depends on is known."""
        return self._account.office

    @property
    def paid_from(self) -> date | None:
        """The first day of payment, if a rule sets one and its start is known."""
        return _date(self._account.paid_from)

    @property
    def appeal(self) -> tuple[str, date | None] | None:
        """Where the decision may be appealed, and the last day for it if it is known."""
        subject = self._ground.subject
        if not isinstance(subject, Grant) or subject.appeal is None:
            return None
        return subject.appeal.office, _date(self._account.appeal_until)

    @property
    def is_grant(self) -> bool:
        """Whether it is one of a grant; else it is one of a requirement."""
        return isinstance(self._ground.subject, Grant)

    @property
    def is_told(self) -> bool:
        """Whether the family is told by letter: of benefits and services."""
        subject = self._ground.subject
        return isinstance(subject, Grant) and subject.word in {Word.BENEFIT, Word.SERVICE}

    def to_json(self, language: Language = "en") -> dict[str, object]:
        """Return the outcome in the shape of decisions; exact amounts as decimal text.

        Args:
            language: Of the sentences among the reasons.
        """
        plain: dict[str, object] = {
            "entity": self.entity,
            "record": self.record,
            "name": self.key,
            "status": str(self.status),
            "receives": _truths(self.receives),
            "eligible": _truths(self.eligible),
            "amount": None if self.amount is None else _plain(self.amount, None),
            "low": None if self.low is None else exact(self.low),
            "high": None if self.high is None else exact(self.high),
            "unit": None if self.unit is None else wording.unit(self.unit, "en"),
            "reasons": explaining.as_json(self.explanation, language),
            "missing": [_missing_json(each) for each in self.missing],
            "assumed": [self._assumed_json(each) for each in self.assumed],
            "deadline": _iso(self.deadline),
            "office": self.office,
            "paid_from": _iso(self.paid_from),
            "appeal": None,
        }
        if self.appeal is not None:
            plain["appeal"] = {"office": self.appeal[0], "until": _iso(self.appeal[1])}
        run = self._run_from()
        if run is not None:
            plain["run_from"] = run.isoformat()
        return plain

    def _assumed_json(self, assumed: Assumed) -> dict[str, object]:
        fact = self._ground.evaluation.program.fact[assumed.entity, assumed.name]
        value = assumed.value
        return {
            "entity": assumed.entity,
            "record": assumed.record,
            "name": assumed.name,
            "value": None if isinstance(value, Failure | Possible) else _plain(value, fact.type),
        }

    def _run_from(self) -> date | None:
        """Return the first day of the unbroken run of payments, for the next decision to read."""
        subject, evaluation = self._ground.subject, self._ground.evaluation
        if self.status is not Status.GRANTED or not isinstance(subject, Grant):
            return None
        if subject.at_most is None:
            return None
        history = evaluation.case.history
        past = history.past.get((self.entity, self.record, self.key)) if history else None
        if past is not None and past.receives is True and isinstance(past.run_from, int):
            return date.fromordinal(past.run_from)
        return self.paid_from or date.fromordinal(evaluation.today)


@frozen(slots=False)
class Decision:
    """What a policy decides of one document of facts on one date.

    Attributes:
        policy: Its name.
        hash: The SHA-256 of the policy's files, in hexadecimal.
        language_version: The meaning of the language it was made by.
        on: The date asked for.
        facts_hash: The SHA-256 of the document, in hexadecimal; None if it was rejected.
        outcomes: One for each grant and requirement on each record; none if it was rejected.
        diagnostics: What is wrong with the document, if it was rejected.
    """

    policy: str
    hash: str
    language_version: str
    on: date
    facts_hash: str | None
    outcomes: tuple[Outcome, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    _evaluation: Evaluation | None = field(default=None, repr=False, eq=False)

    @property
    def is_rejected(self) -> bool:
        """Whether the document was wrong, so that nothing was decided."""
        return any(diagnostic.is_error for diagnostic in self.diagnostics)

    def outcome(self, name: str, record: str | None = None) -> Outcome:
        """Return the outcome of a grant or requirement.

        Args:
            name: Its name, or `module.name`.
            record: The id of the record; None if there is only one.

        Raises:
            LookupError: If there is none, or more than one.
        """
        found = [
            outcome
            for outcome in self.outcomes
            if name in {outcome.name, outcome.key} and record in {None, outcome.record}
        ]
        match found:
            case [only]:
                return only
            case []:
                message = f"no outcome of {name!r}" + (f" on {record!r}" if record else "")
                raise LookupError(message)
            case _:
                message = f"{name!r} has {len(found)} outcomes; name the record"
                raise LookupError(message)

    @property
    def root(self) -> str | None:
        """The kind of the document's own record; None if it was rejected."""
        return None if self._evaluation is None else self._evaluation.case.root.entity

    def records(self, entity: str) -> tuple[str, ...]:
        """Return the ids of the records of a kind in the document, in its order."""
        if self._evaluation is None:
            return ()
        return tuple(id_ for kind, id_ in self._evaluation.case.records if kind == entity)

    def only(self, name: str, record: str | None = None) -> "Decision":
        """Return the decision with the outcomes of one grant or requirement.

        Args:
            name: Its name, or `module.name`.
            record: The id of the record; None: of all.
        """
        chosen = (
            outcome
            for outcome in self.outcomes
            if name in {outcome.name, outcome.key} and record in {None, outcome.record}
        )
        return evolve(self, outcomes=tuple(chosen))

    def explain(self, language: Language = "en", form: Format = "text") -> str:
        """Return every outcome with its reasons, for the case file: private facts stand in it.

        Args:
            language: English or Chinese.
            form: Plain text, or Markdown.
        """
        if self.is_rejected:
            return render.text(self.diagnostics, language)
        found = [outcome.explanation for outcome in self.outcomes]
        match form:
            case "text":
                return explaining.text(found, language)
            case "markdown":
                return explaining.markdown(found, language)
            case _:
                assert_never(form)

    def letter(self, language: Language = "en") -> str:
        """Return the letters that tell the family what is decided.

        They are of benefits and services; a task or referral is the office's own work. A decision
        that was narrowed down to one of these (`only`) gives its letter all the same.
        """
        if self.is_rejected:
            return render.text(self.diagnostics, language)
        grants = [outcome for outcome in self.outcomes if outcome.is_grant]
        told = [outcome for outcome in grants if outcome.is_told]
        letters = (explaining.letter(each.explanation, language) for each in told or grants)
        return "\n\n".join(letter.rstrip("\n") for letter in letters) + "\n"

    def to_json(self, language: Language = "en") -> dict[str, object]:
        """Return the decision in the one shape of decisions, ready for `json.dumps`.

        Args:
            language: Of the sentences among the reasons and findings.
        """
        plain: dict[str, object] = {
            "policy": self.policy,
            "hash": self.hash,
            "language_version": self.language_version,
            "on": self.on.isoformat(),
            "facts_hash": self.facts_hash,
            "decisions": [outcome.to_json(language) for outcome in self.outcomes],
        }
        if self.diagnostics:
            plain["diagnostics"] = render.as_json(self.diagnostics, language)
        if self._evaluation is not None:
            recorded = list(_recorded(self._evaluation))
            if recorded:
                plain["recorded"] = recorded
        return plain

    def json(self, language: Language = "en") -> str:
        """Return the decision as JSON text: the same inputs give the same bytes."""
        return json.dumps(self.to_json(language), ensure_ascii=False, indent=2, sort_keys=True)


def decide(
    evaluation: Evaluation, name: str, digest: str, diagnostics: tuple[Diagnostic, ...]
) -> Decision:
    """Return the decision of an evaluation.

    Args:
        evaluation: An opened case.
        name: Of the policy.
        digest: The policy's hash.
        diagnostics: Warnings about the document.
    """
    return Decision(
        name,
        digest,
        LANGUAGE_VERSION,
        date.fromordinal(evaluation.today),
        evaluation.case.digest,
        tuple(_outcomes(evaluation)),
        diagnostics,
        evaluation,
    )


def _outcomes(evaluation: Evaluation) -> Iterator[Outcome]:
    program = evaluation.program
    by_kind = _decided_records(evaluation.case, program)
    for grant in program.grants:
        for record in by_kind.get(grant.entity, ()):
            yield _granted(grant, record, evaluation)
    for requirement in program.requirements:
        for record in by_kind.get(requirement.entity, ()):
            yield _required(requirement, record, evaluation)


def _decided_records(case: Case, program: Program) -> Mapping[str, list[Record]]:
    """Return the records that decisions are made on: one above the document's only if it tells."""
    above = {entity for entity in program.ancestry(case.root.entity) if entity != case.root.entity}
    found: dict[str, list[Record]] = {}
    for record in case.records.values():
        if record.entity not in above or record.facts or record.given:
            found.setdefault(record.entity, []).append(record)
    return found


def _granted(grant: Grant, record: Record, evaluation: Evaluation) -> Outcome:
    receives = evaluation.value(grant.receives, record)
    eligible = evaluation.value(grant.eligible, record)
    amount = evaluation.value(grant.key, record)
    match receives:
        case True if is_decided(amount):
            status = Status.GRANTED
        case False:
            status = Status.REFUSED
        case Failure():
            status = Status.ERROR
        case _:
            status = Status.UNDECIDED
    has_amount = grant.type is not None
    kind = None if grant.type is None else core(grant.type)
    unit = kind.unit if isinstance(kind, Quantity) else None
    ends = None if unit is None else bounds(amount)
    is_shown = status is Status.GRANTED and has_amount
    return Outcome(
        record.entity,
        record.id,
        grant.name,
        grant.key,
        status,
        _bits(receives),
        _bits(eligible),
        amount if is_shown and not isinstance(amount, Failure | Possible) else None,
        None if ends is None else _finite(ends[0]),
        None if ends is None else _finite(ends[1]),
        unit,
        Ground(
            evaluation,
            grant,
            record,
            str(status),
            receives,
            eligible,
            amount if has_amount else None,
        ),
    )


def _required(requirement: Requirement, record: Record, evaluation: Evaluation) -> Outcome:
    holds = evaluation.value(requirement.key, record)
    match holds:
        case True:
            status = Status.HOLDS
        case False:
            status = Status.FAILS
        case Failure():
            status = Status.ERROR
        case _:
            status = Status.UNDECIDED
    ground = Ground(evaluation, requirement, record, str(status), holds, holds, None)
    return Outcome(
        record.entity,
        record.id,
        requirement.name,
        requirement.key,
        status,
        _bits(holds),
        _bits(holds),
        None,
        None,
        None,
        None,
        ground,
    )


def _recorded(evaluation: Evaluation) -> Iterator[dict[str, object]]:
    """Yield the values of definitions that a later decision may ask for with `previously`."""
    program = evaluation.program
    asked = {
        node.key
        for root in expressions(program)
        for node in walk(root)
        if isinstance(node, Recorded) and program.definition[node.key].role is Role.DEFINE
    }
    for definition in program.definitions:
        if definition.key not in asked:
            continue
        for record in evaluation.case.records.values():
            if record.entity == definition.entity:
                value = evaluation.value(definition.key, record)
                if not isinstance(value, Failure | Possible):
                    yield {
                        "entity": record.entity,
                        "record": record.id,
                        "name": definition.key,
                        "value": _plain(value, definition.type),
                    }


# ---------------------------------------------------------------- plain data


def _bits(value: Value) -> frozenset[bool]:
    return frozenset(truth for truth in (False, True) if may_be(value, truth))


def _truths(bits: frozenset[bool]) -> list[str]:
    return [word for truth, word in ((False, "no"), (True, "yes")) if truth in bits]


def _finite(number: Number) -> int | Fraction | None:
    return None if isinstance(number, Infinite) else number


def _date(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _plain(value: Scalar, type_: Type | None) -> object:
    """Return a value as it stands in JSON: exact numbers as text, dates as ISO text."""
    if value is ABSENT:
        return "none"
    match value:
        case bool():
            return value
        case int() if type_ is not None and isinstance(core(type_), Date):
            return date.fromordinal(value).isoformat()
        case int() | Fraction():
            return exact(value)
        case frozenset():
            return sorted(value)
        case _:
            return value


def _missing_json(missing: "Missing") -> dict[str, object]:
    return {
        "entity": missing.record.entity,
        "record": missing.record.id,
        "name": missing.name,
        "is_list": missing.is_list,
        "is_history": missing.is_history,
        "score": None if missing.score is None else exact(missing.score),
        "held_by": list(missing.holders),
        "decided_by": missing.office,
        "question": missing.question,
    }
