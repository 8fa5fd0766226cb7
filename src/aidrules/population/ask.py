"""What somebody asks of a policy over many households to runs, tables and reasons.

Read this first: tables → `tables` (a first look, chunks) → `reading` (a batch, rejects) → the
kernel → `singly` (what it leaves to the interpreter) → `decisions` (rows) → `screen` (a folder).
"""

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

from aidrules.backends.kernel import Layout
from aidrules.case import Case
from aidrules.diagnostics import Diagnostic
from aidrules.population.folder import Screening
from aidrules.population.modified import changed_since, passing_over
from aidrules.population.narrow import documents, narrowed, root_of_record, tables_of
from aidrules.population.screen import How, OtherPolicyError, Policies, Progress, screen
from aidrules.population.sources import Given
from aidrules.population.table import Told
from aidrules.population.telling import Telling, by_kind

Since = str | Path | None


def told_from(telling: Telling) -> Told:
    """Return what is said of tables, by kind and name.

    Raises:
        LookupError: If a name has no kind.
    """
    ignored = by_kind(dict.fromkeys(telling.get("ignored", ()), True))
    return Told(
        frozenset(telling.get("complete", ())),
        by_kind(telling.get("places", {})),
        by_kind(telling.get("renamed", {})),
        {kind: frozenset(names) for kind, names in ignored.items()},
        telling.get("root"),
    )


def screened(
    policy: Policies,
    given: Mapping[str, Given] | Given,
    on: date,
    out: str | Path,
    telling: Telling,
    since: tuple[Since, Collection[object] | None] = (None, None),
    running: tuple[int, Progress | None] = (1, None),
) -> Screening:
    """Return what came of a run; see `Policy.screen`."""
    previous, changed = since
    told = told_from(telling)
    keys = None if changed is None else frozenset(map(str, changed))
    if "modified" in telling and "since" in telling:
        layout = Layout.of(policy.program, told.root)
        columns = by_kind(dict.fromkeys(telling["modified"], True))
        modified = {kind: next(iter(names)) for kind, names in columns.items()}
        told = passing_over(told, modified)
        keys = (keys or frozenset()) | changed_since(
            layout, given, told, modified, telling["since"]
        )
    how = How(
        running[0],
        running[1],
        None if previous is None else Path(previous),
        keys,
    )
    return screen(policy, given, on, out, told, how)


def case_of_record(
    policy: Policies, folder: str | Path, key: str, kind: str | None = None
) -> tuple[Case | None, tuple[Diagnostic, ...], date]:
    """Return the case in which a record of a run stands, and the date of the run.

    Args:
        policy: The one that the run was made with.
        folder: Of the run.
        key: The id of the record.
        kind: Of the record; None: it is a document's own.

    Raises:
        OtherPolicyError: If the run was made with another policy.
        LookupError: If there is no such record, or it was rejected.
        ChangedInput: If a table is not what it was.
        FileNotFoundError: If there is no run, or a table is gone.
    """
    screening = Screening.of(folder)
    if screening.manifest["hash"] != policy.hash:
        raise OtherPolicyError(screening.manifest["policy"])
    layout = Layout.of(policy.program, screening.manifest["root"])
    try:
        tables = tables_of(screening.folder, layout)
        root = root_of_record(tables, kind or layout.root, key)
        for _, _, place, row in documents(narrowed(tables, [root] if root else [])):
            case, findings = place.case(row, policy.reader)
            return case, findings, date.fromisoformat(screening.manifest["on"])
    except LookupError:
        raise LookupError(key) from None
    base = screening.manifest.get("base")
    if base is not None:
        return case_of_record(policy, base, key, kind)
    raise LookupError(key)
