"""Files, data frames and query results to record batches that can be read more than once."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.ipc as pa_ipc
import pyarrow.parquet as pq
from attrs import field, frozen

ENDINGS: Final = (".parquet", ".pq", ".csv", ".arrow", ".feather", ".ipc")

ROWS: Final = 1 << 16
"""How many rows are read at once."""

Given = Any
"""A path (a file, or a folder of files), a sequence of these, or a data frame, table or stream that
speaks the Arrow PyCapsule interface (`__arrow_c_stream__`)."""


class Damaged(Exception):  # noqa: N818 - it says what a file is
    """A file that cannot be read to its end.

    Attributes:
        piece: Which.
    """

    def __init__(self, piece: "Piece") -> None:
        super().__init__(piece.name)
        self.piece = piece


@frozen(eq=False)
class Piece:
    """A file of a table, or a table in memory.

    Attributes:
        name: As messages and results show it.
        path: None: it is in memory.
        table: None: it is a file.
    """

    name: str
    path: Path | None
    table: Any = field(default=None, repr=False)

    def schema(self) -> Any:
        """Return its columns and their types.

        Raises:
            Damaged: If it cannot be read.
        """
        try:
            if self.path is None:
                return self.table.schema
            if self._is_csv():
                with pc_csv.open_csv(self.path, read_options=_UNCHANGED) as reader:
                    return pa.schema([(name, pa.string()) for name in reader.schema.names])
            if self._is_ipc():
                with pa_ipc.open_file(self.path) as reader:
                    return reader.schema
            with pq.ParquetFile(self.path) as file:
                return file.schema_arrow
        except (pa.ArrowException, OSError) as error:
            _refuse_missing(error)
            raise Damaged(self) from None

    def batches(self, columns: Sequence[str], rows: int = ROWS) -> Iterator[Any]:
        """Yield its record batches, of some columns and of at most so many rows, in order.

        Raises:
            Damaged: If it cannot be read to its end.
        """
        names = list(columns)
        try:
            if self.path is None:
                yield from self.table.select(names).to_batches(max_chunksize=rows)
            elif self._is_csv():
                yield from self._csv(names)
            elif self._is_ipc():
                with pa_ipc.open_file(self.path) as reader:
                    for at in range(reader.num_record_batches):
                        batch = reader.get_batch(at).select(names)
                        batch.validate(full=True)
                        yield batch
            else:
                with pq.ParquetFile(self.path, pre_buffer=False) as file:
                    yield from file.iter_batches(rows, columns=names, use_threads=True)
        except (pa.ArrowException, OSError) as error:
            _refuse_missing(error)
            raise Damaged(self) from None

    def _csv(self, names: list[str]) -> Iterator[Any]:
        convert = pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=names,
            strings_can_be_null=True,
            null_values=[""],
        )
        with pc_csv.open_csv(self.path, read_options=_UNCHANGED, convert_options=convert) as reader:
            yield from reader

    def _is_csv(self) -> bool:
        return self.path is not None and self.path.suffix.lower() == ".csv"

    def _is_ipc(self) -> bool:
        return self.path is not None and self.path.suffix.lower() in (".arrow", ".feather", ".ipc")

    def rows(self) -> int:
        """Return how many rows it says it has; 0 if it does not say."""
        if self.path is None:
            return int(self.table.num_rows)
        if self._is_csv() or self._is_ipc():
            return 0
        try:
            return int(pq.read_metadata(self.path).num_rows)
        except (pa.ArrowException, OSError):
            return 0

    def digest(self) -> str:
        """Return the SHA-256 of the file, or of the table as an Arrow stream, in hexadecimal."""
        hashed = sha256()
        if self.path is not None:
            with self.path.open("rb") as file:
                while block := file.read(1 << 20):
                    hashed.update(block)
            return hashed.hexdigest()
        sink = pa.BufferOutputStream()
        with pa_ipc.new_stream(sink, self.table.schema) as writer:
            writer.write_table(self.table, max_chunksize=ROWS)
        hashed.update(sink.getvalue())
        return hashed.hexdigest()


_UNCHANGED = pc_csv.ReadOptions(block_size=1 << 24)


def _refuse_missing(error: Exception) -> None:
    """Let a file that is not there, or that nobody may read, be what it is: a wrong call."""
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        raise error


def pieces(given: Given, name: str) -> tuple[Piece, ...]:
    """Return the files of a table, in order of their names, or the one in memory.

    Args:
        given: See `Given`.
        name: What a table in memory is called.

    Raises:
        FileNotFoundError: If there is no such file.
        TypeError: If it is nothing of this kind.
    """
    match given:
        case str() | Path():
            path = Path(given)
            if path.is_dir():
                found = sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS)
                if not found:
                    raise FileNotFoundError(str(path))
                return tuple(Piece(each.name, each) for each in found)
            if not path.exists():
                raise FileNotFoundError(str(path))
            return (Piece(path.name, path),)
        case list() | tuple() if given and all(isinstance(each, str | Path) for each in given):
            return tuple(piece for each in given for piece in pieces(each, name))
        case _ if hasattr(given, "__arrow_c_stream__"):
            return (Piece(name, None, _stored(pa.table(given))),)
        case Mapping():
            return (Piece(name, None, _stored(pa.table(dict(given)))),)
        case _:
            message = (
                "a table is a path, a sequence of paths, or a data frame, Arrow table or stream; "
                f"not {type(given).__name__}"
            )
            raise TypeError(message)


def _stored(table: Any) -> Any:
    """Return a table whose columns are what stands in them: a database's own numbers are text."""
    for at, each in enumerate(table.schema):
        if isinstance(each.type, pa.BaseExtensionType):
            chunks = [chunk.storage for chunk in table.column(at).chunks]
            stored = pa.chunked_array(chunks, each.type.storage_type)
            table = table.set_column(at, each.name, stored)
    return table
