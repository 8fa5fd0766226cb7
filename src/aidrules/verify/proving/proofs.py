"""Verdicts to words and data: what was proved of a policy, and for which households."""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import assert_never
from unicodedata import east_asian_width

from attrs import field, frozen

from aidrules.decision import Language
from aidrules.diagnostics import Diagnostic, Severity, render
from aidrules.lexicon import Lexicon, exact, words
from aidrules.program import Check, MovesWith, Program
from aidrules.types import Type
from aidrules.values import Absent, Exact, Failure
from aidrules.verify.households.second import OfFact, OfFigure
from aidrules.verify.households.writing import as_example
from aidrules.verify.proving.properties import (
    AtMost,
    Defined,
    DrawnAlike,
    OneAlone,
    OrderFree,
    Possible,
    Property,
    Reachable,
    Reached,
    Stated,
)
from aidrules.verify.proving.verdicts import (
    Cliff,
    Counterexample,
    NotCovered,
    Proved,
    Refuted,
    Settled,
    Tested,
    Unreached,
)
from aidrules.wording import terms as wording

WIDTH = 13
"""Of the column in which a verdict stands."""


@frozen
class Proofs:
    """The verdicts on all properties of a policy.

    Attributes:
        policy: Its name.
        hash: Of its files.
        on: The date asked for.
        settled: In the order of the policy, what the author states first.
    """

    policy: str
    hash: str
    on: date
    settled: tuple[Settled, ...]
    _program: Program = field(repr=False, eq=False)

    @property
    def is_as_stated(self) -> bool:
        """Whether every verdict is the one that was stated: known to fail, or to hold."""
        return all(each.is_as_stated for each in self.settled)

    def explain(self, language: Language = "en") -> str:
        """Return the verdicts in words, refuted ones with their household."""
        lines: list[str] = []
        for each in self.settled:
            lines += self.lines(each, language)
        return "\n".join([*lines, "", *self._summary(words(language), language), ""])

    def lines(self, settled: Settled, language: Language) -> Iterator[str]:
        """Yield one verdict in lines."""
        lexicon = words(language)
        mark = lexicon.pattern("word", f"verdict-{_word(settled)}")
        padding = " " * max(1, WIDTH - _columns(mark))
        yield f"{mark}{padding}{self._sentence(settled, lexicon, language)}"
        yield from (f"    {line}" for line in self._details(settled, lexicon, language))

    def _sentence(self, settled: Settled, lexicon: Lexicon, language: Language) -> str:
        wanted = settled.wanted
        names = {"name": self._named(wanted, language)}
        match wanted.claim:
            case OrderFree(kind=kind) | Possible(entity=kind):
                names["kind"] = wording.name(self._program, kind, language)
            case _:
                pass
        return lexicon.fill("word", wanted.word, **names)

    def _named(self, wanted: Property, language: Language) -> str:
        match wanted.claim:
            case Stated() | Possible():
                return wanted.subject
            case OneAlone(exclusion=exclusion):
                found = [wording.of_key(self._program, key, language) for key in exclusion.grants]
                return words(language).join(found)
            case DrawnAlike(lines=lines):
                found = [wording.of_key(self._program, key, language) for key, _ in lines]
                return words(language).join(dict.fromkeys(found))
            case _:
                return wording.name(self._program, wanted.subject, language)

    def _details(self, settled: Settled, lexicon: Lexicon, language: Language) -> Iterator[str]:
        verdict = settled.verdict
        match verdict:
            case Proved(highest=highest):
                if highest is not None:
                    amount = self._amount(settled, highest, language)
                    yield lexicon.fill("word", "proved-highest", amount=amount)
            case Refuted(example=example, worst=worst):
                if isinstance(settled.wanted.claim, DrawnAlike):
                    yield from _drawn(settled.wanted.claim, lexicon)
                yield from self._refuted(settled.wanted, example, lexicon, language)
                if worst is not None:
                    yield from self._worst(settled.wanted, worst, example, lexicon, language)
            case Unreached(spans=spans):
                for span in spans:
                    place = f"{span.source.name}:{span.line}"
                    yield lexicon.fill("word", "unreached-place", place=place)
            case Tested(households=households):
                yield lexicon.fill("word", "tested-households", count=f"{households:,}")
            case NotCovered(why=why):
                yield lexicon.pattern("word", f"not-covered-{why}")
            case _:
                assert_never(verdict)
        if settled.wanted.known_to_fail is not None:
            why = settled.wanted.known_to_fail
            key = "known-to-fail" if settled.is_as_stated else "known-to-fail-but-holds"
            yield lexicon.fill("word", key, why=why)
        if _is_bounded(settled):
            sizes = self._sizes(settled.sizes, lexicon, language)
            yield lexicon.fill("word", "proved-of-sizes", sizes=sizes)
        if isinstance(verdict, Proved) and verdict.limit is not None:
            amount = self._amount(settled, verdict.limit, language)
            yield lexicon.fill("word", "proved-limit", amount=amount)
        if settled.is_where_set:
            yield lexicon.pattern("word", "proved-where-set")

    def _amount(self, settled: Settled, amount: Exact, language: Language) -> str:
        claim = settled.wanted.claim
        if not isinstance(claim, AtMost):
            raise TypeError(claim)
        type_ = self._program.definition[claim.key].type
        return _value(amount, type_, language, self._program)

    def _refuted(
        self, wanted: Property, example: Counterexample, lexicon: Lexicon, language: Language
    ) -> Iterator[str]:
        if example.failure is not None and isinstance(wanted.claim, Defined):
            yield from render.text((_finding(example.failure),), language).rstrip().splitlines()
        yield from self._household("counterexample-title", wanted, example, lexicon, language)

    def _household(
        self,
        key: str,
        wanted: Property,
        example: Counterexample,
        lexicon: Lexicon,
        language: Language,
    ) -> Iterator[str]:
        """Yield a household as an example, and in what the second one differs."""
        title = lexicon.fill("word", key, name=self._named(wanted, language))
        text = as_example(self._program, example.case, self.on.toordinal(), title.replace('"', "'"))
        yield from text.rstrip().splitlines()
        change = self._change(example, lexicon, language)
        if change:
            yield lexicon.fill("word", "counterexample-change", change=change)
        for figure, value in example.figures.items():
            parameter = self._program.parameter[figure]
            shown = _value(value, parameter.type, language, self._program)
            name = wording.name(self._program, parameter.name, language)
            yield lexicon.fill("word", "counterexample-figure", name=name, value=shown)

    def _change(self, example: Counterexample, lexicon: Lexicon, language: Language) -> str:
        """Return in what the second household differs from the first; empty if it has others."""
        match example.second:
            case OfFact(record=(entity, record), name=name, after=after):
                type_ = self._program.fact[entity, name].type
                before = example.case.records[entity, record].facts.get(name)
                thing, word = name, "change-of-fact"
            case OfFigure(keys=(key, *_), before=before, after=after):
                type_, record = self._program.parameter[key].type, ""
                thing, word = self._program.parameter[key].name, "change-of-figure"
            case _:
                return ""
        values = [_value(value, type_, language, self._program) for value in (before, after)]
        return lexicon.fill(
            "word",
            word,
            name=wording.name(self._program, thing, language),
            record=record,
            before=values[0],
            after=values[1],
        )

    def _worst(
        self,
        wanted: Property,
        worst: Cliff,
        example: Counterexample,
        lexicon: Lexicon,
        language: Language,
    ) -> Iterator[str]:
        """Yield the worst that one step does, with its household if that is another."""
        match wanted.claim:
            case Stated(check=Check(property=MovesWith(value=value, direction=direction))):
                amount = _value(worst.amount, value.type, language, self._program)
            case _:
                raise TypeError(wanted.claim)
        yield lexicon.fill("word", f"worst-step-{direction}", amount=amount)
        if worst.example is not example:
            yield from self._household("worst-title", wanted, worst.example, lexicon, language)

    def _summary(self, lexicon: Lexicon, language: Language) -> Iterator[str]:
        counts = {
            word: sum(_word(each) == word for each in self.settled)
            for word in ("proved", "refuted", "unreached", "tested", "not-covered")
        }
        yield lexicon.fill(
            "word",
            "proofs-summary",
            **{word.replace("-", "_"): str(count) for word, count in counts.items()},
        )
        if any(isinstance(each.verdict, Proved) for each in self.settled):
            yield lexicon.fill("word", "proofs-mean", date=str(self.on))
            yield lexicon.pattern("word", "proofs-facts")
        figures = sorted({name for each in self.settled for name in each.figures})
        if figures:
            names = lexicon.join(wording.name(self._program, name, language) for name in figures)
            yield lexicon.fill("word", "proofs-figures", names=names)

    def _sizes(self, sizes: Mapping[str, int], lexicon: Lexicon, language: Language) -> str:
        return lexicon.join(
            lexicon.fill(
                "word",
                "proofs-size",
                count=str(size),
                kind=wording.name(self._program, kind, language),
            )
            for kind, size in sizes.items()
        )

    def to_json(self, language: Language = "en") -> dict[str, object]:
        """Return the verdicts as plain data: numbers as decimal text, households as examples."""
        return {
            "policy": self.policy,
            "hash": self.hash,
            "on": self.on.isoformat(),
            "as_stated": self.is_as_stated,
            "properties": [self._json(each, language) for each in self.settled],
        }

    def _json(self, settled: Settled, language: Language) -> Mapping[str, object]:
        wanted, verdict = settled.wanted, settled.verdict
        plain: dict[str, object] = {
            "property": wanted.word.removeprefix("property-"),
            "subject": wanted.subject,
            "module": wanted.module,
            "sentence": self._sentence(settled, words(language), language),
            "verdict": _word(settled),
            "as_stated": settled.is_as_stated,
            "known_to_fail": wanted.known_to_fail,
            "sizes": dict(settled.sizes),
            "any_figures": list(settled.figures),
            "where_set": settled.is_where_set,
        }
        match verdict:
            case Proved(highest=highest, limit=limit, reach=reach):
                plain["highest"] = None if highest is None else exact(highest)
                plain["limit"] = None if limit is None else exact(limit)
                plain["any_size"] = reach != "sizes"
                plain["by_form"] = reach == "form"
            case Refuted(example=example, worst=worst):
                title = f"{wanted.subject}"
                today = self.on.toordinal()
                plain["example"] = as_example(self._program, example.case, today, title)
                plain["record"] = list(example.record)
                plain["error"] = None if example.failure is None else example.failure.code
                if example.other is not None:
                    plain["other"] = as_example(self._program, example.other, today, title)
                if worst is not None:
                    plain["worst"] = exact(worst.amount)
                    plain["worst_example"] = as_example(
                        self._program, worst.example.case, today, title
                    )
            case Unreached(spans=spans):
                plain["places"] = [f"{span.source.name}:{span.line}" for span in spans]
            case Tested(households=households):
                plain["households"] = households
            case NotCovered(why=why):
                plain["why"] = why
            case _:
                assert_never(verdict)
        return plain


def _word(settled: Settled) -> str:
    match settled.verdict:
        case Proved():
            return "proved"
        case Refuted():
            return "refuted"
        case Unreached():
            return "unreached"
        case Tested():
            return "tested"
        case NotCovered():
            return "not-covered"
        case _:
            assert_never(settled.verdict)


def _is_bounded(settled: Settled) -> bool:
    """Return whether it is proved of households of up to so many records: not of some, nor all."""
    if isinstance(settled.wanted.claim, Reachable | Reached | Possible):
        return False
    return isinstance(settled.verdict, Proved) and settled.verdict.reach == "sizes"


def _drawn(claim: DrawnAlike, lexicon: Lexicon) -> Iterator[str]:
    for _, compared in claim.lines:
        place = f"{compared.span.source.name}:{compared.span.line}"
        yield lexicon.fill("word", "line-drawn", sign=compared.op, place=place)


def _finding(failure: Failure) -> Diagnostic:
    return Diagnostic(failure.code, Severity.ERROR, dict(failure.facts), failure.span)


def _value(value: object, type_: Type, language: Language, program: Program) -> str:
    if isinstance(value, int | Fraction | str | frozenset | Absent):
        return wording.value(value, type_, language, program)
    return words(language).pattern("word", "not-told")


def _columns(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(1 + (east_asian_width(sign) in "WF") for sign in text)
