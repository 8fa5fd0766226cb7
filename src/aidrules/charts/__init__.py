"""What is paid against one fact of a household: an exact curve, as data, words and a picture."""

from typing import TYPE_CHECKING

from aidrules import lazy

if TYPE_CHECKING:
    from aidrules.charts.axis import AxisError
    from aidrules.charts.chart import Chart, chart_of
    from aidrules.charts.drawing import svg
    from aidrules.charts.words import explain

__all__ = ["AxisError", "Chart", "chart_of", "explain", "svg"]

__getattr__ = lazy.attributes(
    __name__,
    {
        "AxisError": ("aidrules.charts.axis", "AxisError"),
        "Chart": ("aidrules.charts.chart", "Chart"),
        "chart_of": ("aidrules.charts.chart", "chart_of"),
        "explain": ("aidrules.charts.words", "explain"),
        "svg": ("aidrules.charts.drawing", "svg"),
    },
)
