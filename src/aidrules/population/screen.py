"""Tables of many households to a folder of decisions, each row accounted for.

The folder is written beside its place under another name and renamed at the end: what stands in its
place is always whole. Nothing in it but the tables themselves holds a fact of a person.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from attrs import define, field, frozen

from aidrules.backends.interpreter import Engine
from aidrules.backends.kernel import Kernel, Layout, Results, emit
from aidrules.decision import LANGUAGE_VERSION
from aidrules.household import Reader
from aidrules.population.changes import write_changes
from aidrules.population.decisions import OF_REQUIREMENTS, STATUSES, Block, Writer, schema, written
from aidrules.population.decisions import document_rows as rows_of_documents
from aidrules.population.documents import Documents
from aidrules.population.folder import (
    DECISIONS,
    INPUTS,
    MANIFEST,
    REJECTS,
    SUMMARY,
    Screening,
    written_whole,
)
from aidrules.population.merge import REPLACED, due
from aidrules.population.narrow import narrowed, values_of
from aidrules.population.opening import open_tables, surveyed, without
from aidrules.population.reading import HOUSEHOLD_REJECTED, Read, Rejects, read
from aidrules.population.singly import Subject, answer, subjects
from aidrules.population.sources import Damaged, Given
from aidrules.population.table import Told, Unordered
from aidrules.population.tables import Tables
from aidrules.population.threads import Output, ahead
from aidrules.program import Grant, Program

REJECTED: Final = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("entity", pa.string()),
        ("record", pa.string()),
        ("field", pa.string()),
        ("reason", pa.string()),
    ]
)
"""Columns of rejects: rows are counted from 1, without the line of names; null: the whole file."""


Progress = Callable[[int, int], None]


class CountsError(AssertionError):
    """Rows or records that are not accounted for: a fault of this library, never of the data."""


@frozen
class Policies:
    """A policy as a run takes it.

    Attributes:
        name: Of the policy.
        hash: Of its files.
    """

    name: str
    hash: str
    program: Program = field(repr=False)
    engine: Engine = field(repr=False)
    reader: Reader = field(repr=False)


@frozen
class How:
    """How a run goes about it.

    Attributes:
        threads: How many compute at once.
        progress: Is told how many documents are read, and of how many.
        previous: The folder of an earlier run, to say what changed since; or None.
        changed: The ids of the documents that changed since then: they alone are decided anew, and
            those whose answers time may have changed; None: all are.
    """

    threads: int = 1
    progress: Progress | None = None
    previous: Path | None = None
    changed: frozenset[str] | None = None


class OtherPolicyError(ValueError):
    """A run of changes on a run that was made with another policy."""


def screen(
    policy: Policies,
    given: Mapping[str, Given] | Given,
    on: date,
    out: str | Path,
    told: Told,
    how: How,
) -> Screening:
    """Decide all documents of some tables, or those that changed.

    Args:
        policy: The policy.
        given: Tables by kind of record, or the one of the root.
        on: The date asked for.
        out: The folder to write; it must not be there.
        told: What is said of the tables.
        how: What else is wanted of the run.

    Raises:
        FileExistsError: If the folder is there.
        FileNotFoundError: If a table is not there, or the earlier run.
        LookupError: If the policy has no such kind of record.
        TablesError: If nothing can be read.
        OtherPolicyError: If only changes are wanted, on a run that was made with another policy.
        CountsError: If rows are not accounted for.
    """
    layout = Layout.of(policy.program, told.root)
    before = None if how.previous is None else Screening.of(how.previous.resolve())
    only: frozenset[object] | None = None
    if before is not None and how.changed is not None:
        if before.manifest["hash"] != policy.hash:
            raise OtherPolicyError(before.manifest["policy"])
        only = frozenset((*how.changed, *due(before.folder, on)))
    with written_whole(Path(out)) as folder:
        tables = open_tables(layout, given, told, look=False)
        sources = None
        if only is not None:
            tables, sources = _few(tables, only)
        while True:
            try:
                run = _Run(policy, tables, on, folder, how.threads, how.progress)
                summary, manifest = run.run()
                break
            except Damaged as damaged:
                # found late: what was decided knew of too few records
                tables = without(tables, damaged.piece)
            except Unordered:
                tables = surveyed(tables)
        replaced = None
        if before is not None and only is not None:
            manifest |= {"base": str(before.folder), "sources": sources}
            ids = pq.read_schema(before.folder / DECISIONS).field("household").type
            replaced = values_of(only, ids)
            pq.write_table(pa.table({"household": replaced}), folder / REPLACED)
        _write(folder / MANIFEST, manifest)
        if before is not None:
            keys = tuple(summary["grants"])
            told_changes = write_changes(before.folder, folder, layout, keys, replaced)
            summary["changes"] = told_changes
        _write(folder / SUMMARY, summary)
    return Screening(Path(out), summary, manifest)


def _write(path: Path, plain: Mapping[str, Any]) -> None:
    text = json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(text + "\n", "utf-8")


def _few(tables: Tables, only: frozenset[object]) -> tuple[Tables, list[dict[str, str]]]:
    """Return the tables of some documents, and the files that they are from."""
    while True:
        try:
            few = narrowed(tables, only)
        except Damaged as damaged:
            tables = without(tables, damaged.piece)
            continue
        return few, _sources(tables)


def _sources(tables: Tables) -> list[dict[str, str]]:
    return [
        {"kind": kind, "file": piece.name, "sha256": piece.digest()}
        for kind, table in tables.tables.items()
        for piece in table.pieces
    ]


@define(eq=False)
class _Counts:
    """What was read, by kind of record."""

    read: Counter[str] = field(factory=Counter)
    accepted: Counter[str] = field(factory=Counter)
    status: dict[str, Counter[str]] = field(factory=dict)
    amounts: dict[str, int] = field(factory=dict)
    rejected: dict[str, list[Any]] = field(factory=dict)
    singly: int = 0


@define(eq=False)
class _Run:
    policy: Policies
    tables: Tables
    on: date
    folder: Path
    threads: int
    progress: Progress | None
    counts: _Counts = field(factory=_Counts)
    _seen: set[tuple[str, str, str, int]] = field(factory=set)
    _late: list[Rejects] = field(factory=list)

    def run(self) -> tuple[dict[str, Any], dict[str, Any]]:
        layout, tables = self.tables.layout, self.tables
        kernel = emit(self.policy.program, layout)
        order = tuple(subjects(self.policy.program, (layout.root, *layout.below)))
        for each in order:
            self.counts.status[each.key] = Counter()
        ids = pa.string() if tables.is_text or tables.is_nested else pa.int64()
        writer = Writer.of(layout, ids, order)
        with ThreadPoolExecutor(1) as pool:
            digests = [
                (kind, piece, pool.submit(piece.digest))
                for kind, table in tables.tables.items()
                for piece in table.pieces
            ]
            with (
                Output(self.folder / DECISIONS, schema(ids), written(ids)) as decisions,
                Output(self.folder / REJECTS, REJECTED, {}) as rejects,
            ):
                self._refused(rejects)
                for found in ahead(self._read()):
                    self._decide(found, kernel, order, writer, decisions)
                    for wrong in (*found.rejects, *self._late):
                        self._reject(wrong, rejects)
                    self._late.clear()
            summary, manifest = self._told(order, digests, kernel)
        return summary, manifest

    # ------------------------------------------------------------ one chunk

    def _read(self) -> Iterator[Read]:
        root = self.tables.layout.root
        total = self.tables.expected
        done = 0
        for chunk in self.tables.chunks():
            for kind in (root, *self.tables.layout.below):
                level = chunk.levels.get(kind)
                self.counts.read[kind] += 0 if level is None else level.count
                if kind != root:
                    self.counts.read[kind] += len(chunk.orphans.get(kind, ()))
            yield read(self.tables, chunk)
            if root in chunk.levels:
                done += chunk.size
                if self.progress is not None:
                    self.progress(done, total)

    def _decide(
        self,
        found: Read,
        kernel: Kernel,
        order: tuple[Subject, ...],
        writer: Writer,
        decisions: Output,
    ) -> None:
        batch = found.batch
        if not batch.size:
            return
        layout = self.tables.layout
        results = kernel.run(batch, self.on.toordinal(), self.threads, partial=True)
        documents = rows_of_documents(found, layout)
        answered = {answers.key: answers for answers in results.answers}
        blocks = {
            each.key: Block.of(each, answered[each.key])
            if each.key in answered
            else Block.empty(each, len(documents[each.entity]))
            for each in order
        }
        horizon = np.array(results.horizon)
        kept = self._singly(found, results, blocks, answered.keys(), horizon)
        for kind in (layout.root, *layout.below):
            count = len(documents[kind])
            if kept is not None:
                count = int(kept[documents[kind]].sum())
            self.counts.accepted[kind] += count
        for each in order:
            block, mine = blocks[each.key], documents[each.entity]
            chosen = None if kept is None else kept[mine]
            rows = writer.rows(block, found, mine, horizon, chosen)
            decisions.write(rows)
            self._count(each, block, chosen)

    def _singly(
        self,
        found: Read,
        results: Results,
        blocks: Mapping[str, Block],
        answered: Any,
        horizon: Any,
    ) -> Any:
        """Let the interpreter answer what the kernel leaves to it.

        Returns:
            Which documents were taken; None for all.
        """
        layout, batch = self.tables.layout, found.batch
        left = [block for key, block in blocks.items() if key not in answered]
        deferred = np.asarray(results.deferred)
        rows = np.arange(batch.size) if left else np.flatnonzero(deferred)
        if not len(rows):
            return None
        for block in blocks.values():
            block.writable()
        documents = Documents(self.tables, found.chunk, batch.offsets)
        starts = _starts(found, layout)
        kept = np.ones(batch.size, np.bool_)
        today = self.on.toordinal()
        for row in rows.tolist():
            case, findings = documents.case(row, self.policy.reader)
            if case is None:
                kept[row] = False
                code = next(each.code for each in findings if each.is_error)
                self._reject_late(found, row, starts, code)
                continue
            self.counts.singly += 1
            evaluation = self.policy.engine.open(case, today)
            horizon[row] = today + 1  # nobody worked out how long it lasts
            by_kind: dict[str, list[Any]] = {}
            for record in case.records.values():
                by_kind.setdefault(record.entity, []).append(record)
            for block in blocks.values() if deferred[row] else left:
                first = int(starts[block.subject.entity][row])
                for at, record in enumerate(by_kind.get(block.subject.entity, ())):
                    block.fill(first + at, answer(evaluation, block.subject, record))
        return None if kept.all() else kept

    # ------------------------------------------------------------ what is rejected

    def _reject_late(self, found: Read, row: int, starts: Mapping[str, Any], code: str) -> None:
        root = self.tables.layout.root
        for kind in (root,) if self.tables.is_nested else (root, *self.tables.layout.below):
            level = found.chunk.levels.get(kind)
            if level is not None:
                first, last = (int(each) for each in starts[kind][row : row + 2])
                reason = code if kind == root else HOUSEHOLD_REJECTED
                self._late.append(Rejects(kind, level.rows[first:last], reason))

    def _refused(self, output: Output) -> None:
        for each in self.tables.refused:
            told = [each.file, None, each.kind, None, each.column, each.code]
            output.write(
                pa.RecordBatch.from_arrays(
                    [
                        pa.array([value], kind.type)
                        for value, kind in zip(told, REJECTED, strict=True)
                    ],
                    schema=REJECTED,
                )
            )

    def _reject(self, each: Rejects, output: Output) -> None:
        rows = np.asarray(each.rows)
        is_above = each.kind in self.tables.layout.above
        if is_above and not self.tables.is_nested:
            named = ((each.kind, each.code, each.field, int(row)) for row in rows)
            new = [key for key in named if key not in self._seen]
            self._seen.update(new)
            rows = np.array([row for *_, row in new], np.int64)
        if not len(rows):
            return
        file_kind = self.tables.layout.root if self.tables.is_nested else each.kind
        self.counts.rejected.setdefault(file_kind, []).append(rows)
        survey, table = self.tables.surveys[file_kind], self.tables.tables[file_kind]
        starts = np.append(0, np.cumsum(survey.counts))
        piece = np.searchsorted(starts, rows, side="right") - 1
        names = pa.array([each.name for each in table.pieces], pa.string())
        count = len(rows)
        output.write(
            pa.RecordBatch.from_arrays(
                [
                    names.take(pa.array(piece)),
                    pa.array(rows - starts[piece] + 1, pa.int64()),
                    pa.array([each.kind] * count, pa.string()),
                    pa.nulls(count, pa.string()),
                    pa.array([each.field or None] * count, pa.string()),
                    pa.array([each.code] * count, pa.string()),
                ],
                schema=REJECTED,
            )
        )

    # ------------------------------------------------------------ counts

    def _count(self, subject: Subject, block: Block, chosen: Any) -> None:
        status = block.status if chosen is None else block.status[chosen]
        words = STATUSES if isinstance(subject, Grant) else OF_REQUIREMENTS
        counted = np.bincount(status, minlength=len(words))
        self.counts.status[subject.key].update(
            {word: int(many) for word, many in zip(words, counted, strict=True)}
        )

    def _told(
        self,
        order: tuple[Subject, ...],
        digests: list[tuple[str, Any, "Future[str]"]],
        kernel: Kernel,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        files = [self._file(kind, piece, digest) for kind, piece, digest in digests]
        files += [
            {"kind": each.kind, "file": each.file, "refused": each.code, "rows": None}
            for each in self.tables.refused
        ]
        grants: dict[str, Any] = {}
        for subject in order:
            counted = self.counts.status[subject.key]
            total = self.counts.read[subject.entity]
            rejected = total - self.counts.accepted[subject.entity]
            if total != sum(counted.values()) + rejected:
                message = (
                    f"{subject.key}: {total} records read, {dict(counted)}, {rejected} rejected"
                )
                raise CountsError(message)
            grants[subject.key] = {
                "entity": subject.entity,
                "read": total,
                "rejected": rejected,
                **counted,
            }
        layout = self.tables.layout
        summary = {
            "records": {
                kind: {"read": self.counts.read[kind], "accepted": self.counts.accepted[kind]}
                for kind in (layout.root, *layout.below)
                if self.counts.read[kind]
            },
            "grants": grants,
            "left_out": self._left_out(),
            "not_known_before": sorted({key for key, _ in layout.history}),
            "one_by_one": self.counts.singly,
        }
        told = self.tables.told
        manifest = {
            "policy": self.policy.name,
            "hash": self.policy.hash,
            "language_version": LANGUAGE_VERSION,
            "aidrules": version("aidrules"),
            "on": self.on.isoformat(),
            "root": layout.root,
            "is_nested": self.tables.is_nested,
            "inputs": files,
            "complete": sorted(told.complete),
            "incomplete": sorted(self.tables.incomplete),
            "places": {kind: dict(each) for kind, each in told.places.items()},
            "renamed": {kind: dict(each) for kind, each in told.renamed.items()},
            "ignored": {kind: sorted(each) for kind, each in told.ignored.items()},
            "interpreted": sorted(kernel.unfit(self.on.toordinal())),
            "counts": summary["records"],
        }
        return summary, manifest

    def _left_out(self) -> list[str]:
        """Return the grants and requirements that no run decides: on kinds above the documents."""
        program, layout = self.policy.program, self.tables.layout
        kinds = (layout.root, *layout.below)
        every = subjects(program, [entity.name for entity in program.entities])
        return [each.key for each in every if each.entity not in kinds]

    def _file(self, kind: str, piece: Any, digest: "Future[str]") -> dict[str, Any]:
        survey, table = self.tables.surveys[kind], self.tables.tables[kind]
        at = table.pieces.index(piece)
        first = sum(survey.counts[:at])
        total = survey.counts[at]
        named = self.counts.rejected.get(kind, [])
        rows = np.unique(np.concatenate(named)) if named else np.zeros(0, np.int64)
        rejected = int(np.searchsorted(rows, first + total) - np.searchsorted(rows, first))
        is_above = kind in self.tables.layout.above
        all_accepted = sum(survey.counts) - len(rows)
        if not is_above and all_accepted != self.counts.accepted[kind]:
            message = (
                f"{kind}: {sum(survey.counts)} rows read, {self.counts.accepted[kind]} accepted, "
                f"{len(rows)} rejected"
            )
            raise CountsError(message)
        path = None if piece.path is None else str(piece.path.resolve())
        if path is None:
            (self.folder / INPUTS).mkdir(exist_ok=True)
            pq.write_table(piece.table, self.folder / INPUTS / f"{kind}.parquet")
        return {
            "kind": kind,
            "file": piece.name,
            "path": path,
            "sha256": digest.result(),
            "rows": total,
            "accepted": total - rejected,
            "rejected": rejected,
        }


def _starts(found: Read, layout: Layout) -> dict[str, Any]:
    """Return for the root and each kind below where the records of each document begin."""
    starts = {layout.root: np.arange(found.batch.size + 1)}
    for kind in layout.below:
        starts[kind] = found.batch.offsets[kind][starts[layout.parent(kind)]]
    return starts
