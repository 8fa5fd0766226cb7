"""A record of tables, with all below and above it, to its document and its case.

What the kernel leaves to the interpreter goes this way, and what somebody asks reasons for.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from aidrules.case import Case, Record
from aidrules.diagnostics import Diagnostic
from aidrules.household import Reader
from aidrules.population.columns import HIGH, LOW, NONE, SEPARATOR, STATUS
from aidrules.population.levels import Chunk, Level
from aidrules.population.tables import Tables
from aidrules.program import Fact
from aidrules.types import Quantity, Selection, Truth, core

Document = dict[str, object]

_TRUTHS: Mapping[object, bool] = {"true": True, "yes": True, "false": False, "no": False}


@frozen(eq=False)
class Documents:
    """The documents of a chunk, one by one.

    Attributes:
        tables: Of the run.
        chunk: Without rejected documents.
        offsets: Of the batch: where the records of each kind begin below each record above.
    """

    tables: Tables
    chunk: Chunk
    offsets: Mapping[str, Any] = field(repr=False)

    def document(self, row: int) -> Document:
        """Return a document in the one shape of facts."""
        layout = self.tables.layout
        root = self.chunk.levels[layout.root]
        made = self._record(layout.root, root, row)
        made["entity"] = layout.root
        self._add_below(layout.root, row, made)
        at = int(root.parent[row])
        for kind in layout.above:
            level = self.chunk.levels.get(kind)
            if level is None or at < 0:
                break
            made[kind] = self._record(kind, level, at)
            at = int(level.parent[at])
        return made

    def case(self, row: int, reader: Reader) -> tuple[Case | None, tuple[Diagnostic, ...]]:
        """Return the case of a document, or None and what is wrong with it.

        Records that nobody listed are as many as the run leaves open.
        """
        case, findings = reader.read(self.document(row))
        if case is not None:
            for kind, above in self.tables.below:
                if kind in self.tables.incomplete:
                    limit = self.tables.layout.program.entity[kind].limit
                    for record in case.records.values():
                        if record.entity == above:
                            _open(record, kind, limit)
        return case, findings

    def _add_below(self, above: str, row: int, made: Document) -> None:
        for kind, parent in self.tables.below:
            level = self.chunk.levels.get(kind)
            if parent != above or level is None:
                continue
            if level.unlisted is not None and level.unlisted[row]:
                continue
            first, last = (int(each) for each in self.offsets[kind][row : row + 2])
            below: list[Document] = []
            for at in range(first, last):
                record = self._record(kind, level, at)
                self._add_below(kind, at, record)
                below.append(record)
            made[kind] = below

    def _record(self, kind: str, level: Level, row: int) -> Document:
        places = self.tables.told.places.get(kind, {})
        told = {
            name: _scalar(array[row], places.get(name.removesuffix(LOW).removesuffix(HIGH)))
            for name, array in level.columns.items()
        }
        made: Document = {"id": str(level.ids[row].as_py())}
        for fact in self.tables.layout.program.facts:
            if fact.entity == kind:
                value = _told(fact, told, places.get(fact.name))
                if value is not None:
                    made[fact.name] = value
        return made


def _scalar(scalar: Any, places: int | None) -> Any:
    """Return a value of a column; a binary float as the decimal that it was declared to be."""
    if pa.types.is_floating(scalar.type):
        return pc.cast(scalar, pa.decimal128(38, places or 0)).as_py()
    return scalar.as_py()


def _open(record: Record, kind: str, limit: int) -> None:
    record.unlisted[kind] = max(limit - len(record.children[kind]), 0)


def _told(fact: Fact, told: Mapping[str, Any], places: int | None) -> object | None:
    """Return what columns tell of a fact, as a document says it; None for nothing."""
    value = _value(fact, told.get(fact.name), places)
    if value is not None:
        return value
    if told.get(f"{fact.name}{STATUS}") == "absent":
        return NONE
    low = _value(fact, told.get(f"{fact.name}{LOW}"), places)
    high = _value(fact, told.get(f"{fact.name}{HIGH}"), places)
    return None if low is None or high is None else {"low": low, "high": high}


def _value(fact: Fact, raw: Any, places: int | None) -> object | None:
    kind = core(fact.type)
    match raw:
        case None | bool():
            return raw
        case int() if places:
            return Decimal(raw).scaleb(-places)
        case str() if places and raw != NONE and raw.lstrip("-").isdecimal():
            return Decimal(raw).scaleb(-places)
        case date():
            return raw.isoformat()
        case str() if raw != NONE and isinstance(kind, Truth):
            return _TRUTHS.get(raw.lower(), raw)
        case str() if raw != NONE and isinstance(kind, Selection):
            return [each.strip() for each in raw.split(SEPARATOR) if each.strip()]
        case int() if not isinstance(kind, Truth) and not _is_number(fact):
            return str(raw)
        case _:
            return raw  # type: ignore[no-any-return] # whatever a column holds


def _is_number(fact: Fact) -> bool:
    return isinstance(core(fact.type), Quantity)
