"""A chart to words: where amounts run straight, how fast they are withdrawn, where they fall."""

from collections.abc import Iterator
from fractions import Fraction

from aidrules import wording
from aidrules.bounds import round_exact
from aidrules.charts.chart import Amount, Chart, Panel, Stretch
from aidrules.decision import Language
from aidrules.lexicon import Lexicon, words


def along(chart: Chart, language: Language) -> str:
    """Return what is varied, with its unit."""
    axis = chart.axis
    lexicon = words(language)
    name = lexicon.fill(
        "word",
        "name-of",
        name=wording.name(chart.program, axis.fact.name, language),
        record=axis.record.id,
    )
    unit = wording.unit(axis.unit, language, chart.program)
    return lexicon.fill("word", "effect-heading", name=name, unit=unit)


def name_of(each: Amount, chart: Chart, language: Language) -> str:
    """Return the name of a grant, and of its record where others have the same grant."""
    name = wording.name(chart.program, each.grant.name, language)
    is_alone = sum(other.grant is each.grant for other in chart.amounts) == 1
    if is_alone:
        return name
    return words(language).fill("word", "name-of", name=name, record=each.record.id)


def explain(chart: Chart, language: Language) -> str:
    """Return a chart as text."""
    return "\n".join([*_lines(chart, language), ""])


def _lines(chart: Chart, language: Language) -> Iterator[str]:
    lexicon = words(language)
    yield lexicon.fill("word", "chart-title", policy=chart.policy, date=chart.date(language))
    yield lexicon.fill("word", "chart-along", along=along(chart, language))
    for panel in chart.panels:
        yield ""
        names = lexicon.join(name_of(each, chart, language) for each in panel.amounts)
        unit = wording.unit(panel.unit, language, chart.program)
        yield lexicon.fill("word", "effect-heading", name=names, unit=unit)
        for stretch in panel.stretches():
            yield from _stretch(stretch, panel, lexicon, language)
        for cliff in panel.cliffs():
            yield "  " + lexicon.fill(
                "word",
                "chart-cliff-line",
                at=wording.digits(cliff.at, language),
                to=wording.digits(cliff.to, language),
                loss=wording.digits(cliff.loss, language),
                left=wording.digits(cliff.left, language),
            )
    if not chart.panels:
        yield lexicon.pattern("word", "chart-nothing")
    if chart.left_out:
        names = lexicon.join(name_of(each, chart, language) for each in chart.left_out)
        yield ""
        yield lexicon.fill("word", "chart-left-out", names=names)


def _stretch(stretch: Stretch, panel: Panel, lexicon: Lexicon, language: Language) -> Iterator[str]:
    before, after = panel.total(stretch.first), panel.total(stretch.last)
    if stretch.run.kind == "neighbours" or before is None or after is None:
        return
    holes = {
        "first": wording.digits(stretch.first.at, language),
        "last": wording.digits(stretch.last.at, language),
        "before": wording.digits(before, language),
        "after": wording.digits(after, language),
    }
    if stretch.run.kind == "open":
        yield "  " + lexicon.fill("word", "chart-open", **holes)
        return
    line = lexicon.fill("word", "chart-level" if before == after else "chart-line", **holes)
    if stretch.rate:
        rate = wording.digits(percent(stretch.rate), language)
        line += lexicon.fill("word", "chart-line-rate", rate=rate)
    rounding = panel.rounding(stretch.run)
    if rounding:
        amount = wording.digits(rounding, language)
        line += lexicon.fill("word", "chart-line-rounded", amount=amount)
    yield "  " + line


def percent(rate: Fraction) -> Fraction:
    """Return a rate in percent, rounded half up to a tenth, to be shown."""
    return Fraction(round_exact(rate * 100, "half up", Fraction(1, 10)))
