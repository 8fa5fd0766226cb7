"""A chart to a picture: amounts above, the rate at which they are withdrawn below, cliffs marked.

Here, and nowhere else, exact numbers become floats: a picture has no others.
"""

import warnings
from collections.abc import Iterator
from io import StringIO
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from aidrules import wording
from aidrules.charts.chart import Amount, Chart, Panel
from aidrules.charts.words import along, name_of
from aidrules.decision import Language
from aidrules.lexicon import Lexicon, words
from aidrules.values import Exact

STYLE: Any = {
    "svg.fonttype": "none",  # text stays text, in the fonts of the reader
    "svg.hashsalt": "aidrules",  # the same chart is the same file
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": "#333333",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
}
INK, FALL, NOW = "#1b1b1b", "#b3261e", "#6b6b6b"
COLOURS = ("#2b6cb0", "#2f855a", "#b7791f", "#6b46c1", "#0e7490", "#9d174d")
WIDTH, HIGH, LOW = 8, 3, 1
"""Inches: of the picture, of amounts, of rates."""


def svg(chart: Chart, language: Language) -> str:
    """Return a chart as SVG."""
    out = StringIO()
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader has the font
        drawn = figure(chart, language)
        drawn.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def figure(chart: Chart, language: Language) -> Figure:
    """Return a chart as a figure of Matplotlib."""
    lexicon = words(language)
    rows = [(panel, kind) for panel in chart.panels for kind in _kinds(panel)]
    heights = [HIGH if kind == "amounts" else LOW for _, kind in rows] or [LOW]
    drawn = Figure(figsize=(WIDTH, sum(heights) + 1), layout="constrained")
    axes = drawn.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    for (panel, kind), axis in zip(rows, axes, strict=False):
        draw = _amounts if kind == "amounts" else _rates
        draw(axis, chart, panel, language, lexicon)
        axis.grid(axis="y", color="#e5e5e5", linewidth=1)
        axis.set_axisbelow(True)
        now = "" if axis is not axes[0] else _now(chart, language, lexicon)
        _mark_now(axis, chart, now)
    if not rows:
        axes[0].text(0, 0, lexicon.pattern("word", "chart-nothing"))
    axes[-1].set_xlabel(along(chart, language))
    axes[-1].xaxis.set_major_formatter(FuncFormatter(_digits))
    title = lexicon.fill("word", "chart-title", policy=chart.policy, date=chart.date(language))
    drawn.suptitle(title, x=1 / 100, ha="left", fontsize=11)
    return drawn


def _now(chart: Chart, language: Language, lexicon: Lexicon) -> str:
    value = "" if chart.axis.now is None else wording.digits(chart.axis.now, language)
    return lexicon.fill("word", "chart-now", value=value)


def _digits(value: Any, _: object) -> str:
    return f"{value:,.10g}"


def _kinds(panel: Panel) -> Iterator[str]:
    yield "amounts"
    if panel.factor is not None:
        yield "rates"


def _number(value: Exact | None) -> Any:
    return None if value is None else float(value)


def _amounts(axis: Any, chart: Chart, panel: Panel, language: Language, lexicon: Lexicon) -> None:
    points = panel.curves.points
    at = [_number(point.at) for point in points]
    if len(panel.amounts) > 1:
        for place, (each, colour) in enumerate(zip(panel.amounts, _colours(panel), strict=True)):
            values = [_number(point.amounts[place]) for point in points]
            axis.plot(at, values, color=colour, linewidth=1, label=_label(each, chart, language))
    totals = [_number(panel.total(point)) for point in points]
    (only, *others) = panel.amounts
    name = lexicon.pattern("word", "chart-total") if others else _label(only, chart, language)
    axis.plot(at, totals, color=INK, linewidth=2, label=name)
    axis.set_ylabel(wording.unit(panel.unit, language, chart.program))
    axis.yaxis.set_major_formatter(FuncFormatter(_digits))
    axis.set_ylim(bottom=min(0, *(each for each in totals if each is not None)))
    axis.margins(x=0)
    axis.legend(frameon=False, loc="upper right")
    for cliff in panel.cliffs():
        x, top, bottom = _number(cliff.at), _number(cliff.left + cliff.loss), _number(cliff.left)
        axis.plot([x, x], [top, bottom], color=FALL, linewidth=2)
        axis.annotate(
            lexicon.fill(
                "word",
                "chart-cliff",
                loss=wording.digits(cliff.loss, language),
                at=wording.digits(cliff.at, language),
            ),
            (x, top),
            xytext=(4, 4),
            textcoords="offset points",
            color=FALL,
            fontsize=9,
        )


def _label(each: Amount, chart: Chart, language: Language) -> str:
    return name_of(each, chart, language).replace("$", r"\$")


def _colours(panel: Panel) -> Iterator[str]:
    for at in range(len(panel.amounts)):
        yield COLOURS[at % len(COLOURS)]


def _rates(axis: Any, _: Chart, panel: Panel, __: Language, lexicon: Lexicon) -> None:
    highest = 100
    for stretch in panel.stretches():
        ends = [_number(stretch.first.at), _number(stretch.last.at)]
        if stretch.run.kind == "open":
            axis.axvspan(*ends, color="#eeeeee")
        if stretch.rate is not None:
            rate = _number(stretch.rate * 100)
            highest = max(highest, rate)
            axis.plot(ends, [rate, rate], color=INK, linewidth=2, solid_capstyle="butt")
            axis.fill_between(ends, [rate, rate], color="#dbe4f0", linewidth=0)
    axis.set_ylabel(lexicon.pattern("word", "chart-rate"))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g} %"))
    axis.set_ylim(top=highest + 10)
    for cliff in panel.cliffs():
        axis.axvline(_number(cliff.at), color=FALL, linewidth=1)


def _mark_now(axis: Any, chart: Chart, text: str) -> None:
    """Mark what the household says of the fact, with a text at the top."""
    if chart.axis.now is None:
        return
    if chart.ends[0] <= chart.axis.now <= chart.ends[1]:
        at = _number(chart.axis.now)
        axis.axvline(at, color=NOW, linewidth=1, linestyle=(0, (3, 3)))
        axis.annotate(
            text,
            (at, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -4),
            textcoords="offset points",
            va="top",
            color=NOW,
            fontsize=9,
        )
