"""A table of holidays and make-up days to the days that are worked.

The file has the header `from,until,day`; each row names a stretch of days, both ends included,
that are `off` or `worked` against the week. A year without a row is not known.
"""

import csv
import io
from datetime import date

from aidrules.check.scope import Report
from aidrules.diagnostics import catalogue
from aidrules.program import Calendar
from aidrules.source import Source, Span

_WEEKEND = 6
"""`toordinal() % 7` is 0 on Sundays and 6 on Saturdays."""

_LONGEST = 366


def calendar(source: Source, report: Report) -> Calendar:
    """Return the working days that a file tells of, or report the rows that cannot be read."""
    years: set[int] = set()
    off: set[int] = set()
    worked: set[int] = set()
    offset = 0
    lines = source.text.splitlines(keepends=True)
    for number, row in enumerate(csv.reader(io.StringIO(source.text))):
        line = lines[number] if number < len(lines) else ""
        span = Span(source, offset, offset + len(line.rstrip("\r\n")))
        offset += len(line)
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#") or cells == ["from", "until", "day"]:
            continue
        try:
            first, last = date.fromisoformat(cells[0]), date.fromisoformat(cells[1])
            kind = cells[2]
        except (ValueError, IndexError):
            report(catalogue.bad_calendar_row(span))
            continue
        days = range(first.toordinal(), last.toordinal() + 1)
        if kind not in {"off", "worked"} or not 0 < len(days) <= _LONGEST:
            report(catalogue.bad_calendar_row(span))
            continue
        years |= {first.year, last.year}
        for day in days:
            is_weekend = day % 7 in {0, _WEEKEND}
            if kind == "off" and not is_weekend:
                off.add(day)
            elif kind == "worked" and is_weekend:
                worked.add(day)
    return Calendar(frozenset(years), frozenset(off), frozenset(worked))
