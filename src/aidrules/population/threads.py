"""Work on one chunk to the next, while threads read ahead of it and write behind it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Self, TypeVar

import pyarrow.parquet as pq
from attrs import define, field

Item = TypeVar("Item")


@define(eq=False)
class Output:
    """A Parquet file that a thread of its own writes."""

    path: Path
    columns: Any
    encoded: Mapping[str, Any]
    _queue: "Queue[Any]" = field(factory=lambda: Queue(8), init=False)
    _thread: Thread = field(init=False)
    _failure: BaseException | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()
        return self

    def write(self, batch: Any) -> None:
        """Let a batch be written; waits while many are waiting."""
        if batch.num_rows:
            self._queue.put(batch)

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            with pq.ParquetWriter(self.path, self.columns, **self.encoded) as writer:
                while (batch := self._queue.get()) is not None:
                    writer.write_batch(batch)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._failure = error
            while self._queue.get() is not None:
                pass


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items, while the next one is made."""
    queue: Queue[tuple[Item | None, BaseException | None]] = Queue(1)
    is_wanted = True

    def work() -> None:
        try:
            for item in items:
                if not is_wanted:
                    return
                queue.put((item, None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            queue.put((None, error))
        else:
            queue.put((None, None))

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = queue.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        is_wanted = False
        while thread.is_alive():
            while not queue.empty():
                queue.get()
            thread.join(1 / 64)
