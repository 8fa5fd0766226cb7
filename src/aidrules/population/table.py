"""The files of one kind of record, and what a run says of them, to record batches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from aidrules.population.sources import ROWS, Piece

ID: Final = "id"


class TablesError(ValueError):
    """Tables from which nothing can be decided.

    Attributes:
        refused: Why, for each file that is not read.
    """

    def __init__(self, refused: "tuple[Refused, ...]") -> None:
        shown = "; ".join(
            f"{r.file}: {r.code}" + (f" ({r.column})" if r.column else "") for r in refused
        )
        super().__init__(shown)
        self.refused = refused


class Unordered(Exception):  # noqa: N818 - it says what tables are
    """Ids do not rise, or repeat, in tables that were hoped to be in order."""


@frozen
class Refused:
    """A file, none of whose rows is read.

    Attributes:
        kind: Of record that it was to hold.
        file: Its name.
        code: Why.
        column: Of it, or "".
        near: The name that may have been meant, or None.
    """

    kind: str
    file: str
    code: str
    column: str = ""
    near: str | None = None


@frozen
class Told:
    """What a run says of its tables.

    Attributes:
        complete: The kinds whose flat tables list all records there are.
        places: By kind and fact: a column of whole numbers holds the fact times ten to this power;
            binary floats are read as decimals of so many places.
        renamed: By kind and name (of a fact, `id` or a key): what its column is called.
        ignored: By kind: columns that are passed over.
        root: The kind of a document; None: the household, or the highest kind.
    """

    complete: frozenset[str] = frozenset()
    places: Mapping[str, Mapping[str, int]] = field(factory=dict)
    renamed: Mapping[str, Mapping[str, str]] = field(factory=dict)
    ignored: Mapping[str, frozenset[str]] = field(factory=dict)
    root: str | None = None


@frozen(eq=False)
class Table:
    """The pieces of the table of one kind.

    Attributes:
        kind: Of record.
        key: The column that names the record above; None for the highest kind.
        pieces: Those that are read.
        columns: By piece: names here, and in the piece.
    """

    kind: str
    key: str | None
    pieces: tuple[Piece, ...]
    columns: tuple[Mapping[str, str], ...] = field(repr=False)

    def batches(
        self, only: Sequence[str] | None = None, rows: int = ROWS
    ) -> Iterator[tuple[int, Any]]:
        """Yield the number of each piece and its record batches, with our names.

        Args:
            only: The columns that are wanted; None for all.
            rows: How many at once, at most.

        Raises:
            Damaged: If a piece cannot be read to its end.
        """
        for at, (piece, names) in enumerate(zip(self.pieces, self.columns, strict=True)):
            wanted = {here: there for here, there in names.items() if only is None or here in only}
            for batch in piece.batches(list(wanted.values()), rows):
                yield at, pa.RecordBatch.from_arrays(batch.columns, names=list(wanted))


def concatenated(arrays: Sequence[Any]) -> Any:
    """Return arrays one after another; pieces of one table may have columns of different types."""
    kinds = {array.type for array in arrays}
    if len(kinds) == 1:
        return pa.concat_arrays(arrays)
    return pa.chunked_array(unified(arrays)).combine_chunks()


def unified(arrays: Sequence[Any]) -> list[Any]:
    """Return arrays as of one type: text, if they are of several."""
    kinds = {array.type for array in arrays if not pa.types.is_null(array.type)}
    if not kinds:
        return list(arrays)
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    return [pc.cast(array, kind) for array in arrays]


def whole(table: Table) -> Any:
    """Return all rows of a table as one batch."""
    found = [batch for _, batch in table.batches()]
    names = dict.fromkeys(name for columns in table.columns for name in columns)
    empty: list[Any] = [pa.nulls(0)]
    return pa.RecordBatch.from_arrays(
        [concatenated([named(batch, name) for batch in found] or empty) for name in names],
        names=list(names),
    )


def named(batch: Any, name: str) -> Any:
    """Return a column of a batch; nulls if it has none of that name."""
    at = batch.schema.get_field_index(name)
    return pa.nulls(batch.num_rows) if at < 0 else batch.column(at)
