"""A column of a table to a column of a batch, and what is wrong with it, row by row.

Numbers are exact: decimals and whole numbers in the unit of the fact, decimal text, whole numbers
of a smaller part where the run says so. Text that is no value is a finding; a null is unknown.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen

from aidrules.backends.kernel import Column, State, Storage
from aidrules.program import Fact
from aidrules.types import Choice, Optional, Quantity, Selection, core

LOW, HIGH, STATUS = "_low", "_high", "_status"
"""Behind the name of a fact: its least and greatest value, and how it is known."""

NONE: Final = "none"
SEPARATOR: Final = ";"
"""Between the services of a list that is written as text."""

_LARGEST: Final = 1 << 62
_DIGITS: Final = 18
"""How many digits surely lie in 64 bits."""
_PLACES: Final = 6
_NEAR: Final = 1000
"""How many times nearer than one part a binary float must be to what it is taken for."""
_TRUTHS: Final = {"true": 1, "yes": 1, "false": 0, "no": 0}
_DECIMAL: Final = r"^-?[0-9]{1,40}(\.[0-9]{1,40})?$"
_WHOLE: Final = r"^-?[0-9]{1,40}$"


class WrongType(TypeError):  # noqa: N818 - it says what the column has
    """A column of a type from which the fact cannot be read exactly.

    Attributes:
        is_float: Whether it holds binary floats, which are taken where the run says their places.
    """

    def __init__(self, found: str, *, is_float: bool = False) -> None:
        super().__init__(found)
        self.found = found
        self.is_float = is_float


@frozen(eq=False)
class Wrong:
    """Rows that are not taken.

    Attributes:
        code: Why: that of a finding.
        column: Its name.
        rows: Their places in the column, int64.
    """

    code: str
    column: str
    rows: Any


@define
class Reading:
    """The columns of one kind of record as they are read.

    Attributes:
        table: The columns, by name of the fact and what may stand behind it.
        count: How many records there are.
        places: For a fact in whole numbers of a smaller part: 2 if they are hundredths.
        rows_of: The rows of the records that some ids name, those of the same document, and -1 for
            what is not there; None for a policy without references.
    """

    table: Mapping[str, Any]
    count: int
    places: Mapping[str, int]
    rows_of: Callable[[str, Any], Any]
    wrong: list[Wrong] = field(factory=list)

    def fact(self, fact: Fact, storage: Storage) -> Column | None:
        """Return the column of a fact; None if the table does not have it.

        Raises:
            WrongType: If it cannot be read exactly from what the table holds.
        """
        named = {end: self.table.get(f"{fact.name}{end}") for end in ("", LOW, HIGH, STATUS)}
        if all(array is None for array in named.values()):
            return None
        values, states = self._values(fact, storage, fact.name, named[""])
        low = high = None
        if named[STATUS] is not None:
            self._told(fact, states, named[STATUS])
        if named[LOW] is not None or named[HIGH] is not None:
            low, high = self._between(fact, storage, values, states, named)
        is_known = not states.any()
        return Column(values, None if is_known else states, low, high)

    def _values(self, fact: Fact, storage: Storage, column: str, array: Any) -> tuple[Any, Any]:
        """Return values and states; whatever is wrong is kept as a finding, and MISSING."""
        if array is None:
            return np.zeros(self.count, np.int64), np.full(self.count, State.MISSING, np.uint8)
        array = plain(array)
        states = np.zeros(self.count, np.uint8)
        if array.null_count:
            states[_mask(pc.is_null(array))] = State.MISSING
        if pa.types.is_null(array.type):
            return np.zeros(self.count, np.int64), states
        if _is_text(array.type):
            self._absent(fact, column, array, states)
        match storage.kind:
            case "number":
                values = self._number(fact, storage, column, array, states)
            case "date":
                values = self._date(storage, column, array, states)
            case "truth":
                values = self._truth(column, array, states)
            case "choice" | "text":
                values = self._text(fact, storage, column, array, states)
            case "selection":
                values = self._selection(fact, storage, column, array, states)
            case "reference":
                values = self._reference(storage, column, array, states)
        values[states != State.KNOWN] = 0
        return values, states

    def _note(self, code: str, column: str, mask: Any, states: Any) -> None:
        rows = np.flatnonzero(mask)
        if len(rows):
            self.wrong.append(Wrong(code, column, rows))
            states[rows] = State.MISSING

    def _absent(self, fact: Fact, column: str, array: Any, states: Any) -> None:
        is_none = _mask(pc.equal(array, NONE))
        if not is_none.any():
            return
        if isinstance(fact.type, Optional):
            states[is_none] = State.ABSENT
        else:
            self._note("never-none", column, is_none, states)

    # ------------------------------------------------------------ kinds of value

    def _number(self, fact: Fact, storage: Storage, column: str, array: Any, states: Any) -> Any:
        parts, per_unit, odd = self._parts(fact, storage, column, array, states)
        values, is_exact = _rescaled(parts, per_unit, storage.scale)
        odd |= ~is_exact & (states == State.KNOWN)
        kind = core(fact.type)
        step = fact.step or (1 if isinstance(kind, Quantity) and kind.whole else None)
        known = (states == State.KNOWN) & ~odd
        below, above = values < storage.low, values > storage.high
        nothing = np.False_
        wrong = (nothing if fact.low is None else below) | (nothing if fact.high is None else above)
        self._note("value-out-of-range", column, wrong & known, states)
        states[(below | above) & (states == State.KNOWN) & ~odd] = State.BEYOND
        if step is not None:
            grid = Fraction(step) * storage.scale
            if grid.denominator == 1 and grid.numerator > 1:
                known = (states == State.KNOWN) & ~odd
                self._note("value-too-fine", column, known & (values % int(grid) != 0), states)
        if odd.any():
            self._odd(fact, column, array, states, np.flatnonzero(odd & (states == State.KNOWN)))
        return values

    def _parts(
        self, fact: Fact, storage: Storage, column: str, array: Any, states: Any
    ) -> tuple[Any, int, Any]:
        """Return whole numbers, how many of them make a unit, and which rows they do not hold."""
        places = self.places.get(fact.name)
        kind = array.type
        odd = np.zeros(self.count, np.bool_)
        if pa.types.is_integer(kind):
            if pa.types.is_uint64(kind):
                odd = _mask(pc.greater(array, _LARGEST))
                array = pc.if_else(pa.array(odd), pa.scalar(0, kind), array)
            values = _integers(array)
            too_large = np.abs(values) > _LARGEST // max(storage.scale, 1)
            odd |= too_large
            return np.where(too_large, 0, values), 10 ** (places or 0), odd
        if pa.types.is_decimal(kind):
            return (*_unscaled(array), odd) if kind.precision <= _DIGITS else _wide(array)
        if _is_text(kind):
            return self._written(column, array, states, places)
        if pa.types.is_floating(kind):
            if places is None:
                raise WrongType(str(kind), is_float=True)
            exact = np.nan_to_num(array.fill_null(0).to_numpy(zero_copy_only=False)) * 10**places
            is_small = np.abs(exact) < 2**50
            values = np.rint(np.where(is_small, exact, 0)).astype(np.int64)
            is_finite = _mask(pc.is_finite(array))
            wrong = ~(is_finite & is_small & (np.abs(exact - values) * _NEAR < 1))
            self._note("number-not-decimal", column, wrong & (states == State.KNOWN), states)
            return values, 10**places, odd
        raise WrongType(str(kind))

    def _written(
        self, column: str, array: Any, states: Any, places: int | None
    ) -> tuple[Any, int, Any]:
        """Return numbers written as text; as decimals, or where places are told as whole parts."""
        pattern = _DECIMAL if places is None else _WHOLE
        is_number = _mask(pc.match_substring_regex(array, pattern))
        self._note("number-not-decimal", column, ~is_number & (states == State.KNOWN), states)
        pattern = rf"^-?[0-9]{{1,11}}(\.[0-9]{{1,{_PLACES}}}0*)?$"
        is_short = _mask(pc.match_substring_regex(array, pattern))
        taken = is_short & (states == State.KNOWN)
        filled = pc.if_else(pa.array(taken), array, pa.scalar("0", array.type))
        values, per_unit = _unscaled(pc.cast(filled, pa.decimal128(_DIGITS, _PLACES)))
        odd = (states == State.KNOWN) & ~is_short
        return (values, per_unit, odd) if places is None else (values // per_unit, 10**places, odd)

    def _odd(self, fact: Fact, column: str, array: Any, states: Any, rows: Any) -> None:
        """Judge numbers that no whole number of the storage is, each distinct one once."""
        codes: dict[object, str | None] = {}
        found: dict[str, list[int]] = {}
        places = self.places.get(fact.name) or 0
        for row, raw in zip(rows.tolist(), array.take(pa.array(rows)).to_pylist(), strict=True):
            if raw not in codes:
                number = Fraction(raw) / (10**places if isinstance(raw, int | str) else 1)
                codes[raw] = _wrong_number(fact, number)
            code = codes[raw]
            if code is None:
                states[row] = State.BEYOND
            else:
                found.setdefault(code, []).append(row)
        for code, wrong in found.items():
            states[wrong] = State.MISSING
            self.wrong.append(Wrong(code, column, np.array(wrong, np.int64)))

    def _date(self, storage: Storage, column: str, array: Any, states: Any) -> Any:
        kind = array.type
        if _is_text(kind):
            is_day = _mask(pc.match_substring_regex(array, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
            self._note("date-not-iso", column, ~is_day & (states == State.KNOWN), states)
            array, is_real = _days(array, states == State.KNOWN)
            self._note("impossible-date", column, ~is_real & (states == State.KNOWN), states)
        elif pa.types.is_date(kind):
            array = pc.cast(array, pa.date32())
        else:
            raise WrongType(str(kind))
        days = _integers(array.view(pa.int32())) + 719_163  # 1970-01-01 as an ordinal
        outside = (days < storage.low) | (days > storage.high)
        self._note("value-out-of-range", column, outside & (states == State.KNOWN), states)
        return days

    def _truth(self, column: str, array: Any, states: Any) -> Any:
        if pa.types.is_boolean(array.type):
            return _mask(array).astype(np.int64)
        if not _is_text(array.type):
            raise WrongType(str(array.type))
        words = list(_TRUTHS)
        at = pc.index_in(pc.utf8_lower(array), value_set=pa.array(words, array.type))
        at = _integers(at.fill_null(-1))
        self._note("truth-not-boolean", column, (at < 0) & (states == State.KNOWN), states)
        return np.array([*_TRUTHS.values(), 0], np.int64)[at]

    def _text(self, fact: Fact, storage: Storage, column: str, array: Any, states: Any) -> Any:
        if not _is_text(array.type):
            raise WrongType(str(array.type))
        if not storage.codes:
            return np.zeros(self.count, np.int64)
        values = _codes(array, storage)
        kind = core(fact.type)
        if isinstance(kind, Choice) and not kind.is_open:
            other = (values == len(storage.codes)) & (states == State.KNOWN)
            self._note("unknown-value", column, other, states)
        return values

    def _selection(self, fact: Fact, storage: Storage, column: str, array: Any, states: Any) -> Any:
        if _is_text(array.type):
            items = pc.split_pattern(array, pattern=SEPARATOR)
            flat, above = plain(items.flatten()), parents(items)
            flat = pc.utf8_trim_whitespace(flat)
            is_item = _mask(pc.greater(pc.utf8_length(flat), 0))
            flat, above = flat.filter(pa.array(is_item)), above[is_item]
        elif pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
            flat, above = plain(array.flatten()), parents(array)
            if len(flat) and not _is_text(flat.type):
                raise WrongType(str(array.type))
        else:
            raise WrongType(str(array.type))
        marks = np.zeros(self.count, np.int64)
        if not len(flat):
            return marks
        codes = _codes(flat, storage)
        kind = core(fact.type)
        is_other = codes == len(storage.codes)
        if is_other.any():
            odd = np.zeros(self.count, np.bool_)
            odd[above[is_other]] = True
            odd &= states == State.KNOWN
            if isinstance(kind, Selection) and not kind.choice.is_open:
                self._note("unknown-value", column, odd, states)
            else:
                states[odd] = State.BEYOND
        np.bitwise_or.at(marks, above[~is_other], np.int64(1) << codes[~is_other])
        return marks

    def _reference(self, storage: Storage, column: str, array: Any, states: Any) -> Any:
        entity = getattr(core(storage.type), "entity", "")
        known = states == State.KNOWN
        rows = self.rows_of(entity, array)
        self._note("unknown-record", column, (rows < 0) & known, states)
        return rows

    # ------------------------------------------------------------ beside the value

    def _told(self, fact: Fact, states: Any, array: Any) -> None:
        """Read how a fact is known: known, absent, unknown; a null says nothing."""
        column = f"{fact.name}{STATUS}"
        array = plain(array)
        if not _is_text(array.type):
            raise WrongType(str(array.type))
        words = pa.array(["known", "absent", "unknown"], array.type)
        said = _integers(pc.index_in(array, value_set=words).fill_null(-1))
        is_said = ~_mask(pc.is_null(array))
        self._note("status-not-known", column, (said < 0) & is_said, states)
        has_value = states == State.KNOWN
        self._note("status-contradicts", column, (said > 0) & has_value, states)
        self._note("status-contradicts", column, (said == 0) & (states == State.MISSING), states)
        absent = (said == 1) & ~has_value
        if isinstance(fact.type, Optional):
            states[absent] = State.ABSENT
        else:
            self._note("never-none", column, absent, states)

    def _between(
        self, fact: Fact, storage: Storage, values: Any, states: Any, named: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        """Read bounds, where no value stands."""
        if storage.kind not in ("number", "date"):
            raise WrongType(str(named[LOW if named[LOW] is not None else HIGH].type))
        low, low_states = self._values(fact, storage, f"{fact.name}{LOW}", named[LOW])
        high, high_states = self._values(fact, storage, f"{fact.name}{HIGH}", named[HIGH])
        has_low, has_high = low_states != State.MISSING, high_states != State.MISSING
        column = f"{fact.name}{LOW}"
        self._note("range-malformed", column, has_low != has_high, states)
        both = has_low & has_high
        is_given = (states != State.MISSING) & both
        self._note("range-malformed", column, is_given, states)
        beyond = both & ((low_states != State.KNOWN) | (high_states != State.KNOWN))
        crossed = both & ~beyond & (low > high)
        self._note("range-crossed", column, crossed, states)
        open_ = both & ~beyond & ~crossed & ~is_given
        states[both & beyond & ~is_given] = State.BEYOND
        states[open_] = np.where(low[open_] == high[open_], State.KNOWN, State.BETWEEN)
        same = open_ & (low == high)
        values[same] = low[same]
        return np.where(open_, low, 0), np.where(open_, high, 0)


# ---------------------------------------------------------------- arrays


def plain(array: Any) -> Any:
    """Return an array in one piece, without a dictionary, text as `string` or `large_string`."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    if isinstance(array, pa.ChunkedArray):  # too much text for one piece of `string`
        array = pc.cast(array, pa.large_string()).combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = pc.cast(array, array.type.value_type)
    if str(array.type) in ("string_view", "binary_view"):
        array = pc.cast(array, pa.large_string())
    return array


def parents(array: Any) -> Any:
    """Return for each value of lists, one after another, the row of its list."""
    lengths = _integers(pc.list_value_length(array))
    return np.repeat(np.arange(len(array), dtype=np.int64), lengths)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _mask(array: Any) -> Any:
    return np.asarray(pc.fill_null(array, False).to_numpy(zero_copy_only=False), np.bool_)


def _integers(array: Any) -> Any:
    filled = array.fill_null(0) if array.null_count else array
    return filled.to_numpy(zero_copy_only=False).astype(np.int64, copy=True)


def _unscaled(array: Any) -> tuple[Any, int]:
    """Return the whole numbers of a decimal of at most 18 digits, and how many make a unit."""
    kind = array.type
    per_unit = 10 ** max(kind.scale, 0)
    if kind.bit_width != 128:  # noqa: PLR2004 - the width that is read below
        array = pc.cast(array, pa.decimal128(_DIGITS, kind.scale))
    values = _words(array)[::2].copy()
    if array.null_count:
        values[_mask(pc.is_null(array))] = 0
    return (values * 10**-kind.scale if kind.scale < 0 else values), per_unit


def _words(array: Any) -> Any:
    """Return the halves of decimals of 128 bits, the lower one first."""
    if not len(array):
        return np.zeros(0, np.int64)
    return np.frombuffer(array.buffers()[1], np.int64, 2 * len(array), 16 * array.offset)


def _wide(array: Any) -> tuple[Any, int, Any]:
    """Return the same of a wider decimal, and the rows whose numbers are too large."""
    kind = array.type
    if kind.bit_width > 128:  # noqa: PLR2004 - the width that is read below
        array = pc.cast(array, pa.decimal128(38, kind.scale), safe=False)
    words = _words(array)
    low, high = words[::2].copy(), words[1::2]
    is_null = _mask(pc.is_null(array))
    odd = ((low >> 63) != high) | (np.abs(low) > _LARGEST)
    low[odd | is_null] = 0
    scale = max(kind.scale, 0)
    return low * 10 ** max(-kind.scale, 0), 10**scale, odd & ~is_null


def _rescaled(parts: Any, per_unit: int, scale: int) -> tuple[Any, Any]:
    """Return whole numbers of 1/scale, and whether each is exact and not too large."""
    if per_unit == scale:
        return parts, np.ones(len(parts), np.bool_)
    ratio = Fraction(scale, per_unit)
    is_exact = np.abs(parts) <= _LARGEST // ratio.numerator
    parts = np.where(is_exact, parts, 0) * ratio.numerator
    if ratio.denominator == 1:
        return parts, is_exact
    return parts // ratio.denominator, is_exact & (parts % ratio.denominator == 0)


def _wrong_number(fact: Fact, number: Fraction) -> str | None:
    if (fact.low is not None and number < fact.low) or (
        fact.high is not None and number > fact.high
    ):
        return "value-out-of-range"
    kind = core(fact.type)
    step = fact.step or (1 if isinstance(kind, Quantity) and kind.whole else None)
    if step is not None and (number / step).denominator != 1:
        return "value-too-fine"
    return None


def _days(array: Any, known: Any) -> tuple[Any, Any]:
    """Return days written as text, and whether there is such a day; by distinct texts."""
    coded = pc.dictionary_encode(array)
    texts = coded.dictionary
    # 2023-02-30 fails to parse: judged among the distinct ones, of which there are few
    parsed = pc.strptime(texts, format="%Y-%m-%d", unit="s", error_is_null=True)
    days = pc.cast(pc.floor_temporal(parsed, unit="day"), pa.date32())
    is_same = pc.equal(pc.strftime(parsed, format="%Y-%m-%d"), texts)
    good = _mask(is_same)
    at = _integers(coded.indices.fill_null(0)) if len(texts) else np.zeros(len(array), np.int64)
    if not len(texts):
        return pa.nulls(len(array), pa.date32()), ~known
    taken = days.take(pa.array(at))
    return taken, good[at] | ~known


def _codes(array: Any, storage: Storage) -> Any:
    at = pc.index_in(array, value_set=pa.array(storage.codes, array.type))
    return _integers(at.fill_null(len(storage.codes)))
