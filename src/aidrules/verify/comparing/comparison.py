"""What differs between two policies, in words and as data."""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import assert_never

from attrs import evolve, field, frozen

from aidrules import wording
from aidrules.case import Case
from aidrules.decision import Language
from aidrules.lexicon import Lexicon, exact, words
from aidrules.program import (
    AnyMatch,
    FactUse,
    Grant,
    Match,
    Parameter,
    Program,
    RangeMatch,
    ValueMatch,
)
from aidrules.types import Date, Type, core
from aidrules.values import Absent, Exact, Failure, Scalar, Value
from aidrules.verify.comparing.extents import Extent
from aidrules.verify.comparing.form import Change
from aidrules.verify.comparing.sides import Found, Nobody, Side, Tried, Way
from aidrules.verify.households.writing import as_example
from aidrules.verify.proving.verdicts import Unsettled


@frozen
class Version:
    """A policy as one of two that are compared.

    Attributes:
        hash: Of its files.
    """

    name: str
    hash: str
    program: Program = field(repr=False, eq=False)

    def to_json(self) -> dict[str, str]:
        """Return what it is called."""
        return {"policy": self.name, "hash": self.hash}


@frozen
class GrantComparison:
    """A grant in two policies.

    Attributes:
        old: None if it is new.
        new: None if it is gone.
        changes: What is written otherwise of all that it rests on; none: it is the same.
        sides: Who gains, who loses, and who is decided otherwise; empty if it is new or gone.
        extents: Between which values it differs, for households of up to so many records.
        sizes: How many of each kind.
    """

    old: Grant | None
    new: Grant | None
    changes: tuple[Change, ...] = ()
    sides: Mapping[Way, Side] = field(factory=dict)
    extents: tuple[Extent, ...] = ()
    sizes: Mapping[str, int] = field(factory=dict)

    @property
    def grant(self) -> Grant:
        """The new grant; the old one if it is gone."""
        found = self.new or self.old
        if found is None:
            raise LookupError
        return found

    @property
    def is_same(self) -> bool:
        """Whether it is proved that both decide alike."""
        return bool(self.sides) and all(isinstance(each, Nobody) for each in self.sides.values())


@frozen
class Comparison:
    """What differs in what two policies grant on a day, all facts known.

    Attributes:
        grants: In the order of the new policy; what is gone last.
        before: The day before the texts of a reform take effect, if it has any that are dated.
        earlier: The grants on that day: what differs there is changed retroactively.
    """

    old: Version
    new: Version
    on: date
    grants: tuple[GrantComparison, ...]
    before: date | None = None
    earlier: tuple[GrantComparison, ...] = ()

    @property
    def retroactive(self) -> tuple[GrantComparison, ...]:
        """The grants that differ, or may differ, before the texts of a reform take effect."""
        both = (each for each in self.earlier if each.old is not None and each.new is not None)
        return tuple(each for each in both if not each.is_same)

    @property
    def is_same(self) -> bool:
        """Whether it is proved that both grant the same to all households."""
        return all(each.is_same for each in self.grants)

    def explain(self, language: Language = "en") -> str:
        """Return what differs in words, with households as examples of the new policy."""
        telling = _Telling(self, language, words(language))
        lines = [line for each in self.grants for line in telling.grant(each)]
        return "\n".join([*lines, *telling.summary(), *telling.earlier(), ""])

    def to_json(self, language: Language = "en") -> dict[str, object]:
        """Return what differs as plain data: numbers as decimal text, households as examples."""
        telling = _Telling(self, language, words(language))
        return {
            "old": self.old.to_json(),
            "new": self.new.to_json(),
            "on": self.on.isoformat(),
            "same": self.is_same,
            "grants": [telling.plain(each) for each in self.grants],
            "before": None if self.before is None else self.before.isoformat(),
            "retroactive": [telling.plain(each) for each in self.retroactive],
        }


@frozen
class _Telling:
    """A comparison in a language."""

    comparison: Comparison
    language: Language
    lexicon: Lexicon

    @property
    def programs(self) -> tuple[Program, Program]:
        return self.comparison.old.program, self.comparison.new.program

    def _said(self, key: str, **holes: str) -> str:
        return self.lexicon.fill("word", f"comparison-{key}", **holes)

    # ------------------------------------------------------------ in words

    def grant(self, found: GrantComparison) -> Iterator[str]:
        program = self.programs[0 if found.new is None else 1]
        name = wording.name(program, found.grant.name, self.language)
        if found.old is None or found.new is None:
            yield self._said("gone" if found.new is None else "new", name=name)
            return
        if not found.changes:
            yield self._said("same-form", name=name)
            return
        yield self._said("same" if found.is_same else "other", name=name)
        yield from dict.fromkeys(f"  {self._change(change)}" for change in found.changes)
        for each, side in found.sides.items():
            if each != "otherwise" or not isinstance(side, Nobody):
                yield from (f"  {line}" for line in self._side(each, side, found))
        if found.extents:
            key = "only-where" if found.sizes else "only-where-alone"
            yield "  " + self._said(key, sizes=self._sizes(found.sizes))
            yield from (f"    {self._extent(extent)}" for extent in found.extents)

    def summary(self) -> Iterator[str]:
        grants = self.comparison.grants
        count = sum(each.is_same for each in grants)
        yield ""
        yield self._said("summary", same=str(count), all=str(len(grants)))
        sizes: dict[str, int] = {}
        for each in grants:
            for side in each.sides.values():
                if isinstance(side, Nobody) and side.sizes is not None:
                    sizes.update(side.sizes)
        if sizes or any(isinstance(s, Nobody) for each in grants for s in each.sides.values()):
            yield self._said("proved", date=str(self.comparison.on))
        if sizes:
            yield self.lexicon.pattern("word", "proofs-facts")

    def earlier(self) -> Iterator[str]:
        """Yield what differs before the texts of a reform take effect."""
        before, found = self.comparison.before, self.comparison.retroactive
        if before is None:
            return
        if not found:
            yield self._said("not-retroactive", date=str(before))
            return
        yield ""
        yield self._said("retroactive", date=str(before))
        telling = evolve(self, comparison=evolve(self.comparison, on=before))
        for each in found:
            yield from (f"  {line}" for line in telling.grant(each))

    def _change(self, change: Change) -> str:
        name = self._name_of(change)
        if change.role == "figure" and change.how != "gone":
            values = self._figure(change.key)
            if values is not None:
                return self._said("figure-changed", name=name, values=values)
        what = self._said(f"role-{change.role}", name=name)
        return self._said(f"change-{change.how}", what=what)

    def _name_of(self, change: Change) -> str:
        """Return the name of what changed, in the words of the policy that has it."""
        program = self.programs[0 if change.how == "gone" else 1]
        match change.role:
            case "rule" | "limit" | "figure":
                return wording.of_key(program, change.key, self.language)
            case "fact":
                entity, name = change.key.split(".", 1)
                return self.lexicon.fill(
                    "word",
                    "name-of",
                    name=wording.name(program, name, self.language),
                    record=wording.name(program, entity, self.language),
                )
            case "record" | "calendar":
                return wording.name(program, change.key, self.language)
            case _:
                assert_never(change.role)

    def _figure(self, key: str) -> str | None:
        """Return the values of a figure on the day, in both policies, where they differ.

        A figure that amends one of its name is compared with that one.
        """
        old, new = self.programs
        figure = new.parameter[key]
        amended = [each for each in old.parameters if each.name == figure.name]
        former = old.parameter.get(key, amended[-1] if amended else None)
        if former is None:
            return None
        day = self.comparison.on.toordinal()
        before, after = _on(former, day), _on(figure, day)
        told = []
        for cells in dict.fromkeys((*before, *after)):
            was, now = before.get(cells), after.get(cells)
            if was == now:
                continue
            values = [
                self.lexicon.pattern("word", "nothing")
                if each is None
                else wording.value(each, figure.type, self.language, new)
                for each in (was, now)
            ]
            place = self.lexicon.join(
                wording.value(cell, type_, self.language, new)
                for cell, type_ in zip(cells, figure.key_types, strict=False)
                if cell is not None
            )
            told.append(
                self._said(
                    "figure-at" if place else "figure-plain",
                    place=place,
                    before=values[0],
                    after=values[1],
                )
            )
        return self.lexicon.join(told, "semicolon") if told else self._said("figure-other-day")

    def _side(self, wanted: Way, side: Side, found: GrantComparison) -> Iterator[str]:
        match side:
            case Found(case=case):
                before, after = self._received(side, found)
                yield self._said(f"{wanted}-found", before=before, after=after)
                yield from (f"  {line}" for line in self._example(case, wanted, found))
            case Nobody(sizes=sizes):
                key = f"{wanted}-nobody" if sizes else f"{wanted}-nobody-at-all"
                yield self._said(key, sizes=self._sizes(sizes or {}))
            case Tried(households=households):
                yield self._said(f"{wanted}-tried", count=f"{households:,}")
            case Unsettled(why=why):
                reason = self.lexicon.pattern("word", f"not-covered-{why}")
                yield self._said(f"{wanted}-unsettled", why=reason)
            case _:
                assert_never(side)

    def _received(self, side: Found, found: GrantComparison) -> tuple[str, str]:
        """Return in words what is received before and after."""
        told = []
        pairs = (
            (self.programs[0], found.old, side.before),
            (self.programs[1], found.new, side.after),
        )
        for program, grant, received in pairs:
            if received.receives is False:
                told.append(self._said("refused"))
            elif isinstance(received.receives, Failure) or isinstance(received.value, Failure):
                told.append(self._said("error"))
            elif received.value is True or grant is None:
                told.append(self._said("granted"))
            else:
                type_ = program.definition[grant.key].type
                told.append(self._value(received.value, type_, program))
        return told[0], told[1]

    def _value(self, value: Value, type_: Type, program: Program) -> str:
        if isinstance(value, int | Fraction | str | frozenset | Absent):
            return wording.value(value, type_, self.language, program)
        return self.lexicon.pattern("word", "not-told")

    def _example(self, case: Case, wanted: Way, found: GrantComparison) -> Iterator[str]:
        """Yield a household as an example of the new policy, and of the old if that knows more."""
        name = wording.name(self.programs[1], found.grant.name, self.language)
        title = self._said(f"{wanted}-title", name=name).replace('"', "'")
        day = self.comparison.on.toordinal()
        old, new = (
            as_example(program, case, day, title).rstrip().splitlines() for program in self.programs
        )
        yield from new
        if set(old) - set(new):
            yield self._said("old-facts")
            yield from old

    def _sizes(self, sizes: Mapping[str, int]) -> str:
        return self.lexicon.join(
            self.lexicon.fill(
                "word",
                "proofs-size",
                count=str(size),
                kind=wording.name(self.programs[1], kind, self.language),
            )
            for kind, size in sizes.items()
        )

    def _extent(self, extent: Extent) -> str:
        value = extent.value
        program, type_ = self.programs[1], value.type
        if isinstance(value, FactUse):
            name = wording.name(program, value.name, self.language)
        else:
            name = wording.of_key(program, value.key, self.language)
        if extent.among is not None:
            said = (self._value(each, type_, program) for each in extent.among)
            return self._said("extent-among", name=name, values=self.lexicon.join(said))
        low, high = (
            None if end is None else self._value(end, type_, program)
            for end in (extent.low, extent.high)
        )
        if low is None or high is None:
            key = "extent-to" if low is None else "extent-from"
            return self._said(key, name=name, end=(low or high or ""))
        if low == high:
            return self._said("extent-among", name=name, values=low)
        return self._said("extent-between", name=name, low=low, high=high)

    # ------------------------------------------------------------ as data

    def plain(self, found: GrantComparison) -> dict[str, object]:
        """Return a grant as plain data."""
        return {
            "grant": found.grant.key,
            "old": None if found.old is None else found.old.key,
            "new": None if found.new is None else found.new.key,
            "same": found.is_same,
            "changes": [
                {"what": each.role, "key": each.key, "how": each.how, "says": self._change(each)}
                for each in found.changes
            ],
            "sides": {
                wanted: self._plain_side(wanted, side, found)
                for wanted, side in found.sides.items()
            },
            "only_where": [self._plain_extent(extent) for extent in found.extents],
            "only_where_sizes": dict(found.sizes),
        }

    def _plain_side(self, wanted: Way, side: Side, found: GrantComparison) -> dict[str, object]:
        match side:
            case Found(case=case, record=record):
                before, after = self._received(side, found)
                day = self.comparison.on.toordinal()
                title = self._said(f"{wanted}-title", name=found.grant.name).replace('"', "'")
                old, new = (as_example(program, case, day, title) for program in self.programs)
                return {
                    "verdict": "found",
                    "record": list(record),
                    "before": before,
                    "after": after,
                    "example": new,
                    "example_of_old": old,
                }
            case Nobody(sizes=sizes):
                plain = None if sizes is None else dict(sizes)
                return {"verdict": "nobody", "by_form": sizes is None, "sizes": plain}
            case Tried(households=households):
                return {"verdict": "tested", "households": households}
            case Unsettled(why=why):
                return {"verdict": "not-covered", "why": why}
            case _:
                assert_never(side)

    def _plain_extent(self, extent: Extent) -> dict[str, object]:
        value = extent.value
        low, high = (
            None if end is None else self._end(end, value.type) for end in (extent.low, extent.high)
        )
        return {
            "value": f"{value.entity}.{value.name}" if isinstance(value, FactUse) else value.key,
            "low": low,
            "high": high,
            "among": None if extent.among is None else list(extent.among),
            "says": self._extent(extent),
        }

    def _end(self, end: Exact, type_: Type) -> str:
        if isinstance(core(type_), Date):
            return date.fromordinal(int(end)).isoformat()
        return exact(end)


def _on(parameter: Parameter, day: int) -> dict[tuple[Scalar | None, ...], Scalar]:
    """Return the values of a figure on a day, by the cells of its row; any cell is None."""
    found: dict[tuple[Scalar | None, ...], Scalar] = {}
    for row in parameter.rows:
        cells = tuple(_cell(each) for each in row.cells)
        for each in row.values:
            begins = each.first is None or each.first <= day
            ends = each.last is not None and each.last < day
            if begins and not ends and each.value is not None:
                found[cells] = each.value
    return found


def _cell(cell: Match) -> Scalar | None:
    match cell:
        case ValueMatch(value=value):
            return value
        case RangeMatch(low=low):
            return low if isinstance(low, int | Fraction) else None
        case AnyMatch():
            return None
        case _:
            assert_never(cell)
