"""What somebody says of their tables, in words of the policy, to what a run takes.

Nothing here needs the extra `population`; what does says so if it is not there.
"""

from collections.abc import Collection, Mapping
from datetime import date
from importlib.util import find_spec
from typing import Any, TypedDict


class MissingExtra(ImportError):  # noqa: N818 - it says what is missing
    """What tables need is not installed."""

    def __init__(self, extra: str) -> None:
        super().__init__(f"this needs more packages: pip install 'aidrules[{extra}]'")
        self.extra = extra


def need_population() -> None:
    """See that tables can be read.

    Raises:
        MissingExtra: If NumPy or PyArrow is not installed.
    """
    if find_spec("numpy") is None or find_spec("pyarrow") is None:
        extra = "population"
        raise MissingExtra(extra)


class Telling(TypedDict, total=False):
    """What is said of tables.

    Attributes:
        complete: The kinds of record whose flat tables list all there are: `{"person"}`.
        places: A column of whole numbers holds the fact times ten to this power, one of binary
            floats is read as decimals of so many places: `{"person.wage": 2}`.
        renamed: What the column of a fact, of `id` or of a key is called:
            `{"person.household_id": "hh"}`.
        ignored: Columns that are passed over: `{"person.name"}`.
        root: The kind of a document, if it is not the household or the highest kind.
        modified: Columns that say when a row was modified: days, times or ISO text, no facts:
            `{"person.updated_at"}`.
        since: The day from which on a row counts as modified since the earlier run.
    """

    complete: Collection[str]
    places: Mapping[str, int]
    renamed: Mapping[str, str]
    ignored: Collection[str]
    root: str | None
    modified: Collection[str]
    since: date


def by_kind(named: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return values under `kind.name` by kind and name.

    Raises:
        LookupError: If a name has no kind.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, value in named.items():
        kind, dot, rest = name.partition(".")
        if not dot:
            raise LookupError(name)
        found.setdefault(kind, {})[rest] = value
    return found
