"""Earlier decisions, as the office recorded them, to a history.

A decision tells what was paid by its outcome: a refused amount was 0, an undecided one anything
from 0. An output of decisions is read as it stands; what it holds beyond that (reasons, missing
facts, deadlines) is passed over.
"""

import re
from datetime import date
from fractions import Fraction
from typing import Final, Literal, assert_never

from attrs import field, frozen

from aidrules import wording
from aidrules.bounds import any_of_type, hull
from aidrules.case import History, Past
from aidrules.diagnostics import catalogue
from aidrules.household.document import DIGITS, Json, Wrong, inside, legible
from aidrules.household.facts import FIRST_DAY, LAST_DAY, read_day, read_value
from aidrules.household.records import PREVIOUSLY, Tree
from aidrules.lexicon import LANGUAGES
from aidrules.program import Definition, Fact, Grant, Role
from aidrules.spelling import nearest
from aidrules.types import (
    DATE,
    TRUTH,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Truth,
    Type,
    core,
)
from aidrules.values import (
    ABSENT,
    BOTH,
    INFINITY,
    UNLISTED,
    Interval,
    Options,
    Possible,
    Value,
)

Status = Literal["granted", "refused", "undecided", "error"]

STATUSES: Final[tuple[Status, ...]] = ("granted", "refused", "undecided", "error")

_LISTS: Final = ("decisions", "recorded")
_PASSED_OVER: Final = (
    *("eligible", "low", "high", "reasons", "missing", "assumed", "deadline", "office"),
    *("paid_from", "appeal"),
)
HISTORY_KEYS: Final = (
    *("policy", "hash", "language_version", "on", "facts_hash", "diagnostics"),
    *_LISTS,
)
DECISION_KEYS: Final = (
    *("entity", "record", "name", "status", "receives", "amount", "unit", "value", "run_from"),
    *_PASSED_OVER,
)
PASSED_OVER: Final = re.compile(
    rf"{PREVIOUSLY}\.({'|'.join(_LISTS)})\[[0-9]+\]\.({'|'.join(_PASSED_OVER)})"
)
"""The paths of what is not read: it may be of any shape and depth."""

_RATIO: Final = re.compile(rf"-?[0-9]{{1,{DIGITS}}}/[0-9]{{1,{DIGITS}}}")


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
        raw = self.raw.get(key)
        # an output writes what is no decimal as a ratio, which nobody writes for a fact
        if isinstance(raw, str) and _RATIO.fullmatch(raw) and int(raw.partition("/")[2]):
            raw = Fraction(raw)
        slot = _slot(self.name, type_, self.tree, low)
        return read_value(slot, raw, inside(self.path, key), self.tree.notes)

    def receives(self) -> bool | None:
        """Return whether it was received; None if that is not said or was open."""
        match self.raw.get("receives"):
            case bool() as received:
                return received
            case ["yes"]:
                return True
            case ["no"]:
                return False
            case _:
                return None

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
    if raw.get("diagnostics"):
        tree.report(catalogue.history_of_rejected(PREVIOUSLY))
        return None
    past: dict[tuple[str, str, str], Past] = {}
    for key in _LISTS:
        path, items = inside(PREVIOUSLY, key), raw.get(key)
        if not isinstance(items, list | Wrong | None):
            tree.report(catalogue.history_malformed(path))
        for at, item in enumerate(items if isinstance(items, list) else ()):
            _read_decision(item, f"{path}[{at}]", past, tree)
    return None if raw.get("decisions") is None else History(on, past)


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
            amount = hull((_any_amount(type_, decision.tree), _nothing(type_)))
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
        value = _anything(type_, decision.tree)
    return Past(ABSENT, value, ABSENT)


def _status(decision: _Decision) -> Status | None:
    """Return the outcome: as it is said, or by whether it is received."""
    receives = decision.receives()
    said = decision.raw.get("status")
    for status in STATUSES:
        if said == status:
            if (status, receives) in (("granted", False), ("refused", True)):
                decision.contradicts_itself()
            return status
    if said is None and receives is not None:
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
                wording.unit(unit, language, glossary)
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


def _any_amount(type_: Type, tree: Tree) -> Value:
    """Return all that a grant may be worth; no amount was ever below 0."""
    if isinstance(core(type_), Quantity):
        return Possible(Interval(0, INFINITY))
    return _anything(type_, tree)


def _anything(type_: Type, tree: Tree) -> Value:
    """Return all that something of a type may be."""
    match core(type_):
        case Reference(entity=entity):
            listed = (record for kind, record in tree.records if kind == entity)
            return Possible(Options(frozenset((*listed, UNLISTED))), isinstance(type_, Optional))
        case _:
            return any_of_type(type_, tree.program.texts)


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
