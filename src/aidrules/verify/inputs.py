"""Two programs to what changed for those who give the facts and take the decisions.

What has one name in both is the same thing; what was renamed is gone and new, for nothing is
guessed. Facts are compared as they are declared: what they mean in the rules is another question.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Literal, TypeVar

from attrs import frozen

from aidrules import wording
from aidrules.lexicon import Lexicon, exact, words
from aidrules.program import Entity, Fact, Grant, Program, Requirement
from aidrules.types import Choice, Optional, Quantity, Selection, Type, Unit, core
from aidrules.values import INFINITY, Interval, Number, settle
from aidrules.verify.reach import facts_used, paired

Kind = Literal["record", "fact", "grant", "requirement"]

KINDS: tuple[Kind, ...] = ("record", "fact", "grant", "requirement")


@frozen
class InputChange:
    """One thing that changed.

    Attributes:
        kind: What it changed of: a kind of record, a fact, a grant, a requirement.
        name: As the author wrote it.
        entity: The kind of record it belongs to; None for a kind of record.
        what: In which way: `gone`, `new-required`, `new-assumed`, `required`, ...; the lexicon has
            each under `input-`.
        old: What it was, and what it is, in the words of each policy; empty where there is nothing
            to say.
        breaks: Whether a document that was complete before may be rejected, read otherwise, or
            lack something now; for what is decided, whether a reader of decisions may miss it.
    """

    kind: Kind
    name: str
    entity: str | None
    what: str
    old: str
    new: str
    breaks: bool

    def sentence(self, program: Program, language: str) -> str:
        """Return it as a sentence; the program gives the names of its glossary."""
        lexicon = words(language)
        name = wording.name(program, self.name, language)
        if self.entity is not None:
            entity = wording.name(program, self.entity, language)
            name = lexicon.fill("word", "name-of", name=name, record=entity)
        return lexicon.fill("word", f"input-{self.what}", name=name, old=self.old, new=self.new)

    def to_json(self) -> dict[str, object]:
        """Return it as plain data; types and values stand in the language that was asked for."""
        return {
            "kind": self.kind,
            "name": self.name,
            "of": self.entity,
            "change": self.what,
            "old": self.old or None,
            "new": self.new or None,
            "breaks": self.breaks,
        }


def input_changes(old: Program, new: Program, language: str) -> tuple[InputChange, ...]:
    """Return what changed in what is asked for and in what is decided, in order of kind.

    Args:
        old: The policy as it was.
        new: As it is.
        language: Of the values and types that are shown, `en` or `zh`.
    """
    seen = _Seen(old, new, language)
    return (*seen.records(), *seen.facts(), *seen.grants(), *seen.requirements())


@frozen
class _Seen:
    old: Program
    new: Program
    language: str

    @property
    def lexicon(self) -> Lexicon:
        return words(self.language)

    # ------------------------------------------------------------ kinds of record

    def records(self) -> Iterator[InputChange]:
        for name in _both(self.old.entity, self.new.entity):
            before, after = self.old.entity.get(name), self.new.entity.get(name)
            if after is None:
                yield InputChange("record", name, None, "gone", "", "", breaks=True)
            elif before is None:
                yield InputChange("record", name, None, "new-records", "", "", breaks=True)
            else:
                yield from self._record(before, after)

    def _record(self, before: Entity, after: Entity) -> Iterator[InputChange]:
        if before.parent != after.parent:
            nothing = self.lexicon.pattern("word", "nothing")
            old, new = (each.parent or nothing for each in (before, after))
            yield InputChange("record", after.name, None, "below", old, new, breaks=True)
        if before.limit != after.limit:
            old, new = str(before.limit), str(after.limit)
            breaks = after.limit < before.limit
            yield InputChange("record", after.name, None, "limit", old, new, breaks=breaks)

    # ------------------------------------------------------------ facts

    def facts(self) -> Iterator[InputChange]:
        was_used, is_used = facts_used(self.old), facts_used(self.new)
        for key in _both(self.old.fact, self.new.fact):
            entity, name = key
            before, after = self.old.fact.get(key), self.new.fact.get(key)
            if after is None:
                yield InputChange("fact", name, entity, "gone", "", "", breaks=True)
            elif before is None:
                yield self._new_fact(after, is_used=key in is_used)
            else:
                for what, old, new, breaks in self._fact(before, after):
                    yield InputChange("fact", name, entity, what, old, new, breaks=breaks)
                if after.default is None and key in is_used - was_used:
                    yield InputChange("fact", name, entity, "used-first", "", "", breaks=True)

    def _new_fact(self, fact: Fact, *, is_used: bool) -> InputChange:
        shown = self._type(fact, self.new)
        if fact.default is not None:
            what, shown = "new-assumed", self._default(fact, self.new)
        else:
            what = "new-required" if is_used else "new-unused"
        return InputChange("fact", fact.name, fact.entity, what, "", shown, breaks="req" in what)

    def _fact(self, before: Fact, after: Fact) -> Iterator[tuple[str, str, str, bool]]:
        """Yield in which way a fact changed, what it was and is, and whether that breaks."""
        yield from self._requirement_of(before, after)
        if not _is_same_kind(before.type, after.type):
            yield self._retyped(before, after)
        else:
            was_none, is_none = (isinstance(each.type, Optional) for each in (before, after))
            if was_none != is_none:
                yield "may-be-none" if is_none else "never-none", "", "", not is_none
            yield from self._range(before, after)
        nobody = self.lexicon.pattern("word", "nobody")
        if before.holders != after.holders:
            old, new = (self.lexicon.join(each.holders) or nobody for each in (before, after))
            yield "holders", old, new, False
        if before.office != after.office:
            yield "judged", before.office or nobody, after.office or nobody, False

    def _requirement_of(self, before: Fact, after: Fact) -> Iterator[tuple[str, str, str, bool]]:
        match before.default, after.default:
            case None, None:
                return
            case None, _:
                yield "assumed", "", self._default(after, self.new), False
            case _, None:
                yield "required", self._default(before, self.old), "", True
            case was, now if was != now and _is_same_kind(before.type, after.type):
                old, new = self._default(before, self.old), self._default(after, self.new)
                yield "other-default", old, new, True
            case _:
                return

    def _retyped(self, before: Fact, after: Fact) -> tuple[str, str, str, bool]:
        old, new = self._type(before, self.old), self._type(after, self.new)
        match core(before.type), core(after.type):
            case Quantity(unit=was), Quantity(unit=now):
                return "period" if _is_other_period(was, now) else "unit", old, new, True
            case (Choice() as was, Choice() as now) | (
                Selection(choice=was),
                Selection(choice=now),
            ):
                fewer = not set(was.values) <= set(now.values) or was.is_open
                return "choices", old, new, fewer and not now.is_open
            case _:
                return "type", old, new, True

    def _range(self, before: Fact, after: Fact) -> Iterator[tuple[str, str, str, bool]]:
        if (before.low, before.high) != (after.low, after.high):
            was, now = _range(before), _range(after)
            narrower = now.low > was.low or now.high < was.high
            yield "range", self._ends(before, self.old), self._ends(after, self.new), narrower
        if before.step != after.step:
            nothing = self.lexicon.pattern("word", "nothing")
            old, new = (nothing if s is None else exact(s) for s in (before.step, after.step))
            yield "step", old, new, not _divides(after.step, before.step)

    def _ends(self, fact: Fact, program: Program) -> str:
        ends = _range(fact)
        if ends == Interval(-INFINITY, INFINITY):
            return self.lexicon.pattern("word", "any-value")
        return wording.bounds(settle(ends), fact.type, self.language, program)

    def _type(self, fact: Fact, program: Program) -> str:
        return wording.type_name(fact.type, self.language, program)

    def _default(self, fact: Fact, program: Program) -> str:
        if fact.default is None:
            return ""
        return wording.expression(fact.default, program, self.language)

    # ------------------------------------------------------------ what is decided

    def grants(self) -> Iterator[InputChange]:
        for before, after in paired(self.old.grants, self.new.grants):
            if before is None or after is None:
                yield from _come_or_gone("grant", before, after)
                continue
            if before.entity != after.entity:
                yield _moved("grant", before, after)
            if before.type != after.type:
                old, new = self._paid(before.type, self.old), self._paid(after.type, self.new)
                name, entity = after.name, after.entity
                yield InputChange("grant", name, entity, "paid-in", old, new, breaks=True)

    def _paid(self, type_: Type | None, program: Program) -> str:
        if type_ is None:
            return self.lexicon.pattern("word", "nothing")
        return wording.type_name(type_, self.language, program)

    def requirements(self) -> Iterator[InputChange]:
        for before, after in paired(self.old.requirements, self.new.requirements):
            if before is None or after is None:
                yield from _come_or_gone("requirement", before, after)
            elif before.entity != after.entity:
                yield _moved("requirement", before, after)


def _come_or_gone(
    kind: Kind, before: Grant | Requirement | None, after: Grant | Requirement | None
) -> Iterator[InputChange]:
    if before is not None:
        yield InputChange(
            kind, before.name, before.entity, "no-longer-decided", "", "", breaks=True
        )
    if after is not None:
        yield InputChange(kind, after.name, after.entity, "decided", "", "", breaks=False)


def _moved(kind: Kind, before: Grant | Requirement, after: Grant | Requirement) -> InputChange:
    old, new = before.entity, after.entity
    return InputChange(kind, after.name, old, "decided-of", old, new, breaks=True)


_Key = TypeVar("_Key")


def _both(old: Iterable[_Key], new: Iterable[_Key]) -> tuple[_Key, ...]:
    """Return the keys of both, each once: the new ones in their order, then those that are gone."""
    return tuple(dict.fromkeys((*new, *old)))


def _is_same_kind(was: Type, now: Type) -> bool:
    """Whether two types have the same values, apart from `none` and the order of choices."""
    match core(was), core(now):
        case (Choice() as before, Choice() as after) | (
            Selection(choice=before),
            Selection(choice=after),
        ):
            return (set(before.values), before.is_open) == (set(after.values), after.is_open)
        case before, after:
            return before == after


def _is_other_period(was: Unit, now: Unit) -> bool:
    """Whether what is counted is the same, by another period."""
    periods = was.rate_period, now.rate_period
    if periods[0] is None or periods[1] is None:
        return False
    return was.times(Unit.of(periods[0])) == now.times(Unit.of(periods[1]))


def _range(fact: Fact) -> Interval:
    low: Number = -INFINITY if fact.low is None else fact.low
    return Interval(low, INFINITY if fact.high is None else fact.high)


def _divides(step: Fraction | None, other: Fraction | None) -> bool:
    """Whether what is a multiple of the other step is one of this; None takes any value."""
    return step is None or (other is not None and (other / step).denominator == 1)
