"""The folder of a run: what stands in it, and how it comes to stand there whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
from attrs import field, frozen

DECISIONS, REJECTS = "decisions.parquet", "rejects.parquet"
SUMMARY, MANIFEST = "summary.json", "manifest.json"
CHANGES: Final = "changes.parquet"
INPUTS: Final = "inputs"
"""Tables that were no files."""


@frozen
class Screening:
    """What came of a run.

    Attributes:
        folder: Where it stands.
        summary: As in `summary.json`.
        manifest: As in `manifest.json`.
    """

    folder: Path
    summary: Mapping[str, Any] = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)

    def decisions(self) -> Any:
        """Return the decisions as an Arrow table: pass it to pandas, Polars or DuckDB."""
        return pq.read_table(self.folder / DECISIONS)

    def rejects(self) -> Any:
        """Return what was rejected, as an Arrow table."""
        return pq.read_table(self.folder / REJECTS)

    @staticmethod
    def of(folder: str | Path) -> "Screening":
        """Return a run that was made before.

        Raises:
            FileNotFoundError: If there is none in that folder.
        """
        path = Path(folder)
        told = [json.loads((path / name).read_text("utf-8")) for name in (SUMMARY, MANIFEST)]
        return Screening(path, *told)


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """Give a folder to write into, that takes its place when all is well and else is gone.

    Raises:
        FileExistsError: If something is in its place.
    """
    if out.exists():
        raise FileExistsError(str(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = out.with_name(f".{out.name}.{os.getpid()}.part")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
        folder.rename(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
