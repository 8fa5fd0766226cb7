"""Names, units, values, types and citations to words.

A program gives the names of its glossary; without one, names stand as they are spelt.
"""

from collections.abc import Iterable, Mapping
from datetime import date as calendar_date
from fractions import Fraction
from typing import Literal, assert_never

from aidrules.lexicon import Lexicon, exact, words
from aidrules.program import Citation, Program
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Type,
    Undetermined,
    Unit,
    core,
    describe,
)
from aidrules.values import (
    OTHER,
    UNLISTED,
    Absent,
    Infinite,
    Interval,
    Options,
    Scalar,
    Selections,
    Value,
    parts,
)

_UnitForm = Literal["unit", "unit-one", "unit-many"]

_DIGITS = "零一二三四五六七八九"


def name(program: Program | None, spelling: str, language: str) -> str:
    """Return a name in a language: that of the glossary, or else as it is spelt."""
    if program is None:
        return spelling
    return program.glossary.get((language, spelling), spelling)


def of_key(program: Program, key: str, language: str) -> str:
    """Return the name of what a key stands for: a definition, grant, parameter, requirement."""
    for table in (program.definition, program.grant, program.parameter):
        if key in table:
            return name(program, table[key].name, language)
    return name(program, key.rpartition(".")[2], language)


# ---------------------------------------------------------------- units and values


def unit(shown: Unit, language: str, program: Program | None = None) -> str:
    """Return a unit alone: `yuan per month`, `元/月`."""
    return _unit(shown, "unit", words(language), program)


def _unit(shown: Unit, form: _UnitForm, lexicon: Lexicon, program: Program | None) -> str:
    key, smaller = shown.words()
    if not smaller and not shown.is_plain:
        named = name(program, key, lexicon.language)
        return named if named != key else lexicon.get(form, key) or key
    # only the unit that stands last before `per` is counted: 20 hours per month
    forms: Mapping[str, _UnitForm] = {"unit": form, "rest": form}
    return lexicon.fill(
        "word",
        key,
        **{
            hole: _unit(part, forms.get(hole, "unit"), lexicon, program)
            for hole, part in smaller.items()
            if isinstance(part, Unit)
        },
    )


def digits(amount: Fraction | int, language: str, *, is_plain: bool = False) -> str:
    """Return a number in digits that can be read: grouped, in Chinese by 万 and 亿 if whole.

    Args:
        amount: Exact; a number that no decimal shows stays `a/b`.
        language: `en` or `zh`.
        is_plain: Whether it has no unit: four digits may be a year, so they are not grouped.
    """
    shown = exact(amount)
    if "/" in shown:
        return shown
    whole, point, behind = shown.partition(".")
    length = len(whole.removeprefix("-"))
    if language == "zh":
        for word, power in (("亿", 8), ("万", 4)):
            if length > power and not point and amount % 10**power == 0:
                return f"{whole[:-power]}{word}"
    least = 5 if is_plain else 4
    return f"{int(whole):,}{point}{behind}" if length >= least else shown


def number(amount: Fraction | int, shown: Unit, language: str, program: Program | None) -> str:
    """Return an exact number with its unit, as a decimal if that is exact, else `a/b`."""
    lexicon = words(language)
    if shown.is_plain:
        return digits(amount, language, is_plain=True)
    form: _UnitForm = "unit-one" if amount == 1 else "unit-many"
    return lexicon.fill(
        "word",
        "quantity",
        number=digits(amount, language),
        unit=_unit(shown, form, lexicon, program),
    )


def date(ordinal: int, language: str) -> str:
    """Return a day: `2021-07-01`, `2021年7月1日`."""
    day = calendar_date.fromordinal(ordinal)
    return words(language).fill(
        "word", "date", year=str(day.year), month=str(day.month), day=str(day.day)
    )


def month(ordinal: int, language: str) -> str:
    """Return the month of a day: `2021-07`, `2021年7月`."""
    day = calendar_date.fromordinal(ordinal)
    return words(language).fill("word", "year-month", year=str(day.year), month=str(day.month))


def value(certain: Scalar, type_: Type, language: str, program: Program | None = None) -> str:
    """Return a certain value of a type, exactly."""
    lexicon = words(language)
    match certain:
        case Absent.ABSENT:
            return lexicon.pattern("word", "none")
        case bool():
            return lexicon.pattern("word", "yes" if certain else "no")
        case int() | Fraction():
            match core(type_):
                case Quantity(unit=shown):
                    return number(certain, shown, language, program)
                case Date():
                    return date(int(certain), language)
                case _:
                    return exact(certain)
        case str():
            return _word(certain, type_, lexicon, program)
        case frozenset():
            return _listed(certain, type_, lexicon, program)
        case _:
            assert_never(certain)


def _word(certain: str, type_: Type, lexicon: Lexicon, program: Program | None) -> str:
    if certain == OTHER:
        return lexicon.pattern("word", "other")
    if certain == UNLISTED:
        return lexicon.pattern("word", "unlisted")
    match core(type_):
        case Text():
            return lexicon.fill("word", "quoted", text=certain)
        case Reference():
            return certain
        case _:
            return name(program, certain, lexicon.language)


def _ordered(chosen: Iterable[str], type_: Type) -> list[str]:
    """Return values in the order of their type; others behind them, by their spelling."""
    match core(type_):
        case Choice(values=order) | Selection(choice=Choice(values=order)):
            rank = {each: place for place, each in enumerate(order)}
        case _:
            rank = {}
    return sorted(chosen, key=lambda each: (rank.get(each, len(rank)), each == OTHER, each))


def _listed(
    chosen: Iterable[str],
    type_: Type,
    lexicon: Lexicon,
    program: Program | None,
    key: str = "comma",
) -> str:
    shown = [_word(each, type_, lexicon, program) for each in _ordered(chosen, type_)]
    return lexicon.join(shown, key) or lexicon.pattern("word", "all-empty")


def bounds(possible: Value, type_: Type, language: str, program: Program | None = None) -> str:
    """Return what may come out: `between 0 and 5000 yuan`, `mild or severe`, `unknown`."""
    lexicon = words(language)
    body, absent, failure = parts(possible)
    shown: list[str] = []
    match body:
        case None:
            pass
        case Interval():
            shown.append(_interval(body, type_, language, program))
        case Options(values=values):
            shown.append(_options(values, type_, lexicon, program))
        case Selections():
            shown.append(_selections(body, type_, lexicon, program))
        case _:
            assert_never(body)
    if absent:
        shown.append(lexicon.pattern("word", "none"))
    if failure is not None:
        shown.append(lexicon.pattern("word", "failed"))
    return lexicon.join(shown, "or")


def _interval(body: Interval, type_: Type, language: str, program: Program | None) -> str:
    lexicon = words(language)

    def end(at: Fraction | int) -> str:
        return value(at, type_, language, program)

    match body:
        case Interval(low=Infinite(), high=Infinite()):
            return lexicon.pattern("word", "unknown")
        case Interval(low=Infinite(), high=int() | Fraction() as high):
            return lexicon.fill("word", "at-most", high=end(high))
        case Interval(low=int() | Fraction() as low, high=Infinite()):
            return lexicon.fill("word", "at-least", low=end(low))
        case Interval(low=int() | Fraction() as low, high=int() | Fraction() as high):
            if low == high:
                return end(low)
            # the unit once: between 0 and 5000 yuan
            bare = end(low)
            match core(type_):
                case Quantity(unit=unit) if not unit.is_plain:
                    bare = digits(low, language)
                case _:
                    pass
            return lexicon.fill("word", "between", low=bare, high=end(high))
        case _:
            message = f"no interval: {body}"
            raise ValueError(message)


def _options(
    values: frozenset[bool] | frozenset[str], type_: Type, lexicon: Lexicon, program: Program | None
) -> str:
    named = frozenset(each for each in values if isinstance(each, str))
    if not named:
        shown = (lexicon.pattern("word", "yes" if truth else "no") for truth in (True, False))
        present = (truth in values for truth in (True, False))
        return lexicon.join(
            (word for word, is_in in zip(shown, present, strict=True) if is_in), "or"
        )
    match core(type_):
        case Text() | Reference() if named & {OTHER, UNLISTED}:
            return lexicon.pattern("word", "unknown")
        case _:
            return _listed(named, type_, lexicon, program, "or")


def _selections(body: Selections, type_: Type, lexicon: Lexicon, program: Program | None) -> str:
    if body.sure == body.possible:
        return _listed(body.sure, type_, lexicon, program)
    perhaps = _listed(body.possible - body.sure, type_, lexicon, program)
    if not body.sure:
        return lexicon.fill("word", "some-possible", possible=perhaps)
    sure = _listed(body.sure, type_, lexicon, program)
    return lexicon.fill("word", "some-sure", sure=sure, possible=perhaps)


# ---------------------------------------------------------------- types and law


def type_name(type_: Type, language: str, program: Program | None = None) -> str:
    """Return a type as the language of policies names it."""
    lexicon = words(language)
    key = describe(type_)[0]
    match type_:
        case Quantity(unit=shown):
            return lexicon.fill("word", key, unit=unit(shown, language, program))
        case Choice(values=values) | Selection(choice=Choice(values=values)):
            named = (name(program, each, language) for each in values)
            return lexicon.fill("word", key, values=lexicon.join(named))
        case Reference(entity=entity):
            return lexicon.fill("word", key, entity=name(program, entity, language))
        case Optional(type=inner):
            return lexicon.fill("word", key, type=type_name(inner, language, program))
        case Truth() | Date() | Text() | Undetermined():
            return lexicon.pattern("word", key)
        case _:
            assert_never(type_)


def citation(
    cited: Citation, language: str, program: Program | None = None, *, number: bool = False
) -> str:
    """Return a citation: `"T" art. 13(2)(3)`, `《T》第十三条第二款第（三）项`.

    Args:
        cited: What is cited.
        language: `en` or `zh`.
        program: Whose glossary gives its title.
        number: Whether to give the document's own number behind the title, if it has one.
    """
    lexicon = words(language)
    text, named = cited.text, name(program, cited.text.title, language)
    if number and text.number is not None:
        title = lexicon.fill("word", "title-number", title=named, number=text.number)
    else:
        title = lexicon.fill("word", "title", title=named)
    if cited.article:
        numeral = _numeral if language == "zh" else str
        levels = ("article", "paragraph", "item", "point")
        at = dict(zip(levels, map(numeral, cited.article), strict=False))
        article = lexicon.fill("word", f"article-{len(at)}", **at)
        title = lexicon.fill("word", "title-article", title=title, article=article)
    if cited.words is not None:
        title = lexicon.fill(
            "word", "title-words", title=title, words=name(program, cited.words, language)
        )
    return title


def _numeral(count: int) -> str:
    """Return a whole number below 10,000 in Chinese numerals, as articles are numbered."""
    if count >= 10_000:  # noqa: PLR2004 - where the next Chinese unit begins; no law has so many
        return str(count)
    shown, gap = "", False
    for place, power in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = count // power % 10
        if digit:
            shown += ("零" if gap and shown else "") + _DIGITS[digit] + place
        gap = digit == 0
    shown = shown or _DIGITS[0]
    return shown.removeprefix("一") if shown.startswith("一十") else shown
