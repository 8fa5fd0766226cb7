"""Earlier decisions, as the office recorded them, to a history.

A decision tells what was paid by its outcome: a refused amount was 0, an undecided one anything
from 0. What an output of decisions holds beyond that (reasons, deadlines, appeals) is passed over.
"""

from datetime import date
from typing import Final, Literal, assert_never

from attrs import field, frozen

from aidrules.case import History, Past
from aidrules.diagnostics import catalogue
from aidrules.household.document import Json, Wrong, inside, legible
from aidrules.household.facts import FIRST_DAY, LAST_DAY, nearest, read_day, read_value
from aidrules.household.records import PREVIOUSLY, Tree
from aidrules.lexicon import LANGUAGES
from aidrules.program import Definition, Fact, Grant, Role
from aidrules.types import (
    DATE,
    TRUTH,
    Choice,
    Date,
    Optional,
    Plain,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Type,
    Undetermined,
    core,
)
from aidrules.values import (
    ABSENT,
    BOTH,
    INFINITY,
    OTHER,
    UNLISTED,
    Body,
    Interval,
    Options,
    Possible,
    Selections,
    Value,
)
from aidrules.wording import terms

Status = Literal["granted", "refused", "undecided", "error"]

STATUSES: Final[tuple[Status, ...]] = ("granted", "refused", "undecided", "error")
HISTORY_KEYS: Final = ("policy", "hash", "language_version", "on", "facts_hash", "decisions")
DECISION_KEYS: Final = (
    *("entity", "record", "name", "status", "receives", "eligible", "amount", "low", "high"),
    *("unit", "value", "run_from", "reasons", "missing", "assumed", "deadline", "office"),
    *("appeal", "paid_from", "urgent", "notes"),
)


@frozen
class _Decision:
    """One recorded decision, found in the policy and the document."""

    raw: dict[str, Json]
    path: str
    entity: str
    record: str
    name: str
    tree: Tree = field(repr=False)

    def day(self, key: str) -> int | None:
        return _day(self.raw, key, self.path, self.tree)

    def value(self, type_: Type, low: int | None) -> Value | None:
        """Return the amount or value recorded, None if there is none."""
        key = "value" if self.raw.get("amount") is None else "amount"
        slot = _slot(self.name, type_, self.tree, low)
        return read_value(slot, self.raw.get(key), inside(self.path, key), self.tree.notes)

    def contradicts_itself(self) -> None:
        self.tree.report(catalogue.decision_contradicts_itself(self.path, self.name))


def read_history(document: dict[str, Json], tree: Tree) -> History | None:
    """Return what was decided on the records of the document; None if nothing is said of it."""
    raw = document.get(PREVIOUSLY)
    if raw is None or isinstance(raw, Wrong):
        return None
    if not isinstance(raw, dict):
        tree.report(catalogue.history_malformed(PREVIOUSLY))
        return None
    _check_keys(raw, HISTORY_KEYS, PREVIOUSLY, tree)
    on = _day(raw, "on", PREVIOUSLY, tree)
    decisions, path = raw.get("decisions"), inside(PREVIOUSLY, "decisions")
    if decisions is None or isinstance(decisions, Wrong):
        return None
    if not isinstance(decisions, list):
        tree.report(catalogue.history_malformed(path))
        return None
    past: dict[tuple[str, str, str], Past] = {}
    for at, item in enumerate(decisions):
        _read_decision(item, f"{path}[{at}]", past, tree)
    return History(on, past)


def _read_decision(
    raw: Json, path: str, past: dict[tuple[str, str, str], Past], tree: Tree
) -> None:
    if isinstance(raw, Wrong):
        return
    if not isinstance(raw, dict):
        tree.report(catalogue.history_malformed(path))
        return
    match raw.get("entity"), raw.get("record"), raw.get("name"):
        case str() as entity, str() as record, str() as name:
            pass
        case _:
            tree.report(catalogue.history_malformed(path))
            return
    _check_keys(raw, DECISION_KEYS, path, tree)
    if entity not in tree.program.entity:
        kinds = tuple(tree.program.entity)
        near = nearest(entity, kinds)
        tree.report(catalogue.unknown_root(inside(path, "entity"), legible(entity), near, kinds))
        return
    if (entity, record) not in tree.records:
        tree.report(catalogue.decision_without_record(inside(path, "record"), entity))
        return
    decision = _Decision(raw, path, entity, record, legible(name), tree)
    decided = _decided(decision, name)
    if decided is None:
        return
    if (entity, record, decided.key) in past:
        tree.report(catalogue.repeated_decision(path, decision.name))
        return
    match decided:
        case Grant():
            read = _of_grant(decision, decided)
        case Definition():
            read = _of_definition(decision, decided)
    if read is not None:
        past[entity, record, decided.key] = read


def _decided(decision: _Decision, name: str) -> Grant | Definition | None:
    """Return what was decided; None with a finding, or if nothing ever asks for it."""
    program, entity = decision.tree.program, decision.entity
    definitions = (each for each in program.definitions if each.role is Role.DEFINE)
    all_decided: tuple[Grant | Definition, ...] = (*program.grants, *definitions)
    of_entity = [each for each in all_decided if each.entity == entity]
    found = [each for each in of_entity if name in (each.name, each.key)]
    requirements = [each for each in program.requirements if each.entity == entity]
    place = inside(decision.path, "name")
    match found:
        case [one]:
            return one
        case [_, *_]:
            keys = tuple(each.key for each in found)
            decision.tree.report(catalogue.ambiguous_decision(place, decision.name, keys))
        case _ if any(name in (each.name, each.key) for each in requirements):
            pass
        case _:
            near = nearest(name, (each.name for each in of_entity))
            decision.tree.report(catalogue.unknown_decision(place, decision.name, entity, near))
    return None


# ---------------------------------------------------------------- what was decided


def _of_grant(decision: _Decision, grant: Grant) -> Past | None:
    status = _status(decision)
    definition = decision.tree.program.definition.get(grant.key)
    type_ = definition.type if definition else grant.type or TRUTH
    _check_unit(decision, type_)
    run_from = decision.day("run_from")
    match status:
        case "granted":
            value = decision.value(type_, 0)
            if value in (0, False, frozenset()) or value is ABSENT:
                decision.contradicts_itself()
            if value is None:
                value = True if core(type_) == TRUTH else _any_amount(type_, decision.tree)
            unknown_day = Possible(Interval(FIRST_DAY, LAST_DAY))
            return Past(True, value, unknown_day if run_from is None else run_from)
        case "refused":
            nothing = _nothing(type_)
            value = decision.value(type_, 0)
            if value not in (None, nothing, ABSENT) or run_from is not None:
                decision.contradicts_itself()
            return Past(False, nothing, ABSENT)
        case "undecided" | "error":
            perhaps = Possible(Interval(FIRST_DAY, LAST_DAY), absent=True)
            amount = _any_amount(type_, decision.tree, absent=_nothing(type_) is ABSENT)
            return Past(BOTH, amount, perhaps)
        case None:
            return None
        case _:
            assert_never(status)


def _of_definition(decision: _Decision, definition: Definition) -> Past | None:
    type_ = definition.type
    _check_unit(decision, type_)
    value: Value | None = None
    match decision.raw.get("status"):
        case "undecided" | "error":
            pass
        case None | "granted" | "refused":
            value = decision.value(type_, None)
        case _:
            decision.tree.report(catalogue.unknown_status(decision.path, STATUSES))
            return None
    if value is None:
        absent = isinstance(type_, Optional)
        value = Possible(_anything(core(type_), decision.tree), absent)
    return Past(ABSENT, value, ABSENT)


def _status(decision: _Decision) -> Status | None:
    """Return the outcome: as it is said, or by whether it is received."""
    receives = decision.raw.get("receives")
    said = decision.raw.get("status")
    for status in STATUSES:
        if said == status:
            told = {"granted": True, "refused": False}.get(status)
            if isinstance(receives, bool) and receives is not told:
                decision.contradicts_itself()
            return status
    if said is None and isinstance(receives, bool):
        return "granted" if receives else "refused"
    if not isinstance(said, Wrong):
        place = inside(decision.path, "status")
        decision.tree.report(catalogue.unknown_status(place, STATUSES))
    return None


def _check_unit(decision: _Decision, type_: Type) -> None:
    said = decision.raw.get("unit")
    match core(type_):
        case Quantity(unit=unit) if said is not None and not isinstance(said, Wrong):
            program = decision.tree.program
            known = {
                terms.unit(unit, language, glossary)
                for language in LANGUAGES
                for glossary in (None, program)
            }
            if not (isinstance(said, str) and said in known) and not (unit.is_plain and said == ""):
                place = inside(decision.path, "unit")
                finding = catalogue.decision_in_other_unit(place, decision.name, unit)
                decision.tree.report(finding)


def _nothing(type_: Type) -> Value:
    """Return what a grant that is refused is worth."""
    match core(type_):
        case Quantity():
            return 0
        case Truth():
            return False
        case Selection():
            return frozenset()
        case _:
            return ABSENT


def _any_amount(type_: Type, tree: Tree, *, absent: bool = False) -> Value:
    match core(type_):
        case Quantity():
            return Possible(Interval(0, INFINITY), absent)
        case plain:
            return Possible(_anything(plain, tree), absent)


def _anything(type_: Plain, tree: Tree) -> Body:
    """Return every value that something of a type may have."""
    match type_:
        case Quantity() | Date():
            return Interval(-INFINITY, INFINITY)
        case Truth() | Undetermined():
            return Options(frozenset((False, True)))
        case Text():
            return Options(tree.program.texts | {OTHER})
        case Choice():
            return Options(_values(type_))
        case Selection(choice=choice):
            return Selections(frozenset(), _values(choice))
        case Reference(entity=entity):
            listed = (record for kind, record in tree.records if kind == entity)
            return Options(frozenset((*listed, UNLISTED)))
        case _:
            assert_never(type_)


def _values(choice: Choice) -> frozenset[str]:
    values = frozenset(choice.values)
    return values | {OTHER} if choice.is_open else values


# ---------------------------------------------------------------- parts of a decision


def _slot(name: str, type_: Type, tree: Tree, low: int | None = None) -> Fact:
    """Return something to read a recorded value by; its messages show no value."""
    # a date that was calculated may lie outside the range of those that are given
    ends = (1, date.max.toordinal()) if isinstance(core(type_), Date) else (low, None)
    return Fact(
        name=name,
        entity="",
        type=type_,
        low=ends[0],
        high=ends[1],
        step=None,
        ask=None,
        holders=(),
        default=None,
        is_private=True,
        office=None,
        citations=(),
        span=tree.program.entities[0].span,
    )


def _day(raw: dict[str, Json], key: str, path: str, tree: Tree) -> int | None:
    days = (FIRST_DAY, LAST_DAY)
    return read_day(_slot(key, DATE, tree), raw.get(key), inside(path, key), tree.notes, days)


def _check_keys(raw: dict[str, Json], known: tuple[str, ...], path: str, tree: Tree) -> None:
    for key in raw:
        if key not in known:
            shown = legible(key)
            place = inside(path, shown)
            tree.report(catalogue.unknown_history_key(place, shown, nearest(key, known)))
