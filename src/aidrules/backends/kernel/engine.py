"""Program and layout to a kernel, and a batch to what is decided of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from aidrules.backends.kernel import compile as compiling
from aidrules.backends.kernel.columns import Columns
from aidrules.backends.kernel.context import (
    AboveArray,
    Array,
    CalendarArray,
    FactArray,
    FigureArray,
    HistoryArray,
    OffsetArray,
    OutputArray,
)
from aidrules.backends.kernel.days import first_of_year
from aidrules.backends.kernel.emit import Text, emit_text, subjects_of
from aidrules.backends.kernel.figures import NEVER, FigureTable
from aidrules.backends.kernel.layout import Answers, Batch, Layout, Results
from aidrules.backends.kernel.terms import Unfit
from aidrules.dates import is_worked
from aidrules.program import Calendar, Compare, Constant, Program, Today
from aidrules.sharpen import sharpen
from aidrules.traverse import walk

TEXTS: Final = 4
"""How many texts are made for facts that are unknown, before one for any."""

FEW: Final = 300
"""Up to how many documents a kernel is run as it is, if it has not been compiled."""


@frozen
class Kernel:
    """A policy, ready to be worked out over batches of documents.

    Attributes:
        program: Sharpened, as the interpreter takes it too.
        layout: Of its documents.
    """

    program: Program = field(repr=False)
    layout: Layout
    _tables: Mapping[str, FigureTable | None] = field(repr=False)
    _days: tuple[Compare, ...] = field(repr=False)
    _texts: dict[tuple[object, ...], Text] = field(factory=dict, repr=False)
    _compiled: set[str] = field(factory=set, repr=False)
    _uncertain: list[frozenset[Array]] = field(factory=list, repr=False)

    def text(self, today: int, uncertain: frozenset[Array] | None = frozenset()) -> Text:
        """Return the text of the kernel for a date.

        Args:
            today: As an ordinal.
            uncertain: What may be unknown of some record; see `Columns.uncertain`. None: anything.
        """
        complete = frozenset(
            key
            for key, table in self._tables.items()
            if table is not None and table.is_complete(today)
        )
        known_days = {node: _holds(node, today) for node in self._days}
        name = uncertain, complete, tuple(known_days.values())
        found = self._texts.get(name)
        if found is None:
            found = self._texts[name] = emit_text(
                self.program,
                self.layout,
                uncertain=uncertain,
                complete=complete,
                known_days=known_days,
            )
        return found

    def unfit(self, today: int) -> Mapping[str, Unfit]:
        """Return the grants and requirements that only the interpreter works out, and why."""
        return self.text(today).unfit

    def run(
        self,
        batch: Batch,
        today: int,
        threads: int = 1,
        *,
        compiled: bool | None = None,
        partial: bool = False,
    ) -> Results:
        """Return what is decided of a batch on a date.

        Args:
            batch: Documents in arrays.
            today: The date asked for, as an ordinal.
            threads: How many work on it at once.
            compiled: Whether the kernel is compiled; None: if LLVM is there, and for many.
            partial: Whether to leave out what only the interpreter works out (see `unfit`); else
                every document is deferred for it.
        """
        text = self.text_for(batch, today)
        return self.run_text(text, batch, today, threads, compiled=compiled, partial=partial)

    def text_for(self, batch: Batch, today: int) -> Text:
        """Return a text for a batch, within bounds where something in it is unknown."""
        columns = Columns.of(batch, self.layout, today)
        known: frozenset[Array] | None = frozenset()
        text = self.text(today, known)
        while known is not None and (more := columns.uncertain(text.asked) - known):
            known = self._with(known | more)
            text = self.text(today, known)
        return text

    def _with(self, uncertain: frozenset[Array]) -> frozenset[Array] | None:
        """Return what is taken to be uncertain from now on, so that few texts are ever made.

        What was once is again; and if that has grown a few times, anything is.
        """
        for known in self._uncertain:
            if uncertain <= known:
                return known
        if len(self._uncertain) == TEXTS:
            return None
        self._uncertain.append(uncertain.union(*self._uncertain))
        return self._uncertain[-1]

    def run_text(
        self,
        text: Text,
        batch: Batch,
        today: int,
        threads: int = 1,
        *,
        compiled: bool | None = None,
        partial: bool = True,
    ) -> Results:
        """Return what a text makes of a batch; see `run`."""
        columns = Columns.of(batch, self.layout, today)
        outputs: dict[OutputArray, Any] = {
            array: np.empty(self._length(array, batch), _DTYPES[compiling.element_type(array)])
            for array in text.arrays
            if isinstance(array, OutputArray)
        }
        given = [
            outputs[array] if isinstance(array, OutputArray) else self._given(array, columns, today)
            for array in text.arrays
        ]
        next_change = self._next_change(text, today)
        if compiled is None:
            compiled = compiling.is_compiler_here() and (
                batch.size > FEW or text.source in self._compiled
            )
        if compiled:
            self._compiled.add(text.source)
            function = compiling.compiled(text.source, text.arrays)
            _run_in_parts(function, batch.size, (today, next_change), given, threads)
        else:
            _run_as_it_is(text, batch.size, (today, next_change), given)
        deferred = columns.deferred(text.asked)
        deferred |= _of_each("deferred", "all_deferred", outputs)
        if text.unfit and not partial:
            deferred = np.ones(batch.size, np.bool_)
        return Results(
            [self._answers(text, at, outputs) for at in range(len(text.answers))],
            deferred,
            np.broadcast_to(today + _of_each("change", "first_change", outputs), batch.size),
        )

    def _next_change(self, text: Text, today: int) -> int:
        """Return the next day on which a figure or a day that the policy writes changes answers."""
        days = [table.next_change(today) for table in text.tables.values()]
        for node in self._days:
            day = _day_of(node)
            days += [each for each in (day, day + 1) if each > today]
        return min(days, default=NEVER)

    def _length(self, array: OutputArray, batch: Batch) -> int:
        if not array.key:
            return batch.size if array.part in ("deferred", "change") else 1
        subject = next(each for each in subjects_of(self.program) if each.key == array.key)
        return batch.size if subject.entity == self.layout.root else batch.counts[subject.entity]

    def _given(self, array: Array, columns: Columns, today: int) -> Any:
        match array:
            case FactArray() | HistoryArray():
                return columns.part(array)
            case OffsetArray(entity=entity):
                return columns.offsets(entity)
            case AboveArray(entity=entity):
                return columns.above(entity)
            case FigureArray(parameter=key, part=part, rows=rows):
                table = self._tables[key]
                if table is None:
                    raise LookupError(key)
                values, known = table.arrays(today, otherwise=rows == "otherwise")
                if part == "values":
                    return np.array(values, np.int64)
                return np.array(known, np.uint8)
            case CalendarArray(calendar=key):
                return _worked(self.program.calendars[key])
            case OutputArray():
                raise LookupError(array)

    def _answers(self, text: Text, at: int, outputs: Mapping[OutputArray, Any]) -> Answers:
        answered = text.answers[at]

        named = {array.part: found for array, found in outputs.items() if array.key == answered.key}

        def part(name: str, *, is_there: bool) -> Any:
            return named[name] if is_there else None

        low = part("low", is_there=answered.has_amount)
        return Answers(
            answered.key,
            answered.entity,
            part("status", is_there=True),
            part("reason", is_there=True),
            low,
            part("high", is_there=answered.has_high) if answered.has_high else low,
            part("ends", is_there=answered.has_ends),
            answered.scale,
            part("divisor", is_there=answered.has_divisor),
            part("chosen", is_there=answered.has_services),
            part("deadline", is_there=answered.has_deadline),
        )


_DTYPES: Final = {
    "int64": np.int64,
    "int32": np.int32,
    "int16": np.int16,
    "int8": np.int8,
    "uint8": np.uint8,
    "boolean": np.bool_,
}


def emit(program: Program, layout: Layout) -> Kernel:
    """Return the kernel of a program.

    Args:
        program: Checked: names resolved, no cycles.
        layout: Of its documents.
    """
    sharp = sharpen(program)
    tables: dict[str, FigureTable | None] = {}
    for parameter in sharp.parameters:
        try:
            tables[parameter.key] = FigureTable.of(parameter, layout.texts)
        except Unfit:
            tables[parameter.key] = None
    return Kernel(sharp, layout, tables, tuple(dict.fromkeys(_compared_with_today(sharp))))


def _compared_with_today(program: Program) -> Iterator[Compare]:
    """Yield how today is compared with days that the policy writes."""
    for definition in program.definitions:
        for node in walk(definition.body):
            match node:
                case Compare(left=Today(), right=Constant(value=int())):
                    yield node
                case Compare(left=Constant(value=int()), right=Today()):
                    yield node
                case _:
                    pass


_HOLDS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "=": eq,
    "!=": ne,
}


def _holds(node: Compare, today: int) -> bool:
    day = _day_of(node)
    pair = (today, day) if isinstance(node.left, Today) else (day, today)
    return _HOLDS[node.op](*pair)


def _day_of(node: Compare) -> int:
    for side in (node.left, node.right):
        if isinstance(side, Constant) and isinstance(side.value, int):
            return side.value
    raise LookupError(node)


def _of_each(each: str, every: str, outputs: Mapping[OutputArray, Any]) -> Any:
    """Return what came out of each document, or of all at once."""
    found = outputs.get(OutputArray("", each))
    return outputs[OutputArray("", every)] if found is None else found


def _run_in_parts(
    function: Callable[..., None],
    size: int,
    days: tuple[int, int],
    given: Sequence[Any],
    threads: int,
) -> None:
    if threads <= 1:
        function(0, size, *days, *given)
        return
    cuts = [size * at // (threads * 4) for at in range(threads * 4 + 1)]
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(function, first, last, *days, *given) for first, last in pairwise(cuts)]
        for job in jobs:
            job.result()


def _run_as_it_is(text: Text, size: int, days: tuple[int, int], given: Sequence[Any]) -> None:
    """Run the kernel on lists, which are quicker than arrays one by one."""
    function = compiling.interpreted(text.source)
    lists = [array.tolist() for array in given]
    function(0, size, *days, *lists)
    for array, filled, kind in zip(given, lists, text.arrays, strict=True):
        if isinstance(kind, OutputArray):
            array[:] = filled


def _worked(calendar: Calendar) -> Any:
    """Return for each day of the years of a calendar whether it is worked; 2 in other years."""
    first, last = min(calendar.years, default=1), max(calendar.years, default=1)
    days = np.full(first_of_year(last + 1) - first_of_year(first), 2, np.uint8)
    for year in calendar.years:
        start = first_of_year(year)
        for day in range(start, first_of_year(year + 1)):
            days[day - first_of_year(first)] = is_worked(day, calendar)
    return days
