"""Who gains and who loses by a change of policy to a picture: what is gained and lost, by groups.

Amounts are exact until they are drawn.
"""

import warnings
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from attrs import frozen
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from aidrules import wording
from aidrules.charts.drawing import FALL, INK, STYLE
from aidrules.decision import Language
from aidrules.lexicon import Lexicon, words
from aidrules.population.effects import Effect, GrantEffect

GAIN = "#2b6cb0"
WIDTH, ROW, HEADING = 8, 0.32, 0.9
"""Inches: of the picture, of a group, of what stands above and below a grant."""


@frozen
class Titled:
    """What happens to one grant, with its name and unit in words."""

    title: str
    effect: GrantEffect


def svg(found: Sequence[Titled], language: Language) -> str:
    """Return a picture of what is gained and lost, as SVG; what nobody gains or loses is left out.

    Args:
        found: The grants, with their titles.
        language: Of the words.
    """
    lexicon = words(language)
    found = [each for each in found if each.effect.all.gain or each.effect.all.lose]
    rows = [_rows(each.effect, lexicon) for each in found]
    heights = [ROW * len(each) + HEADING for each in rows] or [HEADING]
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader has the font
        drawn = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
        axes = drawn.subplots(len(found), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[
            :, 0
        ]
        for each, named, axis in zip(found, rows, axes, strict=False):
            _bars(axis, each.title, named, language, lexicon)
        if not found:
            axes[0].set_axis_off()
            axes[0].text(0, 0, lexicon.pattern("word", "effect-none"))
        out = StringIO()
        drawn.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _rows(effect: GrantEffect, lexicon: Lexicon) -> Mapping[str, Effect]:
    """Return what happens to all, and to each group, by its name."""
    found = {lexicon.pattern("word", "effect-all"): effect.all}
    for by, groups in effect.groups.items():
        for each in groups:
            nobody = lexicon.pattern("word", "effect-not-said")
            group = nobody if each.group is None else each.group
            found[lexicon.fill("word", "effect-group", by=by, group=group)] = each
    return found


def _bars(
    axis: Any, title: str, rows: Mapping[str, Effect], language: Language, lexicon: Lexicon
) -> None:
    places = range(len(rows))
    more = [float(each.more) for each in rows.values()]
    less = [-float(each.less) for each in rows.values()]
    axis.barh(places, more, color=GAIN, height=0.7)
    axis.barh(places, less, color=FALL, height=0.7)
    for at, each in enumerate(rows.values()):
        for amount, count, x, colour, side in (
            (each.more, each.gain, more[at], GAIN, "left"),
            (each.less, each.lose, less[at], FALL, "right"),
        ):
            if count:
                shown = wording.digits(amount, language)
                text = lexicon.fill("word", "effect-bar", amount=shown, count=f"{count:,}")
                offset = 4 if side == "left" else -4
                axis.annotate(
                    text,
                    (x, at),
                    xytext=(offset, 0),
                    textcoords="offset points",
                    ha=side,
                    va="center",
                    color=colour,
                    fontsize=8,
                )
    axis.set_yticks(list(places), list(rows))
    axis.invert_yaxis()
    axis.axvline(0, color=INK, linewidth=1)
    axis.set_title(title, loc="left", fontsize=10)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.margins(x=0.35)
